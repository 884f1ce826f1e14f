r"""What the equations say before anything is trained.

A network without activation functions is one matrix. The best it can do is known from linear algebra, and so is the
rate at which its training breaks down. A ReLU that is off for every example stays off. Units that start equal stay
equal. Each statement follows from the chapters before, in a line or two.
"""

from collections.abc import Sequence
from functools import reduce

import numpy as np


def linear_collapse(weights: Sequence[np.ndarray]) -> np.ndarray:
    r"""Multiply the layers of a network without activations into one.

    $$\hat Y = \bigl((X W_1) W_2\bigr)\cdots W_L = X\,(W_1 W_2\cdots W_L) = X W \tag{10.1}\label{eq:linear-collapse}$$

    Matrix products are associative, so the layers collapse into one matrix whatever their number. Depth adds nothing
    that one layer could not do. In particular no choice of weights solves XOR, because no line separates its labels.

    Args:
        weights: $W_1, \dots, W_L$, inputs first, each of shape (in, out).

    Returns:
        $W = W_1 \cdots W_L$, shape (d_0, d_L).

    Examples:
        >>> import numpy as np
        >>> from backprop.derivation import linear_collapse
        >>> linear_collapse([np.array([[1.0], [2.0]]), np.array([[3.0]])])
        array([[3.],
               [6.]])

        A 2-3-5-1 network without activations against the one matrix:

        >>> rng = np.random.default_rng(0)
        >>> w1, w2, w3 = rng.normal(size=(2, 3)), rng.normal(size=(3, 5)), rng.normal(size=(5, 1))
        >>> x = rng.uniform(size=(4, 2))
        >>> one = linear_collapse([w1, w2, w3])
        >>> one.shape, bool(np.allclose(((x @ w1) @ w2) @ w3, x @ one))
        ((2, 1), True)

    Source:
        The source report, *Without activation functions*, which removes the activations but keeps their slope.

    Next:
        `least_squares_minimum` is the best that such a network can do.
    """
    return reduce(np.matmul, weights)


def least_squares_minimum(x: np.ndarray, y: np.ndarray) -> float:
    r"""Find the lowest loss that a network without activations can reach.

    $$\min_W \frac{1}{N\,d_L}\lVert XW - Y\rVert_F^2 \quad\text{is reached where}\quad X^\top X\,W = X^\top Y
    \tag{10.2}\label{eq:least-squares-minimum}$$

    By $\eqref{eq:linear-collapse}$ the network is one matrix $W$, and its gradient $\eqref{eq:weight-gradient}$ is
    $X^\top\Delta$ with $\Delta = \tfrac{2}{N d_L}(XW - Y)$. Where it is zero, the normal equations hold. The loss is
    convex in $W$, so no $W$ does better. A product $W_1\cdots W_L$ can be any $W$ if no hidden layer is narrower than
    both $X$ and $Y$, as with one output; through a narrower one the floor may lie higher. The norm with F adds the
    squares of all entries. A network with biases has a column of ones in $X$.

    Args:
        x: the data $X$, shape (N, d_0); with biases, `append_ones(x)`.
        y: the targets $Y$, shape (N, d_L).

    Returns:
        The lowest mean squared error.

    Examples:
        Two points that no multiple of x can meet, x = 1 and 2 with targets 1 and 0; W = 1/5 leaves (0.64 + 0.16)/2:

        >>> import numpy as np
        >>> from backprop.derivation import least_squares_minimum
        >>> round(least_squares_minimum(np.array([[1.0], [2.0]]), np.array([[1.0], [0.0]])), 12)
        0.4

        XOR's 21 points, without bias (10 − 500/127)/21 and with it 110/441:

        >>> from backprop.data import xor
        >>> from backprop.derivation import append_ones
        >>> x, y = xor()
        >>> round(least_squares_minimum(x, y), 6), round((10 - 500 / 127) / 21, 6)
        (0.288714, 0.288714)
        >>> round(least_squares_minimum(append_ones(x), y), 6), round(110 / 441, 6)
        (0.249433, 0.249433)

        Two outputs through a hidden layer of one unit: the best product, of rank one, stays above the floor.

        >>> rng = np.random.default_rng(0)
        >>> x, y = rng.normal(size=(30, 2)), rng.normal(size=(30, 2))
        >>> left, sizes, right = np.linalg.svd(x @ np.linalg.lstsq(x, y, rcond=None)[0], full_matrices=False)
        >>> best = sizes[0] * np.outer(left[:, 0], right[0])
        >>> bool(np.mean((best - y) ** 2) > least_squares_minimum(x, y))
        True

    Source:
        Not in the source report, whose training without activations ends in nan.

    Next:
        `max_stable_learning_rate` says how fast one may go there.
    """
    w = np.linalg.lstsq(x, y, rcond=None)[0]
    return float(np.mean((x @ w - y) ** 2))


def max_stable_learning_rate(x: np.ndarray, d_out: int = 1) -> float:
    r"""Find the learning rate at which one linear layer stops converging.

    $$W^{1} - W^{*} = (I - \eta H)\,(W^{0} - W^{*}), \qquad H = \frac{2}{N\,d_L}X^\top X, \qquad
    0 < \eta < \frac{2}{\lambda_{\max}(H)} \tag{10.3}\label{eq:stability-threshold}$$

    With one weight and $L = \tfrac12 H w^2$ a step multiplies $w$ by $1 - \eta H$, which shrinks it only if
    $\eta < 2/H$. With several weights, put the gradient $X^\top\tfrac{2}{N d_L}(XW - Y)$ into the update, and use that
    it is zero at the floor $W^*$: this is the first formula. $H$ is symmetric, so any distance from $W^*$ is a sum of
    its eigenvectors. Along the one with eigenvalue $\lambda$ each step multiplies the distance by $1 - \eta\lambda$. It
    shrinks only while $|1 - \eta\lambda| < 1$, that is $\eta < 2/\lambda$. The steepest direction decides. With the sum
    for the mean, the threshold is $N d_L$ times smaller $\eqref{eq:mean-and-sum}$. The superscripts count steps, as in
    $\eqref{eq:gradient-descent-step}$; $W^*$ is where the steps should lead.

    Args:
        x: the data $X$, shape (N, d_0); with biases, `append_ones(x)`.
        d_out: the number of outputs $d_L$.

    Returns:
        $2/\lambda_{\max}$: below it training converges, above it diverges from almost every start.

    Examples:
        One input that is always 2 and one example: $H = 8$:

        >>> import numpy as np
        >>> from backprop.derivation import max_stable_learning_rate
        >>> max_stable_learning_rate(np.array([[2.0]]))
        0.25

        XOR's 21 points: $X^\top X$ has the eigenvalues 2.2 and 12.7. Without bias, with it, and for the sum:

        >>> from backprop.data import xor
        >>> from backprop.derivation import append_ones
        >>> x, y = xor()
        >>> np.linalg.eigvalsh(x.T @ x).round(6)
        array([ 2.2, 12.7])
        >>> round(max_stable_learning_rate(x), 6), round(max_stable_learning_rate(append_ones(x)), 6)
        (1.653543, 0.650794)
        >>> round(max_stable_learning_rate(x) / 21, 7)
        0.0787402

        Two thousand steps just below the threshold, and just above:

        >>> from backprop.derivation import mse_derivative, gradient_descent_step, weight_gradient
        >>> for eta in (1.65, 1.66):
        ...     w = np.array([[1.0], [1.0]])
        ...     for _ in range(2000):
        ...         w = gradient_descent_step(w, weight_gradient(x, mse_derivative(y, x @ w)), eta)
        ...     print(eta, bool(np.abs(w).max() < 1))
        1.65 True
        1.66 False

    Source:
        The source report claims that too large a rate does not converge, without a figure.

    Next:
        `dead_units` turns to ReLU.
    """
    max_derivative = np.linalg.eigvalsh(2 / (len(x) * d_out) * (x.T @ x))[-1]
    return float(2 / max_derivative)


def dead_units(z: np.ndarray) -> np.ndarray:
    r"""Find the ReLU units that are off for every example.

    $$z^n_j \le 0 \text{ for all } n \quad\Longrightarrow\quad \delta^n_j = 0 \text{ for all } n
    \quad\Longrightarrow\quad \frac{\partial L}{\partial w_{ij}} = \sum_{n} a^n_i\,\delta^n_j = 0
    \tag{10.4}\label{eq:dead-unit}$$

    The factor $R'(z) = 0$ $\eqref{eq:relu-derivative}$ makes every $\delta^n_j$ zero, whatever arrives from above. So
    nothing moves the weights into the unit. In the first layer its inputs are the data, which do not change either: it
    is dead for good. In a later layer the units below may still move and wake it.

    Args:
        z: the pre-activations of a layer, shape (..., N, H), for *all* the examples one trains on.

    Returns:
        True for each dead unit, shape (..., H).

    Examples:
        Three examples, two units; the second is never on:

        >>> import numpy as np
        >>> from backprop.derivation import dead_units
        >>> dead_units(np.array([[1.0, -1.0], [-2.0, 0.0], [-3.0, -5.0]]))
        array([False,  True])

        The gradient of a dead unit's weights is zero, whatever comes back:

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
        The source report, *ReLU*: such a unit never activates again, irreversibly. It holds for the first layer.

    Next:
        `dead_unit_probability` says how many start dead.
    """
    return np.all(z <= 0, axis=-2)


def dead_unit_probability(d_in: int) -> float:
    r"""Predict the share of first-layer ReLU units that are dead at the start.

    $$P(\text{dead}) = P(w_1 < 0)\,P(w_2 < 0)\cdots P(w_{d_0} < 0) = 2^{-d_0}
    \tag{10.5}\label{eq:dead-unit-probability}$$

    Without a bias, $z = \sum_i x_i w_i$. On points that fill $[0, 1]^{d_0}$ it is negative everywhere exactly if every
    weight is negative: one positive weight $w_i$ makes $z$ positive near the axis $i$. The initial weights are drawn
    independently from a distribution that is symmetric about 0. Points that leave the corners out allow a little more.

    Args:
        d_in: the number of inputs $d_0$.

    Returns:
        The probability, a number.

    Examples:
        The report's data have two inputs:

        >>> from backprop.derivation import dead_unit_probability
        >>> dead_unit_probability(2)
        0.25

        Counted on 20,000 random units and 500 points:

        >>> import numpy as np
        >>> from backprop.derivation import dead_units
        >>> rng = np.random.default_rng(0)
        >>> z = rng.uniform(size=(500, 2)) @ rng.normal(size=(2, 20_000))
        >>> bool(abs(dead_units(z).mean() - dead_unit_probability(2)) < 0.01)
        True

    Source:
        Not in the source report, which gives 40 % for too high a learning rate.

    Next:
        `units_identical` shows why the start must be random.
    """
    return 2.0**-d_in


def units_identical(w_in: np.ndarray, w_out: np.ndarray, b: np.ndarray | None = None) -> bool:
    r"""Tell whether all units of a layer are copies of one another.

    $$w_{ij} = w_{ik},\ b_j = b_k,\ w'_{jm} = w'_{km} \quad\Longrightarrow\quad a_j = a_k,\ \delta_j = \delta_k
    \quad\Longrightarrow\quad \frac{\partial L}{\partial w_{ij}} = \frac{\partial L}{\partial w_{ik}},\quad
    \frac{\partial L}{\partial b_j} = \frac{\partial L}{\partial b_k},\quad
    \frac{\partial L}{\partial w'_{jm}} = \frac{\partial L}{\partial w'_{km}} \tag{10.6}\label{eq:symmetry}$$

    Units with equal weights in and out and equal biases compute the same value and receive the same δ, so their
    gradients are equal, and after the update they are equal still. However long it trains, such a layer is worth one
    unit. Random initial weights break the symmetry; equal ones, zero or not, keep it for ever.

    Args:
        w_in: the weights into the layer, shape (in, H).
        w_out: the weights out of it, shape (H, out).
        b: its biases, shape (1, H), or None.

    Returns:
        True if all units are equal, up to rounding.

    Examples:
        Two units with the same weights in and out, and two with different weights in:

        >>> import numpy as np
        >>> from backprop.derivation import units_identical
        >>> units_identical(np.array([[1.0, 1.0], [2.0, 2.0]]), np.array([[3.0], [3.0]]))
        True
        >>> units_identical(np.array([[1.0, 0.0], [2.0, 2.0]]), np.array([[3.0], [3.0]]))
        False

        Different biases tell equal weights apart:

        >>> units_identical(np.array([[1.0, 1.0], [2.0, 2.0]]), np.array([[3.0], [3.0]]), b=np.array([[0.0, 1.0]]))
        False

        A hundred epochs change nothing about it; 2-3-1 from equal weights, and from random ones:

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
        Not in the source report, which starts from random weights without saying why.

    Next:
        This is the last step. The implementation page puts them together.
    """
    equal_biases = b is None or np.allclose(b, b[:, :1])
    return bool(np.allclose(w_in, w_in[:, :1]) and equal_biases and np.allclose(w_out, w_out[:1]))
