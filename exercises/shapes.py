r"""Which shape?

Time: two minutes
Chapter: parameter-gradients

A 2-3-5-1 network with biases receives 7 examples. Write down the shapes of $Z_2$, $W_2$, $\Delta_1$,
$\partial L/\partial W_3$ and $\partial L/\partial b_2$.

Hint:
    Two rules are enough $\eqref{eq:shapes}$. A gradient has the shape of its parameter, and δ has the shape of its
    pre-activation.

Solution:
    $Z_2$ has a row for each example and a column for each unit of the second hidden layer, so its shape is (7, 5).
    $W_2$ leads from 3 units to 5. $\Delta_1$ has the shape of $Z_1$, and $\partial L/\partial W_3$ has that of $W_3$.
    Because the 7 examples have been added, $\partial L/\partial b_2$ is one row of 5.
"""

import numpy as np

import backprop


def shapes() -> dict[str, tuple[int, int]]:
    """Give the five shapes.

    Returns:
        A shape (rows, columns) for each of "Z2", "W2", "delta1", "dW3" and "db2".

    Examples:
        >>> model = backprop.Model.random([2, 3, 5, 1], seed=0, bias=True)
        >>> trace, y = model.forward(np.ones((7, 2))), np.ones((7, 1))
        >>> deltas, gradients = model.deltas(trace, y), model.backward(trace, y)
        >>> shapes()["Z2"] == trace.z[1].shape, shapes()["W2"] == model.weights[1].shape
        (True, True)
        >>> shapes()["delta1"] == deltas[0].shape
        True
        >>> shapes()["dW3"] == gradients.weights[2].shape, shapes()["db2"] == gradients.biases[1].shape
        (True, True)
    """
    return {"Z2": (7, 5), "W2": (3, 5), "delta1": (7, 3), "dW3": (5, 1), "db2": (1, 5)}
