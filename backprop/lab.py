"""The whole program in the shape of the lab: two layers, forward, backward, update."""

import numpy as np

from backprop.data import streams, xor
from backprop.derivation import (
    activation,
    backward_gradient,
    preactivation,
    sent_back,
    sigmoid,
    sigmoid_slope_from_output,
    squared_error,
    squared_error_slope,
    total_loss,
    update,
    weight_gradient,
)


class Layer:
    """A layer of sigmoid units without bias."""

    def __init__(self, input_size: int, output_size: int, rng: np.random.Generator) -> None:
        self.w = rng.normal(0, 1, size=(input_size, output_size))

    def forward(self, X: np.ndarray) -> np.ndarray:
        """Keep the input, return the activation."""
        self.forward_gradient = X
        self.a = activation(preactivation(X, self.w), sigmoid)
        return self.a

    def backward(self, derivative_C: np.ndarray) -> np.ndarray:
        """Keep δ, return what goes back to the layer before."""
        self.backward_gradient = backward_gradient(sigmoid_slope_from_output(self.a), derivative_C)
        return sent_back(self.backward_gradient, self.w)

    def update_param(self, eta: float) -> None:
        """Move the weights against their gradient."""
        self.w = update(self.w, weight_gradient(self.forward_gradient, self.backward_gradient), eta)


class Model:
    """The report's network, 2-4-1."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.hidden_layer_1, self.hidden_layer_2 = Layer(2, 4, rng), Layer(4, 1, rng)

    def forward(self, X: np.ndarray) -> np.ndarray:
        """Go through the layers, first to last."""
        return self.hidden_layer_2.forward(self.hidden_layer_1.forward(X))

    def backward(self, d_loss: np.ndarray) -> None:
        """Go through the layers, last to first."""
        self.hidden_layer_1.backward(self.hidden_layer_2.backward(d_loss))

    def update(self, eta: float) -> None:
        """Update both layers, once both have their gradients."""
        self.hidden_layer_2.update_param(eta)
        self.hidden_layer_1.update_param(eta)


def main(epochs: int = 10_000, log_every: int = 500) -> list[float]:
    """Train on XOR, print the log, return the losses."""
    X, y = xor()
    model = Model(streams(0)[1])
    losses = []
    for epoch in range(epochs):
        y_hat = model.forward(X)
        losses.append(float(total_loss(squared_error(y, y_hat))))
        model.backward(squared_error_slope(y, y_hat))
        model.update(eta=1.0)
        if epoch % log_every == 0:
            print(f"epoch : {epoch} loss : {losses[-1]}")
    return losses


if __name__ == "__main__":
    main()
