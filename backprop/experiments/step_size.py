r"""Measure the error of numerical gradients by forward difference, central difference and complex step."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from backprop.data import linear, xor
from backprop.derivation import (
    central_difference,
    complex_step,
    finite_difference_error,
    forward_difference,
    mse_contributions,
    optimal_step_size,
    parameter_vector,
    preactivation,
    relative_error,
    sigmoid,
    total_loss,
)
from backprop.network import Model
from backprop.verification.numerical import gradient_check

WIDTHS, SEED = [2, 3, 5, 1], 0
EPS = float(np.finfo(float).eps)

#: The step sizes, four in each factor of ten.
STEPS = [10.0 ** (k / 4) for k in range(-80, 1)]

#: The number of ReLU networks whose kinks are counted, and the step sizes.
KINK_SEEDS, KINK_STEPS = 32, (1e-2, 1e-4, 6e-6)

#: Finite differences are measured down to this step size; below it, x + h is rounded to x.
LEAST = 1e-15


def loss_of(theta: np.ndarray, X: np.ndarray, y: np.ndarray) -> Any:
    """Compute the loss of a sigmoid network from all its weights in one vector, which may be complex.

    Args:
        theta: the weights, layer by layer, each row by row.
        X: the inputs, shape (N, d₀).
        y: the targets, shape (N, d_L).

    Returns:
        L, a number.
    """
    a, start = X, 0
    for shape in pairwise(WIDTHS):
        w = theta[start : start + shape[0] * shape[1]].reshape(shape)
        a, start = sigmoid(preactivation(a, w)), start + w.size
    return total_loss(mse_contributions(y, a))


def third_derivatives(gradient: Callable[[np.ndarray], np.ndarray], theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""Measure the second and third derivative of the loss along each weight, from the analytic gradient.

    Args:
        gradient: $\nabla L$ as a function of θ.
        theta: the point.

    Returns:
        $\partial^2 L/\partial\theta_k^2$ and $\partial^3 L/\partial\theta_k^3$ for each k, to about five digits.
    """
    h = 1e-3
    along = [(gradient(theta + h * e)[k], gradient(theta - h * e)[k]) for k, e in enumerate(np.eye(len(theta)))]
    here, (ahead, behind) = gradient(theta), np.array(along).T
    return (ahead - behind) / (2 * h), (ahead - 2 * here + behind) / h**2


def kinks(h: float) -> dict[str, Any]:
    """Check the gradients of ReLU networks, and count the entries with a kink within reach of the step.

    Args:
        h: the step.

    Returns:
        "h", "entries" and "left_out" over all seeds, and the largest relative error over the seeds of the entries that
        were kept ("error") and of all of them ("error_with").
    """
    X, y = linear(100, SEED)
    checks = [
        gradient_check(Model.random(WIDTHS, seed, [*["relu"] * (len(WIDTHS) - 2), "sigmoid"], bias=True), X, y, h=h)
        for seed in range(KINK_SEEDS)
    ]
    pairs = [[parameter_vector(g.parameters) for g in (check.analytic, check.numerical)] for check in checks]
    return {
        "h": h,
        "entries": sum(derived.size for derived, _ in pairs),
        "left_out": sum(check.left_out for check in checks),
        "error": max(check.error for check in checks),
        "error_with": max(relative_error(derived, measured) for derived, measured in pairs),
    }


def run() -> dict[str, Any]:
    r"""Compute the numerical gradient of one network with every step size, and predict its error.

    Returns:
        The settings; for each method the steps, the relative errors against the analytic gradient, and the least error
        with its step; for the differences the predicted error model: c, p, r, the best step and the error there.
        "kinks" is what `kinks` returns for three steps.
    """
    X, y = xor()
    model = Model.random(WIDTHS, SEED)
    theta = parameter_vector(model.weights)

    def gradient(theta: np.ndarray) -> np.ndarray:
        cuts = np.cumsum([d_in * d_out for d_in, d_out in pairwise(WIDTHS)])[:-1]
        weights = [w.reshape(shape) for w, shape in zip(np.split(theta, cuts), pairwise(WIDTHS), strict=True)]
        there = Model(weights)
        return parameter_vector(there.backward(there.forward(X), y).weights)

    derived = gradient(theta)
    second, third = third_derivatives(gradient, theta)
    length, rounding = float(np.linalg.norm(derived)), EPS * float(loss_of(theta, X, y)) * len(theta) ** 0.5
    laws = {
        "forward": (float(np.linalg.norm(second)) / 2 / length, 1, 2 * rounding / length),
        "central": (float(np.linalg.norm(third)) / 6 / length, 2, rounding / length),
        "complex": (float(np.linalg.norm(third)) / 6 / length, 2, 0.0),
    }
    result: dict[str, Any] = {
        "network": "-".join(map(str, WIDTHS)),
        "seed": SEED,
        "weights": len(theta),
        "eps": EPS,
        "loss": float(loss_of(theta, X, y)),
        "length": length,
        "kink_seeds": KINK_SEEDS,
        "kinks": [kinks(h) for h in KINK_STEPS],
    }
    measures = {"forward": forward_difference, "central": central_difference, "complex": complex_step}
    for name, measure in measures.items():
        steps = [h for h in STEPS if name == "complex" or h >= LEAST]
        errors = [relative_error(measure(lambda v: loss_of(v, X, y), theta, h), derived) for h in steps]
        least = int(np.argmin(errors))
        c, p, r = laws[name]
        result[name] = {
            "h": steps,
            "error": errors,
            "least_error": errors[least],
            "least_h": steps[least],
            "c": c,
            "p": p,
            "r": r,
            "law": finite_difference_error(np.array(steps), c, p, r).tolist(),
        }
        if r > 0:
            best = optimal_step_size(c, p, r)
            near = int(np.argmin([abs(h / best - 1) for h in steps]))
            result[name] |= {
                "best_h": best,
                "best_error": float(finite_difference_error(np.array(best), c, p, r)),
                "error_at_best": errors[near],
                "within": sum(e <= law for e, law in zip(errors, result[name]["law"], strict=True) if law < 0.1),
                "checked": sum(law < 0.1 for law in result[name]["law"]),
            }
    return result
