"""The fast path computes what the specification computes."""

import ast
import inspect
import tracemalloc
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import backprop
from backprop import Activation, Model, Run, fast, training
from backprop.derivation import sigmoid
from backprop.ensemble import grid, snapshots, stack, unstack
from backprop.network import ACTIVATIONS

X, Y = backprop.xor()


def both(*arguments: Any, **options: Any) -> tuple[Run, Run]:
    """Train twice: fast, and by the specification."""
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
        first, second = (backprop.train(*arguments, **options | {"engine": name}) for name in ("fast", "reference"))
    return first, second


def distance(first: Model, second: Model, start: Model | None = None) -> float:
    """The largest difference of two models' parameters, relative to the largest parameter, or to the way from start."""
    mine, its = (np.concatenate([p.ravel() for p in m.parameters]) for m in (first, second))
    origin = 0.0 if start is None else np.concatenate([p.ravel() for p in start.parameters])
    return float(np.abs(mine - its).max() / np.abs(its - origin).max())


@pytest.mark.parametrize("seed", range(60))
def test_one_step_of_random_settings(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, d, h = (int(rng.integers(1, most)) for most in (120, 6, 70))
    deeper = [int(width) for width in rng.integers(1, 9, size=seed % 4)]  # from two layers of weights to five
    eta = float(10 ** rng.uniform(-3, 3))
    model = Model.random([d, h, *deeper, 1], seed, bias=bool(rng.integers(2)))
    x, y = rng.normal(size=(n, d)), rng.uniform(size=(n, 1))
    gradient_as_step = both(model, x, y, eta=1e6 * eta, epochs=1)  # so large that the start is rounded away
    assert distance(gradient_as_step[0].model, gradient_as_step[1].model, model) < 1e-13
    after, expected = both(model, x, y, eta=eta, epochs=1)
    assert distance(after.model, expected.model) < 1e-13
    assert after.losses == pytest.approx(expected.losses, rel=1e-13)


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_one_step_of_random_ensembles(seed: int, bias: bool, shared: bool) -> None:
    rng = np.random.default_rng(seed)
    runs, n, d, h = (int(rng.integers(1, most)) for most in (150, 40, 5, 9))
    stacked = stack([Model.random([d, h, 1], s, bias=bias) for s in range(runs)])
    x = rng.normal(size=(n, d) if shared else (runs, n, d))
    y = rng.uniform(size=(n, 1) if rng.integers(2) else (runs, n, 1))
    after, expected = both(stacked, x, y, 10 ** rng.uniform(3, 9, size=runs), 1)
    pairs = zip(*map(unstack, (after.model, expected.model, stacked)), strict=True)
    assert max(distance(mine, its, start) for mine, its, start in pairs) < 1e-13
    np.testing.assert_allclose(after.losses, expected.losses, rtol=1e-13)


@pytest.mark.parametrize("eta", [0.3, 1.0, 3.0])
@pytest.mark.parametrize("data", ["linear", "xor"])
def test_ten_thousand_epochs(data: str, eta: float) -> None:
    x, y = backprop.xor() if data == "xor" else backprop.linear(100, seed=1)
    after, expected = both(Model.random([2, 4, 1], seed=1, bias=eta == 1), x, y, eta, 10_000)
    np.testing.assert_allclose(after.losses, expected.losses, rtol=1e-10)
    assert distance(after.model, expected.model) < 1e-10


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("widths", [[2, 3, 5, 1], [2, 5, 3, 4, 1], [2, 1, 2, 1]])
def test_six_thousand_epochs_of_deep_networks(widths: list[int], bias: bool) -> None:
    after, expected = both(Model.random(widths, seed=2, bias=bias), X, Y, 0.5, 6000)
    np.testing.assert_allclose(after.losses, expected.losses, rtol=1e-10)
    assert distance(after.model, expected.model) < 1e-10


#: Mistakes that give arrays of the right shapes, or that only a network with a layer in between can make.
PLANTED = [
    ("subtract(A, top, S)", "subtract(top, A, S)"),  # the sign of a derivative
    ("multiply(d, s, d)", "pass"),  # a derivative missing between
    ("gradient(a_below_T, g)", "gradient(-a_below_T, g)"),
    ("back(d_above, d)", "back(-d_above, d)"),
    ("exp(a, a)", "exp2(a, a)"),
    ("in reversed(between)", "in between"),  # the layers in the wrong order
    ("v[:, :h].T.dot for v, h in zip(Vs[1:]", "v[:, -h:].T.dot for v, h in zip(Vs[1:]"),  # the bias in place of a unit
]


@pytest.mark.parametrize(("line", "mistake"), PLANTED)
def test_a_mistake_planted_in_it_is_seen(line: str, mistake: str) -> None:
    source = inspect.getsource(fast)
    assert source.count(line) == 1
    wrong: dict[str, Any] = {"__name__": "wrong"}
    exec(source.replace(line, mistake), wrong)
    model = Model.random([2, 3, 5, 2, 1], seed=1, bias=True)
    for train_by, agrees in ((fast.train, True), (wrong["train"], False)):
        with warnings.catch_warnings(action="ignore"):
            losses, _ = train_by(model, X, Y, 1.0, 30)
        expected = backprop.train(model, X, Y, 1.0, 31, engine="reference").losses
        assert np.allclose(losses, expected, rtol=1e-12) == agrees


def test_ten_thousand_epochs_of_an_ensemble() -> None:
    models = [Model.random([2, 4, 1], seed) for seed in range(20)]
    stacked, etas = grid(models, [0.5, 1.0, 3.0])
    run = backprop.train(stacked, X, Y, etas, 10_000, engine="fast")
    for s in (0, 25, 59):
        alone = backprop.train(models[s % 20], X, Y, float(etas[s, 0, 0]), 10_000, engine="reference")
        np.testing.assert_allclose(run.losses[s], alone.losses, rtol=1e-10)


def test_blocks_of_networks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    stacked = stack([Model.random([2, 4, 1], seed, bias=True) for seed in range(10)])
    x, y = (np.stack(arrays) for arrays in zip(*(backprop.linear(30, s) for s in range(10)), strict=True))
    whole = backprop.train(stacked, x, y, np.linspace(0.1, 3, 10), 200, engine="fast")
    monkeypatch.setattr(fast, "BLOCK", 1)
    monkeypatch.setattr(fast, "FEWEST", 3)
    parts = backprop.train(stacked, x, y, np.linspace(0.1, 3, 10), 200, engine="fast")
    np.testing.assert_allclose(parts.losses, whole.losses, rtol=1e-13)
    assert distance(parts.model, whole.model) < 1e-13


@pytest.mark.parametrize("epochs", [0, 1, 99, 100, 101])
def test_any_number_of_epochs(epochs: int) -> None:
    alone = [Model.random(widths) for widths in ([2, 4, 1], [2, 3, 5, 1])]
    for start in (*alone, stack([Model.random([2, 4, 1], s) for s in range(3)])):
        after, expected = both(start, X, Y, 1.0, epochs)
        assert after.losses.shape == expected.losses.shape
        np.testing.assert_allclose(after.losses, expected.losses, rtol=1e-13)
        assert distance(after.model, expected.model) < 1e-13
        assert after.diverged_at == expected.diverged_at


def test_training_fast_in_two_parts_is_training_at_once() -> None:
    for start in (Model.random([2, 4, 1], bias=True), stack([Model.random([2, 4, 1], s) for s in range(3)])):
        whole = backprop.train(start, X, Y, 1.0, 300, engine="fast")
        first = backprop.train(start, X, Y, 1.0, 130, engine="fast")
        second = backprop.train(first.model, X, Y, 1.0, 170, engine="fast")
        assert np.array_equal(whole.losses, np.concatenate([first.losses, second.losses], axis=-1))


def test_far_from_zero_nothing_overflows_aloud() -> None:
    first, last = np.array([[900.0, -900.0], [1.0, 1.0]]), np.array([[1.0], [800.0]])
    for between in ([], [np.array([[900.0, 1.0], [-900.0, 2.0]])]):
        with warnings.catch_warnings(action="error"):
            after, expected = both(Model([first, *between, last]), X, Y, 1.0, 50)
        np.testing.assert_allclose(after.losses, expected.losses, rtol=1e-12)


def test_it_is_chosen_where_it_applies(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Model] = []
    original = fast.train

    def spy(model: Model, *arguments: Any) -> Any:
        seen.append(model)
        return original(model, *arguments)

    monkeypatch.setattr(fast, "train", spy)

    def used(model: Model, **options: Any) -> bool:
        seen.clear()
        backprop.train(model, X, Y, 1.0, 2, **options)
        return bool(seen)

    mine = Activation("sigmoid", sigmoid, lambda z, a: a * (1 - a))
    assert used(Model.random([2, 4, 1]))
    assert used(Model.random([2, 4, 1], bias=True))
    assert used(stack([Model.random([2, 4, 1])] * 2))
    assert not used(Model.random([2, 4, 1]), engine="reference")
    assert not used(Model.random([2, 4, 1]), loss="binary_cross_entropy")
    assert not used(Model.random([2, 4, 1], activations=["tanh", "sigmoid"]))
    assert not used(Model.random([2, 4, 1], activations=[mine, "sigmoid"]))  # it has the name only
    assert used(Model.random([2, 4, 4, 1]))
    assert not used(stack([Model.random([2, 4, 4, 1])] * 2))
    assert not used(Model.random([2, 1]))
    snapshots([Model.random([2, 4, 1])], X, Y, 1.0, [0, 1])
    assert seen


def test_following_fast_is_following(monkeypatch: pytest.MonkeyPatch) -> None:
    models = [Model.random([2, 4, 1], seed, bias=True) for seed in range(5)]
    stacks, answers = snapshots(models, X, Y, 1.0, [0, 1, 7, 150])
    monkeypatch.setattr(fast, "unsupported", lambda *_: "anything")
    expected, expected_answers = snapshots(models, X, Y, 1.0, [0, 1, 7, 150])
    np.testing.assert_allclose(answers, expected_answers, rtol=1e-12)
    assert all(distance(mine, its) < 1e-12 for mine, its in zip(stacks, expected, strict=True))


# Divergence


# The first update throws a weight out of float64; then 0 · ∞ is not a number.
EXPLODING, POINTS = Model([np.array([[0.0, 0.0], [1.0, 1.0]]), np.ones((2, 1))]), np.array([[1e250, 1.0], [0.0, 1.0]])


def test_divergence_is_told_as_by_the_specification() -> None:
    with pytest.warns(RuntimeWarning, match="diverged.* epoch 1 with eta 1e\\+100") as caught:
        run = backprop.train(EXPLODING, POINTS, Y[:2], 1e100, 10, engine="fast")
    assert len(caught) == 1
    assert caught[0].filename == __file__
    _, expected = both(EXPLODING, POINTS, Y[:2], 1e100, 10)
    assert run.diverged_at == expected.diverged_at == 1
    assert np.array_equal(run.losses, expected.losses)
    assert all(map(np.array_equal, run.model.weights, EXPLODING.weights))


def test_one_diverging_run_spoils_no_other_and_is_told_as_by_the_specification() -> None:
    models = [Model.random([2, 2, 1], 0), EXPLODING, Model.random([2, 2, 1], 2)]
    for epochs in (1, 150):  # the loss after the last update counts
        x = np.stack([X[:2], POINTS, X[:2]])
        after, expected = both(stack(models), x, Y[:2], np.array([1.0, 1e100, 3.0]), epochs)
        assert after.diverged_at == expected.diverged_at == (None, 1, None)
        np.testing.assert_allclose(after.losses, expected.losses, rtol=1e-12)
        assert all(map(np.array_equal, unstack(after.model)[1].weights, EXPLODING.weights))
        assert distance(after.model, expected.model) < 1e-12


def test_with_one_learning_rate_for_all_a_diverging_run_is_told_as_well() -> None:
    models = [Model.random([2, 2, 1], 0), EXPLODING]
    after, expected = both(stack(models), np.stack([X[:2], POINTS]), Y[:2], 1e100, 10)
    assert after.diverged_at == expected.diverged_at == (None, 1)
    np.testing.assert_allclose(after.losses, expected.losses, rtol=1e-12)
    assert distance(after.model, expected.model) < 1e-12


def test_only_the_run_that_diverged_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    repeated, by_reference = list[Model](), training._by_reference

    def noted(model: Model, *arguments: Any) -> Any:
        repeated.append(model)
        return by_reference(model, *arguments)

    monkeypatch.setattr(training, "_by_reference", noted)
    shares, models = list[float](), stack([Model.random([2, 2, 1], 0), EXPLODING])
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
        backprop.train(models, np.stack([X[:2], POINTS]), Y[:2], 1e100, 150, engine="fast", progress=shares.append)
    assert shares == [pytest.approx(2 / 3), 1.0]  # a repetition of the whole would be told once more
    assert [np.array_equal(model.weights[0], models.weights[0][1:]) for model in repeated] == [True]


# Progress, and who knows whom


@pytest.mark.parametrize("engine", ["fast", "reference"])
def test_progress_rises_to_one(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast, "FEWEST", 2)
    monkeypatch.setattr(fast, "BLOCK", 1)
    for start in (Model.random([2, 4, 1]), stack([Model.random([2, 4, 1], s) for s in range(5)])):
        shares: list[float] = []
        backprop.train(start, X, Y, 1.0, 250, engine=engine, progress=shares.append)
        assert len(shares) >= 3
        assert shares == sorted(shares)
        assert shares[-1] == pytest.approx(1)
        assert 0 < shares[0] < 1


def test_memory_grows_with_the_block_and_not_with_the_runs() -> None:
    def peak(runs: int) -> int:
        stacked = stack([Model.random([2, 4, 1])] * runs)
        tracemalloc.start()
        backprop.train(stacked, X, Y, 1.0, 2, engine="fast")
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    one_block, ten = peak(1500), peak(15_000)
    hidden = 8 * 21 * 4  # bytes of one run's hidden activations
    assert one_block > 1500 * 2 * hidden
    assert (ten - one_block) / 13_500 < hidden


def test_the_derivation_does_not_know_it() -> None:
    for path in (Path(backprop.__file__).parent / "derivation").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.Attribute | ast.Name | ast.alias) and "fast" in ast.dump(node))


def test_its_docstring_names_the_functions_it_mirrors() -> None:
    names = (fast.__doc__ or "").split("\n\n")[1].split("`")[1::2]
    assert len(names) >= 11
    assert all(hasattr(backprop.derivation, name) for name in names)
    assert ACTIVATIONS["sigmoid"].value is sigmoid


@pytest.mark.parametrize(("epochs", "reports"), [(0, []), (1, [1.0]), (100, [1.0]), (250, [0.4, 0.8, 1.0])])
def test_progress_is_reported_every_hundred_epochs_and_at_the_end(epochs: int, reports: list[float]) -> None:
    apart = np.stack([X, X])
    for x, start in ((X, Model.random([2, 3, 1])), *((x, stack([Model.random([2, 3, 1])] * 2)) for x in (X, apart))):
        seen: list[float] = []
        fast.train(start, x, Y, 1.0, epochs, seen.append)
        assert seen == reports


def test_progress_of_blocks_adds_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast, "FEWEST", 1)
    monkeypatch.setattr(fast, "BLOCK", 2 * 3 * len(X))  # two networks of three units
    seen: list[float] = []
    fast.train(stack([Model.random([2, 3, 1])] * 4), X, Y, 1.0, 200, seen.append)
    assert seen == [0.25, 0.5, 0.75, 1.0]
    monkeypatch.setattr(fast, "BLOCK", 3 * 3 * len(X) - 1)  # a third one does not fit
    seen.clear()
    fast.train(stack([Model.random([2, 3, 1])] * 5), X, Y, 1.0, 100, seen.append)
    assert seen == pytest.approx([1 / 3, 2 / 3, 1.0])


def test_a_network_may_have_one_example_of_its_own() -> None:
    models = stack([Model.random([2, 3, 1], seed, bias=True) for seed in range(2)])
    trained, expected = both(models, np.stack([X[:1], X[1:2]]), Y[:1], 1.0, 3)
    np.testing.assert_allclose(trained.losses, expected.losses, rtol=1e-12)
    assert distance(trained.model, expected.model) < 1e-12


@pytest.mark.parametrize("bias", [False, True])
def test_the_trained_arrays_lie_in_the_usual_order_and_are_nobody_elses(bias: bool) -> None:
    apart = np.stack([X, X])
    alone, deep = (Model.random(widths, bias=bias) for widths in ([2, 3, 1], [2, 3, 5, 1]))
    for x, start in ((X, alone), (X, deep), *((x, stack([alone] * 2)) for x in (X, apart))):
        trained = fast.train(start, x, Y, 1.0, 1)[1]
        for mine, its in zip(trained.parameters, start.parameters, strict=True):
            assert mine.flags.c_contiguous
            assert mine.shape == its.shape
            assert not np.shares_memory(mine, its)


@pytest.mark.parametrize(
    ("widths", "options", "eta", "loss", "reason"),
    [
        ([2, 4, 1], {}, 1e-100, "mse", None),
        ([2, 4, 1], {}, 1e100, "mse", None),
        ([2, 4, 1], {}, np.array([1.0, 1e-101]), "mse", "eta 1e-101 to 1.0 beyond 1e-100 to 1e100"),
        ([2, 4, 1], {}, np.array([2.0, 1e101]), "mse", "eta 2.0 to 1e+101 beyond 1e-100 to 1e100"),
        ([2, 3, 5, 1], {}, 1.0, "mse", None),
        ([2, 1], {}, 1.0, "mse", "1 layer of weights instead of 2 or more"),
        ([2, 4, 2], {}, 1.0, "mse", "2 outputs instead of 1"),
        ([2, 4, 1], {"activations": ["sigmoid", "tanh"]}, 1.0, "mse", "the activation 'tanh' instead of 'sigmoid'"),
        ([2, 4, 1], {}, 1.0, "binary_cross_entropy", "the loss 'binary_cross_entropy' instead of 'mse'"),
    ],
)
def test_what_is_not_supported_is_named(
    widths: list[int], options: Any, eta: Any, loss: str, reason: str | None
) -> None:
    assert fast.unsupported(Model.random(widths, **options), eta, loss) == reason
