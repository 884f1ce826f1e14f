r"""How the initial weights behind the report's XOR log were fitted, and what the fit supports.

Unknown are the 12 initial weights; known are 19 losses. The relative deviations are made small by Levenberg's and
Marquardt's method. Their Jacobian is exact: a complex step $ih$ in each weight is carried through all 9,500 epochs, in
an ensemble of 13 runs, one for the losses and one for each column. This takes minutes and runs by name only:

    python -m backprop.experiments log_fit --out backprop/experiments/kept
"""

from copy import copy
from itertools import islice
from typing import Any

import numpy as np

from backprop.data import xor
from backprop.derivation import parameter_vector, squared_error, total_loss
from backprop.experiments.log_match import WEIGHTS
from backprop.experiments.report import XOR_LOG
from backprop.network import Model
from backprop.training import states

#: The learning rates at which the fit is tried, each from the weights fitted at the rate before, going out from 1.
RATES = (1.0, 1.005, 1.01, 1.02, 0.995, 0.99, 0.98)

#: A fit ends when an accepted step lowers the sum of squares by less than this share, or after so many steps.
ENOUGH, MOST_STEPS = 1e-4, 150


def deviations(theta: np.ndarray, eta: float) -> tuple[np.ndarray, np.ndarray]:
    """Compute the log's relative deviations and their Jacobian.

    Args:
        theta: the initial weights, W₁ row by row and then W₂, shape (12,).
        eta: the learning rate.

    Returns:
        The deviations, shape (19,), and their slopes, shape (19, 12).

    Examples:
        >>> from backprop.derivation import parameter_vector
        >>> from backprop.experiments.log_fit import deviations
        >>> from backprop.experiments.log_match import WEIGHTS
        >>> r, jacobian = deviations(parameter_vector(WEIGHTS), eta=1.0)
        >>> r.shape, jacobian.shape, bool(abs(r).max() < 4e-7)
        ((19,), (19, 12), True)
    """
    X, y = xor()
    h = 1e-20
    runs = theta + 1j * h * np.vstack([np.zeros(12), np.eye(12)])
    stack = copy(Model(WEIGHTS))
    stack.weights = (runs[:, :8].reshape(13, 2, 4), runs[:, 8:].reshape(13, 4, 1))
    walk = enumerate(islice(states(stack, X, y, eta), max(XOR_LOG) + 1))
    with np.errstate(all="ignore"):
        losses = np.array([total_loss(squared_error(y, answers)) for epoch, (_, answers) in walk if epoch in XOR_LOG])
    ratios = losses / np.array(list(XOR_LOG.values()))[:, None]
    return ratios[:, 0].real - 1, ratios[:, 1:].imag / h


def fit(theta: np.ndarray, eta: float) -> dict[str, Any]:
    """Fit the initial weights to the log at a learning rate.

    Args:
        theta: where to start, shape (12,).
        eta: the learning rate, held.

    Returns:
        "eta", "theta", "worst" and "typical" (root mean square) relative deviation, "steps" tried, "settled": whether
        the stopping rule was met, and the Jacobian's "singular_values".
    """
    r, jacobian = deviations(theta, eta)
    damping, steps, settled = 1e-3, 0, False
    while steps < MOST_STEPS and not settled and damping < 1e6:
        steps += 1
        system = np.vstack([jacobian, np.sqrt(damping) * np.eye(12)])
        step = np.linalg.lstsq(system, np.concatenate([-r, np.zeros(12)]), rcond=None)[0]
        r_new, jacobian_new = deviations(theta + step, eta)
        if np.isfinite(r_new).all() and (share := np.sum(r_new**2) / np.sum(r**2)) < 1:
            settled = bool(1 - share < ENOUGH)
            theta, r, jacobian, damping = theta + step, r_new, jacobian_new, max(damping / 5, 1e-15)
        else:
            damping *= 4
    return {
        "eta": eta,
        "theta": theta.tolist(),
        "worst": float(np.max(np.abs(r))),
        "typical": float(np.sqrt(np.mean(r**2))),
        "steps": steps,
        "settled": settled,
        "singular_values": np.linalg.svd(jacobian, compute_uv=False).tolist(),
    }


def run() -> dict[str, Any]:
    """Come back from a disturbed start, then fit at rates beside 1.

    Returns:
        "disturbance", the size of the disturbance; "back", the fit from there; and "rates", a fit for each rate.
    """
    best = parameter_vector(WEIGHTS)
    disturbance = 1e-3
    start = best * (1 + disturbance * np.random.default_rng(0).normal(size=12))
    rates = []
    theta = best
    for eta in RATES:
        theta = best if eta == 0.995 else theta  # the rates below 1 go out from the same point
        result = fit(theta, eta)
        theta = np.array(result["theta"])
        rates.append(result)
        print(f"eta {eta}: worst deviation {result['worst']:.1e} after {result['steps']} steps", flush=True)
    return {"disturbance": disturbance, "back": fit(start, 1.0), "rates": sorted(rates, key=lambda rate: rate["eta"])}
