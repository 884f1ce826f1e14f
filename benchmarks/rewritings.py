r"""From the functions of the derivation to the fast ones: the same training, rewritten step by step.

Each function trains a d-h-1 network of sigmoids by the mean squared error, and it returns the same numbers as the
function before it, up to rounding. Each changes one thing, and the last one is `backprop.fast`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from backprop import Model, fast
from backprop.derivation import (
    hidden_delta,
    mse_contributions,
    mse_derivative,
    output_delta,
    preactivation,
    sigmoid,
    sigmoid_derivative_from_output,
    simultaneous_update,
    total_loss,
    weight_gradient,
)


def named_steps(
    X: np.ndarray, y: np.ndarray, w1: np.ndarray, w2: np.ndarray, eta: float, epochs: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Call the steps of the derivation, one by one.

    This is the chain of the derivation without a `Model`, so it is the reference for the functions that follow.

    Args:
        X: the inputs, shape (N, d).
        y: the targets, shape (N, 1).
        w1: the weights into the hidden units, shape (d, h).
        w2: the weights into the output, shape (h, 1).
        eta: the learning rate.
        epochs: the number of updates.

    Returns:
        The losses before each update, and the weights after the last.

    Examples:
        >>> import backprop
        >>> from benchmarks.rewritings import named_steps
        >>> X, y = backprop.xor()
        >>> model = backprop.Model.random([2, 4, 1], seed=0)
        >>> losses, w1, w2 = named_steps(X, y, *model.weights, eta=1.0, epochs=300)
        >>> run = backprop.train(model, X, y, eta=1.0, epochs=300, engine="reference")
        >>> losses.tolist() == run.losses.tolist()
        True
    """
    losses = np.empty(epochs)
    for epoch in range(epochs):
        a1 = sigmoid(preactivation(X, w1))
        a2 = sigmoid(preactivation(a1, w2))
        losses[epoch] = total_loss(mse_contributions(y, a2))
        delta2 = output_delta(sigmoid_derivative_from_output(a2), mse_derivative(y, a2))
        delta1 = hidden_delta(sigmoid_derivative_from_output(a1), delta2, w2)
        gradients = weight_gradient(X, delta1), weight_gradient(a1, delta2)
        w1, w2 = simultaneous_update((w1, w2), gradients, eta)
    return losses, w1, w2


def written_out(
    X: np.ndarray, y: np.ndarray, w1: np.ndarray, w2: np.ndarray, eta: float, epochs: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Write the formulas in place of the calls.

    This saves time, because every call of a Python function takes some. The sigmoid no longer clips at $-700$, which
    saves two operations. Clipping is not needed, since $e^{-z}$ may overflow to infinity and the result is then 0, as
    it should be. The factors η and $2/N$ are combined into one number:

    $$\eta\,\frac{\partial L}{\partial W} = A^\top \bigl(\eta \tfrac{2}{N}\, (\hat Y - Y) \odot \sigma'\bigr)$$

    Args:
        X: the inputs, as in `named_steps`; the same holds for the other arguments.
        y: the targets.
        w1: the weights into the hidden units.
        w2: the weights into the output.
        eta: the learning rate.
        epochs: the number of updates.

    Returns:
        The losses before each update, and the weights after the last.

    Examples:
        >>> import backprop
        >>> from benchmarks.rewritings import agree, named_steps, written_out
        >>> agree(named_steps, written_out)
        True
    """
    losses = np.empty(epochs)
    step = 2 * eta / len(y)
    for epoch in range(epochs):
        a1 = 1.0 / (1.0 + np.exp(-(X @ w1)))
        a2 = 1.0 / (1.0 + np.exp(-(a1 @ w2)))
        r = a2 - y
        losses[epoch] = np.square(r).mean()
        delta2 = step * r * (a2 * (1.0 - a2))
        delta1 = (delta2 @ w2.T) * (a1 * (1.0 - a1))
        w1, w2 = w1 - X.T @ delta1, w2 - a1.T @ delta2
    return losses, w1, w2


def in_place(
    X: np.ndarray, y: np.ndarray, w1: np.ndarray, w2: np.ndarray, eta: float, epochs: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Allocate every array once, and let each operation write its result into one of them.

    No formula changes, but each result is stored in an array that is used again in the next epoch. This saves little,
    because memory that has just been freed is reused at once. The next rewritings, however, need these arrays.

    Args:
        X: the inputs.
        y: the targets.
        w1: the weights into the hidden units.
        w2: the weights into the output.
        eta: the learning rate.
        epochs: the number of updates.

    Returns:
        The losses before each update, and the weights after the last.

    Examples:
        >>> from benchmarks.rewritings import agree, in_place, written_out
        >>> agree(written_out, in_place)
        True
    """
    losses, step, w1, w2 = np.empty(epochs), 2 * eta / len(y), w1.copy(), w2.copy()
    (n, h), XT, w2T = (len(X), w1.shape[1]), X.T, w2.T
    a1, s1, d1, g1 = np.empty((n, h)), np.empty((n, h)), np.empty((n, h)), np.empty_like(w1)
    a2, s2, d2, g2, r = np.empty((n, 1)), np.empty((n, 1)), np.empty((n, 1)), np.empty_like(w2), np.empty((n, 1))
    a1T = a1.T
    for epoch in range(epochs):
        np.matmul(X, w1, a1)
        np.negative(a1, a1)
        np.exp(a1, a1)
        np.add(1.0, a1, a1)
        np.divide(1.0, a1, a1)
        np.matmul(a1, w2, a2)
        np.negative(a2, a2)
        np.exp(a2, a2)
        np.add(1.0, a2, a2)
        np.divide(1.0, a2, a2)
        np.subtract(a2, y, r)
        losses[epoch] = np.square(r).mean()
        np.subtract(1.0, a2, s2)
        np.multiply(s2, a2, s2)
        np.multiply(r, s2, d2)
        np.multiply(d2, step, d2)
        np.subtract(1.0, a1, s1)
        np.multiply(s1, a1, s1)
        np.matmul(d2, w2T, d1)
        np.multiply(d1, s1, d1)
        np.matmul(XT, d1, g1)
        np.matmul(a1T, d2, g2)
        np.subtract(w1, g1, w1)
        np.subtract(w2, g2, w2)
    return losses, w1, w2


def in_columns(
    X: np.ndarray, y: np.ndarray, w1: np.ndarray, w2: np.ndarray, eta: float, epochs: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Put the examples into columns, and multiply with `dot`.

    With examples in columns the long axis is the contiguous one, in the products and in all other operations. If we
    transpose an equation, the order of its products is reversed:

    $$Z = X W \iff Z^\top = W^\top X^\top \qquad\qquad
      \frac{\partial L}{\partial W} = A^\top \Delta
      \iff \Bigl(\frac{\partial L}{\partial W}\Bigr)^{\!\top} = \Delta^\top A$$

    The method `dot` calls the same BLAS routine as `matmul`, but it makes fewer decisions before that.

    Args:
        X: the inputs.
        y: the targets.
        w1: the weights into the hidden units.
        w2: the weights into the output.
        eta: the learning rate.
        epochs: the number of updates.

    Returns:
        The losses before each update, and the weights after the last.

    Examples:
        >>> from benchmarks.rewritings import agree, in_columns, in_place
        >>> agree(in_place, in_columns)
        True
    """
    losses, step, v1, v2 = np.empty(epochs), 2 * eta / len(y), w1.T.copy(), w2.T.copy()
    (n, h), XT, yT = (len(X), w1.shape[1]), X.T.copy(), y.T.copy()
    a1, s1, d1, g1 = np.empty((h, n)), np.empty((h, n)), np.empty((h, n)), np.empty_like(v1)
    a2, s2, d2, g2, r = np.empty((1, n)), np.empty((1, n)), np.empty((1, n)), np.empty_like(v2), np.empty((1, n))
    z1, z2, back, gradient1, gradient2, a1T = v1.dot, v2.dot, v2.T.dot, d1.dot, d2.dot, a1.T
    for epoch in range(epochs):
        z1(XT, a1)
        np.negative(a1, a1)
        np.exp(a1, a1)
        np.add(1.0, a1, a1)
        np.divide(1.0, a1, a1)
        z2(a1, a2)
        np.negative(a2, a2)
        np.exp(a2, a2)
        np.add(1.0, a2, a2)
        np.divide(1.0, a2, a2)
        np.subtract(a2, yT, r)
        losses[epoch] = np.square(r).mean()
        np.subtract(1.0, a2, s2)
        np.multiply(s2, a2, s2)
        np.multiply(r, s2, d2)
        np.multiply(d2, step, d2)
        np.subtract(1.0, a1, s1)
        np.multiply(s1, a1, s1)
        back(d2, d1)
        np.multiply(d1, s1, d1)
        gradient1(X, g1)
        gradient2(a1T, g2)
        np.subtract(v1, g1, v1)
        np.subtract(v2, g2, v2)
    return losses, v1.T, v2.T


def negated(
    X: np.ndarray, y: np.ndarray, w1: np.ndarray, w2: np.ndarray, eta: float, epochs: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Store the negated weights $V = -W$, and every constant as an array.

    The sigmoid needs $-z$, and $-Z = X (-W)$, so we save two negations in every epoch. The update becomes

    $$V \leftarrow V + \eta\,\frac{\partial L}{\partial W}$$

    The gradient that is propagated back through $V_2$ has the opposite sign. We correct this with a derivative that has
    the opposite sign too, since $a - 1$ takes as long as $1 - a$:

    $$\Delta_1 = \bigl(\Delta_2\, (-W_2)^\top\bigr) \odot \bigl(A_1 \odot (A_1 - 1)\bigr)$$

    A number such as 1.0 is converted to an array in every call, whereas an array
    without axes needs no conversion.

    Args:
        X: the inputs.
        y: the targets.
        w1: the weights into the hidden units.
        w2: the weights into the output.
        eta: the learning rate.
        epochs: the number of updates.

    Returns:
        The losses before each update, and the weights after the last.

    Examples:
        >>> from benchmarks.rewritings import agree, in_columns, negated
        >>> agree(in_columns, negated)
        True
    """
    losses, v1, v2 = np.empty(epochs), -w1.T.copy(), -w2.T.copy()
    (n, h), XT, yT = (len(X), w1.shape[1]), X.T.copy(), y.T.copy()
    X1 = XT.T  # its columns are contiguous, as the product requires
    a1, s1, d1, g1 = np.empty((h, n)), np.empty((h, n)), np.empty((h, n)), np.empty_like(v1)
    a2, s2, d2, g2, r = np.empty((1, n)), np.empty((1, n)), np.empty((1, n)), np.empty_like(v2), np.empty((1, n))
    one, step = np.array(1.0), np.array(2 * eta / n)
    z1, z2, back, gradient1, gradient2, a1T = v1.dot, v2.dot, v2.T.dot, d1.dot, d2.dot, a1.T
    for epoch in range(epochs):
        z1(XT, a1)
        np.exp(a1, a1)
        np.add(one, a1, a1)
        np.divide(one, a1, a1)
        z2(a1, a2)
        np.exp(a2, a2)
        np.add(one, a2, a2)
        np.divide(one, a2, a2)
        np.subtract(a2, yT, r)
        losses[epoch] = np.square(r).mean()
        np.subtract(one, a2, s2)
        np.multiply(s2, a2, s2)
        np.multiply(r, s2, d2)
        np.multiply(d2, step, d2)
        np.subtract(a1, one, s1)
        np.multiply(s1, a1, s1)
        back(d2, d1)
        np.multiply(d1, s1, d1)
        gradient1(X1, g1)
        gradient2(a1T, g2)
        np.add(v1, g1, v1)
        np.add(v2, g2, v2)
    return losses, -v1.T, -v2.T


def losses_later(
    X: np.ndarray, y: np.ndarray, w1: np.ndarray, w2: np.ndarray, eta: float, epochs: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Store $\hat y - y$, and compute the losses of a hundred epochs at once.

    Training uses the derivative of the loss but not the loss itself, so the loss can be computed later. The deviations
    of each epoch are stored in a row of their own, and one call of `einsum` squares and sums all of them.

    Args:
        X: the inputs.
        y: the targets.
        w1: the weights into the hidden units.
        w2: the weights into the output.
        eta: the learning rate.
        epochs: the number of updates.

    Returns:
        The losses before each update, and the weights after the last.

    Examples:
        >>> from benchmarks.rewritings import agree, losses_later, negated
        >>> agree(negated, losses_later)
        True
    """
    losses, v1, v2 = np.empty(epochs), -w1.T.copy(), -w2.T.copy()
    (n, h), XT, yT = (len(X), w1.shape[1]), X.T.copy(), y.T.copy()
    X1 = XT.T  # its columns are contiguous, as the product requires
    a1, s1, d1, g1 = np.empty((h, n)), np.empty((h, n)), np.empty((h, n)), np.empty_like(v1)
    a2, s2, d2, g2 = np.empty((1, n)), np.empty((1, n)), np.empty((1, n)), np.empty_like(v2)
    one, step = np.array(1.0), np.array(2 * eta / n)
    z1, z2, back, gradient1, gradient2, a1T = v1.dot, v2.dot, v2.T.dot, d1.dot, d2.dot, a1.T
    deviations = np.empty((100, 1, n))
    for start in range(0, epochs, 100):
        rows = deviations[: epochs - start]
        for r in rows:
            z1(XT, a1)
            np.exp(a1, a1)
            np.add(one, a1, a1)
            np.divide(one, a1, a1)
            z2(a1, a2)
            np.exp(a2, a2)
            np.add(one, a2, a2)
            np.divide(one, a2, a2)
            np.subtract(a2, yT, r)
            np.subtract(one, a2, s2)
            np.multiply(s2, a2, s2)
            np.multiply(r, s2, d2)
            np.multiply(d2, step, d2)
            np.subtract(a1, one, s1)
            np.multiply(s1, a1, s1)
            back(d2, d1)
            np.multiply(d1, s1, d1)
            gradient1(X1, g1)
            gradient2(a1T, g2)
            np.add(v1, g1, v1)
            np.add(v2, g2, v2)
        losses[start : start + len(rows)] = np.einsum("eon,eon->e", rows, rows) / n
    return losses, -v1.T, -v2.T


def powers_of_two(
    X: np.ndarray, y: np.ndarray, w1: np.ndarray, w2: np.ndarray, eta: float, epochs: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Take the hidden layer's exponentials to base 2.

    $$e^{-z} = 2^{-z \log_2 e}$$

    Powers of two are simpler for the machine, so NumPy's `exp2` takes less time than its `exp`. The inputs are
    multiplied once by the factor $\log_2 e$, whereas the weights stay as they are. A training run that is stopped and
    resumed therefore still arrives at the same bits. The output layer keeps its base, because it has only one
    exponential for each example.

    Args:
        X: the inputs.
        y: the targets.
        w1: the weights into the hidden units.
        w2: the weights into the output.
        eta: the learning rate.
        epochs: the number of updates.

    Returns:
        The losses before each update, and the weights after the last.

    Examples:
        >>> from benchmarks.rewritings import agree, losses_later, powers_of_two
        >>> agree(losses_later, powers_of_two)
        True
    """
    losses, v1, v2 = np.empty(epochs), -w1.T.copy(), -w2.T.copy()
    (n, h), XT, yT = (len(X), w1.shape[1]), X.T.copy(), y.T.copy()
    X1, X2 = XT.T, XT / np.log(2)
    a1, s1, d1, g1 = np.empty((h, n)), np.empty((h, n)), np.empty((h, n)), np.empty_like(v1)
    a2, s2, d2, g2 = np.empty((1, n)), np.empty((1, n)), np.empty((1, n)), np.empty_like(v2)
    one, step = np.array(1.0), np.array(2 * eta / n)
    z1, z2, back, gradient1, gradient2, a1T = v1.dot, v2.dot, v2.T.dot, d1.dot, d2.dot, a1.T
    deviations = np.empty((100, 1, n))
    for start in range(0, epochs, 100):
        rows = deviations[: epochs - start]
        for r in rows:
            z1(X2, a1)
            np.exp2(a1, a1)
            np.add(one, a1, a1)
            np.divide(one, a1, a1)
            z2(a1, a2)
            np.exp(a2, a2)
            np.add(one, a2, a2)
            np.divide(one, a2, a2)
            np.subtract(a2, yT, r)
            np.subtract(one, a2, s2)
            np.multiply(s2, a2, s2)
            np.multiply(r, s2, d2)
            np.multiply(d2, step, d2)
            np.subtract(a1, one, s1)
            np.multiply(s1, a1, s1)
            back(d2, d1)
            np.multiply(d1, s1, d1)
            gradient1(X1, g1)
            gradient2(a1T, g2)
            np.add(v1, g1, v1)
            np.add(v2, g2, v2)
        losses[start : start + len(rows)] = np.einsum("eon,eon->e", rows, rows) / n
    return losses, -v1.T, -v2.T


def folded(
    X: np.ndarray, y: np.ndarray, w1: np.ndarray, w2: np.ndarray, eta: float, epochs: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Process both layers in one call, and put the step size into the scale of the predictions.

    This is `backprop.fast`. The activations of both layers share one array, so that one call computes both derivatives,
    now both with the opposite sign, and with them $y - \hat y$. The weights of both layers share another array, so that
    one addition updates them. We also save the last product with a constant. Let $o = \beta \hat y$ be the scaled
    prediction and $t = \beta y$ the scaled target. It costs nothing to divide β instead of 1 by $1 + e^{-z}$, and

    $$(o - t)\,o\,(\beta - o) = \beta^3\,(\hat y - y)\,\hat y\,(1 - \hat y)$$

    With $\beta^3 = 2\eta/N$ this is η times the δ of the output, and seventeen calls remain.

    Args:
        X: the inputs.
        y: the targets.
        w1: the weights into the hidden units.
        w2: the weights into the output.
        eta: the learning rate.
        epochs: the number of updates.

    Returns:
        The losses before each update, and the weights after the last.

    Examples:
        >>> from benchmarks.rewritings import agree, folded, powers_of_two
        >>> agree(powers_of_two, folded)
        True
    """
    losses, model = fast.train(Model([w1, w2]), X, y, eta, epochs)
    return losses[:-1], model.weights[0], model.weights[1]


#: The rewritings in their order.
REWRITINGS: tuple[Callable[..., Any], ...] = (
    named_steps,
    written_out,
    in_place,
    in_columns,
    negated,
    losses_later,
    powers_of_two,
    folded,
)


def agree(first: Callable[..., Any], second: Callable[..., Any], epochs: int = 300) -> bool:
    """Tell whether two of these functions compute the same training.

    Args:
        first: one of them.
        second: another.
        epochs: the number of epochs for which they train, on XOR and on linear data.

    Returns:
        True if all losses and weights agree to a relative 1e-12.

    Examples:
        >>> from benchmarks.rewritings import agree, named_steps
        >>> agree(named_steps, lambda X, y, w1, w2, eta, epochs: named_steps(X, y, w1, w2, 1.001 * eta, epochs))
        False
    """
    from backprop import linear, xor

    for X, y in (xor(), linear(100)):
        weights = Model.random([2, 4, 1], seed=0).weights
        pairs = zip(first(X, y, *weights, 1.0, epochs), second(X, y, *weights, 1.0, epochs), strict=True)
        if not all(np.allclose(one, other, rtol=1e-12, atol=1e-14) for one, other in pairs):
            return False
    return True
