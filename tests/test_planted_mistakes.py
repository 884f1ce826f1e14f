"""One planted mistake, at least, for every equation, and a check that catches it.

`planted` registers a check for one label, beside incorrect versions of the label's home function: mistakes that people
make. A check must pass for the function and fail for every incorrect version. It knows nothing of the function's body:
it compares with a numerical derivative, with numbers computed by hand, or with something that must always hold, on
distinct widths.
"""

import inspect
import math
import re
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pytest

import backprop
from backprop import Activation, Model, derivation, network
from tests.oracle import apart, by_central_difference, by_complex_step, loss_of

Function = Callable[..., Any]
Check = Callable[[Function], None]


class Planted(NamedTuple):
    label: str
    function: str
    mistake: str
    incorrect: Function
    check: Check


PLANTED: list[Planted] = []


def planted(label: str, function: str, incorrect: dict[str, Function]) -> Callable[[Check], Check]:
    """Register a check for an equation, with the mistakes that it must catch."""

    def register(check: Check) -> Check:
        PLANTED.extend(Planted(label, function, mistake, version, check) for mistake, version in incorrect.items())
        return check

    return register


def agree(got: Any, wanted: Any, within: float = 1e-12) -> None:
    """Demand the same shape and, up to rounding, the same numbers."""
    assert apart(got, wanted) <= within


def sigma(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def sigma_derivative(z: Any) -> Any:
    return np.exp(-z) / (1 + np.exp(-z)) ** 2


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    """Draw random numbers of no particular sign."""
    return np.random.default_rng([seed, *shape]).normal(size=shape)


def unit_interval(*shape: int) -> np.ndarray:
    """Draw random numbers between 0 and 1."""
    return np.random.default_rng(shape).uniform(0.05, 0.95, size=shape)


# 1 Gradient descent


@planted(
    "theta",
    "parameter_vector",
    {
        "each array is read column by column": lambda arrays: np.concatenate([p.ravel(order="F") for p in arrays]),
        "the last layer comes first": lambda arrays: np.concatenate([p.ravel() for p in arrays[::-1]]),
        "the biases are left out": lambda arrays: np.concatenate([p.ravel() for p in arrays if p.ndim > 1]),
    },
)
def check_theta(fn: Function) -> None:
    w1, w2, b = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), np.array([[7.0], [8.0], [9.0]]), np.array([10.0, 11.0])
    agree(fn([w1, w2, b]), np.arange(1.0, 12.0))


@planted(
    "gradient",
    "parameter_vector",
    {
        "each array is read column by column": lambda arrays: np.concatenate([p.ravel(order="F") for p in arrays]),
        "the derivatives of the bias come first": lambda arrays: np.concatenate([p.ravel() for p in arrays[::-1]]),
        "derivatives are added instead of stacked": lambda arrays: sum(np.resize(p, 9) for p in arrays),
    },
)
def check_gradient(fn: Function) -> None:
    x, w, b = numbers(4, 2), numbers(2, 3), numbers(1, 3)

    def loss(w: Any, b: Any) -> Any:
        return np.sum(np.tanh(x @ w + b) ** 2)

    partials = [by_complex_step(lambda v: loss(v, b), w), by_complex_step(lambda v: loss(w, v), b)]
    whole = by_complex_step(lambda theta: loss(theta[:6].reshape(2, 3), theta[6:]), [*w.ravel(), *b.ravel()])
    agree(fn(partials), whole)


def update_in_place(theta: Any, gradient: Any, eta: Any) -> Any:
    theta -= eta * gradient
    return theta


@planted(
    "gradient-descent-step",
    "gradient_descent_step",
    {
        "plus instead of minus": lambda theta, gradient, eta: theta + eta * gradient,
        "the learning rate is missing": lambda theta, gradient, eta: theta - gradient,
        "steps of fixed norm": lambda theta, gradient, eta: theta - eta * gradient / np.linalg.norm(gradient),
        "the argument is changed in place": update_in_place,
    },
)
def check_update(fn: Function) -> None:
    theta = np.array([[2.0, -1.0, 0.5]])
    agree(fn(theta, 2 * theta, 0.25), theta / 2)  # on the parabola θ²
    agree(theta, np.array([[2.0, -1.0, 0.5]]))
    agree(fn(np.ones((2, 1, 3)), np.ones((2, 1, 3)), np.array([[[0.25]], [[0.5]]]))[:, 0, 0], [0.75, 0.5])


@planted(
    "decrease",
    "predicted_decrease",
    {
        "norm instead of squared norm": lambda gradient, eta: float(eta * np.linalg.norm(gradient)),
        "η² instead of η": lambda gradient, eta: float(eta**2 * np.sum(gradient**2)),
        "half the decrease, as for the step that is optimal on a parabola": lambda gradient, eta: float(
            eta / 2 * np.sum(gradient**2)
        ),
    },
)
def check_decrease(fn: Function) -> None:
    theta, curvature = np.array([1.0, -2.0, 0.5]), np.array([1.0, 2.0, 3.0])
    gradient = 2 * curvature * theta

    def remainder(eta: float) -> float:
        loss, after = np.sum(curvature * theta**2), np.sum(curvature * (theta - eta * gradient) ** 2)
        return float(fn(gradient, eta) - (loss - after))

    assert remainder(1e-4) / remainder(1e-3) == pytest.approx(0.01, rel=1e-3)  # it falls with η²


# 2 Numerical derivatives


def quotient(formula: Callable[[Function, Any, Any, float], Any]) -> Function:
    """Make a numerical derivative from f, x, the unit step e and the step size h."""

    def measure(f: Function, x: Any, h: float = 1e-6) -> Any:
        x = np.asarray(x, dtype=float)
        steps = np.eye(x.size).reshape(-1, *x.shape)
        return np.array([formula(f, x, e, h) for e in steps]).reshape(x.shape)

    return measure


@planted(
    "central-difference",
    "central_difference",
    {
        "a step to one side only": quotient(lambda f, x, e, h: (f(x + h * e) - f(x)) / h),
        "a division by h instead of 2h": quotient(lambda f, x, e, h: (f(x + h * e) - f(x - h * e)) / h),
        "backward minus forward": quotient(lambda f, x, e, h: (f(x - h * e) - f(x + h * e)) / (2 * h)),
        "all entries are moved at once": quotient(lambda f, x, e, h: (f(x + h) - f(x - h)) / (2 * h)),
        "the result is rounded if x holds whole numbers": lambda f, x, h=6e-6: derivation.central_difference(
            f, x, h
        ).astype(x.dtype),
    },
)
def check_central_difference(fn: Function) -> None:
    agree(fn(lambda x: np.sum(x**2) / 4, np.array([1, 2])), [0.5, 1.0], 1e-9)
    assert abs(fn(np.sin, np.array(1.0), 1e-3) - math.cos(1.0)) < 1e-6
    agree(fn(lambda x: np.sum(x * [[1, 2, 3], [4, 5, 6]]), np.zeros((2, 3))), [[1, 2, 3], [4, 5, 6]], 1e-9)


@planted(
    "complex-step",
    "complex_step",
    {
        "the real part instead of the imaginary part": quotient(lambda f, x, e, h: np.real(f(x + 1j * h * e)) / h),
        "a difference, as with a real step": quotient(lambda f, x, e, h: np.real(f(x + 1j * h * e) - f(x)) / h),
        "a real step of the same size": quotient(lambda f, x, e, h: (f(x + 1e-20 * e) - f(x)) / 1e-20),
        "no division by h": quotient(lambda f, x, e, h: np.imag(f(x + 1j * h * e))),
        "all entries are moved at once": quotient(lambda f, x, e, h: np.imag(f(x + 1j * h)) / h),
        "the result is rounded if x holds whole numbers": lambda f, x: derivation.complex_step(f, x).astype(x.dtype),
    },
)
def check_complex_step(fn: Function) -> None:
    agree(fn(lambda x: np.sum(x**2) / 4, np.array([1, 2])), [0.5, 1.0])
    assert abs(fn(np.sin, np.array(1.0)) - math.cos(1.0)) < 1e-15
    agree(fn(lambda x: np.sum(x * [[1, 2, 3], [4, 5, 6]]), np.zeros((2, 3))), [[1, 2, 3], [4, 5, 6]])


@planted(
    "relative-error",
    "relative_error",
    {
        "no division by a norm": lambda g, m: float(np.linalg.norm(g - m)),
        "a division by the sum of the norms": lambda g, m: float(
            np.linalg.norm(g - m) / (np.linalg.norm(g) + np.linalg.norm(m) or 1)
        ),
        "a division by the norm of the first gradient": lambda g, m: float(
            np.linalg.norm(g - m) / (np.linalg.norm(g) or 1)
        ),
        "a separate error for each entry, of which the largest counts": lambda g, m: float(
            np.max(np.abs(g - m) / np.abs(m))
        ),
        "a comparison of the norms alone": lambda g, m: float(abs(1 - np.linalg.norm(g) / (np.linalg.norm(m) or 1))),
    },
)
def check_relative_error(fn: Function) -> None:
    g = np.array([[3.0, 0.0], [4.0, 0.0]])
    assert fn(g, g) == 0 == fn(0 * g, 0 * g)
    assert fn(-g, g) == 2
    assert fn(1e-9 * g, 2e-9 * g) == pytest.approx(0.5) == fn(2e-9 * g, 1e-9 * g)


@planted(
    "forward-difference",
    "forward_difference",
    {
        "a step to the other side": quotient(lambda f, x, e, h: (f(x) - f(x - h * e)) / h),
        "a step to both sides, without the 2": quotient(lambda f, x, e, h: (f(x + h * e) - f(x - h * e)) / (2 * h)),
        "a division by 2h instead of h": quotient(lambda f, x, e, h: (f(x + h * e) - f(x)) / (2 * h)),
        "the opposite sign": quotient(lambda f, x, e, h: (f(x) - f(x + h * e)) / h),
        "all entries are moved at once": quotient(lambda f, x, e, h: (f(x + h) - f(x)) / h),
        "the result is rounded if x holds whole numbers": lambda f, x, h=1.5e-8: derivation.forward_difference(
            f, x, h
        ).astype(x.dtype),
        "the default step size of the central difference": lambda f, x, h=6e-6: derivation.forward_difference(f, x, h),
    },
)
def check_forward_difference(fn: Function) -> None:
    assert abs(fn(np.sin, np.array(1.0)) - math.cos(1.0)) < 1e-7
    agree(fn(lambda x: np.sum(x**2) / 4, np.array([1, 2])), [0.5, 1.0], 1e-7)
    agree(fn(lambda x: x**2, np.array(3.0), 0.5), 6.5)
    agree(fn(lambda x: np.sum(x * [[1, 2, 3], [4, 5, 6]]), np.zeros((2, 3))), [[1, 2, 3], [4, 5, 6]], 1e-7)


@planted(
    "finite-difference-error",
    "finite_difference_error",
    {
        "a rounding error that grows with h": lambda h, c, p, r: c * h**p + r * h,
        "a rounding error that is the same for every step size": lambda h, c, p, r: c * h**p + r,
        "no rounding error": lambda h, c, p, r: c * h**p,
        "no truncation error": lambda h, c, p, r: r / h,
        "h instead of its power": lambda h, c, p, r: c * h + r / h,
        "the larger of the two errors instead of their sum": lambda h, c, p, r: np.maximum(c * h**p, r / h),
    },
)
def check_finite_difference_error(fn: Function) -> None:
    agree(fn(np.array([0.1, 0.5]), 3.0, 2, 0.7), [0.03 + 7.0, 0.75 + 1.4])
    agree(fn(0.1, 3.0, 1, 0.7), 0.3 + 7.0)


@planted(
    "optimal-step-size",
    "optimal_step_size",
    {
        "a square root, whatever the power p is": lambda c, p, r: math.sqrt(r / (p * c)),
        "the reciprocal of the step size": lambda c, p, r: (p * c / r) ** (1 / (p + 1)),
        "the step size at which both errors are equal": lambda c, p, r: (r / c) ** (1 / (p + 1)),
        "the machine precision as step size": lambda c, p, r: np.finfo(float).eps,
    },
)
def check_optimal_step_size(fn: Function) -> None:
    for c, p, r in ((0.3, 2, 1e-3), (2.0, 1, 0.05), (1.5, 4, 0.2)):
        h = fn(c, p, r)

        def error(h: float, c: float = c, p: float = p, r: float = r) -> float:
            return c * h**p + r / h

        assert error(h) < min(error(0.99 * h), error(1.01 * h))
        agree(error(h), (1 + 1 / p) * r / h)


@planted(
    "relu-central-difference",
    "relu_central_difference",
    {
        "the derivative as if there were no kink": lambda z, h: np.where(z > 0, 1.0, 0.0),
        "½ everywhere within reach": lambda z, h: np.where(np.abs(z) < h, 0.5, np.where(z > 0, 1.0, 0.0)),
        "a quotient that is not limited to 0 and 1": lambda z, h: (1 + z / h) / 2,
        "z instead of z/h": lambda z, h: np.clip((1 + z) / 2, 0.0, 1.0),
        "−z instead of z": lambda z, h: np.clip((1 - z / h) / 2, 0.0, 1.0),
        "a step to one side only": lambda z, h: np.clip(1 + z / h, 0.0, 1.0),
    },
)
def check_relu_central_difference(fn: Function) -> None:
    z = np.array([[-0.3, -0.05, 0.0], [0.08, 0.1, 7.0]])
    agree(fn(z, 0.1), by_central_difference(lambda v: np.sum(np.maximum(v, 0)), z, 0.1))


# 3 Loss

Y, Y_HAT = np.array([[0.0, 1.0], [1.0, 1.0], [0.0, 0.3]]), np.array([[0.2, 0.9], [0.5, 0.1], [0.4, 0.8]])
TWO_NETWORKS = np.stack([Y, Y]), np.stack([Y_HAT, 2 * Y_HAT - Y])  # the second is off by twice as much


@planted(
    "mse-contributions",
    "mse_contributions",
    {
        "the sum instead of the mean": lambda y, y_hat: ((y_hat - y) ** 2).sum(axis=-1),
        "half of the correct value": lambda y, y_hat: ((y_hat - y) ** 2).sum(axis=-1) / (2 * y.size),
        "no division by the number of outputs": lambda y, y_hat: ((y_hat - y) ** 2).sum(axis=-1) / len(y),
        "no division by the number of examples": lambda y, y_hat: ((y_hat - y) ** 2).mean(axis=-1),
        "the distance instead of its square": lambda y, y_hat: np.abs(y_hat - y).sum(axis=-1) / y.size,
        "no sum over the outputs": lambda y, y_hat: (y_hat - y) ** 2 / y.size,
        "a sum over the examples": lambda y, y_hat: ((y_hat - y) ** 2).sum(axis=0) / y.size,
    },
)
def check_example_loss(fn: Function) -> None:
    agree(fn(Y, Y_HAT), np.array([0.04 + 0.01, 0.25 + 0.81, 0.16 + 0.25]) / 6)
    agree(fn(Y, Y_HAT).sum(), np.mean((Y - Y_HAT) ** 2))
    agree(fn(*TWO_NETWORKS)[1], fn(Y, Y_HAT) * 4)


@planted(
    "total-loss",
    "total_loss",
    {
        "a second factor 1/N": lambda c: c.mean(axis=-1),
        "one number for all networks": lambda c: c.sum(),
        "terms are assigned instead of added": lambda c: c[..., -1],
    },
)
def check_total_loss(fn: Function) -> None:
    agree(fn(np.array([0.5, 0.125, 0.25])), 0.875)
    agree(fn(np.array([[0.5, 0.125, 0.25], [1.0, 2.0, 3.0]])), [0.875, 6.0])


@planted(
    "sum-gradients",
    "sum_gradients",
    {
        "a second factor 1/N": lambda per_example: per_example.mean(axis=0),
        "terms are assigned instead of added": lambda per_example: per_example[-1],
        "a sum over the wrong axis": lambda per_example: per_example.sum(axis=-1),
    },
)
def check_sum_gradients(fn: Function) -> None:
    x, y, w = numbers(4, 2), numbers(4, 3), numbers(2, 3)

    def contribution_of(n: int, w: Any) -> Any:
        return np.sum((x[n] @ w - y[n]) ** 2) / 12

    per_example = np.array([by_complex_step(partial(contribution_of, n), w) for n in range(4)])
    agree(fn(per_example), by_complex_step(lambda v: np.mean((x @ v - y) ** 2), w))


@planted(
    "mean-and-sum",
    "learning_rate_for_sum",
    {
        "a product with N instead of a quotient": lambda eta_mean, n: eta_mean * n,
        "the same learning rate": lambda eta_mean, n: eta_mean,
        "a division by the square root of N": lambda eta_mean, n: eta_mean / math.sqrt(n),
    },
)
def check_mean_and_sum(fn: Function) -> None:
    y_hat = numbers(21)
    of_mean = by_complex_step(lambda v: np.mean((v - 1) ** 2), y_hat)
    of_sum = by_complex_step(lambda v: np.sum((v - 1) ** 2), y_hat)
    agree(fn(0.7, 21) * of_sum, 0.7 * of_mean)


@planted(
    "mse-derivative",
    "mse_derivative",
    {
        "the negative derivative of the report": lambda y, y_hat: (y - y_hat) * 2 / y.size,
        "the factor 2 is missing": lambda y, y_hat: (y_hat - y) / y.size,
        "the sum instead of the mean": lambda y, y_hat: 2 * (y_hat - y),
        "no division by the number of outputs": lambda y, y_hat: 2 * (y_hat - y) / len(y),
        "a division by the number of units": lambda y, y_hat: 2 * (y_hat - y) / y.shape[-1],
        "the loss instead of its derivative": lambda y, y_hat: (y_hat - y) ** 2 / y.size,
        "a sum over the outputs": lambda y, y_hat: 2 * (y_hat - y).sum(axis=-1, keepdims=True) / y.size,
    },
)
def check_loss_derivative(fn: Function) -> None:
    agree(fn(Y, Y_HAT), by_complex_step(lambda v: np.mean((v - Y) ** 2), Y_HAT))
    agree(fn(*TWO_NETWORKS)[1], fn(Y, Y_HAT) * 2)


@planted(
    "binary-cross-entropy",
    "bce_contributions",
    {
        "plus instead of minus": lambda y, p: (y * np.log(p) + (1 - y) * np.log(1 - p)).sum(axis=-1) / y.size,
        "only the term of label 1": lambda y, p: -(y * np.log(p)).sum(axis=-1) / y.size,
        "targets and predictions exchanged": lambda y, p: -(p * np.log(y + 1e-9)).sum(axis=-1) / y.size,
        "the sum instead of the mean": lambda y, p: -(y * np.log(p) + (1 - y) * np.log(1 - p)).sum(axis=-1),
        "no division by the number of outputs": lambda y, p: (
            -(y * np.log(p) + (1 - y) * np.log(1 - p)).sum(axis=-1) / len(y)
        ),
        "a logarithm to base 2": lambda y, p: -(y * np.log2(p) + (1 - y) * np.log2(1 - p)).sum(axis=-1) / y.size,
        "0 ln 0 is NaN instead of 0": lambda y, p: -(y * np.log(p) + (1 - y) * np.log(1 - p)).sum(axis=-1) / y.size,
    },
)
def check_cross_entropy(fn: Function) -> None:
    surprise = [[-math.log(0.8), -math.log(0.9)], [-math.log(0.5), -math.log(0.1)], [-math.log(0.6), 0]]
    surprise[2][1] = -0.3 * math.log(0.8) - 0.7 * math.log(0.2)
    agree(fn(Y, Y_HAT), np.sum(surprise, axis=1) / 6)
    agree(fn(np.array([[1.0], [0.0]]), np.array([[1.0], [0.0]])), [0.0, 0.0])  # certain and correct
    agree(fn(np.stack([Y, Y]), np.stack([Y_HAT, Y_HAT]))[1], fn(Y, Y_HAT))


@planted(
    "bce-derivative",
    "bce_derivative",
    {
        "plus instead of minus": lambda y, p: (y - p) / (p * (1 - p)) / y.size,
        "the formula in which σ′ has been cancelled": lambda y, p: (p - y) / y.size,
        "only the term of label 1": lambda y, p: -y / p / y.size,
        "inner derivative of 1 − ŷ missing": lambda y, p: (-y / p - (1 - y) / (1 - p)) / y.size,
        "the sum instead of the mean": lambda y, p: (p - y) / (p * (1 - p)),
        "no division by the number of outputs": lambda y, p: (p - y) / (p * (1 - p)) / len(y),
    },
)
def check_bce_derivative(fn: Function) -> None:
    agree(fn(Y, Y_HAT), by_complex_step(lambda p: np.mean(-Y * np.log(p) - (1 - Y) * np.log(1 - p)), Y_HAT))
    agree(fn(np.stack([Y, Y]), np.stack([Y_HAT, Y_HAT]))[1], fn(Y, Y_HAT))


@planted(
    "binary-accuracy",
    "binary_accuracy",
    {
        "predictions compared with targets": lambda y, y_hat: (y_hat == y).mean(axis=(-2, -1)),
        "every prediction above 0 counts as 1": lambda y, y_hat: ((y_hat > 0) == (y > 0)).mean(axis=(-2, -1)),
        "only the predictions of label 1 are counted": lambda y, y_hat: ((y_hat > 0.5) & (y > 0.5)).mean(axis=(-2, -1)),
        "an example counts if all outputs are correct": lambda y, y_hat: (
            ((y_hat > 0.5) == (y > 0.5)).all(axis=-1).mean(axis=-1)
        ),
        "one number for all networks": lambda y, y_hat: ((y_hat > 0.5) == (y > 0.5)).mean(),
        "the count instead of the fraction": lambda y, y_hat: ((y_hat > 0.5) == (y > 0.5)).sum(axis=(-2, -1)),
        "a target of ½ counts as 1": lambda y, y_hat: ((y_hat > 0.5) == (y >= 0.5)).mean(axis=(-2, -1)),
    },
)
def check_binary_accuracy(fn: Function) -> None:
    agree(fn(Y, Y_HAT), 3 / 6)  # correct: both of the first example, and one of the third
    agree(fn(Y, np.stack([Y_HAT, Y])), [3 / 6, 1.0])
    agree(fn(np.array([[0.5]]), np.array([[0.5]])), 1.0)
    agree(fn(np.array([[0.5]]), np.array([[0.2]])), 1.0)


# Three examples of four classes; the second target is no single class.
CLASSES = np.array([[0.0, 1.0, 0.0, 0.0], [0.1, 0.0, 0.6, 0.3], [1.0, 0.0, 0.0, 0.0]])
PREDICTED = np.array([[0.2, 0.5, 0.2, 0.1], [0.1, 0.2, 0.3, 0.4], [0.3, 0.3, 0.1, 0.3]])


@planted(
    "cross-entropy",
    "cross_entropy_contributions",
    {
        "plus instead of minus": lambda y, p: np.sum(y * np.log(p), axis=-1) / len(y),
        "the terms of the other classes as well": lambda y, p: (
            -np.sum(y * np.log(p) + (1 - y) * np.log(1 - p), axis=-1) / len(y)
        ),
        "targets and predictions exchanged": lambda y, p: -np.sum(p * np.log(y + 1e-9), axis=-1) / len(y),
        "the sum instead of the mean": lambda y, p: -np.sum(y * np.log(p), axis=-1),
        "a division by the number of outputs as well": lambda y, p: -np.sum(y * np.log(p), axis=-1) / y.size,
        "a division by the number of outputs instead of examples": lambda y, p: (
            -np.sum(y * np.log(p), axis=-1) / y.shape[-1]
        ),
        "a sum over the examples": lambda y, p: -np.sum(y * np.log(p), axis=-2) / len(y),
        "a logarithm to base 2": lambda y, p: -np.sum(y * np.log2(p), axis=-1) / len(y),
        "0 ln 0 is NaN instead of 0": lambda y, p: -np.sum(y * np.log(p), axis=-1) / y.shape[-2],
        "an ε in the logarithm": lambda y, p: -np.sum(y * np.log(p + 1e-8), axis=-1) / y.shape[-2],
        "the most probable class instead of the true one": lambda y, p: -np.log(p.max(axis=-1)) / len(y),
    },
)
def check_categorical_cross_entropy(fn: Function) -> None:
    second = -0.1 * math.log(0.1) - 0.6 * math.log(0.3) - 0.3 * math.log(0.4)
    shares = np.array([-math.log(0.5), second, -math.log(0.3)]) / 3
    agree(fn(CLASSES, PREDICTED), shares)
    agree(fn(np.stack([CLASSES, PREDICTED]), np.stack([PREDICTED, PREDICTED]))[0], shares)
    agree(fn(np.eye(3), np.eye(3)), np.zeros(3))  # certain and correct


@planted(
    "cross-entropy-derivative",
    "cross_entropy_derivative",
    {
        "plus instead of minus": lambda y, p: y / p / len(y),
        "the formula in which σ′ has been cancelled": lambda y, p: (p - y) / len(y),
        "the derivative of the binary cross-entropy": lambda y, p: (p - y) / (p * (1 - p)) / len(y),
        "the sum instead of the mean": lambda y, p: -y / p,
        "a division by the number of outputs as well": lambda y, p: -y / p / y.size,
        "a division by the number of outputs instead of examples": lambda y, p: -y / p / y.shape[-1],
        "the logarithm's derivative missing": lambda y, p: -y * np.log(p) / len(y),
        "one number for each example": lambda y, p: -np.sum(y / p, axis=-1, keepdims=True) / len(y),
    },
)
def check_cross_entropy_derivative(fn: Function) -> None:
    numerical = by_complex_step(lambda p: -np.sum(CLASSES * np.log(p)) / 3, PREDICTED)
    agree(fn(CLASSES, PREDICTED), numerical)
    agree(fn(np.stack([CLASSES, CLASSES]), np.stack([PREDICTED, PREDICTED]))[1], numerical)


@planted(
    "categorical-accuracy",
    "categorical_accuracy",
    {
        "a threshold of ½ instead of the largest output": lambda y, p: (
            ((p > 0.5) == (y > 0.5)).all(axis=-1).mean(axis=-1)
        ),
        "every output is counted separately": lambda y, p: ((p > 0.5) == (y > 0.5)).mean(axis=(-2, -1)),
        "the example with the largest output": lambda y, p: (p.argmax(axis=-2) == y.argmax(axis=-2)).mean(axis=-1),
        "the count instead of the fraction": lambda y, p: (p.argmax(axis=-1) == y.argmax(axis=-1)).sum(axis=-1),
        "one number for all networks": lambda y, p: (p.argmax(axis=-1) == y.argmax(axis=-1)).mean(),
        "the smallest output instead of the largest": lambda y, p: (p.argmin(axis=-1) == y.argmax(axis=-1)).mean(
            axis=-1
        ),
        "the fraction of incorrect predictions": lambda y, p: (p.argmax(axis=-1) != y.argmax(axis=-1)).mean(axis=-1),
        "the last of two equal predictions counts": lambda y, p: (
            p.shape[-1] - 1 - p[..., ::-1].argmax(axis=-1) == y.argmax(axis=-1)
        ).mean(axis=-1),
    },
)
def check_categorical_accuracy(fn: Function) -> None:
    agree(fn(CLASSES, PREDICTED), 2 / 3)  # the second is incorrect; in the third four outputs tie, and the first counts
    agree(fn(np.stack([CLASSES, CLASSES]), np.stack([PREDICTED, CLASSES])), [2 / 3, 1.0])


# 4 Activations

LN3 = math.log(3)
SOME_Z = np.array([[-3.0, -0.4, 0.1], [0.7, 1.5, 4.0]])


def with_absolute_values(z: Any) -> Any:
    e = np.exp(-np.abs(z))
    return np.where(np.real(z) >= 0, 1 / (1 + e), e / (1 + e))


@planted(
    "sigmoid",
    "sigmoid",
    {
        "the wrong sign in the exponent": lambda z: 1 / (1 + np.exp(z)),
        "overflow for very negative z": lambda z: 1 / (1 + np.exp(-z)),
        "a formula with tanh, which is exactly 0 at −40": lambda z: (1 + np.tanh(z / 2)) / 2,
        "a formula with |z|, which complex steps cannot pass": with_absolute_values,
        "an exponent clipped at 30": lambda z: 1 / (1 + np.exp(-np.clip(z, -30, 30))),
    },
)
def check_sigmoid(fn: Function) -> None:
    agree(fn(np.array([[0.0, LN3, -LN3]])), [[0.5, 0.75, 0.25]])
    agree(fn(np.array([-40.0])), [math.exp(-40)])
    agree(fn(np.array([-1000.0, 1000.0])), [0.0, 1.0])
    agree(by_complex_step(lambda v: np.sum(fn(v)), SOME_Z), sigma_derivative(SOME_Z))


@planted(
    "sigmoid-derivative",
    "sigmoid_derivative",
    {
        "z(1 − z), which is given z instead of a": lambda z: z * (1 - z),
        "σ′(a) instead of σ′(z)": lambda z: sigma(sigma(z)) * (1 - sigma(sigma(z))),
        "the factor 1 − σ is missing": sigma,
        "the wrong sign of the inner derivative": lambda z: -sigma(z) * (1 - sigma(z)),
    },
)
def check_sigmoid_derivative(fn: Function) -> None:
    agree(fn(SOME_Z), by_complex_step(lambda v: np.sum(sigma(v)), SOME_Z))


@planted(
    "sigmoid-derivative-from-output",
    "sigmoid_derivative_from_output",
    {
        "σ′(a), which is given a instead of z": lambda a: sigma(a) * (1 - sigma(a)),
        "a(1 + a)": lambda a: a * (1 + a),
        "a² instead of a": lambda a: a**2 * (1 - a),
        "the derivative of tanh": lambda a: 1 - a**2,
    },
)
def check_sigmoid_derivative_from_output(fn: Function) -> None:
    agree(fn(sigma(SOME_Z)), by_complex_step(lambda v: np.sum(sigma(v)), SOME_Z))
    assert np.max(fn(np.linspace(0, 1, 101))) == 0.25


@planted(
    "tanh",
    "tanh",
    {
        "2σ(z) − 1, which has half the derivative at 0": lambda z: 2 * sigma(z) - 1,
        "σ(2z), which is not centred at 0": lambda z: sigma(2 * z),
        "a quotient of exponentials, which overflows": lambda z: (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)),
    },
)
def check_tanh(fn: Function) -> None:
    agree(fn(np.array([[-math.log(2), 0.0, math.log(2)]])), [[-0.6, 0.0, 0.6]])
    agree(fn(np.array([-1000.0, 1000.0])), [-1.0, 1.0])


@planted(
    "tanh-derivative",
    "tanh_derivative",
    {
        "the square is missing": lambda z: 1 - np.tanh(z),
        "1 − z², which is given z instead of a": lambda z: 1 - z**2,
        "the inner derivative of 2z is missing": lambda z: 2 * sigma(2 * z) * (1 - sigma(2 * z)),
        "the derivative of the sigmoid": sigma_derivative,
    },
)
def check_tanh_derivative(fn: Function) -> None:
    agree(fn(SOME_Z), by_complex_step(lambda v: np.sum(np.tanh(v)), SOME_Z), 1e-11)


@planted(
    "tanh-derivative-from-output",
    "tanh_derivative_from_output",
    {
        "1 − tanh(a)², which is given a instead of z": lambda a: 1 - np.tanh(a) ** 2,
        "the square is missing": lambda a: 1 - a,
        "the derivative of the sigmoid": lambda a: a * (1 - a),
    },
)
def check_tanh_derivative_from_output(fn: Function) -> None:
    agree(fn(np.tanh(SOME_Z)), by_complex_step(lambda v: np.sum(np.tanh(v)), SOME_Z), 1e-11)


@planted(
    "relu",
    "relu",
    {
        "the absolute value": np.abs,
        "the negative part instead of the positive": lambda z: np.minimum(z, 0.0),
        "leaky ReLU instead": lambda z: np.where(z > 0, z, 0.01 * z),
        "the derivative, a step from 0 to 1": lambda z: 1.0 * (z > 0),
        "one maximum for all units": lambda z: np.full_like(z, max(0.0, float(np.max(z)))),
    },
)
def check_relu(fn: Function) -> None:
    agree(fn(np.array([[-2.0, 0.0, 3.0]])), [[0.0, 0.0, 3.0]])
    agree(fn(SOME_Z) - fn(-SOME_Z), SOME_Z)


def relu_derivative_in_place(z: Any) -> Any:
    z[z <= 0] = 0.0
    z[z > 0] = 1.0
    return z


@planted(
    "relu-derivative",
    "relu_derivative",
    {
        "1 at the kink, so that the derivative from the output is always 1": lambda z: np.where(z >= 0, 1.0, 0.0),
        "½ at the kink": lambda z: np.heaviside(z, 0.5),
        "the sign of z": np.sign,
        "the function instead of its derivative": lambda z: np.maximum(z, 0.0),
        "the argument is changed in place": relu_derivative_in_place,
    },
)
def check_relu_derivative(fn: Function) -> None:
    z = np.array([[-2.0, 0.0, 3.0], [0.5, -1e-9, 0.0]])
    agree(fn(z), [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    agree(z, [[-2.0, 0.0, 3.0], [0.5, -1e-9, 0.0]])
    agree(fn(np.maximum(z, 0)), [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    agree(fn(SOME_Z), by_central_difference(lambda v: np.sum(np.maximum(v, 0)), SOME_Z), 1e-9)


@planted(
    "identity",
    "identity",
    {
        "the sigmoid is still applied": sigma,
        "values are clipped to the range from 0 to 1": lambda z: np.clip(z, 0, 1),
        "only the positive part": lambda z: np.maximum(z, 0.0),
    },
)
def check_identity(fn: Function) -> None:
    agree(fn(np.array([[-2.5, 0.5, 7.0]])), [[-2.5, 0.5, 7.0]])


@planted(
    "identity-derivative",
    "identity_derivative",
    {
        "the derivative of the sigmoid is kept, as in the report": lambda z: z * (1 - z),
        "the function instead of its derivative": lambda z: z,
        "a derivative of 0": np.zeros_like,
        "a single 1 for the whole layer": lambda z: 1.0,
    },
)
def check_identity_derivative(fn: Function) -> None:
    agree(fn(SOME_Z), by_complex_step(np.sum, SOME_Z))


@planted(
    "leaky-relu",
    "leaky_relu",
    {
        "ReLU without the negative part": lambda z, alpha=0.01: np.maximum(z, 0.0),
        "α for positive z instead of negative": lambda z, alpha=0.01: np.where(z > 0, alpha * z, z),
        "αz is added for every z": lambda z, alpha=0.01: np.maximum(z, 0.0) + alpha * z,
        "α is always 0.01": lambda z, alpha=0.01: np.where(z > 0, z, 0.01 * z),
        "−α instead of α": lambda z, alpha=0.01: np.where(z > 0, z, -alpha * z),
        "a default of 0.1 for α": lambda z, alpha=0.1: np.where(z > 0, z, alpha * z),
    },
)
def check_leaky_relu(fn: Function) -> None:
    agree(fn(np.array([[-2.0, 0.0, 3.0]])), [[-0.02, 0.0, 3.0]])
    agree(fn(np.array([[-2.0, 0.0, 3.0]]), 0.25), [[-0.5, 0.0, 3.0]])


@planted(
    "leaky-relu-derivative",
    "leaky_relu_derivative",
    {
        "the derivative of ReLU": lambda z, alpha=0.01: np.where(z > 0, 1.0, 0.0),
        "1 at the kink": lambda z, alpha=0.01: np.where(z >= 0, 1.0, alpha),
        "α for positive z instead of negative": lambda z, alpha=0.01: np.where(z > 0, alpha, 1.0),
        "α is always 0.01": lambda z, alpha=0.01: np.where(z > 0, 1.0, 0.01),
        "the function instead of its derivative": lambda z, alpha=0.01: np.where(z > 0, z, alpha * z),
        "a default of 0.1 for α": lambda z, alpha=0.1: np.where(z > 0, 1.0, alpha),
    },
)
def check_leaky_relu_derivative(fn: Function) -> None:
    agree(fn(np.array([[-2.0, 0.0, 3.0]])), [[0.01, 0.01, 1.0]])
    agree(fn(np.array([[-2.0, 0.0, 3.0]]), 0.25), [[0.25, 0.25, 1.0]])
    agree(fn(SOME_Z), by_central_difference(lambda v: np.sum(np.where(v > 0, v, v / 100)), SOME_Z), 1e-9)


@planted(
    "softplus",
    "softplus",
    {
        "ReLU instead": lambda z: np.maximum(z, 0.0),
        "exp(|z|) instead of exp(−|z|)": lambda z: np.maximum(z, 0.0) + np.log1p(np.exp(np.maximum(z, -z))),
        "z replaced by −z": lambda z: np.log(1 + np.exp(-z)),
        "the 1 in the logarithm is missing": lambda z: np.log(np.exp(z)),
        "a logarithm to base 2": lambda z: np.log2(1 + np.exp(z)),
        "the term max(0, z) is missing": lambda z: np.log1p(np.exp(-np.abs(z))),
    },
)
def check_softplus(fn: Function) -> None:
    agree(fn(np.array([[0.0, np.log(3.0), -800.0, 800.0]])), [[np.log(2.0), np.log(4.0), 0.0, 800.0]])
    agree(fn(SOME_Z), np.log(1 + np.exp(SOME_Z)))
    agree(fn(np.array([-40.0])), np.exp([-40.0]))


@planted(
    "softplus-derivative",
    "softplus_derivative",
    {
        "the derivative of the sigmoid": lambda z: sigma(z) * (1 - sigma(z)),
        "z replaced by −z": lambda z: sigma(-z),
        "the derivative of ReLU": lambda z: np.where(z > 0, 1.0, 0.0),
        "z is inserted for a": lambda z: 1 - np.exp(-z),
        "the function instead of its derivative": lambda z: np.log(1 + np.exp(z)),
    },
)
def check_softplus_derivative(fn: Function) -> None:
    agree(fn(SOME_Z), by_complex_step(lambda v: np.sum(np.log(1 + np.exp(v))), SOME_Z), 1e-11)


@planted(
    "silu",
    "silu",
    {
        "the sigmoid alone, without the factor z": sigma,
        "ReLU instead": lambda z: np.maximum(z, 0.0),
        "σ(−z) instead of σ(z)": lambda z: z * sigma(-z),
        "σ′ instead of σ": lambda z: z * sigma(z) * (1 - sigma(z)),
        "|z| instead of z": lambda z: np.abs(z) * sigma(z),
    },
)
def check_silu(fn: Function) -> None:
    agree(fn(np.array([[0.0, np.log(3.0), -np.log(3.0)]])), [[0.0, 0.75 * np.log(3.0), -0.25 * np.log(3.0)]])


@planted(
    "silu-derivative",
    "silu_derivative",
    {
        "only the derivative of the sigmoid's factor": lambda z: z * sigma(z) * (1 - sigma(z)),
        "only the derivative of the factor z": sigma,
        "the factor 1 − σ in the bracket is missing": lambda z: sigma(z) * (1 + z),
        "a minus in the bracket": lambda z: sigma(z) * (1 - z * (1 - sigma(z))),
        "the function instead of its derivative": lambda z: z * sigma(z),
    },
)
def check_silu_derivative(fn: Function) -> None:
    agree(fn(SOME_Z), by_complex_step(lambda v: np.sum(v / (1 + np.exp(-v))), SOME_Z), 1e-11)


# Two examples of three classes. The exponentials of the first are as 1 : 2 : 5.
CLASS_Z = np.array([[0.0, math.log(2), math.log(5)], [1.0, -0.5, 2.0]])


def probabilities(z: Any) -> Any:
    """Compute softmax as it is written in books."""
    return np.exp(z) / np.sum(np.exp(z), axis=-1, keepdims=True)


@planted(
    "log-sum-exp",
    "logsumexp",
    {
        "overflow for large numbers": lambda z: np.log(np.sum(np.exp(z), axis=-1)),
        "the maximum is subtracted and not added again": lambda z: np.log(
            np.sum(np.exp(z - np.max(z.real, axis=-1, keepdims=True)), axis=-1)
        ),
        "a sum over the examples instead of the units": lambda z: np.log(np.sum(np.exp(z), axis=-2)),
        "one sum over examples and units": lambda z: np.log(np.sum(np.exp(z))),
        "the mean instead of the sum": lambda z: np.log(np.mean(np.exp(z), axis=-1)),
        "the maximum alone": lambda z: np.max(z.real, axis=-1),
        "one maximum is subtracted for all examples": lambda z: (
            z.real.max() + np.log(np.sum(np.exp(z - z.real.max()), axis=-1))
        ),
        "a shift by |z|, which complex steps cannot pass": lambda z: (
            np.abs(z).max(axis=-1) + np.log(np.sum(np.exp(z - np.abs(z).max(axis=-1, keepdims=True)), axis=-1))
        ),
    },
)
def check_logsumexp(fn: Function) -> None:
    agree(fn(CLASS_Z), [math.log(8), math.log(math.exp(1) + math.exp(-0.5) + math.exp(2))])
    agree(fn(np.array([[1000.0, 1000.0], [-1000.0, -1000.0]])), [1000 + math.log(2), -1000 + math.log(2)])
    agree(by_complex_step(lambda z: np.sum(fn(z)), -CLASS_Z), probabilities(-CLASS_Z))


@planted(
    "softmax",
    "softmax",
    {
        "overflow for large numbers": probabilities,
        "a division by the sum over the examples": lambda z: np.exp(z) / np.sum(np.exp(z), axis=-2, keepdims=True),
        "a division by the sum over examples and units": lambda z: np.exp(z) / np.sum(np.exp(z)),
        "the wrong sign in the exponent": lambda z: probabilities(-z),
        "a separate sigmoid for each output": sigma,
        "z instead of its exponential": lambda z: z / np.sum(z, axis=-1, keepdims=True),
        "exponentials that are not divided by their sum": np.exp,
        "a formula with the logarithm, which loses the digits of large numbers": lambda z: np.exp(
            z - derivation.logsumexp(z)[..., None]
        ),
        "the logarithm of the probabilities": lambda z: z - np.log(np.sum(np.exp(z), axis=-1, keepdims=True)),
        "pre-activations clipped at ±30": lambda z: probabilities(np.clip(z, -30, 30)),
        "one maximum is subtracted for all examples": lambda z: probabilities(z - np.max(z.real)),
    },
)
def check_softmax(fn: Function) -> None:
    agree(fn(CLASS_Z)[0], [1 / 8, 2 / 8, 5 / 8])
    agree(fn(CLASS_Z), probabilities(CLASS_Z))
    agree(fn(CLASS_Z + 7.0), probabilities(CLASS_Z))
    agree(fn(np.array([[1000.0, 1000.0, 0.0], [-1000.0, -1000.0, -1000.0]])), [[0.5, 0.5, 0.0], [1 / 3] * 3], 1e-10)
    agree(fn(np.array([[1e15, 1e15]])), [[0.5, 0.5]])
    agree(fn(np.array([[40.0, 0.0]]))[0, 1] * 1e17, 1e17 * math.exp(-40), 1e-12)
    agree(fn(np.stack([CLASS_Z, 2 * CLASS_Z]))[1], probabilities(2 * CLASS_Z))
    agree(by_complex_step(lambda z: np.sum(fn(z) ** 2), CLASS_Z), by_complex_step(squares, CLASS_Z))


def squares(z: Any) -> Any:
    return np.sum(probabilities(z) ** 2)


@planted(
    "softmax-jacobian",
    "softmax_jacobian",
    {
        "only the diagonal": lambda a: np.eye(a.shape[-1]) * (a * (1 - a))[..., None, :],
        "the derivative a(1 − a) of a sigmoid": lambda a: a * (1 - a),
        "plus instead of minus": lambda a: a[..., None] * (np.eye(a.shape[-1]) + a[..., None, :]),
        "only the term a aᵀ": lambda a: -a[..., None] * a[..., None, :],
        "only the term diag(a)": lambda a: np.eye(a.shape[-1]) * a[..., None],
        "1 instead of a on the diagonal": lambda a: np.eye(a.shape[-1]) - a[..., None] * a[..., None, :],
        "the opposite sign": lambda a: a[..., None] * (a[..., None, :] - np.eye(a.shape[-1])),
        "the activation of the same unit twice": lambda a: a[..., None] * (np.eye(a.shape[-1]) - a[..., None]),
        "the pre-activations in place of the activations": lambda a: (
            np.log(a)[..., None] * (np.eye(a.shape[-1]) - np.log(a)[..., None, :])
        ),
    },
)
def check_softmax_jacobian(fn: Function) -> None:
    def activation(k: int) -> Callable[[Any], Any]:
        return lambda z: probabilities(z)[k]

    rows = [[by_complex_step(activation(k), z) for k in range(3)] for z in CLASS_Z]
    agree(fn(probabilities(CLASS_Z)), rows)
    agree(fn(probabilities(np.stack([CLASS_Z, CLASS_Z])))[1], rows)


# 5 Forward pass


@planted(
    "weighted-sum",
    "weighted_sum",
    {
        "the bias is missing": lambda a, w, b=0.0: np.sum(a * w),
        "the bias is added once for each input": lambda a, w, b=0.0: np.sum(a * w + b),
        "the bias is subtracted, like a threshold": lambda a, w, b=0.0: np.sum(a * w) - b,
        "the mean of the products instead of their sum": lambda a, w, b=0.0: np.mean(a * w) + b,
    },
)
def check_weighted_sum(fn: Function) -> None:
    agree(fn(np.array([1.0, 2.0, 3.0]), np.array([0.5, -1.0, 2.0]), 0.25), 4.75)
    agree(fn(np.array([1.0, 2.0]), np.array([0.5, -1.0])), -1.5)


@planted(
    "preactivation",
    "preactivation",
    {
        "a W of shape (out, in)": lambda a, w, b=None: a @ w.mT + (0 if b is None else b),
        "the bias is missing": lambda a, w, b=None: a @ w,
        "the bias is added once for each example": lambda a, w, b=None: a @ w + (0 if b is None else len(a) * b),
        "the transposed result, with examples in columns": lambda a, w, b=None: (a @ w + (0 if b is None else b)).mT,
        "an element-wise product": lambda a, w, b=None: a * w + (0 if b is None else b),
    },
)
def check_preactivation(fn: Function) -> None:
    a, w, b = numbers(4, 2), numbers(2, 3), numbers(1, 3)
    z = [[sum(a[n, i] * w[i, j] for i in range(2)) for j in range(3)] for n in range(4)]
    agree(fn(a, w), z)
    agree(fn(a, w, b), [[z[n][j] + b[0, j] for j in range(3)] for n in range(4)])


@planted(
    "activation",
    "activation",
    {
        "the function is applied twice": lambda z, phi: phi(phi(z)),
        "the function is not applied": lambda z, phi: z,
        "the activations are divided by their sum": lambda z, phi: phi(z) / np.sum(phi(z), axis=-1, keepdims=True),
        "the pre-activations are centred over the examples first": lambda z, phi: phi(
            z - np.mean(z, axis=-2, keepdims=True)
        ),
    },
)
def check_activation(fn: Function) -> None:
    agree(fn(SOME_Z, np.exp), [[math.exp(z) for z in row] for row in SOME_Z])
    moved = SOME_Z.copy()
    moved[1, 2] += 1
    assert np.argwhere(fn(moved, np.tanh) != fn(SOME_Z, np.tanh)).tolist() == [[1, 2]]


@planted(
    "forward-gradient",
    "forward_gradient",
    {
        "the output of the layer instead of its input": sigma,
        "the derivative of the activation": lambda a: a * (1 - a),
        "ones, which is the derivative with respect to the bias": np.ones_like,
        "a division by the number of examples": lambda a: a / len(a),
    },
)
def check_forward_gradient(fn: Function) -> None:
    a, w = numbers(4, 3), numbers(3)

    def z(n: int, w: Any) -> Any:
        return np.sum(a[n] * w) + 0.25

    agree(fn(a), [by_complex_step(partial(z, n), w) for n in range(4)])


@planted(
    "bias-column",
    "append_ones",
    {
        "the ones come first": lambda a: np.concatenate([np.ones((*a.shape[:-1], 1)), a], axis=-1),
        "zeros instead of ones": lambda a: np.concatenate([a, np.zeros((*a.shape[:-1], 1))], axis=-1),
        "a row instead of a column": lambda a: np.concatenate([a, np.ones((*a.shape[:-2], 1, a.shape[-1]))], axis=-2),
        "1/N instead of 1": lambda a: np.concatenate([a, np.full((*a.shape[:-1], 1), 1 / a.shape[-2])], axis=-1),
    },
)
def check_bias_column(fn: Function) -> None:
    a, w, b = numbers(2, 4, 3), numbers(3, 5), numbers(1, 5)
    agree(fn(a) @ np.vstack([w, b]), a @ w + b)


# 6 Chain rule


@planted(
    "chain-rule",
    "chain_rule",
    {
        "the sum of the derivatives instead of their product": lambda dz_dw, dc_dz: dz_dw + dc_dz,
        "only the last derivative": lambda dz_dw, dc_dz: dc_dz + 0 * dz_dw,
        "a quotient of the two derivatives instead of their product": lambda dz_dw, dc_dz: dc_dz / dz_dw,
        "the opposite sign": lambda dz_dw, dc_dz: -dz_dw * dc_dz,
    },
)
def check_chain_rule(fn: Function) -> None:
    x, w = numbers(3), numbers(3)
    dc_dz = by_complex_step(lambda z: np.tanh(z) ** 2, x @ w)
    agree(fn(x, dc_dz), by_complex_step(lambda v: np.tanh(x @ v) ** 2, w))


@planted(
    "multivariable-chain-rule",
    "multivariable_chain_rule",
    {
        "terms are assigned instead of added": lambda dz_da, dc_dz: (dz_da * dc_dz)[-1],
        "the mean of the paths instead of the sum": lambda dz_da, dc_dz: np.mean(dz_da * dc_dz),
        "the product of the sums instead of the sum of the products": lambda dz_da, dc_dz: (
            np.sum(dz_da) * np.sum(dc_dz)
        ),
        "the products are not added": lambda dz_da, dc_dz: dz_da * dc_dz,
        "the product over the paths instead of the sum": lambda dz_da, dc_dz: np.prod(dz_da * dc_dz),
    },
)
def check_multivariable_chain_rule(fn: Function) -> None:
    w, a = numbers(4), 0.7
    dc_dz = by_complex_step(lambda z: np.sum(np.tanh(z)), a * w)
    agree(fn(w, dc_dz), by_complex_step(lambda v: np.sum(np.tanh(v * w)), a))


@planted(
    "delta",
    "backward_gradient",
    {
        "the error instead of δ": lambda derivative, dc_da: dc_da,
        "a second factor 1/N": lambda derivative, dc_da: derivative * dc_da / len(dc_da),
        "a sum over the examples": lambda derivative, dc_da: (derivative * dc_da).sum(axis=0),
        "the opposite sign": lambda derivative, dc_da: -derivative * dc_da,
    },
)
def check_delta(fn: Function) -> None:
    z, y = numbers(4, 3), unit_interval(4, 3)

    def contribution_of(n: int, z: Any) -> Any:
        return np.sum((np.tanh(z) - y[n]) ** 2) / 12

    delta = [by_complex_step(partial(contribution_of, n), z[n]) for n in range(4)]
    agree(fn(1 / np.cosh(z) ** 2, 2 * (np.tanh(z) - y) / 12), delta)


@planted(
    "backward-gradient",
    "backward_gradient",
    {
        "the derivative is missing": lambda derivative, dc_da: dc_da,
        "a matrix product instead of the element-wise one": lambda derivative, dc_da: derivative @ dc_da.mT,
        "the derivative of the derivative": lambda derivative, dc_da: derivative * (1 - derivative) * dc_da,
        "the derivative is applied twice": lambda derivative, dc_da: derivative**2 * dc_da,
        "a quotient of the two derivatives instead of their product": lambda derivative, dc_da: dc_da / derivative,
    },
)
def check_backward_gradient(fn: Function) -> None:
    z, dc_da = numbers(4, 3), numbers(4, 3, seed=1)
    agree(fn(sigma_derivative(z), dc_da), by_complex_step(lambda v: np.sum(dc_da * sigma(v)), z))


# 7 Output → hidden


@planted(
    "output-delta-unit",
    "output_delta_unit",
    {
        "σ′ is missing, as in the report's text": lambda z, dc_dy_hat: dc_dy_hat,
        "σ′(a) instead of σ′(z)": lambda z, dc_dy_hat: sigma_derivative(sigma(z)) * dc_dy_hat,
        "z(1 − z) instead of a(1 − a)": lambda z, dc_dy_hat: z * (1 - z) * dc_dy_hat,
        "σ instead of σ′": lambda z, dc_dy_hat: sigma(z) * dc_dy_hat,
    },
)
def check_output_delta_unit(fn: Function) -> None:
    agree(fn(0.8, 2 * (sigma(0.8) - 1)), by_complex_step(lambda v: (sigma(v) - 1) ** 2, 0.8))


@planted(
    "output-delta",
    "output_delta",
    {
        "σ′ is missing": lambda derivative, dl_dy_hat: dl_dy_hat,
        "a matrix product instead of the element-wise one": lambda derivative, dl_dy_hat: derivative.mT @ dl_dy_hat,
        "a second factor 1/N": lambda derivative, dl_dy_hat: derivative * dl_dy_hat / len(derivative),
        "one derivative for all examples": lambda derivative, dl_dy_hat: derivative.mean(axis=0) * dl_dy_hat,
    },
)
def check_output_delta(fn: Function) -> None:
    z, y = numbers(5, 2), unit_interval(5, 2)
    numerical = by_complex_step(lambda v: np.mean((np.tanh(v) - y) ** 2), z)
    agree(fn(1 / np.cosh(z) ** 2, 2 * (np.tanh(z) - y) / y.size), numerical)


@planted(
    "bce-from-logits",
    "bce_contributions_from_logits",
    {
        "the labels exchanged": lambda y, z: (
            (y * derivation.softplus(z) + (1 - y) * derivation.softplus(-z)).sum(axis=-1) / y.size
        ),
        "only the term of label 1": lambda y, z: (y * derivation.softplus(-z)).sum(axis=-1) / y.size,
        "the predictions instead of the logarithms": lambda y, z: (y * sigma(-z) + (1 - y) * sigma(z)).sum(-1) / y.size,
        "the sum instead of the mean": lambda y, z: (
            y * derivation.softplus(-z) + (1 - y) * derivation.softplus(z)
        ).sum(axis=-1),
        "no division by the number of outputs": lambda y, z: (
            (y * derivation.softplus(-z) + (1 - y) * derivation.softplus(z)).sum(axis=-1) / len(y)
        ),
        "the loss of the rounded prediction": lambda y, z: derivation.bce_contributions(y, derivation.sigmoid(z)),
    },
)
def check_bce_from_logits(fn: Function) -> None:
    z, y = numbers(5, 2), unit_interval(5, 2)
    agree(fn(y, z), np.mean(-y * np.log(sigma(z)) - (1 - y) * np.log(1 - sigma(z)), axis=1) / 5)
    agree(fn(np.array([[0.0], [1.0]]), np.array([[50.0], [-800.0]])), [25.0, 400.0])  # saturated and incorrect
    agree(fn(np.stack([y, y]), np.stack([z, z]))[1], fn(y, z))


@planted(
    "output-delta-sigmoid-bce",
    "output_delta_sigmoid_bce",
    {
        "an extra factor σ′": lambda y, y_hat: y_hat * (1 - y_hat) * (y_hat - y) / y.size,
        "plus instead of minus": lambda y, y_hat: (y - y_hat) / y.size,
        "a factor 2, as for the squared error": lambda y, y_hat: 2 * (y_hat - y) / y.size,
        "the sum instead of the mean": lambda y, y_hat: y_hat - y,
        "no division by the number of outputs": lambda y, y_hat: (y_hat - y) / len(y),
    },
)
def check_output_delta_sigmoid_bce(fn: Function) -> None:
    z, y = numbers(5, 2), unit_interval(5, 2)
    numerical = by_complex_step(lambda v: np.mean(-y * np.log(sigma(v)) - (1 - y) * np.log(1 - sigma(v))), z)
    agree(fn(y, sigma(z)), numerical)
    agree(fn(np.stack([y, y]), np.stack([sigma(z), sigma(z)]))[1], numerical)


@planted(
    "output-delta-jacobian",
    "output_delta_jacobian",
    {
        "only the diagonal": lambda jacobian, d: np.diagonal(jacobian, axis1=-2, axis2=-1) * d,
        "the transpose of the Jacobian matrix": lambda jacobian, d: np.sum(jacobian * d[..., None, :], axis=-1),
        "the derivatives of a unit are added first": lambda jacobian, d: jacobian.sum(axis=-2) * d,
        "the mean instead of the sum": lambda jacobian, d: np.mean(jacobian * d[..., None], axis=-2),
        "only the last path": lambda jacobian, d: jacobian[..., -1, :] * d[..., -1:],
        "the Jacobian matrix is left out": lambda jacobian, d: d,
    },
)
def check_output_delta_jacobian(fn: Function) -> None:
    z, mixing, y = numbers(5, 3), numbers(3, 3, seed=1), unit_interval(5, 3)

    def predict(z: Any) -> Any:
        return np.tanh(z @ mixing)  # a layer whose Jacobian matrix is not symmetric

    jacobian = (1 - predict(z) ** 2)[:, :, None] * mixing.T
    numerical = by_complex_step(lambda v: np.mean((predict(v) - y) ** 2), z)
    agree(fn(jacobian, 2 * (predict(z) - y) / y.size), numerical)
    agree(fn(np.stack([jacobian] * 2), np.stack([2 * (predict(z) - y) / y.size] * 2))[1], numerical)


@planted(
    "cross-entropy-from-logits",
    "cross_entropy_contributions_from_logits",
    {
        "the opposite sign": lambda y, z: (y * (z - derivation.logsumexp(z)[..., None])).sum(axis=-1) / len(y),
        "no normalisation": lambda y, z: -(y * z).sum(axis=-1) / len(y),
        "one normalisation for all examples": lambda y, z: (y * (derivation.logsumexp(z.ravel()) - z)).sum(-1) / len(y),
        "the maximum instead of the smooth one": lambda y, z: (y * (z.max(-1, keepdims=True) - z)).sum(-1) / len(y),
        "the sum instead of the mean": lambda y, z: (y * (derivation.logsumexp(z)[..., None] - z)).sum(axis=-1),
        "a division by the number of classes": lambda y, z: (
            (y * (derivation.logsumexp(z)[..., None] - z)).sum(axis=-1) / y.size
        ),
        "the loss of the rounded prediction": lambda y, z: derivation.cross_entropy_contributions(
            y, derivation.softmax(z)
        ),
    },
)
def check_cross_entropy_from_logits(fn: Function) -> None:
    z, y = numbers(5, 3), unit_interval(5, 3)
    y = y / y.sum(axis=1, keepdims=True)
    exponentials = np.exp(z)
    shares = exponentials / exponentials.sum(axis=1, keepdims=True)
    agree(fn(y, z), -np.sum(y * np.log(shares), axis=1) / 5)
    agree(fn(np.eye(2), np.array([[0.0, 800.0], [0.0, 800.0]])), [400.0, 0.0])  # saturated, incorrect and correct
    agree(fn(np.stack([y, y]), np.stack([z, z]))[1], fn(y, z))


@planted(
    "output-delta-softmax-cross-entropy",
    "output_delta_softmax_cross_entropy",
    {
        "an extra factor, the derivative of the sigmoid": lambda y, y_hat: y_hat * (1 - y_hat) * (y_hat - y) / len(y),
        "plus instead of minus": lambda y, y_hat: (y - y_hat) / len(y),
        "a factor 2, as for the squared error": lambda y, y_hat: 2 * (y_hat - y) / len(y),
        "the sum instead of the mean": lambda y, y_hat: y_hat - y,
        "a division by the number of outputs as well": lambda y, y_hat: (y_hat - y) / y.size,
        "a division by the number of outputs instead of examples": lambda y, y_hat: (y_hat - y) / y.shape[-1],
        "only the entry of the true class": lambda y, y_hat: y * (y_hat - y) / len(y),
    },
)
def check_output_delta_softmax_cross_entropy(fn: Function) -> None:
    z, y = numbers(5, 3), probabilities(numbers(5, 3, seed=1))
    numerical = by_complex_step(lambda v: -np.sum(y * np.log(probabilities(v))) / 5, z)
    agree(fn(y, probabilities(z)), numerical)
    agree(fn(np.stack([y, y]), np.stack([probabilities(z)] * 2))[1], numerical)


# 8 Hidden → hidden


@planted(
    "activation-gradient-unit",
    "activation_gradient_unit",
    {
        "terms are assigned instead of added": lambda w, delta_next: w[-1] * delta_next[-1],
        "the mean over the units of the next layer": lambda w, delta_next: np.mean(w * delta_next),
        "the weights are left out": lambda w, delta_next: np.sum(delta_next),
        "a division by the weights": lambda w, delta_next: np.sum(delta_next / w),
    },
)
def check_activation_gradient_unit(fn: Function) -> None:
    w, others, a = numbers(4), numbers(4, seed=1), 0.3
    delta_next = by_complex_step(lambda z: np.sum(np.tanh(z)), a * w + others)
    agree(fn(w, delta_next), by_complex_step(lambda v: np.sum(np.tanh(v * w + others)), a))


@planted(
    "hidden-delta-unit",
    "hidden_delta_unit",
    {
        "σ′ is missing": lambda z, w3, w4, d1, d2: w3 * d1 + w4 * d2,
        "σ′(a) instead of σ′(z)": lambda z, w3, w4, d1, d2: sigma_derivative(sigma(z)) * (w3 * d1 + w4 * d2),
        "the two weights are exchanged": lambda z, w3, w4, d1, d2: sigma_derivative(z) * (w4 * d1 + w3 * d2),
        "only the last path": lambda z, w3, w4, d1, d2: sigma_derivative(z) * w4 * d2,
        "σ′ for the first path only": lambda z, w3, w4, d1, d2: sigma_derivative(z) * w3 * d1 + w4 * d2,
    },
)
def check_hidden_delta_unit(fn: Function) -> None:
    z, w3, w4 = 1.3, 1.5, -0.4
    numerical = by_complex_step(lambda v: np.tanh(w3 * sigma(v)) + 3 * (w4 * sigma(v)) ** 2, z)
    agree(fn(z, w3, w4, 1 / math.cosh(w3 * sigma(z)) ** 2, 6 * w4 * sigma(z)), numerical)


def weighted_loss(d: Any, w: Any, a: Any) -> Any:
    """A loss that is linear in z = a w, with the coefficients d."""
    return np.sum(d * (a @ w))


@planted(
    "activation-gradient",
    "activation_gradient",
    {
        "W instead of Wᵀ": lambda delta_next, w_next: delta_next @ w_next,
        "the inverse instead of the transpose": lambda delta_next, w_next: delta_next @ np.linalg.pinv(w_next),
        "an element-wise product": lambda delta_next, w_next: delta_next * w_next,
        "the formula for examples in columns": lambda delta_next, w_next: w_next @ delta_next.mT,
        "only the last path": lambda delta_next, w_next: delta_next[..., -1:] @ w_next[..., -1:].mT,
    },
)
def check_activation_gradient(fn: Function) -> None:
    for outputs in (3, 5):  # a square matrix first, which no shape protects
        a, w, d = numbers(4, 3), numbers(3, outputs), numbers(4, outputs)
        agree(fn(d, w), by_complex_step(partial(weighted_loss, d, w), a))


@planted(
    "hidden-delta",
    "hidden_delta",
    {
        "σ′ is missing": lambda derivative, delta_next, w_next: delta_next @ w_next.mT,
        "W instead of Wᵀ": lambda derivative, delta_next, w_next: derivative * (delta_next @ w_next),
        "the weights are left out": lambda derivative, delta_next, w_next: (
            derivative * delta_next.sum(axis=-1, keepdims=True)
        ),
        "only the last path": lambda derivative, delta_next, w_next: (
            derivative * (delta_next[..., -1:] @ w_next[..., -1:].mT)
        ),
        "the square of the derivative": lambda derivative, delta_next, w_next: derivative**2 * (delta_next @ w_next.mT),
        "a division by the number of hidden units": lambda derivative, delta_next, w_next: (
            derivative * (delta_next @ w_next.mT) / derivative.shape[-1]
        ),
    },
)
def check_hidden_delta(fn: Function) -> None:
    z1, w2, w3, y = numbers(4, 3), numbers(3, 5), numbers(5, 2), unit_interval(4, 2)

    def loss_from_2(z2: Any) -> Any:
        return np.mean((np.tanh(z2) @ w3 - y) ** 2)

    z2 = np.tanh(z1) @ w2
    delta2 = by_complex_step(loss_from_2, z2)
    agree(fn(1 / np.cosh(z1) ** 2, delta2, w2), by_complex_step(lambda z: loss_from_2(np.tanh(z) @ w2), z1))


def unrolled(step: Function) -> Function:
    """Make an unrolled product from one factor: δ, derivative and weights to the next δ."""

    def incorrect(derivatives: Sequence[Any], weights: Sequence[Any], delta_out: Any) -> Any:
        d = delta_out
        for derivative, w in zip(derivatives, weights, strict=True):
            d = step(d, derivative, w)
        return d

    return incorrect


@planted(
    "unrolled",
    "unrolled_delta",
    {
        "the derivatives are missing": unrolled(lambda d, derivative, w: d @ w.T),
        "W instead of Wᵀ": unrolled(lambda d, derivative, w: d @ w @ np.diag(derivative)),
        "derivatives are multiplied before the weights": unrolled(
            lambda d, derivative, w: (d * derivative[: len(d)]) @ w.T
        ),
        "the weights are in the order of the forward pass": lambda derivatives, weights, d: unrolled(
            lambda d, derivative, w: d @ w.T @ np.diag(derivative)
        )(derivatives, weights[::-1], d),
        "one derivative for the whole layer": unrolled(lambda d, derivative, w: d @ w.T * derivative.mean()),
        "a missing derivative raises no error": lambda derivatives, weights, d: unrolled(
            lambda d, derivative, w: d @ w.T @ np.diag(derivative)
        )(derivatives, weights[: len(derivatives)], d),
        "the last derivative is missing": lambda derivatives, weights, d: unrolled(
            lambda d, derivative, w: d @ w.T @ np.diag(derivative)
        )([*derivatives[:-1], np.ones_like(derivatives[-1])], weights, d),
    },
)
def check_unrolled(fn: Function) -> None:
    z1, w2, w3, delta_out = numbers(3), numbers(3, 5), numbers(5, 2), numbers(2)
    z2 = sigma(z1) @ w2
    numerical = by_complex_step(lambda z: np.sum(delta_out * (sigma(sigma(z) @ w2) @ w3)), z1)
    agree(fn([sigma_derivative(z2), sigma_derivative(z1)], [w3, w2], delta_out), numerical)
    try:
        fn([sigma_derivative(z2)], [w3, w2], delta_out)
    except ValueError:
        return
    raise AssertionError("one derivative for two layers went unnoticed")


def bound(norm: Function, power: Function = len, size: Function = np.linalg.norm) -> Function:
    """Make a bound from a norm of matrices, a number of derivatives and a norm of δ."""

    def incorrect(weights: Sequence[Any], delta_out: Any, max_derivative: float = 0.25) -> float:
        return float(max_derivative ** power(weights) * math.prod(map(norm, weights)) * size(delta_out))

    return incorrect


def spectral(w: Any) -> float:
    return float(np.linalg.norm(w, 2))


@planted(
    "delta-bound",
    "delta_bound",
    {
        "one ¼ for all layers": bound(spectral, power=lambda weights: 1),
        "one ¼ too many": bound(spectral, power=lambda weights: len(weights) + 1),
        "the Frobenius norm, which gives a weaker bound": bound(np.linalg.norm),
        "the smallest singular value": bound(lambda w: np.linalg.norm(w, -2)),
        "the largest weight instead of the norm": bound(lambda w: np.max(np.abs(w))),
        "the largest entry of δ instead of its norm": bound(spectral, size=lambda d: np.max(np.abs(d))),
    },
)
def check_delta_bound(fn: Function) -> None:
    turn, d = np.linalg.qr(numbers(3, 3))[0], np.array([0.3, -0.4, 1.2])
    agree(fn([2 * turn, 5 * turn], d), np.linalg.norm(d @ (2 * turn).T / 4 @ (5 * turn).T / 4))  # every unit at z = 0
    rng = np.random.default_rng(0)
    for _ in range(50):
        w2, w3, d = rng.normal(size=(3, 5)), rng.normal(size=(5, 2)), rng.normal(size=2)
        propagated = d @ w3.T * rng.uniform(0, 0.25, size=5) @ w2.T * rng.uniform(0, 0.25, size=3)
        assert np.linalg.norm(propagated) <= fn([w2, w3], d)
    agree(fn([turn], d, max_derivative=1.0), np.linalg.norm(d))


# 9 Gradients of the parameters


@planted(
    "weight-gradient-example",
    "weight_gradient_example",
    {
        "the transpose of the gradient": lambda a, delta: np.outer(delta, a),
        "δ is left out": lambda a, delta: np.outer(a, np.ones_like(delta)),
        "the output of the layer instead of its input": lambda a, delta: np.outer(sigma(a), delta),
        "an element-wise product": lambda a, delta: a * delta[0],
    },
)
def check_weight_gradient_example(fn: Function) -> None:
    a, w = numbers(2), numbers(2, 3)
    delta = by_complex_step(lambda z: np.sum(np.tanh(z)), a @ w)
    agree(fn(a, delta), by_complex_step(lambda v: np.sum(np.tanh(a @ v)), w))


@planted(
    "weight-gradient",
    "weight_gradient",
    {
        "a second factor 1/N": lambda a, delta: a.mT @ delta / len(a),
        "the transpose of the gradient": lambda a, delta: delta.mT @ a,
        "AΔ without the transpose": lambda a, delta: a @ delta,
        "plus instead of minus": lambda a, delta: -a.mT @ delta,
        "only the last example": lambda a, delta: np.outer(a[-1], delta[-1]),
        "the product of the sums instead of the sum of the products": lambda a, delta: np.outer(
            a.sum(axis=0), delta.sum(axis=0)
        ),
        "a division by the number of hidden units": lambda a, delta: a.mT @ delta / delta.shape[-1],
    },
)
def check_weight_gradient(fn: Function) -> None:
    a, w, y = numbers(4, 3), numbers(3, 5), unit_interval(4, 5)
    delta = by_complex_step(lambda z: np.mean((np.tanh(z) - y) ** 2), a @ w)
    agree(fn(a, delta), by_complex_step(lambda v: np.mean((np.tanh(a @ v) - y) ** 2), w))


@planted(
    "bias-gradient",
    "bias_gradient",
    {
        "no sum over the examples": lambda delta: delta,
        "the mean over the examples, a second factor 1/N": lambda delta: delta.mean(axis=-2, keepdims=True),
        "only the first example": lambda delta: delta[:1],
        "a sum over the units": lambda delta: delta.sum(axis=-1, keepdims=True),
        "one number for the whole layer": lambda delta: delta.sum(keepdims=True),
        "a result without the shape of the bias": lambda delta: delta.sum(axis=-2),
    },
)
def check_bias_gradient(fn: Function) -> None:
    z, b, y = numbers(4, 5), numbers(1, 5), unit_interval(4, 5)
    delta = by_complex_step(lambda v: np.mean((np.tanh(v) - y) ** 2), z + b)
    agree(fn(delta), by_complex_step(lambda v: np.mean((np.tanh(z + v) - y) ** 2), b))


def updates_in_place(parameters: Sequence[Any], gradients: Sequence[Any], eta: float) -> Any:
    for w, g in zip(parameters, gradients, strict=True):
        w -= eta * g
    return tuple(parameters)


@planted(
    "simultaneous-update",
    "simultaneous_update",
    {
        "an update in place, which overwrites the weights of the forward pass": updates_in_place,
        "the gradients of the layers are exchanged": lambda ws, gs, eta: tuple(
            w - eta * g for w, g in zip(ws, gs[::-1], strict=True)
        ),
        "only the last layer is updated": lambda ws, gs, eta: (*ws[:-1], ws[-1] - eta * gs[-1]),
        "the last layer comes first": lambda ws, gs, eta: tuple(w - eta * g for w, g in zip(ws, gs, strict=True))[::-1],
        "plus instead of minus": lambda ws, gs, eta: tuple(w + eta * g for w, g in zip(ws, gs, strict=True)),
        "a missing gradient raises no error": lambda ws, gs, eta: tuple(
            w - eta * g for w, g in zip(ws, gs, strict=False)
        ),
    },
)
def check_simultaneous_update(fn: Function) -> None:
    old = [np.full((2, 3), 1.0), np.full((3, 5), 2.0), np.full((5, 1), 3.0)]
    gradients = [np.full((2, 3), 10.0), np.full((3, 5), 20.0), np.full((5, 1), 30.0)]
    new = fn(old, gradients, 0.5)
    assert len(new) == 3
    for w, value, shape in zip(new, (-4.0, -8.0, -12.0), ((2, 3), (3, 5), (5, 1)), strict=True):
        agree(w, np.full(shape, value))
    assert [w.flat[0] for w in old] == [1.0, 2.0, 3.0]
    try:
        fn(old, gradients[:2], 0.5)
    except ValueError:
        return
    raise AssertionError("two gradients for three layers went unnoticed")


def shapes_as(layer: Function) -> Function:
    return lambda widths, n: [layer(d_in, d_out, n) for d_in, d_out in pairwise(widths)]


@planted(
    "shapes",
    "layer_shapes",
    {
        "W as (out, in)": shapes_as(lambda i, o, n: {"a_in": (n, i), "w": (o, i), "b": (1, o), "z": (n, o)}),
        "examples in columns": shapes_as(lambda i, o, n: {"a_in": (i, n), "w": (i, o), "b": (1, o), "z": (o, n)}),
        "a bias for each example": shapes_as(lambda i, o, n: {"a_in": (n, i), "w": (i, o), "b": (n, o), "z": (n, o)}),
        "a bias for each input": shapes_as(lambda i, o, n: {"a_in": (n, i), "w": (i, o), "b": (1, i), "z": (n, o)}),
        "the output layer is left out": lambda widths, n: derivation.layer_shapes(widths[:-1], n),
    },
)
def check_shapes(fn: Function) -> None:
    layers = fn([2, 3, 5, 1], 4)
    a = np.ones((4, 2))
    for shapes in layers:
        assert shapes["a_in"] == a.shape
        z = a @ np.ones(shapes["w"]) + np.ones(shapes["b"])
        assert shapes["z"] == z.shape
        assert shapes["w"] == (a.T @ z).shape
        assert shapes["b"] == z.sum(axis=0, keepdims=True).shape
        a = z
    assert a.shape == (4, 1)


def weights_of(widths: Sequence[int]) -> list[int]:
    return [d_in * d_out for d_in, d_out in pairwise(widths)]


@planted(
    "backpropagation-cost",
    "backpropagation_cost",
    {
        "δ is also propagated to the data": lambda widths, n: 2 * n * sum(weights_of(widths)),
        "only the products AᵀΔ are counted": lambda widths, n: n * sum(weights_of(widths)),
        "only one example is counted": lambda widths, n: 2 * sum(weights_of(widths)) - weights_of(widths)[0],
        "δ is not counted for the last layer instead of the first": lambda widths, n: (
            n * (2 * sum(weights_of(widths)) - weights_of(widths)[-1])
        ),
    },
)
def check_backpropagation_cost(fn: Function) -> None:
    for_weights = [(2, 4, 3), (3, 4, 5), (5, 4, 1)]  # AᵀΔ: (in × N)(N × out)
    for_deltas = [(4, 1, 5), (4, 5, 3)]  # ΔWᵀ: (N × out)(out × in)
    assert fn([2, 3, 5, 1], 4) == sum(map(math.prod, for_weights + for_deltas))


@planted(
    "finite-difference-cost",
    "finite_difference_cost",
    {
        "one forward pass for each parameter instead of two": lambda widths, n: n * sum(weights_of(widths)) ** 2,
        "two forward passes in all": lambda widths, n: 2 * n * sum(weights_of(widths)),
        "only one example is counted": lambda widths, n: 2 * sum(weights_of(widths)) ** 2,
        "two forward passes for each unit": lambda widths, n: 2 * n * sum(widths) * sum(weights_of(widths)),
    },
)
def check_finite_difference_cost(fn: Function) -> None:
    points = []

    def loss(theta: Any) -> float:
        points.append(theta)
        return 0.0

    by_central_difference(loss, np.zeros(26))
    assert fn([2, 3, 5, 1], 4) == len(points) * 4 * 26


# 10 Consequences


@planted(
    "collapse-linear-layers",
    "collapse_linear_layers",
    {
        "the reverse order": lambda weights: np.linalg.multi_dot(weights[::-1]),
        "an element-wise product": lambda weights: weights[0] * weights[1] * weights[2],
        "one layer is missing": lambda weights: weights[0] @ weights[1],
        "the transpose": lambda weights: np.linalg.multi_dot(weights).T,
    },
)
def check_collapse_linear_layers(fn: Function) -> None:
    x, weights = numbers(4, 2), [numbers(2, 3), numbers(3, 5), numbers(5, 1)]
    agree(x @ fn(weights), ((x @ weights[0]) @ weights[1]) @ weights[2])


def squared_residuals(x: Any, y: Any) -> Any:
    return (x @ np.linalg.lstsq(x, y, rcond=None)[0] - y) ** 2


@planted(
    "least-squares-minimum",
    "least_squares_minimum",
    {
        "the sum instead of the mean": lambda x, y: float(squared_residuals(x, y).sum()),
        "half of the correct value": lambda x, y: float(squared_residuals(x, y).mean() / 2),
        "no division by the number of outputs": lambda x, y: float(squared_residuals(x, y).sum() / len(x)),
        "the square root": lambda x, y: float(np.sqrt(squared_residuals(x, y).mean())),
        "the best constant": lambda x, y: float(np.var(y, axis=0).mean()),
        "a bias is always added": lambda x, y: float(squared_residuals(derivation.append_ones(x), y).mean()),
        "zero, as if every target could be reached": lambda x, y: 0.0,
    },
)
def check_least_squares_minimum(fn: Function) -> None:
    x, y = backprop.xor()
    agree(fn(x, y), (10 - 500 / 127) / 21)
    agree(fn(np.hstack([x, np.ones((21, 1))]), y), 110 / 441)
    agree(fn(x, np.hstack([y, x])), (10 - 500 / 127) / 63)  # two more outputs that can be met exactly


def largest_eigenvalue(x: Any) -> float:
    return float(np.linalg.eigvalsh(x.T @ x)[-1])


@planted(
    "stability-threshold",
    "max_stable_learning_rate",
    {
        "1/λ instead of 2/λ": lambda x, d_out=1: len(x) * d_out / 2 / largest_eigenvalue(x),
        "the sum instead of the mean": lambda x, d_out=1: 1 / largest_eigenvalue(x),
        "the factor 2 of the loss is missing": lambda x, d_out=1: 2 * len(x) * d_out / largest_eigenvalue(x),
        "no division by the number of outputs": lambda x, d_out=1: len(x) / largest_eigenvalue(x),
        "the smallest eigenvalue instead of the largest": lambda x, d_out=1: (
            len(x) * d_out / float(np.linalg.eigvalsh(x.T @ x)[0])
        ),
        "the trace instead of the eigenvalue": lambda x, d_out=1: len(x) * d_out / float(np.sum(x**2)),
    },
)
def check_stability_threshold(fn: Function) -> None:
    for d_out in (1, 3):
        x, y = unit_interval(6, 2), unit_interval(6, d_out)
        floor = np.linalg.lstsq(x, y, rcond=None)[0]
        for factor, converges in ((0.99, True), (1.01, False)):
            w = start = floor + 1.0
            for _ in range(1000):
                w = w - factor * fn(x, d_out) * 2 * x.T @ (x @ w - y) / y.size
                if np.linalg.norm(w) > 1e9:
                    break
            assert (np.linalg.norm(w - floor) < np.linalg.norm(start - floor)) == converges


@planted(
    "dead-unit",
    "dead_units",
    {
        "a unit counts as dead if it is 0 for one example": lambda z: np.any(z <= 0, axis=-2),
        "a unit with z = 0 counts as active": lambda z: np.all(z < 0, axis=-2),
        "the examples are tested instead of the units": lambda z: np.all(z <= 0, axis=-1),
        "active units instead of dead ones": lambda z: np.any(z > 0, axis=-2),
        "a unit counts as dead if its mean z is negative": lambda z: np.mean(z, axis=-2) <= 0,
    },
)
def check_dead_unit(fn: Function) -> None:
    z = np.array([[1.0, -1.0, 0.0, -9.0], [-2.0, -0.5, 0.0, 3.0], [-3.0, -5.0, -1.0, -1.0]])
    assert fn(z).tolist() == [False, True, True, False]
    assert fn(np.stack([z, -z])).tolist() == [[False, True, True, False], [False, False, False, False]]


@planted(
    "dead-unit-probability",
    "dead_unit_probability",
    {
        "one half, whatever the number of inputs": lambda d_in: 0.5,
        "1/d instead of 2⁻ᵈ": lambda d_in: 1 / d_in,
        "one negative weight is enough": lambda d_in: 1 - 2.0**-d_in,
        "1/(2d) instead of 2⁻ᵈ": lambda d_in: 1 / (2 * d_in),
        "one factor ½ too many": lambda d_in: 2.0 ** -(d_in + 1),
    },
)
def check_dead_unit_probability(fn: Function) -> None:
    rng = np.random.default_rng(0)
    for d_in in (1, 2, 3):
        points = rng.uniform(size=(2000, d_in)) ** 4  # crowded near the corners, which a few points leave out
        counted = np.mean(np.all(points @ rng.normal(size=(d_in, 5000)) <= 0, axis=0))
        assert fn(d_in) == pytest.approx(counted, abs=0.03)


@planted(
    "symmetry",
    "units_identical",
    {
        "only the incoming weights are compared": lambda w_in, w_out, b=None: bool(np.allclose(w_in, w_in[:, :1])),
        "only the outgoing weights are compared": lambda w_in, w_out, b=None: bool(np.allclose(w_out, w_out[:1])),
        "equal incoming or equal outgoing weights are enough": lambda w_in, w_out, b=None: bool(
            np.allclose(w_in, w_in[:, :1]) or np.allclose(w_out, w_out[:1])
        ),
        "rows are compared instead of columns": lambda w_in, w_out, b=None: bool(
            np.allclose(w_in, w_in[:1]) and np.allclose(w_out, w_out[:, :1])
        ),
        "the biases are not compared": lambda w_in, w_out, b=None: bool(
            np.allclose(w_in, w_in[:, :1]) and np.allclose(w_out, w_out[:1])
        ),
        "all weights of the layer must be equal": lambda w_in, w_out, b=None: bool(
            np.ptp(w_in) == 0 and np.ptp(w_out) == 0
        ),
    },
)
def check_symmetry(fn: Function) -> None:
    column, row = np.array([[1.0], [2.0]]), np.array([[3.0, 4.0]])
    equal_in, equal_out = np.repeat(column, 3, axis=1), np.repeat(row, 3, axis=0)
    assert fn(equal_in, equal_out) is True
    assert fn(equal_in, numbers(3, 2)) is False
    assert fn(numbers(2, 3), equal_out) is False
    assert fn(np.array([[1.0, 1.0, 2.0], [2.0, 2.0, 2.0]]), equal_out) is False
    assert fn(equal_in, equal_out, np.full((1, 3), 0.5)) is True
    assert fn(equal_in, equal_out, numbers(1, 3)) is False


# Every equation has an entry, every entry an equation, and every check sees its mistakes.


def homes() -> dict[str, str]:
    """Read from the docstrings which function holds which equation."""
    found: dict[str, str] = {}
    for name in set(derivation.__all__) - {"CHAPTERS"}:
        for label in re.findall(r"\\label\{eq:([^}]*)\}", inspect.getdoc(getattr(derivation, name)) or ""):
            found[label] = name
    return found


CAUGHT = (AssertionError, ValueError, RuntimeWarning)  # incorrect numbers, shapes that do not fit, overflow


def test_every_equation_has_a_planted_mistake() -> None:
    assert len(homes()) > 50
    assert {p.label: p.function for p in PLANTED} == homes()


@pytest.mark.parametrize("p", {p.label: p for p in PLANTED}.values(), ids=lambda p: p.label)
def test_the_check_passes_for_the_function(p: Planted) -> None:
    p.check(getattr(derivation, p.function))


@pytest.mark.parametrize("p", PLANTED, ids=lambda p: f"{p.label}: {p.mistake}")
def test_the_check_catches_the_mistake(p: Planted) -> None:
    with pytest.raises(CAUGHT):
        p.check(p.incorrect)


# The same mistakes, put into the network: the check of the whole gradient catches them.


def gradient_error(model: Model, loss: str = "mse") -> float:
    """Compare a model's gradient with the complex step through the oracle's network."""
    X, y = backprop.xor()
    got, depth = model.backward(model.forward(X), y, loss), len(model.weights)
    parameters = list(model.parameters)

    def oracle(k: int, changed: Any) -> Any:
        p = [*parameters[:k], changed, *parameters[k + 1 :]]
        return loss_of(np, X, y, p[:depth], p[depth:] or None, ["sigmoid"] * depth, loss)

    wanted = [by_complex_step(partial(oracle, k), p) for k, p in enumerate(parameters)]
    return max(map(apart, got.parameters, wanted))


def replaced(function: str, incorrect: Function) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patch: patch.setattr(derivation, function, incorrect)


def replaced_derivative_of_loss(incorrect: Function) -> Callable[[pytest.MonkeyPatch], None]:
    loss = network.Loss("mse", derivation.mse_contributions, incorrect)
    return lambda patch: patch.setitem(network.LOSSES, "mse", loss)


def replaced_sigmoid(derivative: Function) -> Callable[[pytest.MonkeyPatch], None]:
    activation = Activation("sigmoid", derivation.sigmoid, derivative)
    return lambda patch: patch.setitem(network.ACTIVATIONS, "sigmoid", activation)


END_TO_END: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "output σ′ missing": replaced("output_delta", lambda derivative, dl_dy_hat: dl_dy_hat),
    "hidden σ′ missing": replaced("hidden_delta", lambda derivative, d, w: d @ w.mT),
    "σ′(a) instead of σ′(z)": replaced_sigmoid(lambda z, a: sigma_derivative(a)),
    "z(1 − z) instead of a(1 − a)": replaced_sigmoid(lambda z, a: z * (1 - z)),
    "the negative derivative of the report": replaced_derivative_of_loss(lambda y, p: 2 * (y - p) / y.size),
    "factor 2 missing": replaced_derivative_of_loss(lambda y, p: (p - y) / y.size),
    "sum instead of mean": replaced_derivative_of_loss(lambda y, p: 2 * (p - y)),
    "divided by the hidden units": replaced_derivative_of_loss(lambda y, p: 2 * (p - y) / 4),
    "1/N twice": replaced("weight_gradient", lambda a, d: a.mT @ d / len(a)),
    "W instead of Wᵀ where the layer is square": replaced(
        "hidden_delta", lambda derivative, d, w: derivative * (d @ (w if w.shape[0] == w.shape[1] else w.mT))
    ),
    "the last path only": replaced("hidden_delta", lambda derivative, d, w: derivative * (d[:, -1:] @ w[:, -1:].mT)),
    "bias gradient of one example": replaced("bias_gradient", lambda d: d[:1]),
    "bias gradient averaged": replaced("bias_gradient", lambda d: d.mean(axis=0, keepdims=True)),
}


@pytest.mark.parametrize("widths", [[2, 3, 5, 1], [2, 4, 4, 1]], ids=str)
def test_the_gradient_check_passes_for_the_network(widths: list[int]) -> None:
    for loss in ("mse", "binary_cross_entropy"):
        assert gradient_error(Model.random(widths, seed=0, bias=True), loss) < 1e-12


@pytest.mark.parametrize("mistake", END_TO_END)
def test_the_gradient_check_catches_the_mistake(mistake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    END_TO_END[mistake](monkeypatch)
    assert gradient_error(Model.random([2, 4, 4, 1], seed=0, bias=True)) > 0.05


def test_sigma_derivative_kept_under_cross_entropy_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derivation, "output_delta_sigmoid_bce", lambda y, p: p * (1 - p) * (p - y) / y.size)
    assert gradient_error(Model.random([2, 3, 5, 1], seed=0), "binary_cross_entropy") > 0.05


def test_distinct_widths_make_an_incorrect_transpose_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derivation, "hidden_delta", lambda derivative, d, w: derivative * (d @ w))
    with pytest.raises(ValueError, match="matmul"):
        gradient_error(Model.random([2, 3, 5, 1], seed=0))


# The order of the update: correct gradients, used too early. Only a check of the step sees it.


def correct_step(model: Model, X: np.ndarray, y: np.ndarray, eta: float) -> list[np.ndarray]:
    """Take one step of training."""
    return list(backprop.train(model, X, y, eta=eta, epochs=1).model.weights)


def early_step(model: Model, X: np.ndarray, y: np.ndarray, eta: float) -> list[np.ndarray]:
    """Update each layer before its δ is propagated back, through weights that the forward pass never saw."""
    z, a = model.forward(X)
    layers, weights = model.layers, list(model.weights)
    delta = model.deltas(model.forward(X), y)[-1]
    for i in range(len(layers) - 1, -1, -1):
        weights[i] = weights[i] - eta * layers[i].gradients(a[i], delta)[0]
        if i > 0:
            delta = layers[i - 1].backward(z[i - 1], a[i], delta, weights[i])
    return weights


def step_error(step: Function, eta: float) -> float:
    """Compare the move of all the weights in one step, divided by η, with the numerical gradient."""
    X, y = backprop.xor()
    model = Model.random([2, 3, 5, 1], seed=0)
    weights = model.weights

    def loss(i: int, changed: Any) -> Any:
        return loss_of(np, X, y, [*weights[:i], changed, *weights[i + 1 :]], None, ["sigmoid"] * 3)

    wanted = [by_complex_step(partial(loss, i), w) for i, w in enumerate(weights)]
    return max(apart((w - new) / eta, g) for w, new, g in zip(weights, step(model, X, y, eta), wanted, strict=True))


def test_a_check_of_gradients_does_not_see_an_early_update() -> None:
    for step in (correct_step, early_step):  # a gradient check moves nothing, or next to nothing
        assert step_error(step, eta=1e-6) < 1e-5


def test_a_check_of_the_step_sees_an_early_update() -> None:
    assert step_error(correct_step, eta=1.0) < 1e-12
    assert step_error(early_step, eta=1.0) > 0.01


def test_training_does_not_see_an_early_update() -> None:
    X, y = backprop.xor()
    model = Model.random([2, 4, 1], seed=0)
    for _ in range(5000):
        model = Model(early_step(model, X, y, 1.0))
    assert derivation.binary_accuracy(y, model.forward(X).y_hat) == 1
