r"""Derive δ of a hidden layer from δ of the next layer.

How does a hidden unit learn how much it contributed to the loss, although it has no target of its own? This chapter
derives its δ from the δ of the units that it feeds, first for one unit and then for a whole layer.

A hidden unit affects the loss only through the units of the next layer. If their δ are known, so is the upstream
gradient of the hidden unit, because it is the sum of these δ, each multiplied by the weight of its connection.
Multiplying by the derivative of the unit's own activation function then gives its δ. We repeat this layer by layer,
from the output to the first hidden layer, and all δ together need fewer multiplications in matrix products than one
forward pass. The formula holds for the weights *as they were* in the forward pass, so no layer may be updated before δ
has passed through its weights.
"""

from collections.abc import Sequence
from math import prod

import numpy as np

from backprop.derivation.activations import sigmoid_derivative
from backprop.derivation.chain_rule import backward_gradient, multivariable_chain_rule


def activation_gradient_unit(w: np.ndarray, delta_next: np.ndarray) -> np.ndarray:
    r"""Compute the gradient with respect to the activation of one unit.

    $$\frac{\partial C}{\partial a_j} = \sum_{k} \frac{\partial z_k}{\partial a_j}\,\frac{\partial C}{\partial z_k}
    = \sum_{k} w_{jk}\,\delta_k \tag{8.1}\label{eq:activation-gradient-unit}$$

    The index says to which layer a unit belongs: $j$ is a unit of this layer $l$, and $k$ is a unit of the next layer
    $l + 1$. The weight $w_{jk}$ between them is an entry of $W_{l+1}$, and $\delta_k$ is $\partial C/\partial z_k$, as
    in $\eqref{eq:delta}$. Unit $j$ reaches the loss through every $z_k$, so we sum over all paths, as in
    $\eqref{eq:multivariable-chain-rule}$. In the weighted sum $z_k = \sum_i a_i w_{ik} + b_k$, where $i$ runs through
    all units of layer $l$, only the term with $i = j$ contains $a_j$, and its factor is $w_{jk}$. The local derivative
    is therefore the weight $w_{jk}$, the same weight that carried $a_j$ forward.

    Args:
        w: the weights $w_{jk}$ *out of* unit $j$, one row (rather than a column) of the next layer's matrix, shape
            (K,).
        delta_next: $\delta_k$ of the units it feeds, shape (K,).

    Returns:
        $\partial C/\partial a_j$, a number.

    Examples:
        With two units in the next layer, the terms 0.5 · 0.2 and (−1) · 0.1 cancel:

        >>> import numpy as np
        >>> from backprop.derivation import activation_gradient_unit
        >>> float(activation_gradient_unit(np.array([0.5, -1.0]), np.array([0.2, 0.1])))
        0.0

        With three units in the next layer, all terms have the same sign here:

        >>> float(activation_gradient_unit(np.array([1.0, 2.0, 3.0]), np.array([0.1, 0.1, 0.1])).round(2))
        0.6

    Source:
        The report, *hidden → hidden*, the bracket [ w₃ ∂C/∂z′ + w₄ ∂C/∂z″ ].

    Next:
        `hidden_delta_unit` multiplies by the derivative of the activation.
    """
    return multivariable_chain_rule(w, delta_next)


def hidden_delta_unit(
    z: np.ndarray,
    w3: float,
    w4: float,
    dc_dz1: float,
    dc_dz2: float,
) -> np.ndarray:
    r"""Compute δ of one hidden unit, which feeds two units of the next layer.

    $$\frac{\partial C}{\partial z} = \sigma'(z)\Bigl[\, w_3\,\frac{\partial C}{\partial z_1}
    + w_4\,\frac{\partial C}{\partial z_2} \,\Bigr] \tag{8.2}\label{eq:hidden-delta-unit}$$

    The unit's activation $a = \sigma(z)$ is multiplied by $w_3$ on its way into $z_1$ and by $w_4$ on its way into
    $z_2$. Here $z_1$ and $z_2$ belong to two units of the next layer. The names $w_3$ and $w_4$ are the report's, and
    their indices count weights rather than units. The bracket is the upstream gradient $\partial C/\partial a$ by
    $\eqref{eq:activation-gradient-unit}$. The local derivative $\sigma'(z)$ leads back from $a$ to $z$ by
    $\eqref{eq:backward-gradient}$. Its value has been fixed in the forward pass, so in the backward pass it is a
    constant factor.

    Args:
        z: the unit's own pre-activation $z$, a number. Do not pass $a$.
        w3: the weight $w_3$ from this unit to the one with pre-activation $z_1$.
        w4: the weight $w_4$ from this unit to the one with pre-activation $z_2$.
        dc_dz1: $\partial C/\partial z_1$, δ of the first unit it feeds.
        dc_dz2: $\partial C/\partial z_2$, δ of the second.

    Returns:
        $\delta = \partial C/\partial z$, a number.

    Examples:
        At z = 0 the derivative is ¼, so δ is ¼ [ 2 · 0.5 + (−1) · 0.2 ]:

        >>> from backprop.derivation import hidden_delta_unit
        >>> float(hidden_delta_unit(z=0.0, w3=2.0, w4=-1.0, dc_dz1=0.5, dc_dz2=0.2))
        0.2

        The loss $z_1^2 + 3z_2$ has the derivatives $2z_1$ and 3, and δ equals the numerical derivative:

        >>> import numpy as np
        >>> from backprop.derivation import complex_step, relative_error, sigmoid
        >>> z, w3, w4 = 0.7, 1.5, -0.4
        >>> loss = lambda v: (w3 * sigmoid(v)) ** 2 + 3 * (w4 * sigmoid(v))
        >>> numerical = complex_step(loss, np.array(z))
        >>> analytic = hidden_delta_unit(z, w3, w4, dc_dz1=2 * w3 * sigmoid(z), dc_dz2=3.0)
        >>> relative_error(analytic, numerical) < 1e-14
        True

    Source:
        The report, *hidden → hidden*, which writes $z_1$ and $z_2$ with one and two primes.

    Next:
        `activation_gradient` computes the bracket for all units and examples.
    """
    dc_da = activation_gradient_unit(np.array([w3, w4]), np.array([dc_dz1, dc_dz2]))
    return backward_gradient(sigmoid_derivative(z), dc_da)


def activation_gradient(delta_next: np.ndarray, w_next: np.ndarray) -> np.ndarray:
    r"""Compute the gradient with respect to the activations of a layer from δ of the next layer.

    $$\frac{\partial L}{\partial A_l} = \Delta_{l+1}\,W_{l+1}^\top \tag{8.3}\label{eq:activation-gradient}$$

    The gradient with respect to a matrix collects the partial derivatives with respect to its entries, in the same
    shape. Row $n$ of $A_l$ affects $C^n$ and no other contribution, so row $n$ of the result is
    $\partial C^n/\partial a^n$. For example $n$ and unit $j$, $\eqref{eq:activation-gradient-unit}$ reads
    $\sum_k \delta^n_k w_{jk}$, where $\delta^n_k$ is the entry of $\Delta_{l+1}$ in row $n$ and column $k$. This sum
    runs over the *second* index of $W$, whereas a matrix product sums over the first index of its right factor. We
    therefore need the transpose, $w_{jk} = (W^\top)_{kj}$. If we leave out the index of the layer, the sum becomes

    $$\sum_{k} \delta^n_k\, w_{jk} = \sum_{k} \delta^n_k\,(W^\top)_{kj} = {\bigl(\Delta W^\top\bigr)}_{nj},
    \qquad (N \times d_{l+1})(d_{l+1} \times d_l) = (N \times d_l)$$

    The entry in row $n$ and column $j$ of the product is thus the upstream gradient of unit $j$ for example $n$. In the
    code, `.mT` transposes the last two axes, which for one network is the same as `.T`.

    You may meet the rule in another form. In general, the chain rule multiplies by the transpose of the Jacobian, the
    matrix of all partial derivatives of a function with several outputs. If one example is a column, the next layer
    computes $W^\top a + b$, so the Jacobian is $W^\top$. Its transpose is $W$, and the gradient is therefore $W\delta$.
    Written as a row, this is our product with $W^\top$ from the right. The inverse of $W$ would be incorrect here,
    because we add derivatives along the connections rather than undo the forward step.

    Args:
        delta_next: $\Delta_{l+1}$, shape (..., N, out).
        w_next: the weights $W_{l+1}$ of the *next* layer as they were in the forward pass, shape (..., in, out). Do not
            pass this layer's own weights, or weights that have been updated.

    Returns:
        $\partial L/\partial A_l$, shape (..., N, in).

    Examples:
        For one example and one hidden unit that feeds two units, the result is that of `activation_gradient_unit`:

        >>> import numpy as np
        >>> from backprop.derivation import activation_gradient
        >>> activation_gradient(np.array([[0.2, 0.1]]), np.array([[0.5, -1.0]]))
        array([[0.]])

        The gradients of four examples are propagated back from 5 units to 3:

        >>> activation_gradient(np.ones((4, 5)), np.ones((3, 5))).shape
        (4, 3)

        If a loss is linear in $Z_{l+1}$, its coefficients are $\Delta_{l+1}$, and we obtain the numerical gradient:

        >>> from backprop.derivation import complex_step, relative_error
        >>> rng = np.random.default_rng(0)
        >>> a, w, d = rng.normal(size=(4, 3)), rng.normal(size=(3, 5)), rng.normal(size=(4, 5))
        >>> relative_error(activation_gradient(d, w), complex_step(lambda v: np.sum(d * (v @ w)), a)) < 1e-14
        True

    Source:
        The report, `layer.backward` returns `backward_gradient · wᵀ`.

    Next:
        `hidden_delta` completes the step.
    """
    return delta_next @ w_next.mT


def hidden_delta(derivative: np.ndarray, delta_next: np.ndarray, w_next: np.ndarray) -> np.ndarray:
    r"""Compute δ of a hidden layer from δ of the next layer.

    $$\Delta_l = \phi'(Z_l) \odot \bigl(\Delta_{l+1}\,W_{l+1}^\top\bigr) \tag{8.4}\label{eq:hidden-delta}$$

    There are two steps. The first leads through the weights of layer $l+1$ $\eqref{eq:activation-gradient}$ and gives
    the upstream gradient. The second leads through the activation function of layer $l$ $\eqref{eq:backward-gradient}$,
    so it is an element-wise product with the local derivative $\phi'(Z_l)$. Every hidden layer uses this one line,
    whether the next layer is the output or itself hidden. For the entry of example $n$ and unit $j$, it says

    $$\delta^n_j = \phi'(z^n_j)\sum_{k} w_{jk}\,\delta^n_k$$

    Here $k$ runs through the units of the next layer. Such a rule, which computes every $\Delta_l$ from the next one,
    is called a recursion. It starts at the output, with $\eqref{eq:output-delta}$.

    Args:
        derivative: $\phi'(Z_l)$ of *this* layer, shape (..., N, H).
        delta_next: $\Delta_{l+1}$ of the next layer, shape (..., N, out).
        w_next: the weights $W_{l+1}$ between them, shape (..., H, out), as they were in the forward pass.

    Returns:
        $\Delta_l$, shape (..., N, H).

    Examples:
        For one example and one unit that feeds two units, the result is that of `hidden_delta_unit`:

        >>> import numpy as np
        >>> from backprop.derivation import hidden_delta
        >>> hidden_delta(np.array([[0.25]]), np.array([[0.5, 0.2]]), np.array([[2.0, -1.0]]))
        array([[0.2]])

        A 2-3-5-1 network has three layers of weights, so we apply the recursion twice:

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

        Both hidden layers agree with the numerical gradient:

        >>> from backprop.derivation import complex_step, relative_error
        >>> L2 = lambda z: total_loss(mse_contributions(y, sigmoid(sigmoid(z) @ w3)))
        >>> L1 = lambda z: L2(sigmoid(z) @ w2)
        >>> relative_error(delta2, complex_step(L2, z2)) < 1e-14
        True
        >>> relative_error(delta1, complex_step(L1, z1)) < 1e-14
        True

    Source:
        The report, *hidden → hidden*, and `layer.backward` of every layer but the last.

    Next:
        `unrolled_delta` writes all the steps as one product.
    """
    return backward_gradient(derivative, activation_gradient(delta_next, w_next))


def unrolled_delta(
    derivatives: Sequence[np.ndarray],
    weights: Sequence[np.ndarray],
    delta_out: np.ndarray,
) -> np.ndarray:
    r"""Unroll the recursion for δ into one product of matrices.

    $$\delta_l = \delta_L\,W_L^\top D_{L-1}\,W_{L-1}^\top D_{L-2}\cdots W_{l+1}^\top D_l,
    \qquad D_m = \operatorname{diag}\bigl(\phi'(z_m)\bigr) \tag{8.5}\label{eq:unrolled}$$

    Here $\delta_l$ is the row of $\Delta_l$ that belongs to one example, and $z_m$ is the row of $Z_m$, for every
    hidden layer $m$. For such a row, the element-wise product with $\phi'(z_m)$ is the product with a matrix $D_m$, the
    Jacobian of the activation function. It has the entries of $\phi'(z_m)$ on its diagonal and zeros elsewhere.
    Therefore $\eqref{eq:hidden-delta}$ becomes $\delta_l = \delta_{l+1}W_{l+1}^\top D_l$. The same holds for every
    hidden layer, so we can substitute the formula for $\delta_{L-1}$ into the one for $\delta_{L-2}$. This one
    substitution gives

    $$\delta_{L-2} = \delta_{L-1}\,W_{L-1}^\top D_{L-2}
    = \bigl(\delta_L\,W_L^\top D_{L-1}\bigr)\,W_{L-1}^\top D_{L-2}$$

    Every further substitution adds one factor $W^\top D$ on the right, until layer $l$ is reached. If you compute the
    product from the left, every intermediate result is a single row. If you compute it from the right, the intermediate
    results are whole matrices, which take more multiplications, although the final result is the same. Each entry of
    $\delta_l$ is a sum over all paths from a unit of layer $l$ to the outputs. A path contributes the product of the
    weights and derivatives along it, multiplied by δ of the output where it ends.

    Args:
        derivatives: $\phi'(z_{L-1}), \dots, \phi'(z_l)$, from the last hidden layer backward, each of shape (H_m,).
        weights: $W_L, \dots, W_{l+1}$, in the same order, each of shape (in, out).
        delta_out: $\delta_L$ of one example, shape (d_L,).

    Returns:
        $\delta_l$ of that example, shape (H_l,).

    Examples:
        A chain of single units gives 1 · 2 · ¼ · 4 · ¼ after two steps:

        >>> import numpy as np
        >>> from backprop.derivation import unrolled_delta
        >>> quarter = np.array([0.25])
        >>> weights = [np.array([[2.0]]), np.array([[4.0]])]
        >>> unrolled_delta([quarter, quarter], weights, np.array([1.0]))
        array([0.5])

        For the hidden layers of a 2-3-5-1 network it agrees with two calls of `hidden_delta`:

        >>> from backprop.derivation import hidden_delta
        >>> rng = np.random.default_rng(0)
        >>> w2, w3, d3 = rng.normal(size=(3, 5)), rng.normal(size=(5, 1)), rng.normal(size=(1,))
        >>> s1, s2 = rng.uniform(size=(3,)), rng.uniform(size=(5,))
        >>> twice = hidden_delta(s1, hidden_delta(s2, d3[None], w3), w2)
        >>> bool(np.allclose(unrolled_delta([s2, s1], [w3, w2], d3), twice, rtol=1e-14))
        True

    Next:
        `delta_bound` shows how fast δ can vanish.
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
    r"""Compute a bound on the norm of δ several layers back.

    $$\lVert\delta_l\rVert \le {\bigl(\tfrac14\bigr)}^{L-l}\Bigl(\prod_{m=l+1}^{L}\lVert W_m\rVert\Bigr)
    \lVert\delta_L\rVert \tag{8.6}\label{eq:delta-bound}$$

    To bound δ, we take the norm of both sides of $\eqref{eq:unrolled}$. The norm of a vector is the square root of the
    sum of its squared entries. The spectral norm of a matrix, also called its largest singular value, is the largest
    factor by which a product with it can multiply the norm of a vector. Every matrix in $\eqref{eq:unrolled}$ therefore
    multiplies the norm of δ by at most its own spectral norm. For a diagonal matrix this is the largest absolute entry,
    so for each $D_m$ of a sigmoid layer it is at most ¼ $\eqref{eq:sigmoid-derivative-from-output}$, and there are $L -
    l$ of these, from $D_{L-1}$ to $D_l$. We write $\lVert W\rVert$ for the spectral norm of a weight matrix, and its
    transpose has the same norm.

    If the norms of all weight matrices are at most some number below 4, then every layer multiplies the bound by a
    number below 1. In that case δ shrinks at least geometrically, that is, by a factor below 1 for each layer, and with
    δ the gradient vanishes.

    Args:
        weights: the matrices $W_{l+1}, \dots, W_L$ that δ is propagated through, in any order, each of shape (in, out).
        delta_out: $\delta_L$ of one example, shape (d_L,).
        max_derivative: the largest |φ′|: ¼ for the sigmoid, 1 for tanh, ReLU and the identity.

    Returns:
        The bound on $\lVert\delta_l\rVert$, a number.

    Examples:
        Two steps back through weights of norm 2 and 4 leave at most 1 · 2 · ¼ · 4 · ¼:

        >>> import numpy as np
        >>> from backprop.derivation import delta_bound
        >>> round(delta_bound([np.array([[2.0]]), np.array([[4.0]])], np.array([1.0])), 12)
        0.5

        The bound holds for random derivatives and weights of a 2-3-5-1 network:

        >>> from backprop.derivation import unrolled_delta
        >>> rng = np.random.default_rng(0)
        >>> w2, w3, d3 = rng.normal(size=(3, 5)), rng.normal(size=(5, 1)), np.array([0.3])
        >>> s1, s2 = rng.uniform(0, 0.25, size=(3,)), rng.uniform(0, 0.25, size=(5,))
        >>> size = np.linalg.norm(unrolled_delta([s2, s1], [w3, w2], d3))
        >>> bool(size <= delta_bound([w2, w3], d3))
        True

    Next:
        `weight_gradient_example` multiplies δ by the input of the layer.
    """
    shrinkage = prod(max_derivative * np.linalg.norm(w, 2) for w in weights)
    return float(shrinkage * np.linalg.norm(delta_out))
