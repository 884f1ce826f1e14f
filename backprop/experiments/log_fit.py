r"""Fit initial weights to the report's XOR log, at its learning rate and at others.

The 12 initial weights are unknown, and 19 losses are known. The deviations of the losses from the log are minimised by
the method of Levenberg and Marquardt. The Jacobian is exact, because a complex step $ih$ in each weight is carried
through all 9,500 epochs, in an ensemble of 13 runs, one for the losses and one for each column. This takes minutes, so
it runs by name only:

    python -m backprop.experiments log_fit --out backprop/experiments/kept
"""

from itertools import islice
from typing import Any

import numpy as np

from backprop.data import xor
from backprop.derivation import parameter_vector, sigmoid, sigmoid_derivative_from_output
from backprop.experiments.log_reproduction import WEIGHTS
from backprop.experiments.report import XOR_LOG
from backprop.network import Activation, Model
from backprop.training import states

#: The learning rates near 1 at which the fit is tried, going outwards from 1 on both sides: each pair starts from the
#: weights fitted at the pair before.
RATES = ((0.995, 1.005), (0.99, 1.01), (0.98, 1.02))

#: A fit ends when three accepted steps in a row lower the sum of squares by less than this fraction.
ENOUGH = 1e-4

#: The number of steps after which a fit at one of these learning rates ends in any case.
MOST_STEPS = 60

#: The size of the complex step. Its square is negligible against any number here, so the derivative is exact.
H = 1e-20


def _carried_sigmoid(z: np.ndarray) -> np.ndarray:
    # σ(x + ihv) = σ(x) + ihσ′(x)v: the same to the last digit for so small a step, and twice as fast as complex exp
    a = sigmoid(z.real)
    return np.asarray(a + 1j * (sigmoid_derivative_from_output(a) * z.imag)) if np.iscomplexobj(z) else a


_SIGMOID = Activation("sigmoid", _carried_sigmoid, lambda z, a: sigmoid_derivative_from_output(a))


def printed_losses(
    theta: np.ndarray, eta: float | np.ndarray, hidden: int = 4, bias: bool = False, until: int = 9500
) -> np.ndarray:
    """Train networks from given parameters side by side and read the losses that the log prints.

    Args:
        theta: the initial parameters of S networks 2-H-1, W₁ row by row, then W₂, then the biases if there are any,
            shape (S, P). They may be complex.
        eta: the learning rate, or one for each network, shape (S, 1, 1).
        hidden: H.
        bias: whether there are biases.
        until: the last epoch of the log to read.

    Returns:
        The losses at the log's legible epochs, shape (S, K).

    Examples:
        >>> import numpy as np
        >>> from backprop.experiments.log_fit import printed_losses
        >>> printed_losses(np.zeros((1, 13)), eta=1.0, hidden=3, bias=True, until=0)
        array([[0.25]])
    """
    X, y = xor()
    one, two, three = np.cumsum([2 * hidden, hidden, hidden])
    weights = theta[:, :one].reshape(-1, 2, hidden), theta[:, one:two].reshape(-1, hidden, 1)
    biases = (theta[:, None, two:three], theta[:, None, three:]) if bias else None
    stacked = Model(WEIGHTS, activations=_SIGMOID)._like(weights, biases)
    walk = enumerate(islice(states(stacked, X, y, eta), until + 1))
    with np.errstate(all="ignore"):
        losses = [model._loss(output, y, "mse") for epoch, (model, output) in walk if epoch in XOR_LOG]
    return np.stack(losses, axis=-1)


def log_ratios(losses: np.ndarray) -> np.ndarray:
    """Compare losses with the printed ones.

    A deviation is the logarithm of the ratio between a loss and the printed one. A small deviation is nearly the
    relative deviation, and a loss twice as large as the printed one weighs as much as a loss half as large.

    Args:
        losses: losses at the first K legible epochs of the log, shape (S, K).

    Returns:
        The deviations, shape (S, K).

    Examples:
        >>> import numpy as np
        >>> from backprop.experiments.log_fit import log_ratios
        >>> log_ratios(np.array([[0.45013681053040233, 2 * 0.24814994649149305]])).round(6)
        array([[0.      , 0.693147]])
    """
    return np.asarray(np.log(losses / list(XOR_LOG.values())[: losses.shape[1]]))


def deviations(
    theta: np.ndarray, eta: float | np.ndarray, hidden: int = 4, bias: bool = False, until: int = 9500
) -> tuple[np.ndarray, np.ndarray]:
    """Compute the deviations from the log, as `log_ratios` defines them, and their Jacobian.

    Args:
        theta: S sets of initial parameters, shape (S, P), as for `printed_losses`.
        eta: the learning rate, or one for each set, shape (S,).
        hidden: the number of hidden units.
        bias: whether there are biases.
        until: the last epoch of the log to read.

    Returns:
        The deviations, shape (S, K), and their derivatives, shape (S, K, P).

    Examples:
        >>> from backprop.derivation import parameter_vector
        >>> from backprop.experiments.log_fit import deviations
        >>> from backprop.experiments.log_reproduction import WEIGHTS
        >>> r, jacobian = deviations(parameter_vector(WEIGHTS)[None], eta=1.0)
        >>> r.shape, jacobian.shape, bool(abs(r).max() < 4e-7)
        ((1, 19), (1, 19, 12), True)
    """
    sets, parameters = theta.shape
    directions = 1j * H * np.vstack([np.zeros(parameters), np.eye(parameters)])
    runs = (theta[:, None] + directions).reshape(-1, parameters)
    etas = np.repeat(np.broadcast_to(eta, sets), parameters + 1)[:, None, None]
    losses = printed_losses(runs, etas, hidden, bias, until).reshape(sets, parameters + 1, -1)
    values = losses[:, 0].real
    derivatives = np.moveaxis(losses[:, 1:].imag, 1, 2) / H
    with np.errstate(all="ignore"):
        return log_ratios(values), derivatives / values[..., None]


def damped_step(r: np.ndarray, jacobian: np.ndarray, damping: float) -> np.ndarray:
    """Solve the damped least-squares problem for a step.

    Args:
        r: the deviations, shape (K,).
        jacobian: their derivatives, shape (K, P).
        damping: Marquardt's λ.

    Returns:
        The step, shape (P,).

    Examples:
        With one line and one weight, the step makes the deviation zero. With damping it goes only part of the way:

        >>> import numpy as np
        >>> from backprop.experiments.log_fit import damped_step
        >>> damped_step(np.array([3.0]), np.array([[2.0]]), damping=0.0)
        array([-1.5])
        >>> damped_step(np.array([3.0]), np.array([[2.0]]), damping=4.0).round(9)
        array([-0.75])
    """
    parameters = jacobian.shape[1]
    system = np.vstack([jacobian, np.sqrt(damping) * np.eye(parameters)])
    return np.asarray(np.linalg.lstsq(system, np.concatenate([-r, np.zeros(parameters)]), rcond=None)[0])


def corrections(
    theta: np.ndarray,
    step: np.ndarray,
    r: np.ndarray,
    jacobian: np.ndarray,
    damping: np.ndarray,
    etas: np.ndarray,
    **network: Any,
) -> np.ndarray:
    """Compute the second-order corrections of steps, from the second derivative of the deviations along them.

    Args:
        theta: the parameters, shape (S, P).
        step: the steps, shape (S, P).
        r: the deviations, shape (S, K).
        jacobian: their derivatives, shape (S, K, P).
        damping: Marquardt's λ for each, shape (S,).
        etas: the learning rates, shape (S,).
        network: as for `deviations`.

    Returns:
        The corrections, shape (S, P); 0 where one is not small compared with its step.
    """
    part = 0.1  # the second derivative is measured from a tenth of the step
    with np.errstate(all="ignore"):
        ahead = log_ratios(printed_losses(theta + part * step, etas[:, None, None], **network))
        bend = 2 / part * ((ahead - r) / part - np.sum(jacobian * step[:, None], axis=2))
    bend = np.where(np.isfinite(bend).all(1, keepdims=True), bend, 0.0)
    found = np.array([damped_step(half, *rest) for half, *rest in zip(bend / 2, jacobian, damping, strict=True)])
    slight = np.linalg.norm(found, axis=1) < 0.2 * np.linalg.norm(step, axis=1)
    return found * slight[:, None]


def fit(
    theta: np.ndarray, eta: float | np.ndarray, steps: int, bent: bool = True, **network: Any
) -> list[dict[str, Any]]:
    """Fit initial parameters to the log, from several starts at once.

    Each step is that of Levenberg and Marquardt. If `bent` is true, it is corrected for the curvature of the valley
    where the correction is small.

    Args:
        theta: where to start, shape (S, P).
        eta: the learning rate, held fixed, or one for each start, shape (S,).
        steps: how many steps to try at most.
        bent: whether to correct the steps, which helps along a narrow valley, near the end.
        network: "hidden", "bias" and "until", as for `deviations`.

    Returns:
        For each start with finite deviations: "eta"; "theta"; "first" and "worst", the largest relative deviations
        before and after the fit; "typical", the root mean square after it; "steps", the number of steps tried;
        "settled", whether the stopping rule was met; and the Jacobian's "singular_values".
    """
    theta, etas = theta.copy(), np.broadcast_to(eta, len(theta))
    r, jacobian = deviations(theta, etas, **network)
    first, damping, small, tried = r.copy(), np.full(len(theta), 1e-2), np.zeros(len(theta)), np.zeros(len(theta), int)
    usable = np.isfinite(r).all(1) & np.isfinite(jacobian).all((1, 2))
    for _ in range(steps):
        going = np.flatnonzero(usable & (small < 3) & (damping < 1e8) & (np.sum(r**2, axis=1) > 1e-20))
        if going.size == 0:
            break
        step = np.array([damped_step(r[s], jacobian[s], damping[s]) for s in going])
        if bent:
            step += corrections(theta[going], step, r[going], jacobian[going], damping[going], etas[going], **network)
        r_new, jacobian_new = deviations(theta[going] + step, etas[going], **network)
        tried[going] += 1
        for i, s in enumerate(going):
            share = np.sum(r_new[i] ** 2) / np.sum(r[s] ** 2)
            if np.isfinite(jacobian_new[i]).all() and share < 1:
                small[s] = small[s] + 1 if 1 - share < ENOUGH else 0
                theta[s], r[s], jacobian[s] = theta[s] + step[i], r_new[i], jacobian_new[i]
                damping[s] = max(damping[s] / 5, 1e-15)
            else:
                damping[s] *= 4
    return [
        {
            "eta": float(etas[s]),
            "theta": theta[s].tolist(),
            "first": float(np.max(np.abs(np.expm1(first[s])))),
            "worst": float(np.max(np.abs(np.expm1(r[s])))),
            "typical": float(np.sqrt(np.mean(r[s] ** 2))),
            "steps": int(tried[s]),
            "settled": bool(small[s] >= 3),
            "singular_values": np.linalg.svd(jacobian[s], compute_uv=False).tolist(),
        }
        for s in np.flatnonzero(usable)
    ]


def run() -> dict[str, Any]:
    """Fit from perturbed weights, then fit at learning rates near 1.

    Returns:
        "disturbance", the size of the perturbation; "most_steps"; "back", the fit from there; and "rates", a fit for
        each learning rate.
    """
    best = parameter_vector(WEIGHTS)
    disturbance = 1e-3
    start = best * (1 + disturbance * np.random.default_rng(0).normal(size=12))
    back, here = fit(np.stack([start, best]), 1.0, MOST_STEPS)
    print(f"\nback to {back['worst']:.1e} after {back['steps']} steps", flush=True)
    rates = [here]
    theta = np.stack([best, best])
    for pair in RATES:
        fits = fit(theta, np.array(pair), MOST_STEPS)
        theta = np.array([one["theta"] for one in fits])
        rates += fits
        for one in fits:
            print(f"eta {one['eta']}: worst deviation {one['worst']:.1e} after {one['steps']} steps", flush=True)
    return {
        "disturbance": disturbance,
        "most_steps": MOST_STEPS,
        "back": back,
        "rates": sorted(rates, key=lambda one: one["eta"]),
    }
