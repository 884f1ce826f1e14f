"""Steps of momentum and Adam, and two steps."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import backprop
from backprop import Diagnosis, Model
from backprop.__main__ import main
from backprop.derivation import sigmoid
from backprop.verification import diagnose_step
from backprop.verification.catalogue import incorrect_gradients
from backprop.verification.optimizers import Optimizer, adam_direction, told_optimizer

X, Y = backprop.xor()
MODEL = Model.random([2, 4, 3, 1], seed=0, bias=True)
TOLD: dict[str, Any] = {"activations": "sigmoid", "loss": "mse"}


def arrays(model: Model) -> list[np.ndarray]:
    return list(model.parameters)


def less(model: Model, moves: list[np.ndarray]) -> Model:
    new = [a - m for a, m in zip(arrays(model), moves, strict=True)]
    return Model(new[: len(model.weights)], new[len(model.weights) :], model.activations)


def gradient(model: Model, slug: str = "") -> list[np.ndarray]:
    found = incorrect_gradients(model, X, Y, slug)
    return list(found.parameters)


def asked(states: list[Model], eta: float | None = None, **more: Any) -> Diagnosis:
    biases = [model.biases for model in states]
    after2 = states[2].weights if len(states) > 2 else None
    first, second = (model.weights for model in states[:2])
    return diagnose_step(first, second, X, Y, eta, biases=biases, after2=after2, **{**TOLD, **more})


def two_steps(rule: Any, slug: str = "") -> list[Model]:
    """Take two steps; the rule makes of all gradients so far what is subtracted."""
    states, seen = [MODEL], []
    for _ in range(2):
        seen.append(gradient(states[-1], slug))
        states.append(less(states[-1], [rule(list(parts)) for parts in zip(*seen, strict=True)]))
    return states


RULES = {
    "plain": lambda g: 0.3 * g[-1],
    "added": lambda g: 0.3 * sum(g),
    "repeated": lambda g: 0.3 * g[0],
    "copied": lambda g: 0.3 * g[0] * (len(g) == 1),
    "velocity": lambda g: 0.3 * sum(0.9 ** (len(g) - 1 - i) * part for i, part in enumerate(g)),
    "half": lambda g: 0.3 * sum(0.5 ** (len(g) - 1 - i) * part for i, part in enumerate(g)),
    "average": lambda g: 0.1 * 0.3 * sum(0.9 ** (len(g) - 1 - i) * part for i, part in enumerate(g)),
}
MOMENTUM = {"name": "momentum", "lr": 0.3, "momentum": 0.9}


@pytest.mark.parametrize(
    ("rule", "optimizer", "verdict", "mistakes", "words"),
    [
        ("plain", None, "correct", (), ""),
        ("added", None, "mistake", ("gradients-not-zeroed",), "once more"),
        ("repeated", None, "mistake", (), "not computed again"),
        ("copied", None, "mistake", (), "changed nothing"),
        ("velocity", None, "mistake", (), "momentum 0.9"),
        ("velocity", MOMENTUM, "correct", (), ""),
        ("average", MOMENTUM, "correct", (), "average"),
        ("plain", MOMENTUM, "mistake", (), "velocity of the first is lost"),
        ("added", MOMENTUM, "mistake", ("gradients-not-zeroed",), "once more"),
        ("half", MOMENTUM, "mistake", (), "the second step is one with momentum 0.5"),
    ],
)
def test_two_steps(rule: str, optimizer: Any, verdict: str, mistakes: tuple[str, ...], words: str) -> None:
    found = asked(two_steps(RULES[rule]), None if optimizer else 0.3, optimizer=optimizer)
    assert (found.verdict, found.mistakes) == (verdict, mistakes)
    assert words in found.reason
    assert str(found)


def test_two_steps_without_a_learning_rate() -> None:
    assert asked(two_steps(RULES["plain"])).verdict == "correct"
    assert asked(two_steps(RULES["added"])).mistakes == ("gradients-not-zeroed",)


def test_a_first_step_of_momentum_is_one_of_gradient_descent() -> None:
    assert asked(two_steps(RULES["velocity"])[:2], optimizer=MOMENTUM).verdict == "correct"
    assert asked(two_steps(RULES["average"])[:2], optimizer=MOMENTUM).verdict == "correct"
    states = two_steps(RULES["velocity"], "hidden-derivative-missing")
    assert asked(states[:2], optimizer=MOMENTUM).mistakes == ("hidden-derivative-missing",)
    assert asked(states, optimizer=MOMENTUM).mistakes == ("hidden-derivative-missing",)


ADAM = {"name": "adam", "lr": 0.01}
RULE = Optimizer("adam", 0.01)


def adam(g: list[np.ndarray]) -> np.ndarray:
    return 0.01 * adam_direction(g, RULE)


def test_a_step_of_adam_that_moves_biases_alone_is_a_step() -> None:
    before, biases = [-np.ones((2, 3)), np.ones((3, 1))], [-np.ones((1, 3)), np.full((1, 1), 0.2)]
    p = sigmoid(biases[1])
    g = 2 * np.mean(p - Y) * p * (1 - p)  # as every hidden unit is dead
    moved = [biases[0], biases[1] - 0.01 * g / (np.abs(g) + 1e-8)]
    told: dict[str, Any] = {"activations": ["relu", "sigmoid"], "loss": "mse", "optimizer": "adam"}
    found = diagnose_step(before, before, X, Y, 0.01, biases=(biases, moved), **told)
    assert (found.verdict, found.arrays["W2"].verdict, found.arrays["b2"].verdict) == (
        "correct",
        "not tested",
        "correct",
    )


def test_adam_goes_where_its_authors_say() -> None:
    g = [np.array([1.0, -2.0]), np.array([3.0, 1.0])]
    m = 0.9 * 0.1 * g[0] + 0.1 * g[1]
    v = 0.999 * 0.001 * g[0] ** 2 + 0.001 * g[1] ** 2
    np.testing.assert_allclose(adam_direction(g, RULE), m / 0.19 / (np.sqrt(v / (1 - 0.999**2)) + 1e-8))


@pytest.mark.parametrize(
    ("rule", "verdict", "mistakes", "words"),
    [
        (adam, "correct", (), "sign of each number"),
        (lambda g: -adam(g), "mistake", ("uphill",), "increases"),
        (lambda g: 0.01 * g[-1], "mistake", (), "plain gradient descent"),
        (lambda g: 0.01 * 0.1 * g[0] / (np.sqrt(0.001 * g[0] ** 2) + 1e-8), "mistake", (), "bias correction"),
        (lambda g: adam([np.roll(g[-1], 1)]), "unknown", (), "too little to name"),
    ],
)
def test_one_step_of_adam(rule: Any, verdict: str, mistakes: tuple[str, ...], words: str) -> None:
    found = asked(two_steps(rule)[:2], optimizer=ADAM)
    assert (found.verdict, found.mistakes) == (verdict, mistakes)
    assert words in found.reason
    assert str(found)


@pytest.mark.parametrize(
    ("rule", "verdict", "mistakes", "words"),
    [
        (adam, "correct", (), ""),
        (lambda g: adam(g[-1:]), "mistake", (), "lost"),
        (lambda g: adam([sum(g[: i + 1]) for i in range(len(g))]), "mistake", ("gradients-not-zeroed",), "once more"),
        (lambda g: adam(g) if len(g) == 1 else 0.01 * g[-1], "unknown", (), "not that of Adam"),
    ],
)
def test_two_steps_of_adam(rule: Any, verdict: str, mistakes: tuple[str, ...], words: str) -> None:
    found = asked(two_steps(rule), optimizer=ADAM)
    assert (found.verdict, found.mistakes, found.cannot_tell) == (verdict, mistakes, ())
    assert words in found.reason


def test_what_signs_cannot_tell_is_said() -> None:
    found = asked(two_steps(lambda g: 0.01 * np.sign(g[-1]))[:2], optimizer=ADAM | {"eps": 0})
    assert {"factor-two-missing", "sum-instead-of-mean", "layer-scale"} <= set(found.cannot_tell)
    assert "uphill" not in found.cannot_tell
    assert not {"layer-not-updated", "layer-sign", "gradient-transposed"} & set(found.cannot_tell)
    assert "factor-two-missing" not in asked(two_steps(adam)[:2], optimizer=ADAM).cannot_tell  # ε shows sizes
    assert asked(two_steps(adam), optimizer=ADAM).cannot_tell == ()


@pytest.mark.parametrize(
    ("decay", "verdict", "words"),
    [
        (0.1, "correct", "λ = 0.1"),
        (-0.1, "mistake", "sign is opposite"),
        (0.2, "mistake", "extra factor 2"),
        (0.05, "mistake", "half as large"),
        (0.0, "mistake", "is missing"),
    ],
)
def test_weight_decay_that_is_told(decay: float, verdict: str, words: str) -> None:
    moves = [0.3 * (g + decay * w) for g, w in zip(gradient(MODEL), arrays(MODEL), strict=True)]
    found = asked([MODEL, less(MODEL, moves)], optimizer={"name": "sgd", "lr": 0.3, "weight_decay": 0.1})
    assert (found.verdict, found.mistakes) == (verdict, ())
    assert words in found.reason


def test_adam_needs_to_be_told_what_it_steps_on() -> None:
    with pytest.raises(ValueError, match="expected activations and loss as well"):
        diagnose_step(MODEL.weights, MODEL.weights, X, Y, optimizer=ADAM)


def test_two_steps_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    named: dict[str, Any] = {"X": X, "y": Y, "eta": 0.3}
    for word, model in zip(("W", "after", "later"), two_steps(RULES["velocity"]), strict=True):
        bias = {"W": "b", "after": "afterb", "later": "laterb"}[word]
        named |= {f"{word}{k}": w for k, w in enumerate(model.weights, start=1)}
        named |= {f"{bias}{k}": b for k, b in enumerate(model.biases or (), start=1)}
    path = tmp_path / "run.npz"
    np.savez(path, **named)
    options = [str(path), "--activations", "sigmoid", "--loss", "mse"]
    assert main(["diagnose", *options, "--optimizer", "momentum"]) == 0
    assert "the second step is correct as well" in capsys.readouterr().out
    assert main(["diagnose", *options]) == 1
    assert "momentum 0.9" in capsys.readouterr().out
    named = {f"{word}{k}": w for k, w in enumerate(MODEL.weights, start=1) for word in ("W", "g")}
    np.savez(path, X=X, y=Y, **named)
    assert main(["diagnose", *options, "--optimizer", "adam"]) == 2
    assert "--optimizer is adam, but" in capsys.readouterr().err


def test_biases_of_two_steps_are_known_at_every_time() -> None:
    with pytest.raises(ValueError, match=r"biases\[1\] is None; expected the biases at every time"):
        diagnose_step(
            MODEL.weights, MODEL.weights, X, Y, 0.1, after2=MODEL.weights, biases=[MODEL.biases, None, MODEL.biases]
        )


def test_biases_of_two_steps_are_three() -> None:
    with pytest.raises(
        TypeError, match="biases has 2 entries; expected three, the biases before and after each update"
    ):
        diagnose_step(MODEL.weights, MODEL.weights, X, Y, 0.1, after2=MODEL.weights, biases=[MODEL.biases] * 2)


def test_models_bring_their_activations() -> None:
    model = Model.random([2, 3, 1], seed=0, activations="tanh")
    new = model.update(model.backward(model.forward(X), Y), 0.1)
    found = diagnose_step(model, new, X, Y, 0.1)
    assert (found.verdict, found.activations) == ("correct", ("tanh", "tanh"))
    assert "activations" not in " ".join(found.assumed)
    assert "activations" in " ".join(diagnose_step(model.weights, new.weights, X, Y, 0.1).assumed)


@pytest.mark.parametrize("bias", [False, True])
def test_a_state_may_be_a_model_or_a_list(bias: bool) -> None:
    start = Model.random([2, 3, 1], seed=0, activations=["relu", "sigmoid"], bias=bias)
    after = start.update(start.backward(start.forward(X), Y), 0.5)
    after2 = after.update(after.backward(after.forward(X), Y), 0.5)
    for second in (None, after2):
        found = diagnose_step(start, after, X, Y, 0.5, after2=second)
        assert (found.verdict, found.activations, len(found.arrays)) == ("correct", ("relu", "sigmoid"), 2 + 2 * bias)
    found = diagnose_step(start, list(after.weights), X, Y, 0.5)  # whose biases are not known
    assert (found.verdict, found.activations, len(found.arrays)) == ("correct", ("relu", "sigmoid"), 2)
    found = diagnose_step(start.weights, after, X, Y, 0.5, biases=[start.biases, after.biases] if bias else None)
    assert (found.verdict, len(found.arrays)) == ("correct", 2 + 2 * bias)
    if bias:
        with pytest.raises(ValueError, match=r"^biases\[2\] is None; expected the biases at every time"):
            diagnose_step(start, after, X, Y, 0.5, after2=list(after2.weights))


@pytest.mark.parametrize("option", ["--optimizer adam", "--weight-decay 0.01"])
def test_what_needs_the_learning_rate_says_so_at_the_command_line(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "step.npz"
    new = MODEL.update(MODEL.backward(MODEL.forward(X), Y), 0.5)
    parts = {"W": MODEL.weights, "after": new.weights, "b": MODEL.biases or (), "afterb": new.biases or ()}
    named: dict[str, Any] = {f"{word}{k}": one for word, part in parts.items() for k, one in enumerate(part, start=1)}
    np.savez(path, X=X, y=Y, **named)
    words = ["diagnose", str(path), "--activations", "sigmoid", "--loss", "mse", *option.split()]
    assert main(words) == 2
    said = f"{option.removesuffix(' 0.01')} is given without --eta, and {path} has no eta; expected the learning rate"
    assert capsys.readouterr().err == f"backprop: {said}\n"
    assert main([*words, "--eta", "0.5"]) == 1
    np.savez(path, X=X, y=Y, eta=0.5, **named)
    assert main(words) == 1


@pytest.mark.parametrize("told", [{}, {"loss": "cross_entropy"}])
def test_a_second_step_of_another_length_has_the_loss_of_the_first(told: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(9, 3)), np.eye(4)[rng.integers(0, 4, 9)]
    start = Model.random([3, 5, 4], 0, ["relu", "softmax"])
    states = [start]
    for eta in (0.1, 0.05):
        model = states[-1]
        states.append(model.update(model.backward(model.forward(x), y, "cross_entropy"), eta))
    before, after, after2 = ([*model.weights] for model in states)
    found = diagnose_step(before, after, x, y, eta=0.1, after2=after2, **told)
    assert found.reason.startswith("the first step is correct; the second is 0.5 times as long as it should be")
    assert (found.verdict, found.loss) == ("unknown", "cross_entropy")


@pytest.mark.parametrize("output", ["sigmoid", "identity"])
def test_a_correct_step_of_adam_leaves_nothing_open_that_is_no_mistake_here(output: str) -> None:
    """A network without biases cannot have their mistakes; the remarks are those of any step but for the rate."""
    rule = told_optimizer("adam", 0.01)
    model = Model.random([2, 3, 5, 1], 7, ["sigmoid", "sigmoid", output])
    g = model.backward(model.forward(X), Y).weights
    new = [w - 0.01 * adam_direction([one], rule) for w, one in zip(model.weights, g, strict=True)]
    told: Any = {"optimizer": "adam", "activations": model.activations, "loss": "mse", "printed_loss": 0.3}
    found = diagnose_step(model.weights, new, X, Y, 0.01, **told)
    assert (found.verdict, found.cannot_tell) == ("correct", ())
    assert [remark.slug for remark in found.remarks] == ["printed-loss"]


def test_an_averaged_velocity_has_remarks_too() -> None:
    model = Model([np.full((2, 3), 0.5), np.full((3, 1), 0.5)])
    g = model.backward(model.forward(X), Y).weights
    new = [w - 0.1 * 0.1 * one for w, one in zip(model.weights, g, strict=True)]
    told: Any = {"optimizer": "momentum", "activations": "sigmoid", "loss": "mse", "printed_loss": 0.3}
    found = diagnose_step(model.weights, new, X, Y, 0.1, **told)
    assert "a velocity that is an average" in found.reason
    assert [remark.slug for remark in found.remarks] == ["identical-units", "printed-loss"]


def test_a_printed_loss_is_checked_whatever_the_verdict() -> None:
    wrong: list[tuple[Any, type[Exception]]] = [("abc", TypeError), (np.nan, ValueError)]
    for value, error in wrong:
        with pytest.raises(error, match=r"^printed_loss is "):
            diagnose_step(MODEL.weights, MODEL.weights, X, Y, 0.5, printed_loss=value)
