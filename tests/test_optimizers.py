"""What is told about an optimizer: every setting, every default, every message whole; and Adam's direction by hand."""

from typing import Any

import numpy as np
import pytest

from backprop.verification.optimizers import Optimizer, adam_direction, told_optimizer


@pytest.mark.parametrize(
    ("told", "eta", "read"),
    [
        (None, None, Optimizer("sgd", None, 0.0, 0.0, (0.9, 0.999), 1e-8)),
        (None, 0.25, Optimizer("sgd", 0.25, 0.0, 0.0, (0.9, 0.999), 1e-8)),
        ("sgd", None, Optimizer("sgd", None, 0.0, 0.0, (0.9, 0.999), 1e-8)),
        ("momentum", None, Optimizer("sgd", None, 0.9, 0.0, (0.9, 0.999), 1e-8)),
        ({"name": "momentum", "momentum": 0.5}, 2, Optimizer("sgd", 2.0, 0.5, 0.0, (0.9, 0.999), 1e-8)),
        ({"name": "sgd", "momentum": 0, "lr": 0.1}, 0.1, Optimizer("sgd", 0.1, 0.0, 0.0, (0.9, 0.999), 1e-8)),
        ({"name": "sgd", "lr": 0.1, "weight_decay": 0.01}, None, Optimizer("sgd", 0.1, 0.0, 0.01, (0.9, 0.999), 1e-8)),
        ({"name": "sgd", "weight_decay": 0.0}, None, Optimizer("sgd", None, 0.0, 0.0, (0.9, 0.999), 1e-8)),
        ("adam", 0.01, Optimizer("adam", 0.01, 0.0, 0.0, (0.9, 0.999), 1e-8)),
        (
            {"name": "adam", "lr": 1, "betas": [0, 0.5], "eps": 0},
            None,
            Optimizer("adam", 1.0, 0.0, 0.0, (0.0, 0.5), 0.0),
        ),
        ({"name": "adam", "lr": 1, "eps": np.float32(0.5)}, None, Optimizer("adam", 1.0, 0.0, 0.0, (0.9, 0.999), 0.5)),
    ],
)
def test_what_is_told_and_what_is_not(told: Any, eta: float | None, read: Optimizer) -> None:
    assert told_optimizer(told, eta) == read


@pytest.mark.parametrize(
    ("told", "eta", "error", "words"),
    [
        (
            7,
            None,
            TypeError,
            "optimizer is 7; expected a name, or a mapping such as {'name': 'adam', 'lr': 0.01}",
        ),
        ("rmsprop", None, ValueError, "optimizer is 'rmsprop'; expected one of 'sgd', 'momentum', 'adam'"),
        ({"name": "lion"}, 0.1, ValueError, "name of optimizer is 'lion'; expected one of 'sgd', 'momentum', 'adam'"),
        ({"lr": 0.1}, None, TypeError, "name of optimizer is None, of type NoneType; expected a name"),
        (
            {"name": "sgd", "betas": (0.9, 0.99)},
            None,
            ValueError,
            "optimizer has 'betas'; expected for 'sgd' any of lr, momentum, weight_decay",
        ),
        (
            {"name": "adam", "lr": 0.1, "momentum": 0.9, "weight_decay": 0.1},
            None,
            ValueError,
            "optimizer has 'momentum'; expected for 'adam' any of lr, betas, eps",
        ),
        (
            {"name": "sgd", "lr": 0.1},
            0.2,
            ValueError,
            "optimizer has lr 0.1 and eta is 0.2; expected one learning rate",
        ),
        ("adam", None, ValueError, "optimizer 'adam' has no lr, and eta is None; expected the learning rate"),
        ("adam", "1", TypeError, "eta is '1', of type str; expected a number"),
        ({"name": "adam", "lr": "1"}, None, TypeError, "lr of optimizer is '1', of type str; expected a number"),
        ({"name": "sgd", "lr": 0}, None, ValueError, "lr of optimizer is 0; expected a positive, finite number"),
        (
            {"name": "sgd", "weight_decay": 0.1},
            None,
            ValueError,
            "optimizer 'sgd' has no lr, and eta is None; expected the learning rate",
        ),
        *(
            (
                {"name": "adam", "lr": 0.1, "betas": betas},
                None,
                ValueError,
                f"betas is {betas!r}; expected two numbers such as (0.9, 0.999)",
            )
            for betas in (0.9, "ab", (0.9,), (0.9, 0.99, 0.999))
        ),
        *(
            (
                {"name": name, "lr": 0.1, key: value},
                None,
                ValueError,
                f"{shown} of optimizer is {wrong!r}; expected a number from 0 to below 1",
            )
            for name, key, value, shown, wrong in (
                ("sgd", "momentum", -0.1, "momentum", -0.1),
                ("momentum", "momentum", 1, "momentum", 1),
                ("momentum", "weight_decay", 1.5, "weight_decay", 1.5),
                ("adam", "betas", (1, 0.9), "betas[0]", 1),
                ("adam", "betas", (0.9, -1), "betas[1]", -1),
                ("adam", "eps", float("nan"), "eps", float("nan")),
            )
        ),
        (
            "sgd",
            np.zeros((0, 2)),
            TypeError,
            "eta is array([], shape=(0, 2), dtype=float64), of type ndarray; expected a number",
        ),
        ("sgd", -1.0, ValueError, "eta is -1.0; expected a positive, finite number"),
    ],
)
def test_what_is_refused_is_named(told: Any, eta: float | None, error: type[Exception], words: str) -> None:
    with pytest.raises(error) as caught:
        told_optimizer(told, eta)
    assert str(caught.value) == words


def test_the_direction_of_the_third_step_of_adam_by_hand() -> None:
    """Unrolled sums instead of the recursion: the weight of gradient k of t is (1 − β) β^(t−k), divided by 1 − β^t."""
    gradients = [np.array([3.0, -0.2, 0.0]), np.array([-1.0, 0.5, 0.0]), np.array([0.25, -2.0, 0.0])]
    one, two, eps = 0.6, 0.8, 0.05
    mean = sum(one ** (2 - k) * (1 - one) * g for k, g in enumerate(gradients)) / (1 - one**3)
    square = sum(two ** (2 - k) * (1 - two) * g**2 for k, g in enumerate(gradients)) / (1 - two**3)
    expected = mean / (np.sqrt(square) + eps)
    rule = Optimizer("adam", betas=(one, two), eps=eps)
    np.testing.assert_allclose(adam_direction(gradients, rule), expected, rtol=1e-14)


def test_where_every_gradient_was_zero_adam_stays() -> None:
    rule = Optimizer("adam", betas=(0.9, 0.999), eps=0.0)
    assert adam_direction([np.zeros(2)], rule).tolist() == [0.0, 0.0]
    assert adam_direction([np.array([2.0, 0.0])], rule)[1] == 0.0


def test_adam_stays_whatever_was_in_memory_before(monkeypatch: pytest.MonkeyPatch) -> None:
    divide: Any = np.divide

    def into(a: np.ndarray, b: np.ndarray, out: np.ndarray | None = None, where: Any = True) -> np.ndarray:
        """Divide; what is not computed may be anything, unless it is given."""
        out = np.full(a.shape, np.nan) if out is None else out
        return np.asarray(divide(a, b, out=out, where=where))

    monkeypatch.setattr(np, "divide", into)
    assert adam_direction([np.array([2.0, 0.0])], Optimizer("adam", eps=0.0)).tolist() == [1.0, 0.0]
