"""Optimizers that can be diagnosed: gradient descent with or without momentum, and the first two steps of Adam."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from backprop import checks

#: The parameters of each optimizer, with PyTorch's names.
PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "sgd": ("lr", "momentum", "weight_decay"),
    "momentum": ("lr", "momentum", "weight_decay"),
    "adam": ("lr", "betas", "eps"),
}


class Optimizer(NamedTuple):
    """How gradients become steps, with the names and defaults of PyTorch.

    Attributes:
        name: "sgd" or "adam".
        lr: the learning rate, or None.
        momentum: μ of the velocity v ← μv + ∇L, which begins as ∇L.
        weight_decay: λ of a term λW that is added to ∇L.
        betas: β₁ and β₂ of Adam's averages of ∇L and of its square.
        eps: Adam's ε.
    """

    name: str = "sgd"
    lr: float | None = None
    momentum: float = 0.0
    weight_decay: float = 0.0
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8


def told_fraction(name: str, value: Any) -> float:
    """Check that a number is at least 0 and below 1.

    Args:
        name: what it is called in the message.
        value: the number.

    Returns:
        The number.

    Raises:
        TypeError: if it is not a number.
        ValueError: if it lies outside that range.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"{name} is {checks.shown(value)}, of type {type(value).__name__}; expected a number")
    if not 0 <= value < 1:
        raise ValueError(f"{name} is {checks.shown(value)}; expected a number from 0 to below 1")
    return float(value)


def told_optimizer(optimizer: Any, eta: float | None) -> Optimizer:
    """Read the argument `optimizer` of a caller.

    Args:
        optimizer: None, a name, or a mapping with "name" and the parameters that differ from PyTorch's defaults.
        eta: the learning rate, if it was given by itself.

    Returns:
        The optimizer.

    Raises:
        TypeError: if it is neither a name nor a mapping.
        ValueError: if a name is unknown, a number is out of range, or the learning rate is given twice or missing.

    Examples:
        >>> from backprop.verification.optimizers import told_optimizer
        >>> told_optimizer({"name": "momentum", "lr": 0.1}, None).momentum
        0.9
        >>> told_optimizer("adam", 0.01).betas
        (0.9, 0.999)
    """
    if optimizer is not None and not isinstance(optimizer, str | Mapping):
        raise TypeError(
            f"optimizer is {checks.shown(optimizer)}; expected a name, or a mapping such as "
            "{'name': 'adam', 'lr': 0.01}"
        )
    given = {"name": "sgd"} if optimizer is None else {"name": optimizer} if isinstance(optimizer, str) else optimizer
    called = "name of optimizer" if isinstance(optimizer, Mapping) else "optimizer"
    name = checks.one_of(called, given.get("name"), list(PARAMETERS))
    unknown = [key for key in given if key not in ("name", *PARAMETERS[name])]
    if unknown:
        raise ValueError(f"optimizer has {unknown[0]!r}; expected for {name!r} any of {', '.join(PARAMETERS[name])}")
    eta = None if eta is None else checks.positive_number("eta", eta)
    lr = given.get("lr", eta)
    rate = None if lr is None else checks.positive_number("lr of optimizer", lr)
    if eta is not None and rate != eta:
        raise ValueError(f"optimizer has lr {lr!r} and eta is {eta!r}; expected one learning rate")
    if rate is None and (name == "adam" or given.get("weight_decay")):
        raise ValueError(f"optimizer {name!r} has no lr, and eta is None; expected the learning rate")
    betas = given.get("betas", (0.9, 0.999))
    if not isinstance(betas, Sequence) or isinstance(betas, str) or len(betas) != 2:
        raise ValueError(f"betas is {checks.shown(betas)}; expected two numbers such as (0.9, 0.999)")
    fractions = {
        "momentum": given.get("momentum", 0.9 if name == "momentum" else 0.0),
        "weight_decay": given.get("weight_decay", 0.0),
        "betas[0]": betas[0],
        "betas[1]": betas[1],
        "eps": given.get("eps", 1e-8),
    }
    momentum, decay, one, two, eps = (told_fraction(f"{key} of optimizer", value) for key, value in fractions.items())
    return Optimizer("adam" if name == "adam" else "sgd", rate, momentum, decay, (one, two), eps)


def adam_direction(gradients: Sequence[np.ndarray], rule: Optimizer) -> np.ndarray:
    """Compute what Adam subtracts in its last step, divided by the learning rate.

    Args:
        gradients: the gradients of all steps up to this one, each of the same shape.
        rule: the optimizer.

    Returns:
        An array of that shape.

    Source:
        D. P. Kingma and J. Ba: Adam: A Method for Stochastic Optimization, 2015.

    Examples:
        In the first step, only the signs of the gradient remain:

        >>> import numpy as np
        >>> from backprop.verification.optimizers import Optimizer, adam_direction
        >>> adam_direction([np.array([3.0, -0.2])], Optimizer("adam")).round(6)
        array([ 1., -1.])
    """
    one, two = rule.betas
    mean = square = np.zeros_like(gradients[0])
    for g in gradients:
        mean = one * mean + (1 - one) * g
        square = two * square + (1 - two) * g**2
    t = len(gradients)
    length = np.sqrt(square / (1 - two**t)) + rule.eps
    return np.divide(mean / (1 - one**t), length, out=np.zeros_like(mean), where=length > 0)
