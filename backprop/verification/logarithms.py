"""How programs avoid the logarithm of 0 in a cross-entropy: with an ε inside it, or with clipped predictions."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain

import numpy as np

from backprop import derivation as step
from backprop.verification import grammar
from backprop.verification.comparison import Baseline, Case, comparisons, losses_for
from backprop.verification.grammar import Pass
from backprop.verification.search import Block, Reading

#: A gradient that is correct apart from such a change: its baseline, the changed arrays, a phrase that names the
#: change, and the largest relative change of the gradient that is not a mistake.
Apart = tuple[Baseline, Mapping[str, Block], str, float]

#: The values of ε that are tried inside a logarithm.
EPSILONS = (1e-15, 1e-12, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3)
#: The values from which the search for another ε begins.
STARTS = (*EPSILONS, 0.05, 0.3)
#: A relative change of the gradient no larger than this is not a mistake.
HARMLESS = 0.1
#: The bounds from which the search begins, and the largest number of bounds that the predictions contribute.
BOUNDS, FEW_BOUNDS = (*EPSILONS, 1e-2, 0.05, 0.1), 60
#: The steps of a fit, each of which doubles a bound that is far too small; an ε takes twice as many.
STEPS = 6
#: How many entries are computed at once in a fit, as many as a processor's cache holds.
AT_ONCE = 20_000
#: The largest bound that counts as clipping, and the largest if the same numbers come from leaving examples out.
FARTHEST, LIKELY = 0.25, 0.01


def with_epsilon(case: Case, readings: Sequence[Reading], small: bool = True) -> Apart | None:
    """Find an ε inside a logarithm of the loss, apart from which a gradient is correct; None if there is none."""
    for reading in readings:
        likely = [x for x in losses_for(case, reading) if x.family != "mse" and (not small or _near(reading, x.family))]
        for one in comparisons(case, reading, likely):
            blocks = reading.correct(one.loss.family)
            if small and one.error > HARMLESS:
                continue
            if not small and blocks[f"W{reading.depth}"].proportional:  # a factor says the same
                continue
            factor = blocks[f"W{reading.depth}"].factor
            alike = all(block.off(factor) <= 1 for block in blocks.values())  # then some ε would fit any factor
            for epsilon in chain(EPSILONS, () if alike else _fitted(one, STARTS)):
                made = _made_with(one, epsilon)
                # where 1 − ŷ is 0 in floating point, a wide range of ε gives the same numbers
                if made and (small or not (_made_with(one, epsilon / 2) or _made_with(one, 2 * epsilon))):
                    return one, made, f"an ε of {epsilon:.3g} inside the logarithm", HARMLESS
    return None


def _made_with(one: Baseline, epsilon: float) -> dict[str, Block]:
    """Compare the arrays with those that an ε inside the logarithm gives; empty if one of them does not agree."""
    made = one.reading.blocks(one.loss.family, {"error": f"~epsilon:{epsilon!r}"})
    return made if all(block.off(one.s) <= 1 for block in made.values()) else {}


def _near(reading: Reading, family: str) -> bool:
    """Tell quickly whether the last layer's gradient has nearly the correct direction."""
    p, given = reading.exact(family), reading.given[f"W{reading.depth}"]
    made = step.weight_gradient(p.a[-2], grammar.correct_error(p))
    own = float(np.vdot(made, made))
    miss = np.linalg.norm(given - made * (np.vdot(given, made) / own)) if own > 0 else np.inf
    return bool(miss <= 0.1 * np.linalg.norm(given))


def with_clipping(case: Case, reading: Reading) -> Apart | None:
    """Find a clipping of the predictions, apart from which a gradient is correct; None if there is none."""
    name = f"W{reading.depth}"
    baselines = list(comparisons(case, reading, [x for x in losses_for(case, reading) if x.family != "mse"]))
    if any(name in one.agree & one.tested for one in baselines):  # where a clipping would show first
        return None
    for one in baselines:
        family = one.loss.family
        p, g = reading.exact(family), reading.given[name] / one.s
        if sum(given.size for given in reading.given.values()) < 4:
            continue
        away = np.unique(np.minimum(p.a[-1], 1 - p.a[-1]))
        some = away[:: len(away) // FEW_BOUNDS + 1]
        wide = (bound for bound in BOUNDS if bound >= 0.999 * away[0])  # a smaller one clips nothing
        starts = (*wide, *np.sqrt(some * np.append(some[1:], 0.5)).tolist())
        direction = np.random.default_rng(0).standard_normal(g.shape[0])
        left, target = p.a[-2] @ direction, direction @ g
        for which in grammar.CLIPPINGS:

            def made(bounds: np.ndarray, which: str = which, left: np.ndarray = left, p: Pass = p) -> np.ndarray:
                return left @ grammar.error_with_clipping(p, bounds, which)

            times = 0 if which == "zeroed" else STEPS  # zeros show only how many are clipped
            for bound in _agreeing(made, target, starts, times, reading.coarse, p.y.size):
                many = int(np.sum(np.minimum(p.a[-1], 1 - p.a[-1]) < bound))
                near = np.min(np.abs(away / bound - 1)) < 1e4 * reading.unit  # then rounding would decide
                left_out = which == "zeroed" and _leaves_out(p, bound)
                if not 0 < many < p.y.size or bound > (LIKELY if left_out else FARTHEST) or near:
                    continue
                blocks = reading.blocks(family, {"error": f"~clipped:{which}:{bound!r}"})
                if sum(block.vague(one.s) for block in blocks.values()) * 2 > len(blocks):  # whatever is zero would do
                    continue
                if all(block.off(one.s) <= 1 for block in blocks.values()):
                    about = "about " if which == "zeroed" else ""  # which shows only how many are clipped
                    what = f"clipping of {many} predictions, at {about}{bound:.3g} from 0 and 1: "
                    what += grammar.CLIPPINGS[which] + ", as if these examples were left out" * left_out
                    return one, blocks, what, HARMLESS if left_out else np.inf
    return None


def _leaves_out(p: Pass, bound: float) -> bool:
    """Tell whether a clipping that zeroes the derivative leaves out whole examples, as another mistake would."""
    zero = grammar.error_with_clipping(p, bound, "zeroed") == 0
    return bool((zero.any(axis=1) == zero.all(axis=1)).all())


@np.errstate(all="ignore")
def _refined(made: Callable[[np.ndarray], np.ndarray], g: np.ndarray, found: np.ndarray, times: int) -> np.ndarray:
    """Fit S numbers, (S, 1, 1), to a part g, (M,), of the last gradient by Newton's method, between 0 and ½.

    For the bound of a clipping, each step assumes that the same predictions stay clipped.
    """
    for _ in range(times):
        base, h = made(found), 1e-6 * found
        slope = (made(found + h) - base) / h[:, 0]
        better = found + (np.vecdot(g - base, slope) / np.vecdot(slope, slope))[:, None, None]
        found = np.where((better > 1e-16) & (better < 0.5), better, found)
    return found


def _agreeing(
    made: Callable[[np.ndarray], np.ndarray],
    g: np.ndarray,
    starts: Sequence[float],
    times: int,
    coarse: float,
    entries: int,
) -> Iterator[float]:
    """Yield the fitted numbers that agree with g; the more entries each of them has, the fewer are fitted at once."""
    few = max(1, AT_ONCE // entries)
    for first in range(0, len(starts), few):
        found = _refined(made, g, np.array(starts[first : first + few])[:, None, None], times)
        agree = np.linalg.norm(g - made(found), axis=1) <= coarse * np.linalg.norm(g)
        yield from found[agree].ravel().tolist()


def _fitted(one: Baseline, starts: Sequence[float]) -> Iterator[float]:
    """Fit the ε inside a logarithm to the gradient of the last layer, from several starts; yield those that agree."""
    p, g = one.reading.exact(one.loss.family), one.reading.given[f"W{one.reading.depth}"] / one.s

    def made(epsilons: np.ndarray) -> np.ndarray:
        return (p.a[-2].T @ grammar.error_with_epsilon(p, epsilons)).reshape(len(epsilons), -1)

    return _agreeing(made, g.ravel(), starts, 2 * STEPS, one.reading.coarse, p.y.size)
