r"""A hidden unit's δ comes from the units it feeds.

A hidden unit meets the loss only through the units it feeds. If their δ are known, its own follows: weigh each by the
connection, add, and multiply by the unit's own slope. Layer by layer this carries δ from the output to the first
hidden layer, at the price of one forward pass. It needs the weights *as they were* in the forward pass, so no layer may
be updated before its δ was sent back.
"""

from collections.abc import Sequence
from math import prod

import numpy as np

from backprop.derivation.activations import sigmoid_derivative
from backprop.derivation.chain_rule import backward_gradient, multivariable_chain_rule


def activation_gradient_unit(w: np.ndarray, delta_next: np.ndarray) -> np.ndarray:
    r"""Collect at one unit what the units it feeds send back.

    $$\frac{\partial C}{\partial a_j} = \sum_{k} \frac{\partial z'_k}{\partial a_j}\,\frac{\partial C}{\partial z'_k}
    = \sum_{k} w'_{jk}\,\delta'_k \tag{8.1}\label{eq:activation-gradient-unit}$$

    At z, w, b and δ the prime means *in the next layer*; at σ and φ it is a derivative. Unit $j$ reaches the loss
    through every $z'_k$, so the paths add $\eqref{eq:multivariable-chain-rule}$. In $z'_k = \sum_i a_i w'_{ik} + b'_k$
    only the term $i = j$ contains $a_j$, so its slope is $w'_{jk}$: the same connection, walked backward.

    Args:
        w: the weights $w'_{jk}$ *out of* unit $j$: one row of the next layer's matrix, shape (K,). Not a column.
        delta_next: $\delta'_k$ of the units it feeds, shape (K,).

    Returns:
        $\partial C/\partial a_j$, a number.

    Examples:
        Two units ahead, 0.5 · 0.2 + (−1) · 0.1:

        >>> import numpy as np
        >>> from backprop.derivation import activation_gradient_unit
        >>> float(activation_gradient_unit(np.array([0.5, -1.0]), np.array([0.2, 0.1])))
        0.0

        Three units ahead; they may pull together:

        >>> float(activation_gradient_unit(np.array([1.0, 2.0, 3.0]), np.array([0.1, 0.1, 0.1])).round(2))
        0.6

    Source:
        The source report, *hidden → hidden*, the bracket [ w₃ ∂C/∂z′ + w₄ ∂C/∂z″ ].

    Next:
        `hidden_delta_unit` adds the unit's own slope.
    """
    return multivariable_chain_rule(w, delta_next)


def hidden_delta_unit(
    z: np.ndarray,
    w3: float,
    w4: float,
    dc_dz1: float,
    dc_dz2: float,
) -> np.ndarray:
    r"""Find δ of a hidden unit that feeds two others.

    $$\frac{\partial C}{\partial z} = \sigma'(z)\Bigl[\, w_3\,\frac{\partial C}{\partial z'}
    + w_4\,\frac{\partial C}{\partial z''} \,\Bigr] \tag{8.2}\label{eq:hidden-delta-unit}$$

    The unit's output $a = \sigma(z)$ goes over $w_3$ into $z'$ and over $w_4$ into $z''$: the report's names for two
    units of *one* next layer, $z'_1$ and $z'_2$ of $\eqref{eq:activation-gradient-unit}$. The bracket is
    $\partial C/\partial a$ by $\eqref{eq:activation-gradient-unit}$; the factor $\sigma'(z)$ leads from $a$ to $z$ by
    $\eqref{eq:backward-gradient}$. It is as if a signal ran backward through an amplifier whose gain, $\sigma'(z)$, was
    fixed in the forward pass.

    Args:
        z: the unit's own pre-activation $z$, a number. Not $a$.
        w3: the weight $w_3$ from this unit to the one with pre-activation $z'$.
        w4: the weight $w_4$ from this unit to the one with pre-activation $z''$.
        dc_dz1: $\partial C/\partial z'$, δ of the first unit it feeds.
        dc_dz2: $\partial C/\partial z''$, δ of the second.

    Returns:
        $\delta = \partial C/\partial z$, a number.

    Examples:
        At z = 0 the slope is ¼: ¼ [ 2 · 0.5 + (−1) · 0.2 ]:

        >>> from backprop.derivation import hidden_delta_unit
        >>> float(hidden_delta_unit(z=0.0, w3=2.0, w4=-1.0, dc_dz1=0.5, dc_dz2=0.2))
        0.2

        Against the measured slope. The loss here is $(z')^2 + 3z''$, so its slopes are $2z'$ and 3:

        >>> import numpy as np
        >>> from backprop.derivation import complex_step, relative_error, sigmoid
        >>> z, w3, w4 = 0.7, 1.5, -0.4
        >>> loss = lambda v: (w3 * sigmoid(v)) ** 2 + 3 * (w4 * sigmoid(v))
        >>> measured = complex_step(loss, np.array(z))
        >>> derived = hidden_delta_unit(z, w3, w4, dc_dz1=2 * w3 * sigmoid(z), dc_dz2=3.0)
        >>> relative_error(derived, measured) < 1e-14
        True

    Source:
        The source report, *hidden → hidden*, unchanged.

    Next:
        `activation_gradient` writes the bracket for all units at once.
    """
    dc_da = activation_gradient_unit(np.array([w3, w4]), np.array([dc_dz1, dc_dz2]))
    return backward_gradient(sigmoid_derivative(z), dc_da)


def activation_gradient(delta_next: np.ndarray, w_next: np.ndarray) -> np.ndarray:
    r"""Send δ of a layer back through its weights.

    $$\frac{\partial L}{\partial A_l} = \Delta_{l+1}\,W_{l+1}^\top \tag{8.3}\label{eq:activation-gradient}$$

    The derivative with respect to a matrix is the matrix of the slopes, in its shape. Row $n$ of $A_l$ enters $C^n$ and
    no other share, so row $n$ here is $\partial C^n/\partial a^n$. For example $n$ and unit $j$,
    $\eqref{eq:activation-gradient-unit}$ reads $\sum_k \delta^n_k w_{jk}$. The sum runs over the *second* index of $W$,
    while a matrix product sums over the first of its right factor: $w_{jk} = (W^\top)_{kj}$, so

    $$\sum_{k} \delta^n_k\, w_{jk} = \sum_{k} \delta^n_k\,(W^\top)_{kj} = \bigl(\Delta W^\top\bigr)_{nj},
    \qquad (N \times d_{l+1})(d_{l+1} \times d_l) = (N \times d_l)$$

    It is the transpose and not the inverse: slopes are collected along the connections, the forward step is not undone.
    In the code `.mT` transposes the last two axes; for one network it is the same as `.T`.

    Args:
        delta_next: $\Delta_{l+1}$, shape (..., N, out).
        w_next: the weights $W_{l+1}$ of the *next* layer as they were in the forward pass, shape (..., in, out). Not
            this layer's own, and not yet updated.

    Returns:
        $\partial L/\partial A_l$, shape (..., N, in).

    Examples:
        One example, one hidden unit that feeds two: the numbers of `activation_gradient_unit`:

        >>> import numpy as np
        >>> from backprop.derivation import activation_gradient
        >>> activation_gradient(np.array([[0.2, 0.1]]), np.array([[0.5, -1.0]]))
        array([[0.]])

        Four examples, from 5 units back to 3:

        >>> activation_gradient(np.ones((4, 5)), np.ones((3, 5))).shape
        (4, 3)

        Against the measured slope of a loss that is linear in $Z_{l+1}$, so that $\Delta_{l+1}$ is its coefficients:

        >>> from backprop.derivation import complex_step, relative_error
        >>> rng = np.random.default_rng(0)
        >>> a, w, d = rng.normal(size=(4, 3)), rng.normal(size=(3, 5)), rng.normal(size=(4, 5))
        >>> relative_error(activation_gradient(d, w), complex_step(lambda v: np.sum(d * (v @ w)), a)) < 1e-14
        True

    Source:
        The source report, `layer.backward` returns `backward_gradient · wᵀ`.

    Next:
        `hidden_delta` completes the step.
    """
    return delta_next @ w_next.mT


def hidden_delta(derivative: np.ndarray, delta_next: np.ndarray, w_next: np.ndarray) -> np.ndarray:
    r"""Find δ of a hidden layer from δ of the next.

    $$\Delta_l = \phi'(Z_l) \odot \bigl(\Delta_{l+1}\,W_{l+1}^\top\bigr) \tag{8.4}\label{eq:hidden-delta}$$

    Two steps: back through the weights of layer $l+1$ $\eqref{eq:activation-gradient}$, then back through the
    activation function of layer $l$ $\eqref{eq:backward-gradient}$. Every hidden layer uses this one line, whether the
    next layer is the output or hidden itself. Entry by entry,

    $$\delta^n_j = \phi'(z^n_j)\sum_{k} w'_{jk}\,\delta'^{\,n}_k$$

    Args:
        derivative: $\phi'(Z_l)$ of *this* layer, shape (..., N, H).
        delta_next: $\Delta_{l+1}$ of the next layer, shape (..., N, out).
        w_next: the weights $W_{l+1}$ between them, shape (..., H, out), as they were in the forward pass.

    Returns:
        $\Delta_l$, shape (..., N, H).

    Examples:
        One example, one unit that feeds two: the numbers of `hidden_delta_unit`:

        >>> import numpy as np
        >>> from backprop.derivation import hidden_delta
        >>> hidden_delta(np.array([[0.25]]), np.array([[0.5, 0.2]]), np.array([[2.0, -1.0]]))
        array([[0.2]])

        A 2-3-5-1 network has three layers of weights, so the recursion runs twice:

        >>> from backprop.derivation import sigmoid, sigmoid_derivative, sigmoid_derivative_from_output
        >>> from backprop.derivation import output_delta, mse_contributions, mse_derivative
        >>> from backprop.derivation import total_loss
        >>> rng = np.random.default_rng(0)
        >>> x, y = rng.uniform(size=(4, 2)), np.array([[0.0], [1.0], [1.0], [0.0]])
        >>> w1, w2, w3 = rng.normal(size=(2, 3)), rng.normal(size=(3, 5)), rng.normal(size=(5, 1))
        >>> z1 = x @ w1; z2 = sigmoid(z1) @ w2; z3 = sigmoid(z2) @ w3
        >>> delta3 = output_delta(sigmoid_derivative(z3), mse_derivative(y, sigmoid(z3)))
        >>> delta2 = hidden_delta(sigmoid_derivative(z2), delta3, w3)
        >>> delta1 = hidden_delta(sigmoid_derivative(z1), delta2, w2)
        >>> delta3.shape, delta2.shape, delta1.shape
        ((4, 1), (4, 5), (4, 3))

        Both hidden layers against the measured slope:

        >>> from backprop.derivation import complex_step, relative_error
        >>> L2 = lambda z: total_loss(mse_contributions(y, sigmoid(sigmoid(z) @ w3)))
        >>> L1 = lambda z: L2(sigmoid(z) @ w2)
        >>> relative_error(delta2, complex_step(L2, z2)) < 1e-14
        True
        >>> relative_error(delta1, complex_step(L1, z1)) < 1e-14
        True

    Source:
        The source report, *hidden → hidden*, and `layer.backward` of every layer but the last.

    Next:
        `unrolled_delta` writes all the steps in one product.
    """
    return backward_gradient(derivative, activation_gradient(delta_next, w_next))


def unrolled_delta(
    derivatives: Sequence[np.ndarray],
    weights: Sequence[np.ndarray],
    delta_out: np.ndarray,
) -> np.ndarray:
    r"""Write the recursion out as one product.

    $$\delta_l = \delta_L\,W_L^\top D_{L-1}\,W_{L-1}^\top D_{L-2}\cdots W_{l+1}^\top D_l,
    \qquad D_m = \operatorname{diag}\bigl(\phi'(z_m)\bigr) \tag{8.5}\label{eq:unrolled}$$

    Here $\delta_l$ is the row of $\Delta_l$ that belongs to one example. For it the entry-by-entry product with
    $\phi'(z_m)$ is a product with a diagonal matrix. Putting $\eqref{eq:hidden-delta}$ into itself gives one factor
    $W^\top D$ for each layer passed. Computed from the left, every intermediate result is a single row; from the right
    it is a whole matrix, for the same result. Entry by entry, the product is a sum over all paths from a unit of layer
    $l$ to the outputs; each path contributes the product of the weights and slopes that it meets, times δ of the output
    where it ends.

    Args:
        derivatives: $\phi'(z_{L-1}), \dots, \phi'(z_l)$, from the last hidden layer backward, each of shape (H_m,).
        weights: $W_L, \dots, W_{l+1}$, in the same order, each of shape (in, out).
        delta_out: $\delta_L$ of one example, shape (d_L,).

    Returns:
        $\delta_l$ of that example, shape (H_l,).

    Examples:
        A chain of single units, two steps back: 1 · 2 · ¼ · 4 · ¼:

        >>> import numpy as np
        >>> from backprop.derivation import unrolled_delta
        >>> quarter = np.array([0.25])
        >>> weights = [np.array([[2.0]]), np.array([[4.0]])]
        >>> unrolled_delta([quarter, quarter], weights, np.array([1.0]))
        array([0.5])

        The hidden layers of a 2-3-5-1 network: as `hidden_delta`, twice:

        >>> from backprop.derivation import hidden_delta
        >>> rng = np.random.default_rng(0)
        >>> w2, w3, d3 = rng.normal(size=(3, 5)), rng.normal(size=(5, 1)), rng.normal(size=(1,))
        >>> s1, s2 = rng.uniform(size=(3,)), rng.uniform(size=(5,))
        >>> twice = hidden_delta(s1, hidden_delta(s2, d3[None], w3), w2)
        >>> bool(np.allclose(unrolled_delta([s2, s1], [w3, w2], d3), twice, rtol=1e-14))
        True

    Source:
        Not in the source report.

    Next:
        `delta_bound` reads off how fast δ can vanish.
    """
    d = delta_out
    for derivative, w in zip(derivatives, weights, strict=True):
        d = d @ w.T @ np.diag(derivative)
    return d


def delta_bound(
    weights: Sequence[np.ndarray],
    delta_out: np.ndarray,
    max_derivative: float = 0.25,
) -> float:
    r"""Bound how large δ can be, some layers back.

    $$\lVert\delta_l\rVert \le \bigl(\tfrac14\bigr)^{L-l}\Bigl(\prod_{m=l+1}^{L}\lVert W_m\rVert\Bigr)
    \lVert\delta_L\rVert \tag{8.6}\label{eq:delta-bound}$$

    Take norms of $\eqref{eq:unrolled}$. A diagonal matrix stretches by its largest entry at most, for a sigmoid ¼
    $\eqref{eq:sigmoid-derivative-from-output}$; a weight matrix by $\lVert W\rVert$ at most, its largest singular
    value, which its transpose shares. If each stretches by at most some number below 4, δ shrinks geometrically with
    depth: the gradient vanishes.

    Args:
        weights: the matrices $W_{l+1}, \dots, W_L$ that δ passes, in any order, each of shape (in, out).
        delta_out: $\delta_L$ of one example, shape (d_L,).
        max_derivative: the largest slope of the activation: ¼ for the sigmoid, 1 for tanh, ReLU and identity.

    Returns:
        The bound on $\lVert\delta_l\rVert$, a number.

    Examples:
        Two steps back through weights of norm 2 and 4:

        >>> import numpy as np
        >>> from backprop.derivation import delta_bound
        >>> round(delta_bound([np.array([[2.0]]), np.array([[4.0]])], np.array([1.0])), 12)
        0.5

        It holds for random slopes and weights of a 2-3-5-1 network:

        >>> from backprop.derivation import unrolled_delta
        >>> rng = np.random.default_rng(0)
        >>> w2, w3, d3 = rng.normal(size=(3, 5)), rng.normal(size=(5, 1)), np.array([0.3])
        >>> s1, s2 = rng.uniform(0, 0.25, size=(3,)), rng.uniform(0, 0.25, size=(5,))
        >>> size = np.linalg.norm(unrolled_delta([s2, s1], [w3, w2], d3))
        >>> bool(size <= delta_bound([w2, w3], d3))
        True

    Source:
        Not in the source report.

    Next:
        `weight_gradient_example` turns δ into a gradient.
    """
    shrinkage = prod(max_derivative * np.linalg.norm(w, 2) for w in weights)
    return float(shrinkage * np.linalg.norm(delta_out))
