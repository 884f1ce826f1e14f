r"""From the inputs to the answer, keeping what will be needed.

A unit adds up its weighted inputs and bends the sum. A layer does so for many units and many examples at once, as one
matrix product. Rows are examples. On the way every layer keeps its input, because that input *is* the derivative of
the sum with respect to the weights: the report calls it the forward gradient.
"""

from collections.abc import Callable

import numpy as np


def weighted_sum(a: np.ndarray, w: np.ndarray, b: float = 0.0) -> np.ndarray:
    r"""Compute the pre-activation of one unit.

    $$z_j = \sum_{i} a_i\,w_{ij} + b_j \tag{5.1}\label{eq:weighted-sum}$$

    The weight $w_{ij}$ leads *from* unit $i$ of the layer before *to* unit $j$ of this one. The bias $b_j$ shifts the
    place where the unit bends.

    Args:
        a: the outputs $a_i$ of the layer before, shape (in,).
        w: the weights $w_{ij}$ into unit $j$: one column of the weight matrix, shape (in,).
        b: the bias $b_j$, a number.

    Returns:
        The pre-activation $z_j$, a number.

    Examples:
        1 · 0.5 + 2 · (−1) + 0.25:

        >>> import numpy as np
        >>> from backprop.derivation import weighted_sum
        >>> float(weighted_sum(np.array([1.0, 2.0]), np.array([0.5, -1.0]), b=0.25))
        -1.25

        Three inputs, no bias:

        >>> float(weighted_sum(np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 1.0])))
        6.0

    Source:
        The source report: z = wᵀx + b in the text, without b in the code.

    Next:
        `preactivation` does a whole layer.
    """
    return np.sum(a * w) + b


def preactivation(a: np.ndarray, w: np.ndarray, b: np.ndarray | None = None) -> np.ndarray:
    r"""Compute the pre-activations of a layer, for all examples.

    $$Z_l = A_{l-1}\,W_l + b_l \tag{5.2}\label{eq:preactivation}$$

    Row $n$, column $j$ of the product is $\sum_i a^n_i w_{ij}$: the sum of $\eqref{eq:weighted-sum}$ for example $n$
    and unit $j$. The shapes say the same, $(N \times d_{l-1})(d_{l-1} \times d_l) = (N \times d_l)$. The bias is one
    row, added to every example.

    Args:
        a: the outputs $A_{l-1}$ of the layer before, or the data $X = A_0$, shape (..., N, in). Not one example of
            shape (in,): write it as one row, (1, in).
        w: the weights $W_l$, shape (..., in, out). Not (out, in).
        b: the biases $b_l$, shape (..., 1, out), or None for a layer without.

    Returns:
        The pre-activations $Z_l$, shape (..., N, out).

    Examples:
        One example, two inputs, one unit: the numbers of `weighted_sum`.

        >>> import numpy as np
        >>> from backprop.derivation import preactivation
        >>> preactivation(np.array([[1.0, 2.0]]), np.array([[0.5], [-1.0]]), np.array([[0.25]]))
        array([[-1.25]])

        Four examples through a layer from 2 to 3 units:

        >>> x, w = np.ones((4, 2)), np.ones((2, 3))
        >>> preactivation(x, w).shape
        (4, 3)

        A leading axis holds several networks; here two, on the same data:

        >>> preactivation(x, np.ones((2, 2, 3)), np.zeros((2, 1, 3))).shape
        (2, 4, 3)

    Source:
        The source report, `layer.forward`: z = X w.

    Next:
        `activation` bends the sums.
    """
    return a @ w if b is None else a @ w + b


def activation(z: np.ndarray, phi: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    r"""Bend every pre-activation of a layer.

    $$A_l = \phi(Z_l) \tag{5.3}\label{eq:activation}$$

    The function acts on each entry alone. No entry of $A_l$ depends on any other entry of $Z_l$; on the way back this
    makes its derivative a product entry by entry, not a matrix product.

    Args:
        z: the pre-activations $Z_l$, shape (..., N, out).
        phi: the activation function $\phi$, such as `sigmoid`. Not its slope.

    Returns:
        The activations $A_l$, same shape; for the last layer the answers $\hat y$.

    Examples:
        >>> import numpy as np
        >>> from backprop.derivation import activation, relu, sigmoid
        >>> activation(np.array([[-1.25, 2.0]]), relu)
        array([[0., 2.]])

        A 2-3-1 network is these two steps, twice:

        >>> from backprop.derivation import preactivation
        >>> x, w1, w2 = np.ones((4, 2)), np.ones((2, 3)), np.ones((3, 1))
        >>> a1 = activation(preactivation(x, w1), sigmoid)
        >>> y_hat = activation(preactivation(a1, w2), sigmoid)
        >>> a1.shape, y_hat.shape
        ((4, 3), (4, 1))

    Source:
        The source report, `layer.forward`: a = σ(z).

    Next:
        `forward_gradient` is what the layer keeps.
    """
    return phi(z)


def forward_gradient(a: np.ndarray) -> np.ndarray:
    r"""Differentiate a pre-activation with respect to its weights.

    $$\frac{\partial z_j}{\partial w_{ij}} = a_i \tag{5.4}\label{eq:forward-gradient}$$

    In $\eqref{eq:weighted-sum}$ the weight $w_{ij}$ stands once, multiplied by $a_i$; all other terms are constants. So
    the slope is the input itself, whichever unit $j$ it feeds, and nothing need be computed: the layer keeps its input.
    The weight enters no other sum, so from $w_{ij}$ one path leads on, through $z_j$.

    Args:
        a: the input $A_{l-1}$ of the layer, shape (..., N, in). Not its output $A_l$.

    Returns:
        $\partial z/\partial w$: the same array.

    Examples:
        A unit with inputs 1 and 2:

        >>> import numpy as np
        >>> from backprop.derivation import forward_gradient, weighted_sum
        >>> a, w = np.array([1.0, 2.0]), np.array([0.5, -1.0])
        >>> forward_gradient(a)
        array([1., 2.])

        Against the measured slope:

        >>> from backprop.derivation import complex_step, relative_error
        >>> measured = complex_step(lambda v: weighted_sum(a, v), w)
        >>> relative_error(forward_gradient(a), measured) < 1e-15
        True

        The slope of the bias is 1, as if it were the weight of an input that is always 1:

        >>> float(complex_step(lambda b: weighted_sum(a, w, b), np.array(0.25)))
        1.0

    Source:
        The source report, *Forward pass*: ∂z/∂w = x₁; in its code `forward_gradient = X`.

    Next:
        `append_ones` turns that remark about the bias into a method.
    """
    return a


def append_ones(a: np.ndarray) -> np.ndarray:
    r"""Append a column of ones, so that a bias becomes a weight.

    $$A\,W + b = \begin{bmatrix} A & \mathbf 1 \end{bmatrix}\begin{bmatrix} W \\ b \end{bmatrix}
    \tag{5.5}\label{eq:bias-column}$$

    Multiply out the blocks: the column of ones meets the row $b$ in every example. Everything derived for weights
    therefore holds for biases; the last row of the gradient is the bias's.

    Args:
        a: the input $A$ of a layer, shape (..., N, in). Not to be applied twice.

    Returns:
        $[A\ \mathbf 1]$, shape (..., N, in + 1).

    Examples:
        >>> import numpy as np
        >>> from backprop.derivation import preactivation, append_ones
        >>> append_ones(np.array([[1.0, 2.0]]))
        array([[1., 2., 1.]])

        With the bias as last row of the weights the product is the same:

        >>> a = np.arange(8.0).reshape(4, 2)
        >>> w, b = np.arange(6.0).reshape(2, 3), np.array([[0.5, -0.5, 1.0]])
        >>> bool(np.all(append_ones(a) @ np.vstack([w, b]) == preactivation(a, w, b)))
        True

    Source:
        Not in the source report, whose code has no bias.

    Next:
        `chain_rule` starts the way back.
    """
    ones = np.ones((*a.shape[:-1], 1))
    return np.concatenate([a, ones], axis=-1)
