"""Fit alternative models to the report's XOR log by the same rule.

Each model has the same number of random starts, of starts near the weights that reproduce the log, and of steps. The
report's own network, started at random like the others, is the control. This takes half an hour, so it runs by name
only:

    python -m backprop.experiments log_alternatives --out backprop/experiments/kept
"""

from typing import Any

import numpy as np

from backprop.derivation import parameter_vector
from backprop.experiments.log_fit import fit, log_ratios, printed_losses
from backprop.experiments.log_reproduction import WEIGHTS
from backprop.experiments.report import XOR_LOG

#: The models: the name, the number of hidden units, whether there are biases, and the learning rate for a mean loss.
#: Training with the sum over the 21 points at η = 1 equals training with the mean at η = 21.
CONTENDERS = (
    ("the report's", 4, False, 1.0),
    ("3 hidden units", 3, False, 1.0),
    ("5 hidden units", 5, False, 1.0),
    ("with biases", 4, True, 1.0),
    ("the sum", 4, False, 21.0),
)

#: How many initial weights are drawn; those whose losses are nearest to the log are fitted.
DRAWS = 512

#: The stages of a fit from random starts: the last epoch of the log in use, the number of the best starts that go on,
#: and the number of steps.
STAGES = ((500, 16, 15), (1500, 16, 15), (2500, 16, 15), (4000, 16, 15), (6500, 16, 15), (9500, 4, 80))

#: The starts near the weights that reproduce the log: their number, their standard deviation in each parameter, and the
#: number of steps.
NEAR, DISTANCE, NEAR_STEPS = 4, 0.1, 20


def near_starts(hidden: int, bias: bool) -> np.ndarray:
    """Put the weights that reproduce the log into another network, and perturb them.

    Args:
        hidden: its number of hidden units: 3, 4 or 5. For 3, each start drops a different unit; for 5, a unit
            whose weights are 0 is added.
        bias: whether it has biases; they are 0 before the perturbation.

    Returns:
        Starts, shape (4, P).

    Examples:
        >>> from backprop.experiments.log_alternatives import near_starts
        >>> [near_starts(hidden, bias).shape for hidden, bias in ((3, False), (4, False), (5, False), (4, True))]
        [(4, 9), (4, 12), (4, 15), (4, 17)]
    """
    w1, w2 = WEIGHTS
    starts = []
    for s in range(NEAR):
        if hidden == 3:
            weights = [np.delete(w1, s, axis=1), np.delete(w2, s, axis=0)]
        else:
            more = hidden - 4
            weights = [np.hstack([w1, np.zeros((2, more))]), np.vstack([w2, np.zeros((more, 1))])]
        starts.append(parameter_vector([*weights, np.zeros(hidden + 1)] if bias else weights))
    return np.array(starts) + DISTANCE * np.random.default_rng(1).normal(size=(NEAR, len(starts[0])))


def contend(name: str, hidden: int, bias: bool, eta: float) -> dict[str, Any]:
    """Fit one model to the log.

    Args:
        name: its name.
        hidden: its number of hidden units.
        bias: whether it has biases.
        eta: its learning rate, for the mean.

    Returns:
        The model; "unknowns", its number of parameters; "nearest", the typical deviation of the best draw and
        "initial_loss", the smallest loss at epoch 0 of all draws, both before any fit; "stages": for each the typical
        deviations of its fits, best first; "random" and "near": the last fits from random starts and from starts near
        the weights that reproduce the log, best first.
    """
    unknowns = 3 * hidden + (hidden + 1 if bias else 0)
    draws = np.random.default_rng(0).normal(size=(DRAWS, unknowns))
    losses = np.concatenate(
        [printed_losses(part, eta, hidden, bias) for part in np.array_split(draws, -(-DRAWS // 128))]
    )
    typical = np.sqrt(np.mean(log_ratios(losses) ** 2, axis=1))
    typical[~np.isfinite(typical)] = np.inf
    theta = draws[np.argsort(typical)]
    stages = []
    for until, starts, steps in STAGES:
        last = until == max(XOR_LOG)
        fits = best_first(fit(theta[:starts], eta, steps, last, hidden=hidden, bias=bias, until=until))
        theta = np.array([one["theta"] for one in fits])
        stages.append([one["typical"] for one in fits])
        print(f"{name}, to epoch {until}: typical deviation {stages[-1][0]:.1e} at best", flush=True)
    near = best_first(fit(near_starts(hidden, bias), eta, NEAR_STEPS, hidden=hidden, bias=bias))
    print(f"{name}, near the matched weights: worst deviation {near[0]['worst']:.1e}", flush=True)
    return {
        "name": name,
        "hidden": hidden,
        "bias": bias,
        "eta": eta,
        "unknowns": unknowns,
        "nearest": float(np.min(typical)),
        "initial_loss": float(np.min(losses[:, 0])),
        "stages": stages,
        "random": fits,
        "near": near,
    }


def best_first(fits: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sort fits by their typical deviation.

    Args:
        fits: what `fit` returned.

    Returns:
        The same fits, sorted.

    Examples:
        >>> from backprop.experiments.log_alternatives import best_first
        >>> best_first([{"typical": 2.0}, {"typical": 1.0}])
        [{'typical': 1.0}, {'typical': 2.0}]
    """
    return sorted(fits, key=lambda one: float(one["typical"]))


def run() -> dict[str, Any]:
    """Fit all models.

    Returns:
        The rule: "draws", "stages", "near_starts", "distance" and "near_steps"; and "contenders".
    """
    print()
    return {
        "draws": DRAWS,
        "stages": [list(stage) for stage in STAGES],
        "near_starts": NEAR,
        "distance": DISTANCE,
        "near_steps": NEAR_STEPS,
        "contenders": [contend(*contender) for contender in CONTENDERS],
    }
