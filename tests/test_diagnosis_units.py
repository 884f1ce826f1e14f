"""Names and options of the diagnosis: each alias, each message whole, and what holds for large data."""

import re
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest

import backprop
from backprop import Activation, Model, diagnose, diagnose_step
from backprop.verification import assert_gradient, diagnosis
from backprop.verification.told import MIXED, networks_for, told_activations, told_losses

X, Y = backprop.xor()
MODEL = Model.random([2, 3, 1], seed=0)
G = MODEL.backward(MODEL.forward(X), Y).weights
W = MODEL.weights


@pytest.mark.parametrize(
    ("told", "names"),
    [
        ("mse", ["mse", "mse_examples"]),
        (" Mean-Squared Error ", ["mse", "mse_examples"]),
        ("mse_mean", ["mse", "mse_examples"]),
        ("half mse", ["mse_half", "mse_half_examples"]),
        ("mse_half_mean", ["mse_half", "mse_half_examples"]),
        ("SSE", ["mse_sum"]),
        ("sum_squared_error", ["mse_sum"]),
        ("half-sse", ["mse_half_sum"]),
        ("bce", ["binary_cross_entropy", "binary_cross_entropy_examples"]),
        ("binary cross-entropy mean", ["binary_cross_entropy", "binary_cross_entropy_examples"]),
        ("bce_sum", ["binary_cross_entropy_sum"]),
        ("categorical_cross_entropy", ["cross_entropy"]),
        ("categorical_cross_entropy_sum", ["cross_entropy_sum"]),
        ("softmax cross-entropy", ["cross_entropy"]),
        ("mse_examples", ["mse_examples"]),
    ],
)
def test_a_loss_has_several_names(told: str, names: list[str]) -> None:
    assert [loss.name for loss in told_losses(told, 5, 3)] == names
    assert len(told_losses(None, 5, 3)) == 11
    assert len(told_losses(None, 5, 1)) == 8


SIGMOID, RELU = (backprop.network.ACTIVATIONS[name] for name in ("sigmoid", "relu"))
MINE = Activation("mine", np.abs, lambda z, a: np.sign(z))


def told(activations: Any, depth: int = 2, loss: str | None = None) -> Any:
    found = told_activations(activations, depth, loss)
    return found and [[phi.name for phi in layer] for layer in found]


def test_activations_may_be_named_once_or_for_each_layer_or_left_open() -> None:
    hidden = ["sigmoid", "tanh", "relu", "identity"]
    assert told(None) is None
    assert told("relu") == [["relu"], ["relu"]]
    assert told(MINE, 3) == [["mine"]] * 3
    assert told(["linear", SIGMOID]) == [["identity"], ["sigmoid"]]
    assert told([None, None]) == [hidden, [*hidden, "softmax"]]
    assert told([None, "softmax"], loss="cross_entropy") == [hidden, ["softmax"]]
    assert told(["relu", None], loss="bce") == [["relu"], [*hidden, "softmax"]]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: told(3), TypeError, "activations is 3; expected a name or a sequence of one for each layer"),
        (
            lambda: told(["relu"]),
            ValueError,
            "activations has 1 entries; expected 2, one for each layer of weights",
        ),
        (
            lambda: told(["softmax", "sigmoid"]),
            ValueError,
            "activations[0] is 'softmax', which can stand at the output only",
        ),
        (
            lambda: told("relu", loss="bce"),
            ValueError,
            "loss 'bce' is known for a sigmoid output; the output activation is 'relu'",
        ),
        (
            lambda: told(["relu", "tanh"], loss="cross_entropy"),
            ValueError,
            "loss 'cross_entropy' is known for a softmax output; the output activation is 'tanh'",
        ),
        (lambda: told_losses(cast(str, 3), 1, 1), TypeError, "loss is 3, of type int; expected a name"),
        (
            lambda: told_losses("mes", 1, 1),
            ValueError,
            "loss is 'mes'; expected one of 'mse', 'mse_examples', 'mse_half', 'mse_half_examples', 'mse_sum', "
            "'mse_half_sum', 'binary_cross_entropy', 'binary_cross_entropy_examples', 'binary_cross_entropy_sum', "
            "'cross_entropy', 'cross_entropy_sum', or None",
        ),
        (
            lambda: diagnose(W, X, Y, G[:1]),
            ValueError,
            "gradients has 1 arrays for weights; expected 2, one for each layer of weights",
        ),
        (
            lambda: diagnose(W, X, Y, G, biases=[np.ones(3)]),
            ValueError,
            "biases has 1 arrays; expected 2, as weights has",
        ),
        (lambda: diagnose_step(W, W[:1], X, Y), ValueError, "after has 1 arrays; expected 2, as before has"),
        (lambda: diagnose_step(W, W, [["a"]], Y), TypeError, "X has entries of type <U1; expected real numbers"),
        (lambda: diagnose_step(W, W, X, [["a"]]), TypeError, "y has entries of type <U1; expected real numbers"),
        (lambda: diagnose(W, [["a"]], Y, G), TypeError, "X has entries of type <U1; expected real numbers"),
        (lambda: diagnose(W, X, [["a"]], G), TypeError, "y has entries of type <U1; expected real numbers"),
        (lambda: diagnose_step(["a"], W, X, Y), TypeError, "before[0] has entries of type <U1; expected real numbers"),
        (
            lambda: diagnose_step(W, [W[0], "a"], X, Y),
            TypeError,
            "after[1] has entries of type <U1; expected real numbers",
        ),
    ],
)
def test_what_does_not_fit_is_named(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        call()


def test_which_networks_are_tried() -> None:
    def names(*arguments: Any) -> list[list[tuple[str, ...]]]:
        return [[tuple(phi.name for phi in network) for network in group] for group in networks_for(*arguments)]

    outputs = ["sigmoid", "identity", "softmax", "tanh", "relu"]
    assert names(None, 1, "mse") == [[(name,) for name in outputs]]
    assert names(None, 1, "cross_entropy") == [[("softmax",)]]
    assert names(None, 1, "binary_cross_entropy") == [[("sigmoid",)]]
    assert names([[SIGMOID, RELU], [MINE]], 2, "mse") == [[("sigmoid", "mine"), ("relu", "mine")]]
    first, second = names(None, 3, "binary_cross_entropy")
    assert first == [(h, h, "sigmoid") for h in ("sigmoid", "tanh", "relu", "identity")]
    assert second[:3] == [(h, h, "sigmoid") for h in ("leaky_relu", "softplus", "silu")]
    assert len(second) == 3 + 4 * 3
    assert ("tanh", "relu", "sigmoid") in second
    assert len(names(None, 5, "mse")[1]) == MIXED


def test_a_correct_gradient_of_many_inputs_leaves_nothing_open() -> None:
    rng = np.random.default_rng(0)
    x, model = rng.normal(size=(1001, 200)), Model.random([200, 2, 1], seed=0)
    y = rng.random((1001, 1))
    g = model.backward(model.forward(x), y).weights
    found = diagnose(model.weights, x, y, g, activations="sigmoid", loss="mse")
    assert (found.verdict, found.cannot_tell) == ("correct", ())


def test_what_is_told_is_not_called_assumed() -> None:
    told_all: Any = {"activations": "sigmoid", "loss": "mse", "convention": "rows, (in, out)"}
    noise = [np.random.default_rng(0).normal(size=w.shape) for w in W]
    for gradients in (G, [2 * g for g in G], noise):
        assert diagnose(W, X, Y, gradients, **told_all).assumed == ()
        assert diagnose(W, X, Y, gradients, **told_all).convention == "rows, (in, out)"


def test_a_dead_network_is_told_with_its_activations() -> None:
    dead = [-np.ones((2, 3)), np.ones((3, 1))]
    found = diagnose(dead, X, Y, [0 * w for w in dead], activations=["relu", "sigmoid"], loss="mse")
    assert (found.activations, found.scale, found.sign, found.loss) == (("relu", "sigmoid"), 1.0, 1, "mse")
    assert [layer.verdict for layer in found.layers] == ["correct", "correct"]
    assert {name: array.verdict for name, array in found.arrays.items()} == dict.fromkeys(("W1", "W2"), "not tested")


def test_the_messages_of_a_check_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    told_all: Any = {"activations": "sigmoid", "loss": "mse"}
    found = diagnose(W, X, Y, G, **told_all)
    assert assert_gradient(W, X, Y, G, **told_all, strict=True, sign=1).verdict == "correct"
    with pytest.raises(AssertionError) as caught:
        assert_gradient(W, X, Y, G, **told_all, sign=-1)
    assert str(caught.value) == f"\nThe sign is 1; expected -1.\n{found}"
    for part in ({"cannot_tell": ("uphill",)}, {"reason": "biases were not checked"}):
        changed: Any = replace(found, **part)
        monkeypatch.setattr(diagnosis, "diagnose", lambda *_, changed=changed, **__: changed)
        assert assert_gradient(W, X, Y, G) is changed
        with pytest.raises(AssertionError) as caught:
            assert_gradient(W, X, Y, G, strict=True)
        assert str(caught.value) == f"\nThese data leave something open, which strict does not accept.\n{changed}"


def test_a_mistake_that_only_some_layers_can_have_is_left_open_where_the_weights_are_symmetric() -> None:
    model = Model.random([2, 3, 3, 1], seed=0)
    middle = model.weights[1] + model.weights[1].T
    for w, unseen in ((middle, ("weights-not-transposed",)), (model.weights[1], ())):
        network = Model([model.weights[0], w, model.weights[2]])
        g = network.backward(network.forward(X), Y).weights
        found = diagnose(network.weights, X, Y, g, activations="sigmoid", loss="mse")
        assert (found.verdict, found.cannot_tell) == ("correct", unseen)
