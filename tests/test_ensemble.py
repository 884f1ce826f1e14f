"""Ensembles: each run is the one that it would be alone, to the last bit, and one that diverges spoils no other."""

import warnings
from typing import Any

import numpy as np
import pytest

import backprop
from backprop import Activation, Model, Run, training
from backprop.ensemble import grid, log_spaced, snapshots, spread_over_seeds, stack, unstack

X, Y = backprop.xor()


def quiet(*arguments: Any, **options: Any) -> Run:
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
        return train(*arguments, **options)


def train(*arguments: Any, **options: Any) -> Run:
    """Train by the specification, whose runs are equal to the last bit."""
    return backprop.train(*arguments, **options | {"engine": "reference"})


def assert_members(run: Run, alone: list[Run]) -> None:
    """Demand that every run of an ensemble is the single run, to the last bit."""
    members = unstack(run.model)
    assert len(run.losses) == len(run.diverged_at) == len(members) == len(alone)
    for losses, at, model, single in zip(run.losses, run.diverged_at, members, alone, strict=True):
        assert losses[: len(single.losses)].tolist() == single.losses.tolist()
        assert np.isnan(losses[len(single.losses) :]).all()
        assert at == single.diverged_at
        for mine, its in zip(model.parameters, single.model.parameters, strict=True):
            assert np.array_equal(mine, its)


@pytest.mark.parametrize("loss", ["mse", "binary_cross_entropy"])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("widths", [[2, 4, 1], [2, 3, 5, 1]], ids=str)
def test_run_i_is_the_run_of_seed_i(widths: list[int], bias: bool, loss: str) -> None:
    models = [Model.random(widths, seed, bias=bias) for seed in range(3)]
    data = [backprop.linear(30, seed) for seed in range(3)]
    etas = [0.3, 1.0, 2.0]
    x, y = (np.stack(arrays) for arrays in zip(*data, strict=True))
    run = train(stack(models), x, y, etas, 120, loss)
    assert run.losses.shape == (3, 120)
    alone = [train(m, *xy, eta=eta, epochs=120, loss=loss) for m, xy, eta in zip(models, data, etas, strict=True)]
    assert_members(run, alone)


@pytest.mark.parametrize("loss", ["mse", "cross_entropy"])
def test_run_i_of_softmax_networks_is_the_run_of_seed_i(loss: str) -> None:
    models = [Model.random([2, 3, 5, 3], seed, ["tanh", "sigmoid", "softmax"], bias=True) for seed in range(3)]
    classes = [np.eye(3)[np.random.default_rng(seed).integers(3, size=21)] for seed in range(3)]
    run = train(stack(models), X, np.stack(classes), [0.3, 1.0, 2.0], 120, loss)
    assert run.losses.shape == (3, 120)
    assert_members(
        run, [train(m, X, y, eta, 120, loss) for m, y, eta in zip(models, classes, (0.3, 1.0, 2.0), strict=True)]
    )
    numbers = train(stack(models), X, classes[0].argmax(axis=1), 1.0, 20, "cross_entropy")
    assert_members(numbers, [train(m, X, classes[0], 1.0, 20, "cross_entropy") for m in models])


def test_a_leading_axis_of_any_argument_makes_an_ensemble() -> None:
    model, other = Model.random([2, 4, 1], seed=0), Model.random([2, 4, 1], seed=1)
    flipped = 1 - Y
    rates = train(model, X, Y, np.array([0.5, 2.0]), 50)
    assert_members(rates, [train(model, X, Y, eta, 50) for eta in (0.5, 2.0)])
    inputs = train(model, np.stack([X, 2 * X]), Y, 1.0, 50)
    assert_members(inputs, [train(model, x, Y, 1.0, 50) for x in (X, 2 * X)])
    targets = train(model, X, np.stack([Y, flipped]), 1.0, 50)
    assert_members(targets, [train(model, X, y, 1.0, 50) for y in (Y, flipped)])
    seeds = train(stack([model, other]), X, Y, 1.0, 50)
    assert_members(seeds, [train(m, X, Y, 1.0, 50) for m in (model, other)])


def test_the_shapes_of_rates_are_one() -> None:
    model = Model.random([2, 4, 1], seed=0, bias=True)
    first, second = (train(model, X, Y, np.array(eta), 20) for eta in ([0.5, 2.0], [[[0.5]], [[2.0]]]))
    assert np.array_equal(first.losses, second.losses)


def test_seeds_and_rates_are_crossed() -> None:
    models = [Model.random([2, 4, 1], seed) for seed in range(3)]
    stacked, etas = grid(models, [0.1, 3.0])
    run = train(stacked, X, Y, etas, 40)
    losses = run.losses.reshape(2, 3, 40)
    for r, eta in enumerate([0.1, 3.0]):
        for s, model in enumerate(models):
            assert np.array_equal(losses[r, s], train(model, X, Y, eta, 40).losses)


def test_training_an_ensemble_changes_neither_models_nor_data() -> None:
    models = [Model.random([2, 3, 1], seed, bias=True) for seed in range(2)]
    stacked, data = stack(models), np.stack([X, X])
    before = [p.copy() for p in (*stacked.parameters, *models[0].parameters, data)]
    train(stacked, data, Y, [1.0, 2.0], 120)
    assert all(map(np.array_equal, before, (*stacked.parameters, *models[0].parameters, data)))


def test_many_runs_are_taken_in_smaller_blocks_and_no_number_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    stacked = stack([Model.random([2, 4, 1], seed) for seed in range(4)])
    whole = train(stacked, X, Y, 1.0, 50)
    monkeypatch.setattr(training, "PREDICTIONS", 4 * 21 * 3)
    assert np.array_equal(whole.losses, train(stacked, X, Y, 1.0, 50).losses)
    monkeypatch.setattr(training, "PREDICTIONS", 1)
    assert np.array_equal(whole.losses, train(stacked, X, Y, 1.0, 50).losses)


@pytest.mark.parametrize("y", [Y, np.stack([Y, Y])])
def test_so_many_epochs_make_a_block_that_no_more_predictions_are_kept(y: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    stacked = stack([Model.random([2, 4, 1], seed) for seed in range(2)])
    for kept, blocks in ((3 * 2 * 21, [0.5, 1.0, 1.0]), (1, [1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, 1.0, 1.0])):
        seen: list[float] = []
        monkeypatch.setattr(training, "PREDICTIONS", kept)
        train(stacked, X, y, 1.0, 6, engine="reference", progress=seen.append)
        assert seen == pytest.approx(blocks)


def test_a_stack_goes_through_the_network_step_by_step() -> None:
    models = [Model.random([2, 3, 5, 1], seed, bias=True) for seed in range(3)]
    stacked = stack(models)
    trace = stacked.forward(X)
    assert (stacked.n_networks, stacked.widths, models[0].n_networks) == (3, (2, 3, 5, 1), None)
    assert stacked.loss(trace, Y).tolist() == [m.loss(m.forward(X), Y) for m in models]
    after = unstack(stacked.update(stacked.backward(trace, Y), eta=np.array([0.1, 1.0, 3.0])))
    for model, eta, mine in zip(models, [0.1, 1.0, 3.0], after, strict=True):
        its = model.update(model.backward(model.forward(X), Y), eta)
        assert all(map(np.array_equal, mine.parameters, its.parameters))


# Divergence


@pytest.mark.parametrize("epochs", [0, 1, 99, 250, 600])
@pytest.mark.parametrize("widths", [[2, 1], [2, 4, 1]], ids=str)
def test_one_that_diverges_spoils_no_other(widths: list[int], epochs: int) -> None:
    models = [Model.random(widths, seed, activations="identity", bias=True) for seed in range(6)]
    etas = [0.01, 2.0, 1e200, 0.02, 3.0, 100.0]
    run = quiet(stack(models), X, Y, etas, epochs)
    assert_members(run, [quiet(m, X, Y, eta, epochs) for m, eta in zip(models, etas, strict=True)])
    assert all(np.isfinite(p).all() for p in run.model.parameters)
    if epochs == 600:
        assert [at is None for at in run.diverged_at] == [True, False, False, True, False, False]


def test_one_warning_names_how_many_and_which() -> None:
    models = stack([Model.random([2, 4, 1], seed, activations="identity") for seed in range(3)])
    with pytest.warns(RuntimeWarning) as caught:
        run = train(models, X, Y, [100.0, 0.01, 30.0], 500)
    (warning,) = caught
    first, _, third = run.diverged_at
    assert warning.filename == __file__
    assert str(warning.message) == (
        f"2 of 3 runs diverged: run 0 at epoch {first} with eta 100.0, "
        f"run 2 at epoch {third} with eta 30.0; try a smaller eta"
    )


def test_a_long_list_of_diverged_runs_is_cut() -> None:
    sentence = training.divergences([5] * 12, 100.0)
    assert sentence.startswith("12 of 12 runs diverged: run 0 at epoch 5 with eta 100.0, run 1")
    assert sentence.endswith("run 9 at epoch 5 with eta 100.0 and 2 more; try a smaller eta")


def test_divergence_before_the_first_update_and_of_all() -> None:
    stacked = stack([Model([np.ones((2, 1))], activations="identity")] * 2)
    one = quiet(stacked, np.stack([X * 1e200, X]), Y, 0.1, 10)
    assert one.diverged_at == (0, None)
    assert np.isnan(one.losses[0]).all()
    assert np.array_equal(one.model.weights[0][0], stacked.weights[0][0])
    both = quiet(stacked, X * 1e200, Y, 0.1, 10)
    assert both.diverged_at == (0, 0)
    assert np.isnan(both.losses).all()


def test_training_ends_with_the_last_run_that_diverges() -> None:
    start, shares = stack([Model([np.ones((2, 1))], activations="identity")] * 2), list[float]()
    for eta, seen in (([1e200, 1e200], [0.1]), ([1e200, 0.01], [k / 10 for k in range(1, 11)])):
        shares.clear()
        quiet(start, X, Y, eta, 1000, progress=shares.append)
        assert shares[: len(seen)] == seen
        assert set(shares) - set(seen) <= {1.0}
    shares.clear()
    train(start, X, Y, 0.01, 250, progress=shares.append)
    assert shares == [0.4, 0.8, 1.0]
    shares.clear()
    train(start, X, Y, 0.01, 0, progress=shares.append)
    assert shares == [1.0]


def test_a_loss_that_is_infinite_once_ends_the_run() -> None:
    data, sigmoid = np.array([[1000.0]]), backprop.network.ACTIVATIONS["sigmoid"]
    own = Activation("own", sigmoid.value, sigmoid.derivative)  # whose logarithm is not known without rounding
    run = quiet(
        stack([Model([np.array([[w]])], activations=own) for w in (1.0, 0.001)]),
        data,
        np.array([[0.0]]),
        1e-3,
        5,
        "binary_cross_entropy",
    )
    assert run.diverged_at == (0, None)


# Stacks


def test_stacking_leaves_the_models_alone_and_unstacking_gives_them_back() -> None:
    models = [Model.random([2, 4, 1], seed, "tanh", bias=True) for seed in range(2)]
    before = models[0].weights[0].copy()
    stacked = stack(models)
    assert stacked.weights[0].shape == (2, 2, 4)
    back = unstack(stacked)
    back[0].weights[0][:] = 0
    assert np.array_equal(models[0].weights[0], before)
    assert np.array_equal(stacked.weights[0][0], before)
    assert all(map(np.array_equal, back[1].parameters, models[1].parameters))


def test_what_is_no_model_is_named_by_its_type() -> None:
    models: Any = [Model.random([2, 1]), "a network"]
    with pytest.raises(TypeError, match=r"^models\[1\] is 'a network', of type str; expected a Model$"):
        stack(models)


def test_activations_of_one_name_are_not_one_activation() -> None:
    def twice(z: np.ndarray) -> np.ndarray:
        return 2 * z

    def derivative(z: np.ndarray, a: np.ndarray) -> np.ndarray:
        return np.full_like(z, 2.0)

    mine = Activation("sigmoid", twice, derivative)
    with pytest.raises(ValueError, match=r"models\[1\]"):
        stack([Model.random([2, 1]), Model.random([2, 1], activations=mine)])


# Following


def test_each_of_many_goes_where_it_goes_alone() -> None:
    models = [Model.random([2, 3, 5, 1], seed, activations="tanh", bias=True) for seed in range(5)]
    stacks, answers = snapshots(models, X, Y, 0.5, [0, 1, 50])
    for k, epochs in enumerate([0, 1, 50]):
        for s, model in enumerate(models):
            alone = train(model, X, Y, eta=0.5, epochs=epochs).model
            assert np.allclose(stacks[k].weights[1][s], alone.weights[1], rtol=1e-12)
            assert np.allclose(answers[k, s], alone.forward(X).y_hat, rtol=1e-12)
    assert models[0].weights[0].shape == (2, 3)


def test_epochs_rise_from_zero_to_the_last() -> None:
    for last in (1, 9, 10, 2000, 4000):
        epochs = log_spaced(last)
        assert epochs == sorted(set(epochs))
        assert (epochs[0], epochs[-1]) == (0, last)


def test_quantiles_of_coarse_numbers_are_exact() -> None:
    coarse = np.array([[0.1], [0.7]], dtype=np.float32)
    assert spread_over_seeds(coarse) == spread_over_seeds(coarse.astype(np.float64))


def test_quantiles_are_in_order() -> None:
    spread = spread_over_seeds(np.random.default_rng(0).normal(size=(50, 3)))
    assert np.all(np.diff([spread["low"], spread["median"], spread["high"]], axis=0) > 0)


def test_a_diverged_run_counts_as_the_largest() -> None:
    values = np.arange(100.0)[:, None] + np.zeros(2)
    values[99, 0] = values[0, 1] = np.nan
    spread = spread_over_seeds(values)
    assert spread["low"] == pytest.approx([4.95, 5.95])
    assert spread["median"] == pytest.approx([49.5, 50.5])
    assert np.isfinite(spread["high"]).all()
    assert np.isnan(spread_over_seeds(np.full((3, 1), np.nan))["median"]).all()


@pytest.mark.parametrize(("runs", "more"), [(9, ""), (10, ""), (11, " and 1 more"), (12, " and 2 more")])
def test_ten_diverged_runs_are_named_and_the_others_counted(runs: int, more: str) -> None:
    named = ", ".join(f"run {k} at epoch 5 with eta 100.0" for k in range(min(runs, 10)))
    told = f"{runs} of {runs + 1} runs diverged: {named}{more}; try a smaller eta"
    assert training.divergences([5] * runs + [None], 100.0) == told
