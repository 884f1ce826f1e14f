r"""The numerical gradient of a whole network.

The formulas are in `backprop.derivation.numerical_derivatives`, and this module applies them to every weight and bias
of a `Model`. They need nothing but forward passes, so they are independent of the chain rule. If an activation has a
kink, we check for each entry whether its step carries a unit across the kink. If it does, the finite difference is not
the derivative $\eqref{eq:relu-central-difference}$, so the entry is left out of the comparison.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from backprop import checks
from backprop import derivation as step
from backprop.network import ACTIVATIONS, Activation, Gradients, Model

#: The activations without a kink, which accept complex numbers. Any other activation, including one of your own, is
#: checked for a kink at z = 0 and differentiated by the central difference.
SMOOTH = ("sigmoid", "tanh", "identity", "softplus", "silu", "softmax")

#: Two gradients agree up to this relative error. A correct gradient stays far below it, and a mistake far above.
TOLERANCE = 1e-6

#: The step of the central difference and of the complex step.
CENTRAL_STEP, COMPLEX_STEP = 6e-6, 1e-20


def _is_one_of(phi: Activation, names: Sequence[str]) -> bool:
    """Tell whether an activation is the one that the package has under one of these names."""
    return phi.name in names and phi is ACTIVATIONS.get(phi.name)


def _gradients(model: Model, arrays: Sequence[np.ndarray]) -> Gradients:
    """Separate the parameters, or their derivatives, into those of the weights and those of the biases."""
    depth = len(model.weights)
    return Gradients(tuple(arrays[:depth]), None if model.biases is None else tuple(arrays[depth:]))


class _Loss:
    """The loss as a function of one parameter array, with the others held fixed; it records which units are active."""

    def __init__(self, model: Model, k: int, X: np.ndarray, y: np.ndarray, loss: str) -> None:
        self.model, self.k, self.X, self.y, self.loss = model, k, X, y, loss
        self.watched = [i for i, phi in enumerate(model.activations) if not _is_one_of(phi, SMOOTH)]
        self.on: list[bytes] = []

    def __call__(self, parameter: np.ndarray) -> Any:
        parameters = list(self.model.parameters)
        parameters[self.k] = parameter  # which may be complex
        changed = self.model._like(*_gradients(self.model, parameters))
        trace = changed._forward(self.X)
        self.on.append(b"".join((trace.z[i] > 0).tobytes() for i in self.watched))
        return changed._loss(trace, self.y, self.loss)

    def crossed(self, shape: tuple[int, ...]) -> np.ndarray:
        """Tell for each entry whether some unit is active at one end of the step and inactive at the other.

        `central_difference` calls the loss twice for each entry, in the order of the entries.
        """
        ends = zip(self.on[::2], self.on[1::2], strict=True)
        return np.array([one != other for one, other in ends]).reshape(shape)


def _measure(
    model: Model, X: np.ndarray, y: np.ndarray, loss: str, method: str, h: float
) -> tuple[Gradients, Gradients]:
    """Compute every derivative numerically, and tell which steps crossed a kink."""
    derivatives, crossed = [], []
    for k, parameter in enumerate(model.parameters):
        f = _Loss(model, k, X, y, loss)
        if method == "complex":
            derivatives.append(step.complex_step(f, parameter, h))
            crossed.append(np.zeros(parameter.shape, dtype=bool))
        else:
            derivatives.append(step.central_difference(f, parameter, h))
            crossed.append(f.crossed(parameter.shape))
    return _gradients(model, derivatives), _gradients(model, crossed)


def _method_and_step(model: Model, method: str | None, h: float | None) -> tuple[str, float]:
    """Choose the method and the step size if they are not specified, and reject what does not fit."""
    checks.of_type("model", model, Model, "a Model")
    if model.n_networks is not None:
        raise ValueError(f"model is a stack of {model.n_networks}; expected a single network")
    unfit = [phi.name for phi in model.activations if not _is_one_of(phi, SMOOTH)]
    if method is None:
        method = "central" if unfit else "complex"
    if checks.one_of("method", method, ["central", "complex"]) == "complex" and unfit:
        raise ValueError(
            f"method is 'complex'; expected 'central', because activation {unfit[0]!r} does not take complex numbers"
        )
    if h is None:
        return method, COMPLEX_STEP if method == "complex" else CENTRAL_STEP
    return method, checks.positive_number("h", h)


def numerical_gradients(
    model: Model, X: Any, y: Any, loss: str = "mse", method: str | None = None, h: float | None = None
) -> Gradients:
    """Compute the numerical gradient of the loss with respect to every parameter, from forward passes alone.

    Args:
        model: the network.
        X: the inputs, shape (N, d₀).
        y: the targets, shape (N, d_L).
        loss: "mse", "binary_cross_entropy" or "cross_entropy".
        method: "complex" for the complex step, "central" for the central difference. None chooses the complex step if
            every activation is one of this package without a kink.
        h: the step size. None chooses 1e-20 for the complex step and 6e-6 for the central difference.

    Returns:
        The numerical gradient, in the shapes of the parameters.

    Raises:
        TypeError: if an argument is not of the type described.
        ValueError: if shapes do not fit, a name is unknown, or the complex step is requested although an activation
            does not accept complex numbers.

    Examples:
        >>> import backprop
        >>> from backprop.derivation import relative_error
        >>> from backprop.verification import numerical_gradients
        >>> X, y = backprop.xor()
        >>> model = backprop.Model.random([2, 3, 5, 1], seed=0, bias=True)
        >>> numerical = numerical_gradients(model, X, y)
        >>> analytic = model.backward(model.forward(X), y)
        >>> [g.shape for g in numerical.weights]
        [(2, 3), (3, 5), (5, 1)]
        >>> max(map(relative_error, analytic.weights, numerical.weights)) < 1e-13
        True
    """
    method, h = _method_and_step(model, method, h)
    X, y = model.check_data(X, y, loss)
    return _measure(model, X, y, loss, method, h)[0]


@dataclass(frozen=True, eq=False)  # because arrays have no single truth value
class GradientCheck:
    """The comparison of an analytic gradient with the numerical one.

    Attributes:
        verdict: "agrees", "differs", or "cannot tell" if the difference can come from rounding alone or every entry
            was left out.
        error: the relative error over all entries that were compared.
        errors: the relative error of each parameter array, by its name "W1", "W2", …, "b1", …; NaN if all of its
            entries were left out.
        analytic: the gradient that was checked.
        numerical: the numerical gradient.
        kinks: True for each entry that was left out because its step carried a unit across a kink.
        left_out: the number of these entries.
        floor: the norm of the error that rounding alone can cause in the whole numerical gradient.
        method: "complex" or "central".
        h: the step size.
    """

    verdict: str
    error: float
    errors: dict[str, float]
    analytic: Gradients
    numerical: Gradients
    kinks: Gradients
    left_out: int
    floor: float
    method: str
    h: float

    def __str__(self) -> str:
        """Write the verdict, the errors and the number of entries left out, one line each."""
        names = {"complex": "complex step", "central": "central difference"}
        lines = [f"{self.verdict}: relative error {self.error:.1e} against the {names[self.method]}, h = {self.h:g}"]
        lines += [f"  {name}: {error:.1e}".replace("nan", "left out") for name, error in self.errors.items()]
        if self.left_out:
            entries = "entry" if self.left_out == 1 else "entries"
            lines.append(f"  left out: {self.left_out} {entries}, because a kink was within reach of the step")
        return "\n".join(lines)


def gradient_check(
    model: Model,
    X: Any,
    y: Any,
    gradients: Gradients | None = None,
    loss: str = "mse",
    method: str | None = None,
    h: float | None = None,
) -> GradientCheck:
    """Compare a gradient with the numerical one, and leave out the entries at a kink.

    Args:
        model: the network.
        X: the inputs, shape (N, d₀).
        y: the targets, shape (N, d_L).
        gradients: the gradient to check; None checks the one that the model computes.
        loss: "mse", "binary_cross_entropy" or "cross_entropy".
        method: as for `numerical_gradients`.
        h: as for `numerical_gradients`.

    Returns:
        The comparison; `print` shows it.

    Raises:
        TypeError: if an argument is not of the type described.
        ValueError: if shapes do not fit or a name is unknown.

    Examples:
        >>> import backprop
        >>> from backprop.verification import gradient_check
        >>> X, y = backprop.xor()
        >>> model = backprop.Model.random([2, 3, 1], seed=0)
        >>> gradient_check(model, X, y).verdict
        'agrees'

        A factor of two is detected:

        >>> correct = model.backward(model.forward(X), y)
        >>> doubled = backprop.Gradients(tuple(2 * g for g in correct.weights), None)
        >>> print(gradient_check(model, X, y, doubled))
        differs: relative error 5.0e-01 against the complex step, h = 1e-20
          W1: 5.0e-01
          W2: 5.0e-01

        Each of two ReLU units copies one input. XOR has examples with $x_1 = 0$ and with $x_2 = 0$, so each unit lies
        at its kink for some examples. A step in its bias, or in the weight from the other input, carries it across:

        >>> import numpy as np
        >>> relu = backprop.Model([np.eye(2), np.ones((2, 1))], [np.zeros(2), np.zeros(1)], ["relu", "identity"])
        >>> check = gradient_check(relu, X, y)
        >>> check.verdict, check.left_out
        ('agrees', 4)
        >>> check.kinks.weights[0], check.kinks.biases[0]
        (array([[False,  True],
               [ True, False]]), array([[ True,  True]]))
    """
    method, h = _method_and_step(model, method, h)
    X, y = model.check_data(X, y, loss)
    analytic = model.backward(model.forward(X), y, loss) if gradients is None else gradients
    model.update(analytic, eta=1.0)  # it refuses gradients that do not fit this model
    numerical, kinks = _measure(model, X, y, loss, method, h)

    names = [f"W{i}" for i in range(1, len(model.weights) + 1)] + [f"b{i}" for i in range(1, len(model.weights) + 1)]
    kept = [~k for k in kinks.parameters]
    pairs = [(g[k], m[k]) for g, m, k in zip(analytic.parameters, numerical.parameters, kept, strict=True)]
    g, m = (np.concatenate(side) for side in zip(*pairs, strict=True))

    value = model.loss(model.forward(X), y, loss)
    rounding = np.finfo(float).eps * value if method == "central" else 0.0
    floor = float(step.finite_difference_error(np.array(h), 0.0, 2, rounding)) * float(np.sqrt(g.size))
    error, apart = step.relative_error(g, m), float(np.linalg.norm(g - m))
    if g.size == 0 or (error > TOLERANCE and apart <= 10 * floor):
        verdict = "cannot tell"
    else:
        verdict = "agrees" if error <= TOLERANCE else "differs"
    return GradientCheck(
        verdict=verdict,
        error=error,
        errors={
            name: step.relative_error(*pair) if pair[0].size else float("nan")
            for name, pair in zip(names, pairs, strict=False)
        },
        analytic=analytic,
        numerical=numerical,
        kinks=kinks,
        left_out=int(sum(np.size(k) - np.count_nonzero(k) for k in kept)),
        floor=floor,
        method=method,
        h=h,
    )
