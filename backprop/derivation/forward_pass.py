r"""Compute the predictions and keep what the backward pass needs.

What does the network predict for given inputs, and which values must it keep? This chapter computes the prediction
layer by layer and shows that each layer needs to keep only its own input and the values from which the derivative of
its activation function is computed.

A unit computes a weighted sum of its inputs, its pre-activation, and applies an activation function to it. A layer does
this for many units and many examples at once, by one matrix product in which the rows are the examples. Every layer
keeps its input, because the input *is* the derivative of the weighted sum with respect to the weights. The report calls
this local derivative the forward gradient.
"""

from collections.abc import Callable

import numpy as np


def weighted_sum(a: np.ndarray, w: np.ndarray, b: float = 0.0) -> np.ndarray:
    r"""Compute the weighted sum of one unit, its pre-activation.

    $$z_j = \sum_{i} a_i\,w_{ij} + b_j \tag{5.1}\label{eq:weighted-sum}$$

    The weight $w_{ij}$ leads *from* unit $i$ of the layer before *to* unit $j$ of this layer. The bias $b_j$ is a
    parameter that does not depend on the inputs, and it shifts the activation function along the axis of the weighted
    sum.

    Args:
        a: the outputs $a_i$ of the layer before, shape (in,).
        w: the weights $w_{ij}$ into unit $j$: one column of the weight matrix, shape (in,).
        b: the bias $b_j$, a number.

    Returns:
        The pre-activation $z_j$, a number.

    Examples:
        The weighted sum is 1 · 0.5 + 2 · (−1) + 0.25:

        >>> import numpy as np
        >>> from backprop.derivation import weighted_sum
        >>> float(weighted_sum(np.array([1.0, 2.0]), np.array([0.5, -1.0]), b=0.25))
        -1.25

        Without a bias, a unit with three inputs only adds three products:

        >>> float(weighted_sum(np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 1.0])))
        6.0

    Source:
        The report has z = wᵀx + b in the text, and no b in the code.

    Next:
        `preactivation` computes a whole layer.
    """
    return np.sum(a * w) + b


def preactivation(a: np.ndarray, w: np.ndarray, b: np.ndarray | None = None) -> np.ndarray:
    r"""Compute the pre-activations of a layer, for all examples.

    $$Z_l = A_{l-1}\,W_l + b_l \tag{5.2}\label{eq:preactivation}$$

    Layer $l$ has $d_l$ units, and the data are layer 0. In $A_{l-1}$ and $Z_l$, each row belongs to one example and
    each column to one unit. The entry in row $n$ and column $j$ of the product is $\sum_i a^n_i w_{ij}$, the weighted
    sum of $\eqref{eq:weighted-sum}$ for example $n$ and unit $j$. The shapes agree with this, because
    $(N \times d_{l-1})(d_{l-1} \times d_l) = (N \times d_l)$. The bias is one row, and it is added to every example.

    Args:
        a: the outputs $A_{l-1}$ of the layer before, or the data $X = A_0$, shape (..., N, in). Write a single
            example as one row, (1, in), rather than as (in,).
        w: the weights $W_l$, shape (..., in, out) rather than (..., out, in).
        b: the biases $b_l$, shape (..., 1, out), or None for a layer without biases.

    Returns:
        The pre-activations $Z_l$, shape (..., N, out).

    Examples:
        With one example, two inputs and one unit, the result is that of `weighted_sum`:

        >>> import numpy as np
        >>> from backprop.derivation import preactivation
        >>> preactivation(np.array([[1.0, 2.0]]), np.array([[0.5], [-1.0]]), np.array([[0.25]]))
        array([[-1.25]])

        Four examples pass through a layer from 2 to 3 units:

        >>> x, w = np.ones((4, 2)), np.ones((2, 3))
        >>> preactivation(x, w).shape
        (4, 3)

        A leading axis holds several networks, here two with the same data:

        >>> preactivation(x, np.ones((2, 2, 3)), np.zeros((2, 1, 3))).shape
        (2, 4, 3)

    Source:
        The report, `layer.forward`: z = X w.

    Next:
        `activation` applies the activation function.
    """
    return a @ w if b is None else a @ w + b


def activation(z: np.ndarray, phi: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    r"""Compute the activations of a layer by applying the activation function to its pre-activations.

    $$A_l = \phi(Z_l) \tag{5.3}\label{eq:activation}$$

    The function is applied element-wise, so each entry of $A_l$ depends only on the entry of $Z_l$ in the same place.
    For this reason the backward pass multiplies by its derivative element-wise rather than by a matrix. The only
    exception is softmax, whose derivative is a matrix $\eqref{eq:output-delta-jacobian}$.

    Args:
        z: the pre-activations $Z_l$, shape (..., N, out).
        phi: the activation function $\phi$, such as `sigmoid`, rather than its derivative.

    Returns:
        The activations $A_l$, same shape; for the last layer the predictions $\hat y$.

    Examples:
        ReLU replaces the negative entry by 0:
        >>> import numpy as np
        >>> from backprop.derivation import activation, relu, sigmoid
        >>> activation(np.array([[-1.25, 2.0]]), relu)
        array([[0., 2.]])

        A 2-3-1 network consists of these two steps, applied twice:

        >>> from backprop.derivation import preactivation
        >>> x, w1, w2 = np.ones((4, 2)), np.ones((2, 3)), np.ones((3, 1))
        >>> a1 = activation(preactivation(x, w1), sigmoid)
        >>> y_hat = activation(preactivation(a1, w2), sigmoid)
        >>> a1.shape, y_hat.shape
        ((4, 3), (4, 1))

    Source:
        The report, `layer.forward`: a = σ(z).

    Next:
        `forward_gradient` returns what the layer keeps for the backward pass.
    """
    return phi(z)


def forward_gradient(a: np.ndarray) -> np.ndarray:
    r"""Compute the report's forward gradient, the derivative of a pre-activation with respect to its weights.

    $$\frac{\partial z_j}{\partial w_{ij}} = a_i \tag{5.4}\label{eq:forward-gradient}$$

    In $\eqref{eq:weighted-sum}$ the weight $w_{ij}$ occurs once, multiplied by $a_i$, and all other terms are constant.
    The local derivative is therefore the input itself, whichever unit $j$ the weight leads to. Nothing needs to be
    computed, because the layer only has to keep its input. The weight occurs in no other weighted sum, so it affects
    the loss only through $z_j$.

    Args:
        a: the input $A_{l-1}$ of the layer, rather than its output $A_l$, shape (..., N, in).

    Returns:
        $\partial z/\partial w$: the same array.

    Examples:
        A unit has the inputs 1 and 2:

        >>> import numpy as np
        >>> from backprop.derivation import forward_gradient, weighted_sum
        >>> a, w = np.array([1.0, 2.0]), np.array([0.5, -1.0])
        >>> forward_gradient(a)
        array([1., 2.])

        The result equals the numerical gradient:

        >>> from backprop.derivation import complex_step, relative_error
        >>> numerical = complex_step(lambda v: weighted_sum(a, v), w)
        >>> relative_error(forward_gradient(a), numerical) < 1e-15
        True

        The derivative with respect to the bias is 1, as for the weight of an input that is always 1:

        >>> float(complex_step(lambda b: weighted_sum(a, w, b), np.array(0.25)))
        1.0

    Source:
        The report, *Forward pass*: ∂z/∂w = x₁; in its code `forward_gradient = X`.

    Next:
        `append_ones` treats the bias as a weight whose input is always 1, so the same rule applies to it.
    """
    return a


def append_ones(a: np.ndarray) -> np.ndarray:
    r"""Append a column of ones, so that a bias becomes a weight.

    $$A\,W + b = \begin{bmatrix} A & \mathbf 1 \end{bmatrix}\begin{bmatrix} W \\ b \end{bmatrix}
    \tag{5.5}\label{eq:bias-column}$$

    Each row of $A$ gets one more entry, a 1, and $W$ gets one more row, $b$. In the product the 1 is multiplied by $b$,
    which is thus added to every example. Whatever we derive for weights therefore also holds for biases, and the last
    row of the gradient belongs to the bias.

    Args:
        a: the input $A$ of a layer, shape (..., N, in), to which no ones have been appended yet.

    Returns:
        $[A\ \mathbf 1]$, shape (..., N, in + 1).

    Examples:
        Two inputs become three:
        >>> import numpy as np
        >>> from backprop.derivation import preactivation, append_ones
        >>> append_ones(np.array([[1.0, 2.0]]))
        array([[1., 2., 1.]])

        With the bias as the last row of the weights, the product is the same:

        >>> a = np.arange(8.0).reshape(4, 2)
        >>> w, b = np.arange(6.0).reshape(2, 3), np.array([[0.5, -0.5, 1.0]])
        >>> bool(np.all(append_ones(a) @ np.vstack([w, b]) == preactivation(a, w, b)))
        True

    Source:
        The report has no such step, because its code has no bias.

    Next:
        `chain_rule` begins the backward pass.
    """
    ones = np.ones((*a.shape[:-1], 1))
    return np.concatenate([a, ones], axis=-1)
