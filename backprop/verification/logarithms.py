"""What programs add to the logarithm of a cross-entropy: an ε inside it, or predictions that are clipped before."""

from collections.abc import Mapping, Sequence

import numpy as np

from backprop import derivation as step
from backprop.verification import grammar
from backprop.verification.comparison import Baseline, Case, comparisons, losses_for
from backprop.verification.search import Block, Reading

#: A gradient that is correct apart from something: what it was compared with, the arrays beside it, and the words.
Apart = tuple[Baseline, Mapping[str, Block], str]

#: What is tried as the ε inside a logarithm.
EPSILONS = (1e-15, 1e-12, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3)
#: From which bounds the search for one begins, and how many of the data's own are added at most.
BOUNDS, FEW_BOUNDS = (*EPSILONS, 1e-2, 0.05, 0.1), 60
#: The largest bound that is taken for one.
FARTHEST = 0.25


def with_epsilon(case: Case, readings: Sequence[Reading]) -> Apart | None:
    """Find that a gradient is correct apart from an ε inside the logarithm of a cross-entropy, if it is."""
    for reading in readings:
        likely = [x for x in losses_for(case, reading) if x.family != "mse" and _near(reading, x.family)]
        for one in comparisons(case, reading, likely):
            blocks = reading.correct(one.loss.family)
            if max(step.relative_error(b.given, one.s * b.made) for b in blocks.values()) > 0.1:
                continue
            for epsilon in filter(None, (*EPSILONS, _fitted(one))):
                made = reading.blocks(one.loss.family, {"error": f"~epsilon:{epsilon!r}"})
                if all(block.off(one.s) <= 1 for block in made.values()):
                    return one, made, f"an ε of {epsilon:.3g} inside the logarithm"
    return None


def _near(reading: Reading, family: str) -> bool:
    """Tell quickly whether the last layer's gradient has nearly the correct direction."""
    p, given = reading.exact(family), reading.given[f"W{reading.depth}"]
    made = step.weight_gradient(p.a[-2], grammar.correct_error(p))
    own = float(np.vdot(made, made))
    miss = np.linalg.norm(given - made * (np.vdot(given, made) / own)) if own > 0 else np.inf
    return bool(miss <= 0.1 * np.linalg.norm(given))


def with_clipping(case: Case, reading: Reading) -> Apart | None:
    """Find that a gradient is correct apart from predictions that are clipped before a logarithm, if it is."""
    for one in comparisons(case, reading, [x for x in losses_for(case, reading) if x.family != "mse"]):
        family, name = one.loss.family, f"W{reading.depth}"
        p, g = reading.exact(family), reading.given[name] / one.s
        if sum(given.size for given in reading.given.values()) < 4:
            continue
        away = np.unique(np.minimum(p.a[-1], 1 - p.a[-1]))
        some = away[:: len(away) // FEW_BOUNDS + 1]
        starts = (*BOUNDS, *np.sqrt(some * np.append(some[1:], 0.5)).tolist())
        direction = np.random.default_rng(0).standard_normal(g.shape[0])
        left, target = p.a[-2] @ direction, direction @ g
        for which in grammar.CLIPPINGS:
            for start in starts:
                bound = start if which == "zeroed" else _refined(p, left, target, which, start)
                made = left @ grammar.error_with_clipping(p, bound, which)
                if not np.linalg.norm(target - made) <= reading.coarse * np.linalg.norm(target):
                    continue
                many = int(np.sum(np.minimum(p.a[-1], 1 - p.a[-1]) < bound))
                near = np.min(np.abs(away / bound - 1)) < 1e4 * reading.unit  # then rounding would decide
                if not 0 < many < p.y.size or bound > FARTHEST or near:
                    continue
                blocks = reading.blocks(family, {"error": f"~clipped:{which}:{bound!r}"})
                if sum(block.vague(one.s) for block in blocks.values()) * 2 > len(blocks):  # whatever is zero would do
                    continue
                if all(block.off(one.s) <= 1 for block in blocks.values()):
                    about = "about " if which == "zeroed" else ""  # which shows only how many are clipped
                    what = f"clipping of {many} predictions, at {about}{bound:.3g} from 0 and 1: "
                    return one, blocks, what + grammar.CLIPPINGS[which]
    return None


def _refined(p: grammar.Pass, left: np.ndarray, g: np.ndarray, which: str, bound: float) -> float:
    """Fit the bound of a clipping to the gradient of the last layer, as long as the same predictions are clipped."""

    def made(e: float) -> np.ndarray:
        return left @ grammar.error_with_clipping(p, e, which)

    for _ in range(4):
        base, h = made(bound), 1e-6 * bound
        slope = (made(bound + h) - base) / h
        size = float(np.vdot(slope, slope))
        moved = float(np.vdot(g - base, slope)) / size if size > 0 else 0.0
        better = bound + moved
        if not 1e-16 < better < 0.5:
            break
        bound = better
    return bound


def _fitted(one: Baseline) -> float:
    """Fit the ε inside a logarithm to the gradient of the last layer; 0 if that is not possible."""
    reading, family = one.reading, one.loss.family
    name = f"W{reading.depth}"
    p, g = reading.exact(family), reading.given[name] / one.s
    plain, epsilon = grammar.backward(p, {})[name], 1e-4
    for _ in range(12):
        moved = grammar.backward(p, {"error": f"~epsilon:{epsilon!r}"})[name] - plain
        size = float(np.vdot(moved, moved))
        better = epsilon * float(np.vdot(g - plain, moved)) / size if size > 0 else 0.0
        if not 1e-16 < better < 0.1:
            return 0.0
        epsilon = better
    return epsilon
