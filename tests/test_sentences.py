"""Sentences of the pages that no experiment computes: what each says, and the case that refutes more."""

import numpy as np
import pytest

import backprop
from backprop import Model, ensemble, train
from backprop.derivation import (
    complex_step,
    cross_entropy_contributions,
    dead_units,
    max_stable_learning_rate,
    mse_contributions,
    output_delta_sigmoid_bce,
    sigmoid,
    sigmoid_derivative,
    total_loss,
)

X, Y = backprop.xor()


def test_relu_networks_often_fail_even_if_no_unit_is_dead_at_first_and_always_if_two_are() -> None:
    models = [Model.random([2, 4, 1], seed, activations=["relu", "sigmoid"]) for seed in range(64)]
    lowest = train(ensemble.stack(models), X, Y, eta=1.0, epochs=10_000).losses.min(axis=1)
    reached = np.array(lowest <= 0.05)
    dead = np.array([int(np.sum(dead_units(X @ model.weights[0]))) for model in models])
    assert 0.1 < np.mean(~reached[dead == 0]) < 0.5
    assert np.mean(reached[dead == 0]) > np.mean(reached[dead == 1]) > 0.1
    assert not reached[dead >= 2].any()


def test_the_gradient_vanishes_in_narrow_sigmoid_layers_and_grows_in_wide_ones() -> None:
    ratios = {}
    for width in (4, 400):
        model, rng = Model.random([width] * 11, seed=1), np.random.default_rng(0)
        trace, delta = model.forward(rng.normal(size=(1, width))), rng.normal(size=(1, width))
        norms = [np.linalg.norm(delta)]
        for w, z in zip(model.weights[:0:-1], trace.z[-2::-1], strict=True):
            delta = (delta @ w.T) * sigmoid_derivative(z)
            norms.append(np.linalg.norm(delta))
        ratios[width] = norms[-1] / norms[0]
    assert ratios[4] < 1e-3
    assert ratios[400] > 3


@pytest.mark.parametrize("equal", [0, 1])
def test_units_that_differ_on_one_side_alone_solve_xor(equal: int) -> None:
    weights = [np.array(w) for w in Model.random([2, 4, 1], seed=0).weights]
    weights[equal] = np.full(weights[equal].shape, 0.5)
    model = train(Model(weights), X, Y, eta=1.0, epochs=10_000).model
    assert ((model.forward(X).y_hat > 0.5) == Y).all()


def test_a_saturated_network_with_ten_or_eleven_errors_costs_as_much_as_zeros_or_ones() -> None:
    for bias, same in ((-550.0, 0.0), (-450.0, 1.0)):
        y_hat = Model([[[1000.0], [0.0]]], [[bias]], ["sigmoid"]).forward(X).y_hat
        wrong = int(np.sum((y_hat > 0.5) != Y))
        assert wrong == {0.0: 10, 1.0: 11}[same]
        costs = [float(total_loss(mse_contributions(Y, answers))) for answers in (y_hat, np.full_like(Y, same))]
        assert costs[0] == pytest.approx(costs[1])
        assert 0 < np.mean(y_hat > 0.5) < 1


def test_the_complex_step_is_exact_down_to_300_powers_of_ten() -> None:
    for h in (1e-20, 1e-200, 1e-300):
        assert abs(complex_step(np.exp, np.array(1.0), h) / np.e - 1) < 1e-15
    assert 1e-308 < np.finfo(float).smallest_normal < 1e-300  # smaller numbers have fewer digits


def test_the_distance_from_the_minimum_shrinks_evenly_along_an_eigenvector_alone() -> None:
    best = np.linalg.lstsq(X, Y, rcond=None)[0]
    rate = 0.99 * max_stable_learning_rate(X)
    for start, even in (([[1.0], [1.0]], True), ([[1.0], [0.0]], False)):
        w, distances = np.array(start), []
        for _ in range(8):
            distances.append(np.linalg.norm(w - best))
            w = w - rate * 2 / 21 * X.T @ (X @ w - Y)
        ratios = np.array(distances[1:]) / distances[:-1]
        assert bool(np.ptp(ratios) < 1e-9) is even


def test_an_untrained_network_costs_nearly_ln_k_with_small_weights_and_more_with_large_ones() -> None:
    x, y = np.random.default_rng(0).normal(size=(50, 2)), np.eye(3)[np.arange(50) % 3]
    costs = []
    for scale in (0.01, 5.0):
        weights = [scale * w for w in Model.random([2, 8, 3], seed=0).weights]
        y_hat = Model(weights, activations=["sigmoid", "softmax"]).forward(x).y_hat
        costs.append(float(total_loss(cross_entropy_contributions(y, y_hat))))
    assert costs[0] == pytest.approx(np.log(3), rel=0.01)
    assert costs[1] > 2 * np.log(3)


def test_under_cross_entropy_a_saturated_output_that_is_incorrect_has_a_large_delta() -> None:
    z = np.array([[8.0]])
    assert sigmoid_derivative(z).item() < 1e-3
    assert output_delta_sigmoid_bce(np.zeros((1, 1)), sigmoid(z)).item() > 0.999


def test_dead_units_are_more_frequent_far_from_the_axes_and_rare_among_inputs_of_both_signs() -> None:
    w = np.random.default_rng(0).normal(size=(2, 4000))
    diagonal = np.linspace(0.1, 1, 20)[:, None] * np.ones(2)
    shares = [dead_units(x @ w).mean() for x in (X, diagonal, X - 0.5)]
    assert shares[0] == pytest.approx(0.25, abs=0.02)
    assert shares[1] == pytest.approx(0.5, abs=0.02)
    assert shares[2] == 0


def test_the_model_of_the_error_leaves_out_that_the_argument_is_rounded() -> None:
    h = 6e-6
    error = abs(((1 + h - 1) - (1 - h - 1)) / (2 * h) - 1)  # f(x) = x − 1 at x = 1, where the model gives 0
    assert 1e-13 < error < 10 * np.finfo(float).eps / h
