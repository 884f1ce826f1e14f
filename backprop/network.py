r"""Combine the steps of the derivation into a network.

This module contains no formula. A `Model` holds weights. Its method `forward` stores every z and a in a `Trace`,
`backward` reads the trace and returns `Gradients`, and `Model.update` returns a new model. Nothing is changed in place,
so no layer can be updated before the gradient has been propagated back through its weights.

$$X \to \mathrm{trace} \to \mathrm{loss} \to \mathrm{deltas} \to \mathrm{gradients} \to \mathrm{new\ model}$$
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise, repeat
from typing import Any, NamedTuple

import numpy as np

from backprop import checks, data
from backprop import derivation as step


@dataclass(frozen=True)
class Activation:
    """An activation function with its derivative.

    Attributes:
        name: its name.
        value: φ, a function of z.
        derivative: φ′ as a function of z and a = φ(z), of which it uses the one that is cheaper.
        elementwise: True if each activation depends on its own z only. If False, as for softmax, `derivative` returns
            the Jacobian matrices, shape (..., N, d, d), and the activation is allowed at the output only.

    Examples:
        You can define an activation of your own, such as a leaky ReLU:

        >>> import numpy as np
        >>> import backprop
        >>> def value(z):
        ...     return np.where(z > 0, z, 0.1 * z)
        >>> def derivative(z, a):
        ...     return np.where(z > 0, 1.0, 0.1)
        >>> leaky = backprop.Activation("leaky", value, derivative)
        >>> backprop.Model.random([2, 3, 1], seed=0, activations=[leaky, "sigmoid"])
        Model 2-3-1: leaky, sigmoid; without bias
    """

    name: str
    value: Callable[[np.ndarray], np.ndarray]
    derivative: Callable[[np.ndarray, np.ndarray], np.ndarray]
    elementwise: bool = True

    def __hash__(self) -> int:
        """Hash the name, because a callable need not have a hash."""
        return hash(self.name)

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle an activation of this package as its name, because it is recognised by its identity."""
        if ACTIVATIONS.get(self.name) is self:
            return _by_name, (self.name,)
        return type(self), (self.name, self.value, self.derivative, self.elementwise)

    def backward(self, z: np.ndarray, a: np.ndarray, dl_da: np.ndarray) -> np.ndarray:
        """Compute δ from the gradient with respect to the activations.

        Args:
            z: the pre-activations, shape (N, d).
            a: the activations φ(z), same shape.
            dl_da: ∂L/∂a, same shape.

        Returns:
            δ = ∂L/∂z, same shape.

        Examples:
            >>> import numpy as np
            >>> from backprop.network import ACTIVATIONS
            >>> z, half = np.zeros((1, 2)), np.full((1, 2), 0.5)
            >>> ACTIVATIONS["sigmoid"].backward(z, half, np.array([[3.0, 1.0]]))
            array([[0.75, 0.25]])
            >>> ACTIVATIONS["softmax"].backward(z, half, np.array([[3.0, 1.0]]))
            array([[ 0.5, -0.5]])
        """
        delta = step.output_delta if self.elementwise else step.output_delta_jacobian
        return delta(self.derivative(z, a), dl_da)


#: The activations that can be called by name.
ACTIVATIONS = {
    a.name: a
    for a in (
        Activation("sigmoid", step.sigmoid, lambda z, a: step.sigmoid_derivative_from_output(a)),
        Activation("tanh", step.tanh, lambda z, a: step.tanh_derivative_from_output(a)),
        Activation("relu", step.relu, lambda z, a: step.relu_derivative(z)),
        Activation("identity", step.identity, lambda z, a: step.identity_derivative(z)),
        Activation("leaky_relu", step.leaky_relu, lambda z, a: step.leaky_relu_derivative(z)),
        Activation("softplus", step.softplus, lambda z, a: step.softplus_derivative(z)),
        Activation("silu", step.silu, lambda z, a: step.silu_derivative(z)),
        Activation("softmax", step.softmax, lambda z, a: step.softmax_jacobian(a), elementwise=False),
    )
}


@dataclass(frozen=True)
class Loss:
    """A loss with its derivative.

    Attributes:
        name: its name.
        contributions: the contributions Cⁿ of the examples as a function of y and ŷ.
        derivative: ∂L/∂ŷ as a function of y and ŷ.
        output: the name of the output activation that belongs to the loss; None if any does.
        from_logits: for this activation, the contributions as a function of y and z, which no saturated output makes
            infinite; None if there is no such activation.
    """

    name: str
    contributions: Callable[[np.ndarray, np.ndarray], np.ndarray]
    derivative: Callable[[np.ndarray, np.ndarray], np.ndarray]
    output: str | None = None
    from_logits: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None


def _by_name(name: str) -> Activation:
    return ACTIVATIONS[name]


#: The losses that can be called by name.
LOSSES = {
    loss.name: loss
    for loss in (
        Loss("mse", step.mse_contributions, step.mse_derivative),
        Loss(
            "binary_cross_entropy",
            step.bce_contributions,
            step.bce_derivative,
            "sigmoid",
            step.bce_contributions_from_logits,
        ),
        Loss(
            "cross_entropy",
            step.cross_entropy_contributions,
            step.cross_entropy_derivative,
            "softmax",
            step.cross_entropy_contributions_from_logits,
        ),
    )
}


class Trace(NamedTuple):
    """The values that a forward pass computes.

    Attributes:
        z: the pre-activations; z[0] is Z₁, shape (N, d₁).
        a: the activations; a[0] is X, a[1] is A₁, and so on.
    """

    z: tuple[np.ndarray, ...]
    a: tuple[np.ndarray, ...]

    @property
    def y_hat(self) -> np.ndarray:
        """The predictions ŷ, shape (N, d_L), which are the last activations."""
        return self.a[-1]


class Gradients(NamedTuple):
    """The gradient of the loss, in the shapes of the parameters.

    Attributes:
        weights: weights[0] is ∂L/∂W₁, shape (d₀, d₁), with its true sign.
        biases: biases[0] is ∂L/∂b₁, shape (1, d₁); None for a network without biases.
    """

    weights: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...] | None

    @property
    def parameters(self) -> tuple[np.ndarray, ...]:
        """The gradients of all weights, then those of the biases, in the order of `Model.parameters`."""
        return (*self.weights, *(self.biases or ()))


class Layer(NamedTuple):
    """The weights, bias and activation of one layer, with its forward and backward pass.

    Attributes:
        weights: W, shape (in, out).
        bias: b, shape (1, out), or None.
        activation: φ with its derivative.

    Examples:
        The report's second layer, 4 → 1, has these activations and gradients if its weights are zero and there are
        three examples whose inputs and δ are all 1:

        >>> import numpy as np
        >>> from backprop.network import ACTIVATIONS, Layer
        >>> layer = Layer(np.zeros((4, 1)), None, ACTIVATIONS["sigmoid"])
        >>> z, a = layer.forward(np.ones((3, 4)))
        >>> a.ravel()
        array([0.5, 0.5, 0.5])
        >>> layer.gradients(np.ones((3, 4)), np.ones((3, 1)))[0].ravel()
        array([3., 3., 3., 3.])
    """

    weights: np.ndarray
    bias: np.ndarray | None
    activation: Activation

    def forward(self, a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Compute z and φ(z) from the layer's input.

        Args:
            a: the input, shape (N, in): X or the activation of the layer before.

        Returns:
            z and φ(z), each of shape (N, out).
        """
        z = step.preactivation(a, self.weights, self.bias)
        return z, step.activation(z, self.activation.value)

    def derivative(self, z: np.ndarray, a: np.ndarray) -> np.ndarray:
        """Compute φ′(z).

        Args:
            z: the layer's pre-activation, shape (N, out).
            a: its activation φ(z), same shape.

        Returns:
            φ′(z), same shape; for an activation that is not element-wise the Jacobian matrices, shape (N, out, out).
        """
        return self.activation.derivative(z, a)

    def backward(self, z: np.ndarray, a: np.ndarray, delta_next: np.ndarray, w_next: np.ndarray) -> np.ndarray:
        """Compute δ of this layer, the report's backward gradient, from δ of the next layer.

        Args:
            z: this layer's pre-activation, shape (N, H).
            a: its activation φ(z), same shape.
            delta_next: δ of the next layer, shape (N, out).
            w_next: the next layer's weights, shape (H, out).

        Returns:
            δ of this layer, shape (N, H).
        """
        if not self.activation.elementwise:
            return self.activation.backward(z, a, step.activation_gradient(delta_next, w_next))
        return step.hidden_delta(self.derivative(z, a), delta_next, w_next)

    def gradients(self, a: np.ndarray, delta: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """Compute the gradients with respect to the weights and the bias of the layer.

        Args:
            a: the layer's input, shape (N, in): the report's forward gradient.
            delta: the layer's δ, shape (N, out).

        Returns:
            ∂L/∂W, shape (in, out), and ∂L/∂b, shape (1, out), or None without bias.
        """
        return step.weight_gradient(a, delta), None if self.bias is None else step.bias_gradient(delta)


class Model:
    r"""A network of any depth, with or without biases.

    Args:
        weights: $W_1, \dots, W_L$, each of shape (in, out); the outputs of one are the inputs of the next.
        biases: $b_1, \dots, b_L$, each of shape (out,) or (1, out), or None for a network without biases.
        activations: one name for every layer, the output's included, or a sequence of one per layer: "sigmoid", "tanh",
            "relu", "identity", "leaky_relu", "softplus", "silu", or an `Activation`. "softmax" is allowed at the output
            only, and only with two units or more.

    Attributes:
        weights: $W_1, \dots, W_L$, float64 arrays of shape (in, out); in a stack of S networks, as
            `backprop.ensemble.stack` makes it, (S, in, out). Every array that follows then has the leading axis too.
        biases: $b_1, \dots, b_L$, each of shape (1, out), or None.
        activations: one `Activation` for each layer.

    Raises:
        TypeError: if an argument is not of the type described.
        ValueError: if shapes do not fit, a number is NaN or infinite, or a name is unknown.

    Examples:
        A network 2-3-5-1 makes a forward pass, a backward pass and one step:

        >>> import backprop
        >>> X, y = backprop.xor()
        >>> model = backprop.Model.random([2, 3, 5, 1], seed=0)
        >>> trace = model.forward(X)
        >>> [z.shape for z in trace.z], trace.y_hat.shape
        ([(21, 3), (21, 5), (21, 1)], (21, 1))
        >>> gradients = model.backward(trace, y)
        >>> [g.shape for g in gradients.weights]
        [(2, 3), (3, 5), (5, 1)]
        >>> better = model.update(gradients, eta=0.1)
        >>> better.loss(better.forward(X), y) < model.loss(trace, y)
        True

        Its analytic gradient agrees with the numerical one:

        >>> from backprop.derivation import central_difference, relative_error
        >>> def loss_of(w2):
        ...     changed = backprop.Model([model.weights[0], w2, model.weights[2]])
        ...     return changed.loss(changed.forward(X), y)
        >>> numerical = central_difference(loss_of, model.weights[1])
        >>> relative_error(gradients.weights[1], numerical) < 1e-7
        True
    """

    __slots__ = ("activations", "biases", "weights")

    def __init__(
        self,
        weights: Sequence[Any],
        biases: Sequence[Any] | None = None,
        activations: str | Activation | Sequence[str | Activation] = "sigmoid",
    ) -> None:
        self.weights = _weights(weights)
        self.biases = None if biases is None else _biases(biases, [w.shape[1] for w in self.weights])
        self.activations = _activations(activations, [w.shape[1] for w in self.weights])

    @classmethod
    def random(
        cls,
        widths: Sequence[int],
        seed: int = 0,
        activations: str | Activation | Sequence[str | Activation] = "sigmoid",
        bias: bool = False,
    ) -> "Model":
        """Draw a network's weights from a normal distribution of mean 0 and standard deviation 1.

        Args:
            widths: the numbers of units, inputs first: [2, 4, 1] is the report's network.
            seed: a whole number, at least 0. The same seed gives the same weights.
            activations: as for `Model`.
            bias: whether the network has biases, which are drawn after the weights and in the same way.

        Returns:
            The model.

        Raises:
            TypeError: if an argument is not of the type described.
            ValueError: if there are fewer than two widths, one is below 1, or a name is unknown.

        Examples:
            >>> import backprop
            >>> backprop.Model.random([2, 4, 4, 1], seed=0, bias=True)
            Model 2-4-4-1: sigmoid, sigmoid, sigmoid; with bias
        """
        checks.of_type("bias", bias, bool, "True or False")
        if isinstance(widths, str) or not isinstance(widths, Sequence | np.ndarray):
            raise TypeError(f"widths is {widths!r}; expected a sequence of whole numbers such as [2, 4, 1]")
        sizes = [checks.whole_number(f"widths[{i}]", d, least=1) for i, d in enumerate(widths)]
        if len(sizes) < 2:
            raise ValueError(f"widths is {sizes}; expected at least two numbers, inputs and outputs")
        _, for_weights = data.streams(seed)
        weights = [for_weights.normal(0, 1, size=shape) for shape in pairwise(sizes)]
        biases = [for_weights.normal(0, 1, size=(1, d)) for d in sizes[1:]] if bias else None
        return cls(weights, biases, activations)

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers, first to last."""
        biases = self.biases or [None] * len(self.weights)
        return tuple(map(Layer, self.weights, biases, self.activations))

    @property
    def widths(self) -> tuple[int, ...]:
        """The numbers of units, inputs first."""
        return (self.weights[0].shape[-2], *(w.shape[-1] for w in self.weights))

    @property
    def parameters(self) -> tuple[np.ndarray, ...]:
        """The weights of all layers, then the biases, if there are any."""
        return (*self.weights, *(self.biases or ()))

    @property
    def n_networks(self) -> int | None:
        """The number of networks in a stack; None for a single network. See `backprop.ensemble`."""
        return None if self.weights[0].ndim == 2 else self.weights[0].shape[0]

    def __repr__(self) -> str:
        """Write the widths, the activations, whether there are biases, and how many networks a stack holds."""
        names = ", ".join(phi.name for phi in self.activations)
        many = "" if self.n_networks is None else f"; {self.n_networks} runs"
        return f"Model {'-'.join(map(str, self.widths))}: {names}; {'with' if self.biases else 'without'} bias{many}"

    def check_loss(self, loss: str) -> None:
        """Make sure that the loss is known and fits the output.

        Args:
            loss: "mse", "binary_cross_entropy" or "cross_entropy".

        Raises:
            TypeError: if it is not text.
            ValueError: if it is unknown, or does not fit the activation of the output.
        """
        checks.one_of("loss", loss, list(LOSSES))
        output, expected = self.activations[-1].name, LOSSES[loss].output
        if loss == "binary_cross_entropy" and output == "softmax":
            raise ValueError(
                "loss 'binary_cross_entropy' is for outputs that are classes of their own, with 'sigmoid'; the output "
                "activation is 'softmax', which goes with 'cross_entropy'"
            )
        if expected is not None and output in ACTIVATIONS and output != expected:
            predictions = "between 0 and 1" if expected == "sigmoid" else "that sum to 1, as 'softmax' makes them"
            raise ValueError(f"loss {loss!r} needs predictions {predictions}; the output activation is {output!r}")

    def check_data(self, X: Any, y: Any, loss: str) -> tuple[np.ndarray, np.ndarray]:
        """Make sure that data fit the network and the loss.

        Args:
            X: the inputs, shape (N, d₀).
            y: the targets, shape (N, d_L), between 0 and 1 for both cross-entropies. For "cross_entropy" each row sums
                to 1, or y has shape (N,) and holds class numbers, from 0.
            loss: "mse", "binary_cross_entropy" or "cross_entropy".

        Returns:
            X and y as float64 arrays of shapes (N, d₀) and (N, d_L).

        Raises:
            TypeError: if they are not real numbers.
            ValueError: if shapes do not fit or numbers are NaN, infinite, or for a cross-entropy outside [0, 1].

        Examples:
            Class numbers are converted to one-hot rows:

            >>> import backprop
            >>> model = backprop.Model.random([2, 3], activations="softmax")
            >>> model.check_data([[0, 0], [0, 1], [1, 1]], [2, 0, 1], loss="cross_entropy")[1]
            array([[0., 0., 1.],
                   [1., 0., 0.],
                   [0., 1., 0.]])
        """
        self.check_loss(loss)
        X = checks.matrix("X", X, columns=self.widths[0], runs=self.n_networks)
        if loss == "cross_entropy":
            return X, checks.class_targets("y", y, self.widths[-1], rows=X.shape[-2], runs=self.n_networks)
        y = checks.matrix("y", y, columns=self.widths[-1], rows=X.shape[-2], runs=self.n_networks)
        if loss == "binary_cross_entropy" and (y.min() < 0 or y.max() > 1):
            raise ValueError(f"y reaches from {y.min()} to {y.max()}; binary cross-entropy expects targets from 0 to 1")
        return X, y

    def check_learning_rates(self, eta: Any) -> float | np.ndarray:
        """Make sure that a learning rate is valid, or that there is a valid one for each network of a stack.

        Args:
            eta: a number, or S numbers of shape (S,) or (S, 1, 1).

        Returns:
            A float, or an array of shape (S, 1, 1).

        Raises:
            TypeError: if eta does not consist of real numbers.
            ValueError: if one is not positive and finite, or their number is not that of the networks.
        """
        rates = checks.learning_rates(eta)
        if isinstance(rates, np.ndarray) and len(rates) != self.n_networks:
            expected = (
                "one, for a single network" if self.n_networks is None else f"{self.n_networks}, one for each run"
            )
            raise ValueError(f"eta has {len(rates)} entries; expected {expected}")
        return rates

    def check_pair(self, trace: Trace, y: Any, loss: str) -> np.ndarray:
        """Make sure that a trace belongs to the network, and targets to the trace.

        Args:
            trace: what `forward` returned for this model.
            y: the targets, shape (N, d_L); for "cross_entropy" also class numbers, shape (N,).
            loss: "mse", "binary_cross_entropy" or "cross_entropy".

        Returns:
            y as a float64 array.

        Raises:
            TypeError: if trace is not a `Trace` or y does not consist of real numbers.
            ValueError: if shapes do not fit, or the loss is unknown or does not suit the output.
        """
        if not isinstance(trace, Trace):
            raise TypeError(f"trace is {type(trace).__name__}; expected a Trace, as `forward` returns it")
        stacked, rows = self.weights[0].shape[:-2], trace.a[0].shape[:-1]
        expected = [(*rows, self.widths[0]), *((*stacked, *rows[-1:], d) for d in self.widths[1:])]
        shapes = [a.shape for a in trace.a]
        if shapes != expected or [z.shape for z in trace.z] != expected[1:]:
            raise ValueError(f"trace has activations of shapes {shapes}; expected {expected} for this network")
        return self.check_data(trace.a[0], y, loss)[1]

    def forward(self, X: Any) -> Trace:
        """Compute the predictions, and keep every z and a.

        Args:
            X: the inputs, shape (N, d₀).

        Returns:
            The trace, whose `y_hat` holds the predictions, shape (N, d_L). It has a copy of X, so you may change yours.

        Raises:
            TypeError: if X does not consist of real numbers.
            ValueError: if its shape does not fit or a number is NaN or infinite.
        """
        return self._forward(checks.matrix("X", X, columns=self.widths[0], runs=self.n_networks).copy())

    def _forward(self, X: np.ndarray) -> Trace:
        z, a = [], [X]
        for w, b, phi in zip(self.weights, self.biases or repeat(None), self.activations, strict=False):
            z.append(step.preactivation(a[-1], w, b))
            a.append(step.activation(z[-1], phi.value))
        return Trace(tuple(z), tuple(a))

    def loss(self, trace: Trace, y: Any, loss: str = "mse") -> Any:
        """Compute the loss of a forward pass.

        Args:
            trace: what `forward` returned for this model.
            y: the targets, shape (N, d_L); for "cross_entropy" also class numbers, shape (N,).
            loss: "mse", "binary_cross_entropy" or "cross_entropy".

        Returns:
            L, a number; for a stack of S networks an array of shape (S,).

        Raises:
            TypeError: if trace is not a `Trace` or y does not consist of real numbers.
            ValueError: if a shape does not fit or the loss is unknown or does not suit the output.
        """
        y = self.check_pair(trace, y, loss)
        value = self._loss(trace, y, loss)
        return float(value) if self.n_networks is None else value

    def _loss(self, trace: Trace, y: np.ndarray, loss: str) -> np.ndarray:
        """Compute the loss from the last z and a of a trace; these may have further leading axes."""
        which = LOSSES[loss]
        if which.from_logits is not None and self.activations[-1] is ACTIVATIONS[str(which.output)]:
            return step.total_loss(which.from_logits(y, trace.z[-1]))
        with np.errstate(divide="ignore"):  # with another activation, a certain but incorrect prediction costs infinity
            return step.total_loss(which.contributions(y, trace.y_hat))

    def deltas(self, trace: Trace, y: Any, loss: str = "mse") -> tuple[np.ndarray, ...]:
        r"""Compute δ of every layer, from the output back to the first.

        Args:
            trace: what `forward` returned for this model.
            y: the targets, shape (N, d_L); for "cross_entropy" also class numbers, shape (N,).
            loss: "mse", "binary_cross_entropy" or "cross_entropy".

        Returns:
            $\Delta_1, \dots, \Delta_L$ in the order of the layers, each of the shape of its $Z_l$.

        Raises:
            TypeError: if trace is not a `Trace` or y does not consist of real numbers.
            ValueError: if a shape does not fit or the loss is unknown or does not suit the output.

        Examples:
            >>> import backprop
            >>> X, y = backprop.xor()
            >>> model = backprop.Model.random([2, 3, 5, 1], seed=0)
            >>> [d.shape for d in model.deltas(model.forward(X), y)]
            [(21, 3), (21, 5), (21, 1)]
        """
        y = self.check_pair(trace, y, loss)
        return self._deltas(trace, y, loss)

    def _deltas(self, trace: Trace, y: np.ndarray, loss: str) -> tuple[np.ndarray, ...]:
        (z, a), output = trace, self.activations[-1]
        if loss == "binary_cross_entropy" and output is ACTIVATIONS["sigmoid"]:
            delta = step.output_delta_sigmoid_bce(y, a[-1])
        elif loss == "cross_entropy" and output is ACTIVATIONS["softmax"]:
            delta = step.output_delta_softmax_cross_entropy(y, a[-1])
        else:
            delta = output.backward(z[-1], a[-1], LOSSES[loss].derivative(y, a[-1]))
        deltas = [delta]
        for i in range(len(z) - 1, 0, -1):
            delta = step.hidden_delta(self.activations[i - 1].derivative(z[i - 1], a[i]), delta, self.weights[i])
            deltas.append(delta)
        return tuple(deltas[::-1])

    def backward(self, trace: Trace, y: Any, loss: str = "mse") -> Gradients:
        """Compute the gradient of the loss.

        Args:
            trace: what `forward` returned for this model.
            y: the targets, shape (N, d_L); for "cross_entropy" also class numbers, shape (N,).
            loss: "mse", "binary_cross_entropy" or "cross_entropy".

        Returns:
            The gradients, each in the shape of its parameter and with its true sign.

        Raises:
            TypeError: if trace is not a `Trace` or y does not consist of real numbers.
            ValueError: if a shape does not fit or the loss is unknown or does not suit the output.
        """
        y = self.check_pair(trace, y, loss)
        return self._backward(trace, y, loss)

    def _backward(self, trace: Trace, y: np.ndarray, loss: str) -> Gradients:
        deltas = self._deltas(trace, y, loss)
        weights = tuple(map(step.weight_gradient, trace.a, deltas))
        return Gradients(weights, None if self.biases is None else tuple(map(step.bias_gradient, deltas)))

    def update(self, gradients: Gradients, eta: float | np.ndarray) -> "Model":
        """Take one step of gradient descent.

        Args:
            gradients: what `backward` returned for this model.
            eta: the learning rate, positive; for a stack of S networks also one for each, shape (S,) or (S, 1, 1).

        Returns:
            A new model. This one is not changed.

        Raises:
            TypeError: if eta is not a number, or the gradients are not `Gradients` of real numbers.
            ValueError: if eta is not positive and finite, or the gradients do not fit.
        """
        eta = self.check_learning_rates(eta)
        if not isinstance(gradients, Gradients):
            raise TypeError(f"gradients is {type(gradients).__name__}; expected Gradients, as `backward` returns them")
        if (gradients.biases is None) != (self.biases is None):
            raise ValueError(
                f"gradients.biases {'is None' if gradients.biases is None else 'is given'}; "
                f"the model is {'with' if self.biases else 'without'} bias"
            )
        weights = _fit("gradients.weights", gradients.weights, self.weights)
        biases = None if gradients.biases is None else _fit("gradients.biases", gradients.biases, self.biases or ())
        return self._update(Gradients(weights, biases), eta)

    def _update(self, gradients: Gradients, eta: float | np.ndarray) -> "Model":
        biases = self.biases
        if biases is not None and gradients.biases is not None:
            biases = step.simultaneous_update(biases, gradients.biases, eta)
        return self._like(step.simultaneous_update(self.weights, gradients.weights, eta), biases)

    def _like(self, weights: tuple[np.ndarray, ...], biases: tuple[np.ndarray, ...] | None) -> "Model":
        """Make a model with these parameters, which are not checked, and the activations of this one."""
        model = object.__new__(type(self))
        model.weights, model.biases, model.activations = weights, biases, self.activations
        return model

    def _map(self, change: Callable[[np.ndarray], np.ndarray]) -> "Model":
        """Make a model by applying a function to each parameter array."""
        biases = None if self.biases is None else tuple(map(change, self.biases))
        return self._like(tuple(map(change, self.weights)), biases)


def _fit(name: str, gradients: Sequence[Any], parameters: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
    """Return gradients as float64 arrays, after checking that they are finite and have their parameters' shapes."""
    shapes, expected = [np.shape(g) for g in gradients], [p.shape for p in parameters]
    if shapes != expected:
        raise ValueError(f"{name} have shapes {shapes}; expected {expected}")
    return tuple(checks.real_array(f"{name}[{i}]", g) for i, g in enumerate(gradients))


def _weights(weights: Sequence[Any]) -> tuple[np.ndarray, ...]:
    """Check that the weights are matrices whose shapes fit together."""
    if isinstance(weights, str) or not isinstance(weights, Sequence):
        raise TypeError(f"weights is {type(weights).__name__}; expected a list of one matrix for each layer")
    if not weights:
        raise ValueError("weights is empty; expected at least one matrix, one for each layer")
    arrays = [checks.matrix(f"weights[{i}]", w).copy() for i, w in enumerate(weights)]
    for i, (w, w_next) in enumerate(pairwise(arrays)):
        if w.shape[1] != w_next.shape[0]:
            raise ValueError(
                f"weights[{i + 1}] has shape {w_next.shape}; expected ({w.shape[1]}, …), "
                f"because weights[{i}] of shape {w.shape} has {w.shape[1]} outputs"
            )
    return tuple(arrays)


def _biases(biases: Sequence[Any], widths: Sequence[int]) -> tuple[np.ndarray, ...]:
    """Check that there is one bias row for each layer."""
    if isinstance(biases, str) or not isinstance(biases, Sequence):
        raise TypeError(f"biases is {type(biases).__name__}; expected a list of one row for each layer, or None")
    if len(biases) != len(widths):
        raise ValueError(f"biases has {len(biases)} entries; expected {len(widths)}, one for each layer")
    rows = []
    for i, (b, d) in enumerate(zip(biases, widths, strict=True)):
        row = checks.real_array(f"biases[{i}]", b)
        if row.shape not in ((d,), (1, d)):
            raise ValueError(f"biases[{i}] has shape {row.shape}; expected ({d},) or (1, {d})")
        rows.append(row.reshape(1, d).copy())
    return tuple(rows)


def _activations(
    activations: str | Activation | Sequence[str | Activation], widths: Sequence[int]
) -> tuple[Activation, ...]:
    """Look up the activations by name, one for each layer; all but the last must be element-wise."""
    n = len(widths)
    if isinstance(activations, str | Activation):
        activations = [activations] * n
    if not isinstance(activations, Sequence):
        raise TypeError(
            f"activations is {checks.shown(activations)}; expected a name or a sequence of one for each layer"
        )
    if len(activations) != n:
        raise ValueError(f"activations has {len(activations)} entries; expected {n}, one for each layer")
    found = tuple(
        a if isinstance(a, Activation) else ACTIVATIONS[checks.one_of("activations", a, list(ACTIVATIONS))]
        for a in activations
    )
    for i, phi in enumerate(found[:-1]):
        if not phi.elementwise:
            raise ValueError(
                f"activations[{i}] is {phi.name!r}, which is not element-wise; expected it at the output only, as "
                f"activations[{n - 1}]"
            )
    if found[-1] is ACTIVATIONS["softmax"] and widths[-1] == 1:
        raise ValueError(
            f"activations[{n - 1}] is 'softmax' with one output, which would always be 1; expected an output for each "
            "class, or 'sigmoid'"
        )
    return found
