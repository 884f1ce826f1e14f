r"""A gradient is forward times backward, added over the examples.

Every weight sits between a unit that sent a value forward and a unit that sends δ backward. Its gradient is the product
of the two, added over the examples. In matrix form the sum over examples becomes part of a matrix product, and each
gradient comes out in the shape of its parameter.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from backprop.derivation.forward_pass import forward_gradient
from backprop.derivation.gradient_descent import gradient_descent_step


def weight_gradient_example(a: np.ndarray, delta: np.ndarray) -> np.ndarray:
    r"""Find the gradient of a weight matrix for one example.

    $$\frac{\partial C^n}{\partial w_{ij}} = \frac{\partial z^n_j}{\partial w_{ij}}\,\frac{\partial C^n}{\partial z^n_j}
    = a^n_i\,\delta^n_j \tag{9.1}\label{eq:weight-gradient-example}$$

    The chain rule along one path $\eqref{eq:chain-rule}$ with the forward gradient $\eqref{eq:forward-gradient}$ and δ.
    All pairs $(i, j)$ together are the outer product of a column and a row, $(d_{l-1} \times 1)(1 \times d_l)$: the
    shape of $W_l$. A weight learns slowly if the unit at its start is quiet, $a \approx 0$, or the unit at its end is
    saturated, $\phi' \approx 0$.

    Args:
        a: the input $a^n$ of the layer, shape (in,). Not its output.
        delta: $\delta^n$ of the layer, shape (out,).

    Returns:
        $\partial C^n/\partial W_l$, shape (in, out).

    Examples:
        Two inputs, one unit:

        >>> import numpy as np
        >>> from backprop.derivation import weight_gradient_example
        >>> weight_gradient_example(np.array([1.0, 2.0]), np.array([0.5]))
        array([[0.5],
               [1. ]])

        Two inputs, three units:

        >>> weight_gradient_example(np.array([1.0, 2.0]), np.array([0.5, 0.0, -1.0]))
        array([[ 0.5,  0. , -1. ],
               [ 1. ,  0. , -2. ]])

        Against the measured slope of $C = \sum_j z_j^2$, where $\delta_j = 2z_j$:

        >>> from backprop.derivation import complex_step, relative_error
        >>> a, w = np.array([1.0, 2.0]), np.array([[0.5, -1.0, 0.2], [0.1, 0.3, -0.7]])
        >>> measured = complex_step(lambda v: np.sum((a @ v) ** 2), w)
        >>> relative_error(weight_gradient_example(a, 2 * (a @ w)), measured) < 1e-14
        True

    Source:
        The source report, *Implementation*: ∂C/∂w = (forward gradient) × (backward gradient).

    Next:
        `weight_gradient` adds the examples.
    """
    return np.outer(forward_gradient(a), delta)


def weight_gradient(a: np.ndarray, delta: np.ndarray) -> np.ndarray:
    r"""Find the gradient of a weight matrix for all examples.

    $$\frac{\partial L}{\partial W_l} = A_{l-1}^\top\,\Delta_l \tag{9.2}\label{eq:weight-gradient}$$

    Add $\eqref{eq:weight-gradient-example}$ over the examples, as $\eqref{eq:sum-gradients}$ says. The sum runs over
    the *first* index of $A$, while a matrix product sums over the second of its left factor; with
    $a^n_i = (A^\top)_{in}$,

    $$\sum_{n=1}^{N} a^n_i\,\delta^n_j = \sum_{n=1}^{N} (A^\top)_{in}\,\Delta_{nj} = \bigl(A^\top\Delta\bigr)_{ij},
    \qquad (d_{l-1} \times N)(N \times d_l) = (d_{l-1} \times d_l)$$

    The examples are summed by the product itself. Nothing is divided afterwards: the $1/N$ is in $\Delta$ already.

    Args:
        a: the input $A_{l-1}$ of the layer, the report's forward gradient, shape (..., N, in).
        delta: $\Delta_l$, the report's backward gradient, shape (..., N, out). Not of another layer.

    Returns:
        $\partial L/\partial W_l$, shape (..., in, out), the shape of $W_l$.

    Examples:
        Two examples, two inputs, one unit: 1 · 0.5 + 3 · 1 and 2 · 0.5 + 4 · 1:

        >>> import numpy as np
        >>> from backprop.derivation import weight_gradient
        >>> weight_gradient(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.5], [1.0]]))
        array([[3.5],
               [5. ]])

        It is the sum of the examples' gradients; four examples, from 3 units to 5:

        >>> from backprop.derivation import sum_gradients, weight_gradient_example
        >>> rng = np.random.default_rng(0)
        >>> a, d = rng.normal(size=(4, 3)), rng.normal(size=(4, 5))
        >>> one_by_one = np.array([weight_gradient_example(a[n], d[n]) for n in range(4)])
        >>> weight_gradient(a, d).shape
        (3, 5)
        >>> bool(np.allclose(weight_gradient(a, d), sum_gradients(one_by_one)))
        True

        Against the measured slope of $L = \sum_{nj} Z_{nj}^2$, where $\Delta = 2Z$:

        >>> from backprop.derivation import complex_step, relative_error
        >>> w = rng.normal(size=(3, 5))
        >>> measured = complex_step(lambda v: np.sum((a @ v) ** 2), w)
        >>> relative_error(weight_gradient(a, 2 * (a @ w)), measured) < 1e-14
        True

    Source:
        The source report, `layer.update_param`: `gradient = forward_gradientᵀ · backward_gradient`.

    Next:
        `bias_gradient` does the same for biases.
    """
    return forward_gradient(a).mT @ delta


def bias_gradient(delta: np.ndarray) -> np.ndarray:
    r"""Find the gradient of the biases for all examples.

    $$\frac{\partial L}{\partial b_j} = \sum_{n=1}^{N} \frac{\partial z^n_j}{\partial b_j}\,\delta^n_j
    = \sum_{n=1}^{N} \delta^n_j, \qquad \frac{\partial L}{\partial b_l} = \mathbf 1^\top\Delta_l
    \tag{9.3}\label{eq:bias-gradient}$$

    The bias is the weight of an input that is always 1 $\eqref{eq:bias-column}$, so its forward gradient is 1 and
    $\eqref{eq:weight-gradient}$ becomes a sum over the rows of $\Delta$. One bias serves all examples: all of them must
    be added.

    Args:
        delta: $\Delta_l$, shape (..., N, out).

    Returns:
        $\partial L/\partial b_l$, shape (..., 1, out), the shape of $b_l$.

    Examples:
        >>> import numpy as np
        >>> from backprop.derivation import bias_gradient
        >>> bias_gradient(np.array([[0.5], [1.0]]))
        array([[1.5]])

        It is the last row of the weight gradient with a column of ones; four examples, from 3 units to 5:

        >>> from backprop.derivation import weight_gradient, append_ones
        >>> rng = np.random.default_rng(0)
        >>> a, d = rng.normal(size=(4, 3)), rng.normal(size=(4, 5))
        >>> bool(np.allclose(weight_gradient(append_ones(a), d)[-1:], bias_gradient(d), rtol=1e-14))
        True

        Against the measured slope of $L = \sum_{nj} Z_{nj}^2$, where $\Delta = 2Z$:

        >>> from backprop.derivation import complex_step, relative_error
        >>> w, b = rng.normal(size=(3, 5)), rng.normal(size=(1, 5))
        >>> measured = complex_step(lambda v: np.sum((a @ w + v) ** 2), b)
        >>> relative_error(bias_gradient(2 * (a @ w + b)), measured) < 1e-14
        True

    Source:
        Not in the source report: z = wᵀx + b in its text, no bias in its code.

    Next:
        `simultaneous_update` uses all gradients at once.
    """
    return delta.sum(axis=-2, keepdims=True)


def simultaneous_update(
    parameters: Sequence[np.ndarray],
    gradients: Sequence[np.ndarray],
    eta: float | np.ndarray,
) -> tuple[np.ndarray, ...]:
    r"""Update every layer from one and the same point.

    $$W_l^{1} = W_l^{0} - \eta\,\frac{\partial L}{\partial W_l}(\theta^{0}) \quad\text{for all } l
    \tag{9.4}\label{eq:simultaneous-update}$$

    The gradient is a vector of slopes at the point $\theta^0$, and gradient descent moves from that point. All slopes
    must be known before any weight changes.

    Args:
        parameters: the arrays $W_1, \dots, W_L$ (and biases), each of any shape, as in the forward pass.
        gradients: $\partial L/\partial W_l$ for each, same order and shapes.
        eta: the learning rate $\eta > 0$, a number, or shape (S, 1, 1) for S runs at once.

    Returns:
        The new arrays, in the same order. The old ones are not changed.

    Examples:
        >>> import numpy as np
        >>> from backprop.derivation import simultaneous_update
        >>> w1, w2 = np.array([[1.0]]), np.array([[2.0]])
        >>> simultaneous_update([w1, w2], [np.array([[1.0]]), np.array([[-1.0]])], eta=0.5)
        (array([[0.5]]), array([[2.5]]))

        Each array keeps its shape:

        >>> shapes = [(2, 3), (3, 5), (5, 1)]
        >>> ones = [np.ones(s) for s in shapes]
        >>> new = simultaneous_update(ones, ones, eta=0.1)
        >>> [w.shape for w in new]
        [(2, 3), (3, 5), (5, 1)]

        It is the update of the whole vector θ:

        >>> from backprop.derivation import parameter_vector, gradient_descent_step
        >>> rng = np.random.default_rng(0)
        >>> w, g = [rng.normal(size=s) for s in shapes], [rng.normal(size=s) for s in shapes]
        >>> stack = parameter_vector(simultaneous_update(w, g, 0.1))
        >>> bool(np.all(stack == gradient_descent_step(parameter_vector(w), parameter_vector(g), 0.1)))
        True

    Source:
        The source report, `Model.update`: after the whole backward pass, as here.

    Next:
        `layer_shapes` checks the bookkeeping.
    """
    return tuple([gradient_descent_step(w, g, eta) for w, g in zip(parameters, gradients, strict=True)])


def layer_shapes(widths: Sequence[int], n: int) -> list[dict[str, tuple[int, int]]]:
    r"""List the shape of everything, layer by layer.

    $$\underbrace{A_{l-1}}_{N\times d_{l-1}},\quad
    \underbrace{W_l,\ \tfrac{\partial L}{\partial W_l}}_{d_{l-1}\times d_l},\quad
    \underbrace{b_l,\ \tfrac{\partial L}{\partial b_l}}_{1\times d_l},\quad
    \underbrace{Z_l,\ A_l,\ \Delta_l}_{N\times d_l} \tag{9.5}\label{eq:shapes}$$

    Two rules fix every formula of the backward pass up to its factors. A gradient has the shape of its parameter, and δ
    has the shape of its pre-activation. From $A_{l-1}$ and $\Delta_l$ only $A^\top\Delta$ has the shape of $W_l$; from
    $\Delta_{l+1}$ and $W_{l+1}$ only $\Delta W^\top$ has the shape of $A_l$. Unless two of the numbers $N$, $d_{l-1}$
    and $d_l$ are equal: then a wrong transpose may fit as well, so test with distinct widths and another number of
    examples.

    Args:
        widths: the numbers of units $d_0, d_1, \dots, d_L$, inputs first.
        n: the number N of examples.

    Returns:
        One dictionary for each layer of weights $l = 1, \dots, L$: a shape for each of "a_in", "w", "b" and "z".

    Examples:
        >>> from backprop.derivation import layer_shapes
        >>> for shapes in layer_shapes([2, 3, 5, 1], n=4):
        ...     print(shapes)
        {'a_in': (4, 2), 'w': (2, 3), 'b': (1, 3), 'z': (4, 3)}
        {'a_in': (4, 3), 'w': (3, 5), 'b': (1, 5), 'z': (4, 5)}
        {'a_in': (4, 5), 'w': (5, 1), 'b': (1, 1), 'z': (4, 1)}

        The product of input and δ has the shape of the weights:

        >>> import numpy as np
        >>> from backprop.derivation import weight_gradient
        >>> second = layer_shapes([2, 3, 5, 1], n=4)[1]
        >>> weight_gradient(np.ones(second["a_in"]), np.ones(second["z"])).shape == second["w"]
        True

    Source:
        The source report gives the shapes of its 2-4-1 network in code only.

    Next:
        `backward_cost` counts the work.
    """

    def layer(d_in: int, d_out: int) -> dict[str, tuple[int, int]]:
        return {"a_in": (n, d_in), "w": (d_in, d_out), "b": (1, d_out), "z": (n, d_out)}

    return [layer(d_in, d_out) for d_in, d_out in pairwise(widths)]


def backward_cost(widths: Sequence[int], n: int) -> int:
    r"""Count the multiplications of back-propagation's matrix products.

    $$\text{cost} = N\Bigl(2\sum_{l=1}^{L} d_{l-1}d_l - d_0 d_1\Bigr) < 2NP, \qquad P = \sum_{l=1}^{L} d_{l-1}d_l
    \tag{9.6}\label{eq:backward-cost}$$

    Each layer needs $A^\top\Delta$, which costs $N d_{l-1} d_l$, and each but the first $\Delta W^\top$, which costs
    the same; the data needs no δ. Here $P$ counts weights without biases. A forward pass costs $NP$. So all $P$ slopes
    together cost less than two forward passes, on top of the one that came before, however many parameters there are:
    this is the point of the method.

    Args:
        widths: the numbers of units $d_0, \dots, d_L$, inputs first.
        n: the number N of examples.

    Returns:
        The number of multiplications in matrix products, activations not counted.

    Examples:
        2-4-1 with one example: $A^\top\Delta$ of both layers, 8 + 4, and $\Delta W^\top$ of the second, 4:

        >>> from backprop.derivation import backward_cost
        >>> backward_cost([2, 4, 1], n=1)
        16

        2-3-5-1 with 4 examples, against a forward pass of 4 · 26:

        >>> backward_cost([2, 3, 5, 1], n=4), 4 * 26
        (184, 104)

    Source:
        Not in the source report.

    Next:
        `finite_difference_cost` is what it replaces.
    """
    layers = [d_in * d_out for d_in, d_out in pairwise(widths)]
    return n * (2 * sum(layers) - layers[0])


def finite_difference_cost(widths: Sequence[int], n: int) -> int:
    r"""Count the multiplications of measuring the gradient instead.

    $$\text{cost} = 2P\cdot NP = 2NP^2, \qquad P = \sum_{l=1}^{L} d_{l-1}d_l
    \tag{9.7}\label{eq:finite-difference-cost}$$

    The central difference $\eqref{eq:central-difference}$ runs the network forward twice for every parameter. Ten times
    the parameters cost a hundred times as much. It is a check for small networks and no way to train.

    Args:
        widths: the numbers of units $d_0, \dots, d_L$, inputs first.
        n: the number N of examples.

    Returns:
        The number of multiplications in matrix products.

    Examples:
        2-4-1 has 12 weights; 24 forward passes of 12 multiplications each:

        >>> from backprop.derivation import backward_cost, finite_difference_cost
        >>> finite_difference_cost([2, 4, 1], n=1)
        288

        Compared with the backward pass alone, the small network pays 18 times as much, a larger one 18,150 times:

        >>> finite_difference_cost([2, 4, 1], n=1) // backward_cost([2, 4, 1], n=1)
        18
        >>> finite_difference_cost([100, 90, 10], n=1) // backward_cost([100, 90, 10], n=1)
        18150

    Source:
        Not in the source report.

    Next:
        `linear_collapse`, the first of the consequences.
    """
    p = sum(d_in * d_out for d_in, d_out in pairwise(widths))
    return 2 * p * n * p
