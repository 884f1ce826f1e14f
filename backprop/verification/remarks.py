"""Find what keeps a network from learning although its gradient is correct.

A gradient can be correct in a network that cannot learn: identical units, a learning rate above the limit of stability,
inputs that are not scaled, targets that the output cannot reach, units that are saturated or dead, predictions that are
all equal. `remarks` looks for these in the weights and the data, and links each to its equation.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from backprop import checks
from backprop.derivation import parameter_vector
from backprop.network import Activation, Gradients, Model, Trace
from backprop.verification.loss_values import LOSS_NAMES, loss_values, usual_name

#: A unit is saturated if its derivative is below this fraction of the largest possible, for every example.
SATURATED = 0.01
#: Inputs are not scaled if their root mean square is above the first number, or if the ratio of two standard deviations
#: is above the second.
LARGE, UNEQUAL = 10.0, 30.0
#: Predictions count as equal if they differ by less than this, in units of the targets' range.
EQUAL = 1e-3
#: Weights count as very small below this.
SMALL = 0.1
#: The largest number of gradients that are computed to measure the curvature, and of multiplications for them.
MOST_GRADIENTS, MOST_WORK = 60, 3e9

#: The largest derivative of an activation that saturates, and the values that an activation can take.
LARGEST_DERIVATIVE = {"sigmoid": 0.25, "tanh": 1.0}
RANGES = {
    "sigmoid": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "relu": (0.0, np.inf),
    "softplus": (0.0, np.inf),
    "silu": (-0.2785, np.inf),
    "softmax": (0.0, 1.0),
}


class Remark(NamedTuple):
    """Something that keeps a network from learning although its gradient is correct.

    Attributes:
        slug: its name, such as "identical-units".
        text: one sentence, with the numbers.
        equation: the label of the equation behind it, without "eq:"; "" if there is none.
        page: the page that treats it, such as "consequences/symmetry/"; "" if there is none.
    """

    slug: str
    text: str
    equation: str
    page: str

    def __str__(self) -> str:
        """Return the sentence."""
        return self.text


def remarks(
    model: Model,
    X: Any,
    y: Any,
    loss: str = "mse",
    *,
    eta: float | None = None,
    momentum: float = 0.0,
    printed_loss: float | None = None,
    weight_decay: float = 0.0,
) -> tuple[Remark, ...]:
    """Say what keeps a network from learning although its gradient is correct.

    Args:
        model: the network at the weights in question.
        X: the inputs, shape (N, d₀).
        y: the targets, shape (N, d_L).
        loss: the loss that is minimised, by a name that `diagnose` uses.
        eta: the learning rate, if known; without it the curvature is not measured.
        momentum: μ of a velocity, v ← μv + ∇L.
        printed_loss: the loss that the program printed at these weights, if known.
        weight_decay: λ of a term λW that is added to the gradient.

    Returns:
        The remarks; empty if nothing was found.

    Raises:
        TypeError: if an argument is not of the type described.
        ValueError: if shapes do not fit, or the loss is unknown.

    Examples:
        If every weight is ½, the hidden units are identical:

        >>> import numpy as np
        >>> import backprop
        >>> from backprop.verification.remarks import remarks
        >>> X, y = backprop.xor()
        >>> equal = backprop.Model([np.full((2, 3), 0.5), np.full((3, 1), 0.5)])
        >>> for remark in remarks(equal, X, y):
        ...     print(f"{remark.slug}: {remark}")
        identical-units: All 3 units of layer 1 are identical, in the weights they receive and in those they give, so \
they get the same gradient and stay identical.

        >>> remarks(backprop.Model.random([2, 3, 1], seed=0), X, y)
        ()
    """
    name = checks.one_of("loss", usual_name(loss), list(LOSS_NAMES))
    X = checks.matrix("X", X, columns=model.widths[0])
    y = checks.matrix("y", y, rows=len(X), columns=model.widths[-1])
    with np.errstate(all="ignore"):
        trace = model.forward(X)
        found = list(_identical_units(model))
        found += _units(model, trace)
        gradients = None if name == "rmse" else _gradient(model, X, y, name)
        if gradients is not None:
            found += _zero_layers(gradients)
        found += _inputs(X)
        found += _targets(model.layers[-1].activation, y)
        found += _equal_predictions(model, trace, y)
        if eta is not None and gradients is not None:
            found += _learning_rate(model, X, y, name, checks.positive_number("eta", eta), momentum)
        if printed_loss is not None:
            penalty = weight_decay / 2 * sum(float(np.vdot(w, w)) for w in model.weights)
            found += [printed(printed_loss, y, trace.y_hat, name, penalty)]
    return tuple(found)


def _gradient(model: Model, X: np.ndarray, y: np.ndarray, loss: str) -> Gradients:
    """Compute the gradient of a loss whose factor may differ from that of the network's loss."""
    which = LOSS_NAMES[loss]
    factor = which.scale(*y.shape) / LOSS_NAMES[which.family].scale(*y.shape)
    weights, biases = model.backward(model.forward(X), y, which.family)
    return Gradients(tuple(factor * g for g in weights), None if biases is None else tuple(factor * g for g in biases))


def _identical_units(model: Model) -> Iterator[Remark]:
    """Find hidden units whose incoming and outgoing weights are the same."""
    for k in range(len(model.weights) - 1):
        bias = np.zeros((1, model.weights[k].shape[1])) if model.biases is None else model.biases[k]
        columns = np.vstack([model.weights[k], bias, model.weights[k + 1].T]).T
        _, counts = np.unique(columns, axis=0, return_counts=True)
        if counts.max() > 1:
            n, of = int(counts[counts > 1].sum()), len(columns)
            words = f"All {of}" if counts.max() == of else f"{n} of the {of}"
            words += f" units of layer {k + 1} are"
            groups = "" if np.count_nonzero(counts > 1) == 1 else f" in {np.count_nonzero(counts > 1)} groups"
            yield Remark(
                "identical-units",
                f"{words} identical{groups}, in the weights they receive and in those they give, so they get the same "
                "gradient and stay identical.",
                "symmetry",
                "consequences/symmetry/",
            )


def _units(model: Model, trace: Trace) -> Iterator[Remark]:
    """Find units whose derivative vanishes for every example."""
    for k, layer in enumerate(model.layers):
        name = layer.activation.name
        if not layer.activation.elementwise or len(trace.a[0]) < 2:  # for one example many units are inactive
            continue
        derivative = np.abs(layer.derivative(trace.z[k], trace.a[k + 1])).max(axis=0)
        of, which = len(derivative), "output" if k == len(model.layers) - 1 else "unit"
        place = "" if which == "output" else f" of layer {k + 1}"
        dead = int(np.count_nonzero(derivative == 0))
        largest = LARGEST_DERIVATIVE.get(name)
        if dead and name not in LARGEST_DERIVATIVE:
            yield Remark(
                "dead-units",
                f"{_count(dead, of, which, place)} dead: φ′ is 0 for all {len(trace.a[0])} examples, so no weight into "
                "it changes.",
                "dead-unit",
                "consequences/dead-units/",
            )
        elif largest is not None:
            saturated = derivative[derivative < SATURATED * largest]
            if saturated.size:
                yield Remark(
                    "saturated-units",
                    f"{_count(saturated.size, of, which, place)} saturated: φ′ is at most {saturated.max():.1e} for "
                    f"any example, while the largest φ′ of {name} is {largest:g}.",
                    f"{name}-derivative",
                    "consequences/vanishing/",
                )


def _count(n: int, of: int, what: str, place: str) -> str:
    """Begin a sentence about some units, such as "All 4 hidden units are" or "1 of 4 hidden units is"."""
    if of == 1:
        return f"The {what}{place} is"
    return f"All {of} {what}s{place} are" if n == of else f"{n} of {of} {what}s{place} {'is' if n == 1 else 'are'}"


def _zero_layers(gradients: Gradients) -> Iterator[Remark]:
    """Find layers whose gradient is zero in every entry."""
    zero = [k + 1 for k, g in enumerate(gradients.weights) if not g.any()]
    if zero:
        layers = f"layer {zero[0]}" if len(zero) == 1 else f"layers {', '.join(map(str, zero))}"
        yield Remark(
            "zero-gradient",
            f"The correct gradient of {layers} is exactly zero in every entry, so this step does not change it.",
            "hidden-delta",
            "consequences/vanishing/",
        )


def _inputs(X: np.ndarray) -> Iterator[Remark]:
    """Find inputs that are large, or of very different size."""
    size = float(np.sqrt(np.mean(X**2)))
    spread = X.std(axis=0)
    varying = np.flatnonzero(spread > 1e-12 * max(size, 1e-300))
    text = ""
    if len(varying) > 1:
        most, least = varying[spread[varying].argmax()], varying[spread[varying].argmin()]
        ratio = float(spread[most] / spread[least])
        # among many inputs, such as pixels, some hardly vary, and that does no harm
        if ratio > UNEQUAL and len(varying) <= 50:
            text = f"input {most + 1} varies {ratio:.3g} times as much as input {least + 1}"
    if size > LARGE:
        text = f"they reach from {X.min():.4g} to {X.max():.4g}" + (f", and {text}" if text else "")
    if text:
        yield Remark(
            "inputs-not-scaled",
            f"The inputs are not scaled, because {text}. Bring each to mean 0 and standard deviation 1.",
            "stability-threshold",
            "results/learning-rates/",
        )


def _targets(activation: Activation, y: np.ndarray) -> Iterator[Remark]:
    """Find targets that the output cannot reach."""
    low, high = RANGES.get(activation.name, (-np.inf, np.inf))
    outside = int(np.count_nonzero((y < low) | (y > high)))
    if outside:
        reach = f"from {low:g} to {high:g}" if np.isfinite(high) else f"from {low:g} upwards"
        yield Remark(
            "targets-out-of-range",
            f"{outside} of {y.size} targets cannot be predicted, because {activation.name} gives values {reach}, while "
            f"the targets reach from {y.min():.4g} to {y.max():.4g}. Scale the targets or use a linear output.",
            activation.name if activation.name in ("sigmoid", "tanh", "relu", "softplus", "silu") else "",
            "derivation/activations/",
        )


def _equal_predictions(model: Model, trace: Trace, y: np.ndarray) -> Iterator[Remark]:
    """Find weights so small that every prediction is the same."""
    if len(y) < 2 or len(model.weights) < 2 or (trace.a[0] == trace.a[0][0]).all():
        return
    spread = float(np.ptp(trace.y_hat, axis=0).max())
    largest = max(float(np.abs(w).max()) for w in model.weights)
    if spread <= EQUAL * float(np.ptp(y)) and largest < SMALL:
        yield Remark(
            "predictions-equal",
            f"The predictions for the {len(y)} examples differ by at most {spread:.1e}, because the weights are so "
            f"small (at most {largest:.1e}) that the inputs hardly change the output. Draw larger initial weights.",
            "symmetry",
            "verification/loss-plateaus/",
        )


def curvature(model: Model, X: np.ndarray, y: np.ndarray, loss: str = "mse") -> float | None:
    """Measure the largest eigenvalue of the Hessian of the loss, by power iteration.

    A product of the Hessian and a direction v is a central difference of the gradient along v. The function returns the
    largest vᵀHv that it found for v of norm 1, which never exceeds the eigenvalue, up to the error of the difference.

    Args:
        model: the network at the weights in question.
        X: the inputs, shape (N, d₀).
        y: the targets, shape (N, d_L).
        loss: a name that `diagnose` uses.

    Returns:
        The eigenvalue; None if the gradient jumps here, as at the kink of a ReLU, or the network is too large for this.

    Examples:
        For one weight and the mean squared error, L″ is twice the mean of x²:

        >>> import numpy as np
        >>> import backprop
        >>> from backprop.verification.remarks import curvature
        >>> line = backprop.Model([np.array([[0.3]])], activations="identity")
        >>> round(curvature(line, np.array([[1.0], [2.0]]), np.array([[1.0], [0.0]])), 6)
        5.0
    """
    start = parameter_vector(model.parameters)
    size = float(np.sqrt(np.mean(start**2))) or 1.0
    n = int(min(MOST_GRADIENTS, MOST_WORK // (3 * len(X) * start.size))) // 2
    if n < 3:
        return None

    def product(v: np.ndarray, h: float) -> np.ndarray:
        up, down = (_gradient(_moved(model, start + sign * h * v), X, y, loss) for sign in (1, -1))
        return (parameter_vector(up.parameters) - parameter_vector(down.parameters)) / (2 * h)

    v = np.random.default_rng(0).normal(size=start.size)
    v /= np.linalg.norm(v)
    step, shift, best, direction = 1e-5 * max(size, 1e-3), 0.0, -np.inf, v
    for _ in range(n - 1):
        bent = product(v, step)
        value = float(v @ bent)
        if not np.isfinite(value):
            return None
        if value > best:
            best, direction = value, v
        if value < 0:
            shift = max(shift, -2 * value)
        following = bent + shift * v
        length = float(np.linalg.norm(following))
        if length == 0:
            break
        v = following / length
    again = float(direction @ product(direction, step / 8))  # at a kink the difference grows as the step shrinks
    return best if best > 0 and abs(again - best) <= 0.02 * best else None


def _moved(model: Model, parameters: np.ndarray) -> Model:
    """Return the network with other parameters."""
    arrays = model.parameters
    ends = np.cumsum([array.size for array in arrays])[:-1]
    parts = [part.reshape(array.shape) for part, array in zip(np.split(parameters, ends), arrays, strict=True)]
    n = len(model.weights)
    return Model(parts[:n], None if model.biases is None else parts[n:], model.activations)


def _learning_rate(
    model: Model, X: np.ndarray, y: np.ndarray, loss: str, eta: float, momentum: float
) -> Iterator[Remark]:
    """Compare the learning rate with 2/λ_max, or with the limit that momentum raises to 2(1 + μ)/λ_max."""
    largest = curvature(model, X, y, loss)
    if largest is None or eta <= (limit := 2 * (1 + momentum) / largest) * 1.05:
        return
    bound = f"2(1 + μ)/λ_max = {limit:.3g} with μ = {momentum:g}" if momentum else f"2/λ_max = {limit:.3g}"
    yield Remark(
        "learning-rate-too-large",
        f"The learning rate {eta:g} is above {bound}, where λ_max = {largest:.3g} is the largest eigenvalue of the "
        "Hessian at these weights, so the step overshoots in that direction.",
        "stability-threshold",
        "results/learning-rates/",
    )


def told_printed(value: float) -> float:
    """Check a printed loss.

    Args:
        value: the number that was printed.

    Returns:
        The same as a float.

    Raises:
        TypeError: if it is not a number.
        ValueError: if it is not finite.
    """
    if isinstance(value, int) and abs(value) > 10**300:
        raise ValueError(f"printed_loss is {checks.shown(value)}; expected a finite number")
    if isinstance(value, bool | np.bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"printed_loss is {checks.shown(value)}, of type {type(value).__name__}; expected a number")
    value = float(value)
    if not np.isfinite(value):
        raise ValueError(f"printed_loss is {value}; expected a finite number")
    return value


def printed(value: float, y: np.ndarray, y_hat: np.ndarray, loss: str | None = None, penalty: float = 0.0) -> Remark:
    """Tell which loss a program has printed for these predictions.

    Args:
        value: the number that was printed.
        y: the targets, shape (N, d_L).
        y_hat: the predictions, same shape.
        loss: the loss that is minimised, if known.
        penalty: λ/2 times the sum of the squared weights, if the gradient contains a term λW.

    Returns:
        A remark that names the losses with this value, to the digits that were printed, or else the nearest one.

    Raises:
        TypeError: if value is not a number.
        ValueError: if value is not finite.

    Examples:
        >>> import numpy as np
        >>> from backprop.verification.remarks import printed
        >>> y, y_hat = np.array([[0.0], [1.0], [1.0]]), np.array([[0.25], [0.5], [0.75]])
        >>> print(printed(0.1875, y, y_hat, "mse"))
        The printed loss 0.1875 is half the sum of squared errors (mse_half_sum), while the gradient is that of the \
mean squared error.
    """
    value = told_printed(value)
    known = {name: (v, LOSS_NAMES[name].words) for name, v in loss_values(y, y_hat).items() if np.isfinite(v)}
    known |= {
        "mae": (float(np.abs(y - y_hat).mean()), "the mean absolute error"),
        "error-mean": (float((y_hat - y).mean()), "the mean error, which is not squared"),
    }
    if y.shape[1] == 1 and len(y) > 1:
        apart = float(np.mean(y**2) - 2 * np.mean(y) * np.mean(y_hat) + np.mean(y_hat**2))
        known["broadcast"] = (
            apart,
            "the mean over N × N differences, as targets (N,) against predictions (N, 1) give it",
        )
    own, aim = loss, None if loss is None else LOSS_NAMES[loss].words
    if penalty:
        half, whole = ("plus λ/2 times the sum of the squared weights", "plus λ times the sum of the squared weights")
        for name, (v, words) in list(known.items()):
            known[f"{name} {half}"] = v + penalty, f"{words} {half}"
            known[f"{name} {whole}"] = v + 2 * penalty, f"{words} {whole}"
        own, aim = f"{loss} {half}", aim and f"{aim} {half}"
    tolerance = max(_half_digit(value), 1e-7 * abs(value))
    fitting = [name for name, (v, _) in known.items() if abs(v - value) <= tolerance]
    if own in fitting:
        text = f"The printed loss {value:.10g} is {aim}, the one that is minimised."
    elif fitting:
        found = " or ".join(f"{known[name][1]} ({name})" if name in LOSS_NAMES else known[name][1] for name in fitting)
        text = f"The printed loss {value:.10g} is {found}" + (f", while the gradient is that of {aim}." if aim else ".")
    else:
        nearest = min(known, key=lambda name: abs(known[name][0] - value))
        text = (
            f"The printed loss {value:.10g} is none of the known losses of these predictions; the nearest is "
            f"{known[nearest][0]:.6g}, {known[nearest][1]}. Is it from other weights, or from other data?"
        )
    return Remark("printed-loss", text, "total-loss", "derivation/loss/")


def _half_digit(value: float) -> float:
    """Return half a unit of the last digit that a number was printed with."""
    digits, _, exponent = repr(abs(value)).partition("e")
    decimals = len(digits.partition(".")[2])
    return float(0.501 * 10.0 ** (int(exponent or 0) - decimals))
