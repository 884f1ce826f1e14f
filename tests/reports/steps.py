"""Steps that are submitted. The answers stand in `steps.txt`; `python -m tests.reports` writes them again."""

import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import backprop
from backprop import Diagnosis, Model, diagnose_step
from backprop.verification import MISTAKES
from backprop.verification.catalogue import early_step, incorrect_gradients, layers_for
from backprop.verification.optimizers import Optimizer, adam_direction

ANSWERS = Path(__file__).with_name("steps.txt")
Case = Callable[[], Diagnosis]
#: Makes of all gradients of an array so far, and of the array, what is subtracted.
Rule = Callable[[list[np.ndarray], np.ndarray], np.ndarray]

X, Y = backprop.xor()
MODEL = Model.random([2, 3, 3, 1], seed=4, bias=True)
BARE = Model(MODEL.weights)
TINY = Model.random([2, 1, 1], seed=1, bias=True)
TOLD: dict[str, Any] = {"activations": "sigmoid", "loss": "mse"}
ETA = 0.3
#: Lines of a text that other answers hold as well: the correct gradient, and where to read more.
USUAL = ("Correct gradient of", "  [", "   ", "  Equation", "  More:", "Not specified", "Layer ")


def parameters(model: Model) -> list[np.ndarray]:
    """List weights, then biases."""
    return list(model.parameters)


def stepped(rule: Rule, model: Model = MODEL, slug: str = "", steps: int = 1, y: np.ndarray = Y) -> list[Model]:
    """Update a network by a rule.

    Args:
        rule: what it subtracts.
        model: the network before.
        slug: a mistake in its gradient.
        steps: how many.
        y: the targets.

    Returns:
        The networks before and after each step.
    """
    states, depth, seen = [model], len(model.weights), list[list[np.ndarray]]()
    for _ in range(steps):
        g = incorrect_gradients(states[-1], X, y, slug)
        seen.append(list(g.parameters))
        pairs = zip(parameters(states[-1]), zip(*seen, strict=True), strict=True)
        new = [w - rule(list(gradients), w) for w, gradients in pairs]
        states.append(Model(new[:depth], new[depth:] or None, model.activations))
    return states


def asked(states: Sequence[Model], eta: float | None = None, kind: type = np.float64, **more: Any) -> Diagnosis:
    """Diagnose one step or two, from numbers of some type."""

    def typed(arrays: Any) -> Any:
        return [np.asarray(a, kind) for a in arrays]

    biases = [typed(model.biases) for model in states] if states[0].biases else None
    after2 = typed(states[2].weights) if len(states) > 2 else None
    first, second = (typed(model.weights) for model in states[:2])
    return diagnose_step(first, second, X, Y, eta, biases=biases, after2=after2, **{**TOLD, **more})


def plain(g: list[np.ndarray], w: np.ndarray) -> np.ndarray:
    """Step along the gradient."""
    return ETA * g[-1]


def added(g: list[np.ndarray], w: np.ndarray) -> np.ndarray:
    """Never set the gradients to zero."""
    return ETA * sum(g, np.zeros_like(w))


def with_velocity(beta: float, factor: float = 1.0) -> Rule:
    """Keep a velocity."""
    return lambda g, w: factor * ETA * sum((beta ** (len(g) - 1 - i) * one for i, one in enumerate(g)), 0 * w)


def decayed(decay: float) -> Rule:
    """Add a multiple of the weights to the gradient."""
    return lambda g, w: ETA * (g[-1] + decay * w)


RATE = 0.01
ADAM: dict[str, Any] = {"name": "adam", "lr": RATE}


def adam(g: list[np.ndarray], w: np.ndarray, eps: float = 1e-8) -> np.ndarray:
    """Step as Adam does."""
    return RATE * adam_direction(g, Optimizer("adam", RATE, eps=eps))


def uncorrected(g: list[np.ndarray], w: np.ndarray) -> np.ndarray:
    """Step as Adam does without its bias correction."""
    return RATE * 0.1 * g[0] / (np.sqrt(0.001 * g[0] ** 2) + 1e-8)


def mixed(wrong: Callable[[np.ndarray], bool], rule: Rule, otherwise: Rule) -> Rule:
    """Update some arrays by one rule and the rest by another."""
    return lambda g, w: (rule if wrong(w) else otherwise)(g, w)


def momentum(beta: float = 0.9, **more: float) -> dict[str, Any]:
    """Say that the steps have momentum."""
    return {"name": "momentum", "lr": ETA, "momentum": beta, **more}


def second(factor: float, repeated: bool = False) -> Rule:
    """Step along the gradient, the second time by a factor farther, with its own gradient or the first."""
    return lambda g, w: ETA * g[0 if repeated else -1] * factor ** (len(g) - 1)


def adam_then(off: float) -> Rule:
    """Step as Adam does, but for a part of the learning rate in the second step."""
    return lambda g, w: adam(g, w) + RATE * off * (len(g) - 1)


def shorter(factor: float) -> Rule:
    """Step along the gradient, less far."""
    return lambda g, w: factor * plain(g, w)


def sgd(decay: float) -> dict[str, Any]:
    """Say that the steps have weight decay."""
    return {"name": "sgd", "lr": ETA, "weight_decay": decay}


def two(rule: Rule, told: Any = None, rate: bool = True, slug: str = "", **more: Any) -> Diagnosis:
    """Diagnose two steps."""
    return asked(stepped(rule, slug=slug, steps=2), None if told or not rate else ETA, optimizer=told, **more)


def by_adam(rule: Rule, steps: int = 1, slug: str = "", model: Model = MODEL, **more: Any) -> Diagnosis:
    """Diagnose steps that are said to be those of Adam."""
    return asked(stepped(rule, model, slug, steps), **{"optimizer": ADAM, **more})


def late(slug: str) -> Diagnosis:
    """Diagnose two steps of which the second has a mistake."""
    first = stepped(plain)
    return asked([*first, stepped(plain, first[1], slug)[1]], ETA)


def other_loss_second() -> Diagnosis:
    """Diagnose two steps, each correct for a loss of its own, which is not told."""
    middle = stepped(plain)[1]
    g = middle.backward(middle.forward(X), Y, "binary_cross_entropy")
    return asked([MODEL, middle, middle.update(g, ETA)], ETA, loss=None)


def zero_second(rule: Rule) -> Rule:
    """Update by a rule once, and then no more."""
    return lambda g, w: rule(g, w) if len(g) == 1 else 0 * w


def planted_steps() -> dict[str, Case]:
    """List one step with each mistake, the learning rate told and not told."""
    found: dict[str, Case] = {}
    for slug in ["", *(mistake.slug for mistake in MISTAKES)]:
        if slug in ("updated-too-early", "uphill", "gradients-not-zeroed") or not layers_for(slug, [2, 3, 3, 1], 100):
            continue
        for eta in (ETA, None):
            title = f"one step, {slug or 'correct'}, the learning rate {'told' if eta else 'not told'}"
            found[title] = partial(asked, stepped(plain, slug=slug), eta)
    return found


def cases() -> dict[str, Case]:
    """List what is submitted, by title."""
    early = [MODEL, early_step(MODEL, X, Y, 2.0)]
    betas = (0.9, 0.95, 0.99, 0.8, 0.5)
    rules: dict[str, Rule] = {
        "plain": plain,
        "adding gradients": added,
        "repeating the gradient": lambda g, w: ETA * g[0],
        "changing nothing in the second": zero_second(plain),
        "of an averaged velocity": with_velocity(0.9, 0.1),
        "of a second learning rate": lambda g, w: ETA * g[-1] * (1 + 0.5 * (len(g) - 1)),
        **{f"with velocity {beta}": with_velocity(beta) for beta in (*betas, 0.7)},
    }
    adams: dict[str, Rule] = {
        "of Adam": adam,
        "of Adam uphill": lambda g, w: -adam(g, w),
        "plain in place of Adam": lambda g, w: RATE * g[-1],
        "of Adam without bias correction": uncorrected,
        "of signs": lambda g, w: RATE * np.sign(g[-1]),
        "of Adam but for one array": mixed(lambda w: w.shape == (2, 3), lambda g, w: adam([-g[-1]], w), adam),
        "of Adam half as long": lambda g, w: 0.5 * adam(g, w),
        "of Adam but for a layer that stood still": mixed(lambda w: w.shape == (2, 3), lambda g, w: 0 * w, adam),
    }
    later: dict[str, Rule] = {
        "both right": adam,
        "the averages lost": lambda g, w: adam(g[-1:], w),
        "gradients added": lambda g, w: adam([sum(g[: i + 1], 0 * w) for i in range(len(g))], w),
        "the second plain": lambda g, w: adam(g, w) if len(g) == 1 else RATE * g[-1],
        "the second missing": zero_second(adam),
    }
    biases = (MODEL.biases, None)
    found: dict[str, Case] = {
        "no update": lambda: asked([MODEL, MODEL], ETA),
        "no update, nothing told": lambda: asked([MODEL, MODEL], activations=None, loss=None),
        "no update by Adam": lambda: asked([MODEL, MODEL], optimizer=ADAM),
        "updated too early, the learning rate told": lambda: asked(early, 2.0),
        "updated too early, the learning rate not told": lambda: asked(early),
        "uphill, the learning rate told": lambda: asked(stepped(lambda g, w: -plain(g, w)), ETA),
        "uphill, the learning rate not told": lambda: asked(stepped(lambda g, w: -plain(g, w))),
        "another learning rate than told": lambda: asked(stepped(plain), 2 * ETA),
        "the printed loss": lambda: asked(stepped(plain), ETA, printed_loss=MODEL.loss(MODEL.forward(X), Y) * len(Y)),
        "the convention told": lambda: asked(stepped(plain), ETA, convention="rows, (in, out)"),
        "biases after the step not known": lambda: diagnose_step(
            MODEL.weights, stepped(plain)[1].weights, X, Y, ETA, biases=biases, **TOLD
        ),
        "without biases": lambda: asked(stepped(plain, BARE), ETA),
        "without biases, two steps": lambda: asked(stepped(plain, BARE, steps=2), ETA),
        "float16": lambda: asked(stepped(plain), ETA, np.float16),
        "float32": lambda: asked(stepped(plain), ETA, np.float32),
        "float32, a mistake": lambda: asked(stepped(plain, slug="hidden-derivative-missing"), ETA, np.float32),
        "float32, two steps": lambda: asked(stepped(plain, steps=2), ETA, np.float32),
        "float32, by Adam": lambda: asked(stepped(adam), kind=np.float32, optimizer=ADAM),
        "float32, by Adam, two steps": lambda: asked(stepped(adam, steps=2), kind=np.float32, optimizer=ADAM),
        **{
            f"a step {size:g} as long": partial(asked, stepped(shorter(size)), size * ETA)
            for size in (1e-3, 1e-6, 1e-9, 1e-12, 1e-15)
        },
        # weight decay
        **{
            f"weight decay {decay:g}, told {told:g}": partial(asked, stepped(decayed(decay)), optimizer=sgd(told))
            for decay, told in ((0.1, 0.1), (-0.1, 0.1), (0.2, 0.1), (0.05, 0.1), (0.0, 0.1), (0.07, 0.1))
        },
        "weight decay, not told": lambda: asked(stepped(decayed(0.1)), ETA),
        "weight decay, neither it nor the learning rate told": lambda: asked(stepped(decayed(0.1))),
        "weight decay told, two steps": lambda: asked(stepped(decayed(0.1), steps=2), optimizer=sgd(0.1)),
        "weight decay told, two steps, gradients added": lambda: asked(
            stepped(lambda g, w: added(g, w) + ETA * 0.1 * w, steps=2), optimizer=sgd(0.1)
        ),
        "weight decay told, in a velocity that is an average": lambda: asked(
            stepped(lambda g, w: 0.1 * decayed(0.1)(g, w)), optimizer=momentum(weight_decay=0.1)
        ),
        # two steps
        **{f"two steps {name}": partial(two, rule) for name, rule in rules.items()},
        **{
            f"two steps {name}, no learning rate told": partial(two, rules[name], None, False)
            for name in ("plain", "adding gradients", "repeating the gradient", "with velocity 0.9")
        },
        **{
            f"two steps {name}, momentum told": partial(two, rule, momentum())
            for name, rule in rules.items()
            if "velocity 0." not in name or "0.9" in name[-3:]
        },
        "two steps with velocity 0.5, told": lambda: two(rules["with velocity 0.5"], momentum(0.5)),
        "one step, momentum told": lambda: asked(stepped(plain), optimizer=momentum()),
        "one averaged step, momentum told": lambda: asked(stepped(with_velocity(0.9, 0.1)), optimizer=momentum()),
        "one averaged step uphill, momentum told": lambda: asked(
            stepped(with_velocity(0.9, -0.1)), optimizer=momentum()
        ),
        "a mistake, momentum told": lambda: two(with_velocity(0.9), momentum(), slug="weights-missing"),
        "an average of half, momentum told": lambda: two(with_velocity(0.5, 0.5), momentum(0.5)),
        "momentum told without a learning rate": lambda: two(with_velocity(0.9), "momentum"),
        "a correct step, then one with a mistake": lambda: late("hidden-derivative-missing"),
        "a correct step, then one of the sum": lambda: late("sum-instead-of-mean"),
        **{
            f"two steps of which the second is {factor:g} as long, η {'told' if rate else 'not told'}": (
                partial(two, second(factor), rate=rate)
            )
            for factor, rate in ((1.0009, False), (1.0011, False), (1.0009, True), (0.9989, True))
        },
        **{
            f"the first step once more, {1 + off:.7f} as long": partial(two, second(1 + off, repeated=True))
            for off in (0.9e-6, 1.1e-6)
        },
        "a correct step, then one of another loss": lambda: other_loss_second(),
        # Adam
        **{f"a step {name}": partial(by_adam, rule) for name, rule in adams.items()},
        "a step of signs, ε told as 0": lambda: by_adam(adams["of signs"], optimizer=ADAM | {"eps": 0}),
        "a step of signs with an error that was averaged first": lambda: by_adam(
            adams["of signs"], slug="error-averaged-first", model=TINY, optimizer=ADAM | {"eps": 0}
        ),
        "a step of Adam, ε told as 0.1": lambda: by_adam(adam, optimizer=ADAM | {"eps": 0.1}),
        "a step of Adam with ε = 0.1, told": lambda: by_adam(partial(adam, eps=0.1), optimizer=ADAM | {"eps": 0.1}),
        "a step of Adam without biases": lambda: by_adam(adam, model=BARE),
        "a step of Adam on another loss": lambda: by_adam(adam, loss="binary_cross_entropy"),
        "a step of Adam, softmax told": lambda: by_adam(adam, activations=["tanh", "tanh", "softmax"]),
        **{
            f"a step of Adam, {slug}": partial(by_adam, adam, slug=slug)
            for slug in ("layer-sign", "weights-missing", "one-path-only", "bias-not-summed", "sum-instead-of-mean")
        },
        **{
            f"a step of Adam, then one off by {off:g} of the learning rate": partial(by_adam, adam_then(off), 2)
            for off in (0.9e-5, 1.1e-5)
        },
        **{f"two steps of Adam, {name}": partial(by_adam, rule, 2) for name, rule in later.items()},
    }
    return planted_steps() | found


def report(case: Case) -> str:
    """Write the text of an answer and its fields, without the digits that rounding decides."""
    brief = isinstance(case, partial) and case.func is asked  # their texts are those of the gradients
    try:
        found = case()
    except ValueError as error:
        return f"ValueError: {error}"
    text = [] if brief else [line for line in str(found).splitlines() if not line.startswith(USUAL)]
    lines = [line.replace("equal to the last bit", "relative error 0e-16") for line in text]
    lines = [line.replace("to the last bit", "up to a relative error of 0e-16 in each array") for line in lines]
    lines = [re.sub(r"\d(\.\d+)?e-(0[5-9]|1\d)", "rounding", line) for line in lines]
    lines += [f"{found.verdict} {found.mistakes} place={found.place} loss={found.loss}"]
    lines.append(f"scale={short(found.scale)} sign={found.sign} decay={short(found.weight_decay)}")
    lines.append(f"{found.convention} {found.activations} correct={found.correct is not None}")
    lines += [f"cannot tell: {', '.join(found.cannot_tell)}"] if found.cannot_tell else []
    layers = (f"{one.number} {one.verdict} {one.mistakes} {short(one.relative_error, 2)}" for one in found.layers)
    lines.append("; ".join(layers))
    arrays = found.arrays.items()
    lines.append("; ".join(f"{k} {a[0]} {short(a.relative_error, 2)} ×{short(a.factor)} {a.sign}" for k, a in arrays))
    lines += [f"or {other.verdict} {other.mistakes} {other.place} {other.loss}" for other in found.alternatives]
    lines += [f"line: {' | '.join(line)}" for line in found.lines]
    lines += [f"remark: {remark.slug}" for remark in found.remarks]
    return "\n".join(line.rstrip() for line in lines if line.strip())


def short(value: float | None, digits: int = 4) -> str:
    """Write a number with few digits; what is smaller than 10⁻⁵ is rounding."""
    return "None" if value is None else "~0" if abs(value) < 1e-5 else f"{value:.{digits}g}"
