r"""Draw conclusions from the equations before anything is trained.

What can be said about a network before it is trained? This chapter derives six consequences from the equations of the
other chapters, each in a few lines.

A network without activation functions is a single matrix. The lowest loss that it can reach is therefore known from
linear algebra, and for a single linear layer so is the learning rate above which gradient descent diverges. A
first-layer ReLU unit that is 0 for every example remains dead, because no gradient reaches its weights. With two inputs
that fill the square from 0 to 1 and no bias, a unit is dead at initialisation with probability ¼. Units that start with
equal weights remain equal.
"""

from collections.abc import Sequence
from functools import reduce

import numpy as np


def collapse_linear_layers(weights: Sequence[np.ndarray]) -> np.ndarray:
    r"""Collapse the linear layers of a network without activations into one.

    $$\hat Y = \bigl((X W_1) W_2\bigr)\cdots W_L = X\,(W_1 W_2\cdots W_L) = X W
    \tag{10.1}\label{eq:collapse-linear-layers}$$

    Matrix products are associative, so the layers collapse into one matrix, however many there are. Therefore a deeper
    network without activations can compute nothing that a single layer cannot compute. In particular, no choice of
    weights solves XOR, because its labels are not linearly separable, which means that no straight line has all points
    of one label on one side and all others on the other.

    Args:
        weights: $W_1, \dots, W_L$, inputs first, each of shape (in, out).

    Returns:
        $W = W_1 \cdots W_L$, shape (d_0, d_L).

    Examples:
        Two layers become one matrix:
        >>> import numpy as np
        >>> from backprop.derivation import collapse_linear_layers
        >>> collapse_linear_layers([np.array([[1.0], [2.0]]), np.array([[3.0]])])
        array([[3.],
               [6.]])

        A 2-3-5-1 network without activations makes the same predictions as the one matrix:

        >>> rng = np.random.default_rng(0)
        >>> w1, w2, w3 = rng.normal(size=(2, 3)), rng.normal(size=(3, 5)), rng.normal(size=(5, 1))
        >>> x = rng.uniform(size=(4, 2))
        >>> one = collapse_linear_layers([w1, w2, w3])
        >>> one.shape, bool(np.allclose(((x @ w1) @ w2) @ w3, x @ one))
        ((2, 1), True)

    Source:
        The report, *Without activation functions*, which removes the activations but keeps their derivative.

    Next:
        `least_squares_minimum` is the lowest loss of such a network.
    """
    return reduce(np.matmul, weights)


def least_squares_minimum(x: np.ndarray, y: np.ndarray) -> float:
    r"""Find the least-squares minimum, the lowest loss that a network without activations can reach.

    $$\min_W \frac{1}{N\,d_L}\lVert XW - Y\rVert_F^2 \quad\text{is reached where}\quad X^\top X\,W = X^\top Y
    \tag{10.2}\label{eq:least-squares-minimum}$$

    Here $\lVert\cdot\rVert_F$, the Frobenius norm, is the square root of the sum of all squared entries. By
    $\eqref{eq:collapse-linear-layers}$ the network is one matrix $W$, and the gradient with respect to it is
    $X^\top\Delta$ with $\Delta = \tfrac{2}{N d_L}(XW - Y)$, as in $\eqref{eq:weight-gradient}$. This gradient is zero
    where $X^\top X\,W = X^\top Y$ holds. These equations are called the normal equations. Since the loss is convex in
    $W$, that is, nowhere curved downwards, no other $W$ has a lower loss. A product $W_1\cdots W_L$ can be any $W$ if
    every hidden layer has at least as many units as the smaller of the numbers $d_0$ and $d_L$, which is always the
    case with one output. With a narrower layer the minimum may be higher. A network with biases has a column of ones in
    $X$.

    Args:
        x: the data $X$, shape (N, d_0); with biases, `append_ones(x)`.
        y: the targets $Y$, shape (N, d_L).

    Returns:
        The lowest mean squared error.

    Examples:
        The inputs are 1 and 2, and the targets are 1 and 0. No weight $W$ gives both targets, and the best one, $W =
        1/5$, predicts 0.2 and 0.4, so its loss is (0.64 + 0.16)/2:

        >>> import numpy as np
        >>> from backprop.derivation import least_squares_minimum
        >>> round(least_squares_minimum(np.array([[1.0], [2.0]]), np.array([[1.0], [0.0]])), 12)
        0.4

        For the 21 examples of XOR the normal equations can be solved by hand. Without bias both weights are 50/127 and
        the minimum is (10 − 500/127)/21. With bias the best prediction is the constant 10/21, the mean of the labels,
        and the minimum is 110/441:

        >>> from backprop.data import xor
        >>> from backprop.derivation import append_ones
        >>> x, y = xor()
        >>> round(least_squares_minimum(x, y), 6), round((10 - 500 / 127) / 21, 6)
        (0.288714, 0.288714)
        >>> round(least_squares_minimum(append_ones(x), y), 6), round(110 / 441, 6)
        (0.249433, 0.249433)

        If two outputs follow a hidden layer of one unit, $W$ is a column times a row, a matrix of rank one, and even
        the best such matrix has a higher loss:

        >>> rng = np.random.default_rng(0)
        >>> x, y = rng.normal(size=(30, 2)), rng.normal(size=(30, 2))
        >>> left, sizes, right = np.linalg.svd(x @ np.linalg.lstsq(x, y, rcond=None)[0], full_matrices=False)
        >>> best = sizes[0] * np.outer(left[:, 0], right[0])
        >>> bool(np.mean((best - y) ** 2) > least_squares_minimum(x, y))
        True

    Source:
        The report does not compute this minimum, because its training without activations ends in NaN.

    Next:
        `max_stable_learning_rate` is the learning rate below which gradient descent converges to this minimum.
    """
    w = np.linalg.lstsq(x, y, rcond=None)[0]
    return float(np.mean((x @ w - y) ** 2))


def max_stable_learning_rate(x: np.ndarray, d_out: int = 1) -> float:
    r"""Find the maximum stable learning rate of gradient descent for one linear layer.

    $$W^{1} - W^{*} = (I - \eta H)\,(W^{0} - W^{*}), \qquad H = \frac{2}{N\,d_L}X^\top X, \qquad
    0 < \eta < \frac{2}{\lambda_{\max}(H)} \tag{10.3}\label{eq:stability-threshold}$$

    Here $H$ is the Hessian, the matrix of second derivatives of the loss with respect to the weights of one output, and
    it is the same for every output. The identity matrix is $I$. The superscripts count steps, as in
    $\eqref{eq:gradient-descent-step}$, and at $W^*$ the loss has its minimum $\eqref{eq:least-squares-minimum}$.

    We begin with one weight and the loss $L = \tfrac12 H w^2$, whose derivative is $Hw$, so a step multiplies $w$ by
    $1 - \eta H$. This makes $w$ smaller only if $|1 - \eta H| < 1$, and therefore only if $\eta < 2/H$.

    With several weights we insert $X^\top Y = X^\top X W^*$, which holds at the minimum, into the gradient. It becomes
    the product of the Hessian and the displacement from the minimum,

    $$X^\top\frac{2}{N\,d_L}\bigl(XW^{0} - Y\bigr) = H\,(W^{0} - W^{*})$$

    If we put this gradient into the update and subtract $W^*$ on both sides, the first formula of
    $\eqref{eq:stability-threshold}$ remains.

    The Hessian is symmetric. By the spectral theorem of linear algebra, which we do not prove, every column of
    $W^{0} - W^{*}$ is then a sum of eigenvectors, which are vectors $v$ that $H$ only multiplies by a number,
    $Hv = \lambda v$. The number $\lambda$ is the eigenvalue of $v$. We can follow each eigenvector separately. For
    each, $(I - \eta H)\,v = (1 - \eta\lambda)\,v$, so each step multiplies this part of the displacement by
    $1 - \eta\lambda$. It shrinks only while $|1 - \eta\lambda| < 1$, which means $0 < \eta < 2/\lambda$. A part with
    $\lambda = 0$ stays as it is and does not affect the loss. All others must shrink, so the direction of largest
    curvature, with the eigenvalue $\lambda_{\max}$, limits the learning rate.

    If you use the sum in place of the mean, the limit is $N d_L$ times smaller $\eqref{eq:mean-and-sum}$.

    Args:
        x: the data $X$, shape (N, d_0); with biases, `append_ones(x)`.
        d_out: the number of outputs $d_L$.

    Returns:
        $2/\lambda_{\max}$: below this learning rate training converges, and above it training diverges from almost
        every starting point.

    Examples:
        One example whose only input is 2 has the Hessian $H = 8$:

        >>> import numpy as np
        >>> from backprop.derivation import max_stable_learning_rate
        >>> max_stable_learning_rate(np.array([[2.0]]))
        0.25

        For the 21 examples of XOR, $X^\top X$ has the eigenvalues 2.2 and 12.7. The lines below print these
        eigenvalues, the largest stable learning rates without and with bias, and the one for the sum:

        >>> from backprop.data import xor
        >>> from backprop.derivation import append_ones
        >>> x, y = xor()
        >>> np.linalg.eigvalsh(x.T @ x).round(6)
        array([ 2.2, 12.7])
        >>> round(max_stable_learning_rate(x), 6), round(max_stable_learning_rate(append_ones(x)), 6)
        (1.653543, 0.650794)
        >>> round(max_stable_learning_rate(x) / 21, 7)
        0.0787402

        Two thousand steps converge just below the limit and diverge just above it:

        >>> from backprop.derivation import mse_derivative, gradient_descent_step, weight_gradient
        >>> for eta in (1.65, 1.66):
        ...     w = np.array([[1.0], [1.0]])
        ...     for _ in range(2000):
        ...         w = gradient_descent_step(w, weight_gradient(x, mse_derivative(y, x @ w)), eta)
        ...     print(eta, bool(np.abs(w).max() < 1))
        1.65 True
        1.66 False

    Source:
        The report says that training does not converge if the learning rate is too large, but it gives no number.

    Next:
        `dead_units` finds units of ReLU that no longer learn.
    """
    max_eigenvalue = np.linalg.eigvalsh(2 / (len(x) * d_out) * (x.T @ x))[-1]
    return float(2 / max_eigenvalue)


def dead_units(z: np.ndarray) -> np.ndarray:
    r"""Find the dead units of a ReLU layer, which are 0 for every example.

    $$z^n_j \le 0 \text{ for all } n \quad\Longrightarrow\quad \delta^n_j = 0 \text{ for all } n
    \quad\Longrightarrow\quad \frac{\partial L}{\partial w_{ij}} = \sum_{n} a^n_i\,\delta^n_j = 0
    \tag{10.4}\label{eq:dead-unit}$$

    The factor $R'(z) = 0$ $\eqref{eq:relu-derivative}$ makes every $\delta^n_j$ zero, whatever the upstream gradient
    is, so no update changes the weights into the unit. In the first layer the inputs are the data, which do not change
    either. A dead unit of the first layer therefore stays dead. In a later layer, the units that feed it may still
    change and make it active again.

    Args:
        z: the pre-activations of a layer, shape (..., N, H), for *all* examples of the training set.

    Returns:
        True for each dead unit, shape (..., H).

    Examples:
        With three examples and two units, the second unit is never positive:

        >>> import numpy as np
        >>> from backprop.derivation import dead_units
        >>> dead_units(np.array([[1.0, -1.0], [-2.0, 0.0], [-3.0, -5.0]]))
        array([False,  True])

        The gradient with respect to the weights of a dead unit is zero, whatever the upstream gradient is:

        >>> from backprop.derivation import hidden_delta, relu_derivative, weight_gradient
        >>> rng = np.random.default_rng(0)
        >>> x, w = rng.uniform(size=(6, 2)), np.array([[1.0, -1.0, 0.5], [0.5, -2.0, -0.2]])
        >>> z = x @ w
        >>> d = hidden_delta(relu_derivative(z), rng.normal(size=(6, 1)), rng.normal(size=(3, 1)))
        >>> dead_units(z)
        array([False,  True, False])
        >>> gradient = weight_gradient(x, d)
        >>> bool(np.all(gradient[:, 1] == 0)), bool(np.any(gradient[:, 0] == 0))
        (True, False)

    Source:
        The report, *ReLU*, says that such a unit never activates again, which is true of the first layer.

    Next:
        `dead_unit_probability` computes the probability that a unit is dead at initialisation.
    """
    return np.all(z <= 0, axis=-2)


def dead_unit_probability(d_in: int) -> float:
    r"""Compute the probability that a first-layer ReLU unit is dead at initialisation.

    $$P(\text{dead}) = P(w_1 < 0)\,P(w_2 < 0)\cdots P(w_{d_0} < 0) = 2^{-d_0}
    \tag{10.5}\label{eq:dead-unit-probability}$$

    Without a bias, the pre-activation is $z = \sum_i x_i w_i$. On points that fill $[0, 1]^{d_0}$, the unit is dead
    exactly if every weight is negative, because one positive weight $w_i$ makes $z$ positive near the axis $i$. The
    initial weights are drawn independently from a distribution that is symmetric about 0, so each is negative with
    probability ½. If the data do not come close to the axes, which is usual with many inputs, dead units are more
    frequent, and if the inputs have both signs, they are rarer.

    Args:
        d_in: the number of inputs $d_0$.

    Returns:
        The probability, a number.

    Examples:
        The report's data have two inputs:

        >>> from backprop.derivation import dead_unit_probability
        >>> dead_unit_probability(2)
        0.25

        A count over 20,000 random units and 500 points agrees with this probability:

        >>> import numpy as np
        >>> from backprop.derivation import dead_units
        >>> rng = np.random.default_rng(0)
        >>> z = rng.uniform(size=(500, 2)) @ rng.normal(size=(2, 20_000))
        >>> bool(abs(dead_units(z).mean() - dead_unit_probability(2)) < 0.01)
        True

    Source:
        The report has no such formula. It says that 40% of the units may die if the learning rate is too high.

    Next:
        `units_identical` shows why initial weights must be random.
    """
    return 2.0**-d_in


def units_identical(w_in: np.ndarray, w_out: np.ndarray, b: np.ndarray | None = None) -> bool:
    r"""Tell whether all units of a layer are identical.

    $$w_{ij} = w_{ik},\ b_j = b_k,\ w_{jm} = w_{km} \quad\Longrightarrow\quad a_j = a_k,\ \delta_j = \delta_k
    \quad\Longrightarrow\quad \frac{\partial L}{\partial w_{ij}} = \frac{\partial L}{\partial w_{ik}},\quad
    \frac{\partial L}{\partial b_j} = \frac{\partial L}{\partial b_k},\quad
    \frac{\partial L}{\partial w_{jm}} = \frac{\partial L}{\partial w_{km}} \tag{10.6}\label{eq:symmetry}$$

    Here $j$ and $k$ are two units of the same layer, $i$ is a unit of the layer before and $m$ a unit of the next. If
    the two have equal incoming weights, equal outgoing weights and equal biases, they compute the same value and
    receive the same δ. Their gradients are therefore equal, and after the update the units are still identical. If all
    units of a layer are identical, the layer is no more expressive than a single unit, however long you train. Random
    initial weights break the symmetry, whereas equal weights keep it, even if they are not zero. This holds for exact
    numbers. On a computer, rounding may treat equal columns of a matrix differently, and at a large learning rate the
    difference can grow.

    Args:
        w_in: the weights into the layer, shape (in, H).
        w_out: the weights out of the layer, shape (H, out).
        b: the biases of the layer, shape (1, H), or None.

    Returns:
        True if all units are identical, up to rounding.

    Examples:
        Units with equal incoming and outgoing weights are identical, whereas other incoming weights make them differ:

        >>> import numpy as np
        >>> from backprop.derivation import units_identical
        >>> units_identical(np.array([[1.0, 1.0], [2.0, 2.0]]), np.array([[3.0], [3.0]]))
        True
        >>> units_identical(np.array([[1.0, 0.0], [2.0, 2.0]]), np.array([[3.0], [3.0]]))
        False

        Units with equal weights and different biases are not identical:

        >>> units_identical(np.array([[1.0, 1.0], [2.0, 2.0]]), np.array([[3.0], [3.0]]), b=np.array([[0.0, 1.0]]))
        False

        A hundred epochs, each of which is one update with all examples, change the weights of a 2-3-1 network, but
        identical units are still identical, and units with random weights are still different:

        >>> import backprop
        >>> x, y = backprop.xor()
        >>> equal = backprop.Model([np.full((2, 3), 0.5), np.full((3, 1), 0.5)])
        >>> trained = backprop.train(equal, x, y, eta=1.0, epochs=100).model
        >>> bool(np.allclose(trained.weights[0], 0.5)), units_identical(*trained.weights)
        (False, True)
        >>> different = backprop.Model.random([2, 3, 1], seed=0)
        >>> units_identical(*backprop.train(different, x, y, eta=1.0, epochs=100).model.weights)
        False

    Source:
        The report starts from random weights without saying why.

    Next:
        This is the last step. The implementation page assembles the steps into a network.
    """
    equal_biases = b is None or np.allclose(b, b[:, :1])
    return bool(np.allclose(w_in, w_in[:, :1]) and equal_biases and np.allclose(w_out, w_out[:1]))
