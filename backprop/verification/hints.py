"""When nothing in the catalogue fits: was something else handed in than what the gradient was computed from?

Four habits give numbers that no mistake explains: gradients computed as a difference of weights, weights from after the
update, the gradient of a mini-batch with all the data, and biases that were not handed in. `hints` tries the first
three, and names the fourth where it is possible.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from backprop import derivation as step
from backprop.network import Activation
from backprop.verification.intake import Problem
from backprop.verification.search import norm

#: Learning rates that people use.
LEARNING_RATES = (*(f * 10.0**e for e in range(0, -6, -1) for f in (1.0, 0.5, 0.3, 0.2)), 2.0, 3.0, 5.0, 10.0)
#: Sizes of mini-batches that people use, besides every size up to the second.
BATCHES, EVERY = (64, 100, 128, 200, 250, 256, 500, 512, 1000, 1024), 50
#: At most so many multiplications are spent.
MOST_WORK = 3e8
#: How closely a gradient must agree to be taken for the one tried: in units of the last digit, and relative.
UNITS, CLOSELY = 1e5, 1e-4


def hints(
    problems: Sequence[Problem],
    networks: Sequence[Sequence[Activation]],
    unit: float,
    is_step: bool = False,
    some_correct: bool = False,
) -> tuple[str, ...]:
    """Try what else the gradient may have been computed from.

    Args:
        problems: the arrays, in each convention that fits.
        networks: the activations to try, one for each layer; the likelier first.
        unit: the rounding of the gradient, relative: 2⁻⁵² or 2⁻²³.
        is_step: whether the gradients are a difference of weights because a step was handed in.
        some_correct: whether an array is correct, so that it is the gradient of these data, weights and biases.

    Returns:
        Sentences that say what was found and what to hand in; none if nothing was. Those that explain all weights'
        gradients begin with "it is".

    Examples:
        The gradient of the first ten examples, handed in with all 21:

        >>> import backprop
        >>> from backprop.network import ACTIVATIONS
        >>> from backprop.verification.hints import hints
        >>> from backprop.verification.intake import Handed, problems
        >>> X, y = backprop.xor()
        >>> model = backprop.Model.random([2, 3, 1], seed=0)
        >>> g = model.backward(model.forward(X[:10]), y[:10]).weights
        >>> handed = problems(Handed(X, y, list(model.weights), None, list(g), None))
        >>> hints(handed, [[ACTIVATIONS["sigmoid"]] * 2], 2.0**-52)
        ('it is the gradient of the first 10 examples only, so hand in X and y of that mini-batch',)
    """
    found: list[str] = []
    with np.errstate(all="ignore"):
        if not is_step and any(_is_difference(problem, unit) for problem in problems):
            found.append(
                "the gradient was computed as a difference of weights divided by η, which costs digits, so hand in the "
                "weights before and after the step to `diagnose_step` instead"
            )
        spent = 0.0
        for problem in () if some_correct else problems:
            cost = 6.0 * problem.X.shape[0] * sum(w.size for w in problem.weights)
            for network in networks:
                for sentence in _tried(problem, network, unit, MOST_WORK - spent, is_step):
                    return (*found, sentence)
                spent += cost * (len(LEARNING_RATES) + len(BATCHES) + EVERY)
                if spent > MOST_WORK:
                    break
    if not found and not some_correct and all(problem.biases is None for problem in problems):
        found.append("if the network has biases, hand them in as well")
    return tuple(found)


def accumulated(given: Mapping[str, np.ndarray], made: Mapping[str, np.ndarray]) -> bool:
    """Tell whether a step looks as if gradients of earlier steps were in it: longer, and in about the direction.

    Args:
        given: what was subtracted from each array, divided by the learning rate.
        made: the correct gradients.

    Returns:
        Whether each array is longer than its gradient, at less than 60 degrees from it.
    """
    pairs = [(g, made[name], float(np.linalg.norm(g)), float(np.linalg.norm(made[name]))) for name, g in given.items()]
    return all(
        g.shape == m.shape and long > short and np.vdot(g, m) > 0.5 * long * short for g, m, long, short in pairs
    )


def _is_difference(problem: Problem, unit: float = 2.0**-52) -> bool:
    """Tell whether the gradients are multiples of the last digit of the weights, for one of the usual rates."""
    kind = np.float64 if unit < 1e-10 else np.float32
    weights = np.concatenate([w.ravel() for w in problem.weights])
    gradients = np.concatenate([g.ravel() for g in problem.gradients])
    for eta in LEARNING_RATES:
        move = eta * gradients
        small = (np.abs(move) < np.abs(weights) / 64) & (move != 0)
        if np.count_nonzero(small) < 4:
            continue
        w, m = weights[small], move[small]
        for after in (w - m, w + m):  # the weights handed in are those before, or those after
            if (np.abs(np.abs(w - after.astype(kind)) - np.abs(m)) <= 4 * unit * np.abs(m)).all():
                return True
    return False


def _tried(problem: Problem, network: Sequence[Activation], unit: float, work: float, is_step: bool) -> Iterator[str]:
    """Yield what a gradient agrees with."""
    n = len(problem.X)
    cost = 6.0 * n * sum(w.size for w in problem.weights)
    left, whole = work, _forward(problem, problem.weights, problem.biases, network)
    sizes = [k for k in (*range(1, min(n, EVERY + 1)), *BATCHES) if k < n]
    for end in ("first", "last"):
        for k in sizes:
            left -= cost * k / n
            if left < 0:
                return
            part = slice(k) if end == "first" else slice(n - k, n)
            z, a = ([array[part] for array in arrays] for arrays in whole)
            if _agrees(problem, problem.weights, (z, a), problem.y[part], network, unit):
                many = f"{k} examples" if k > 1 else "example"
                yield f"it is the gradient of the {end} {many} only, so hand in X and y of that mini-batch"
                return
    if is_step:
        return
    for eta in LEARNING_RATES:
        left -= cost
        if left < 0:
            return
        before = tuple(w + eta * g for w, g in zip(problem.weights, problem.gradients, strict=True))
        biases = problem.biases
        if biases is not None and problem.bias_gradients is not None:
            biases = tuple(b + eta * g for b, g in zip(biases, problem.bias_gradients, strict=True))
        if _agrees(problem, before, _forward(problem, before, biases, network), problem.y, network, unit):
            yield (
                f"it is the gradient at the weights before an update with η = {eta:g}, but the weights are those after "
                "it, so hand in a copy of the weights that was made before the update"
            )
            return


def _forward(
    problem: Problem,
    weights: Sequence[np.ndarray],
    biases: Sequence[np.ndarray] | None,
    network: Sequence[Activation],
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Run a network forward."""
    a, z = [problem.X], []
    for k, (w, phi) in enumerate(zip(weights, network, strict=True)):
        z.append(step.preactivation(a[-1], w, None if biases is None else biases[k]))
        a.append(phi.value(z[-1]))
    return z, a


def _agrees(
    problem: Problem,
    weights: Sequence[np.ndarray],
    forward: tuple[Sequence[np.ndarray], Sequence[np.ndarray]],
    y: np.ndarray,
    network: Sequence[Activation],
    unit: float,
) -> bool:
    """Tell whether the gradients are, up to one factor, those of a common loss at these weights."""
    z, a = forward
    error = a[-1] - y
    deltas = [network[-1].backward(z[-1], a[-1], error)]
    if network[-1].name in ("sigmoid", "softmax"):
        deltas.append(error)
    for delta in deltas:
        factor: float | None = None
        for k in range(len(weights) - 1, -1, -1):
            g, made = problem.gradients[k], step.weight_gradient(a[k], delta)
            own = float(np.vdot(made, made))
            if factor is None:
                factor = float(np.vdot(g, made)) / own if own > 0 and g.size > 1 else None
                if factor is None or factor == 0:
                    break
            scale = norm(np.abs(a[k]).T @ np.abs(delta)) * abs(factor)
            if not norm(g - factor * made) <= min(UNITS * unit, CLOSELY) * (scale + 1e-300):
                break
            if k:
                delta = network[k - 1].backward(z[k - 1], a[k], step.activation_gradient(delta, weights[k]))
        else:
            return True
    return False
