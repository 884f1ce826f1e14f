"""The lab in NumPy alone: networks of any widths, trained by backpropagation."""

from itertools import pairwise

import numpy as np


def streams(seed: int) -> list[np.random.Generator]:
    """Make one stream of random numbers for the data and one for the weights."""
    return np.random.default_rng(seed).spawn(2)


def linear(n: int = 100, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw random inputs; the label is 0 where x₁ > x₂, else 1."""
    X = streams(seed)[0].uniform(0, 1, size=(n, 2))
    return X, np.where(X[:, :1] > X[:, 1:], 0.0, 1.0)


def xor() -> tuple[np.ndarray, np.ndarray]:
    """List 21 inputs on two diagonals; the label is 0 on one and 1 on the other."""
    X, y = [], []
    for i in range(11):
        t = 0.1 * i
        X.append([t, t])
        y.append([0.0])
        if t != 0.5:
            X.append([t, 1 - t])
            y.append([1.0])
    return np.array(X), np.array(y)


def sigmoid(z: np.ndarray) -> np.ndarray:
    """Compute σ(z). The limit of 700 keeps exp from overflowing."""
    return 1 / (1 + np.exp(np.minimum(-z, 700)))


def derivative_sigmoid(a: np.ndarray) -> np.ndarray:
    """Compute σ′ from a = σ(z) rather than from z."""
    return a * (1 - a)


def mse(y: np.ndarray, y_hat: np.ndarray) -> float:
    """Compute L, the mean squared error, as the sum of the contributions of all examples."""
    return float(np.sum((y_hat - y) ** 2 / y.size))


def derivative_loss(y: np.ndarray, y_hat: np.ndarray) -> np.ndarray:
    """Compute ∂L/∂ŷ, with its true sign."""
    return (y_hat - y) * (2 / y.size)


def accuracy(y: np.ndarray, y_hat: np.ndarray) -> float:
    """Compute the fraction of correct predictions."""
    return float(np.mean((y_hat > 0.5) == (y > 0.5)))


class Layer:
    """A layer of sigmoid units without bias."""

    def __init__(self, inputs: int, outputs: int, rng: np.random.Generator) -> None:
        self.w = rng.normal(0, 1, size=(inputs, outputs))

    def forward(self, X: np.ndarray) -> np.ndarray:
        """Keep the input, ∂z/∂w, and the output a = σ(Xw); return the output."""
        self.forward_gradient = X
        self.a = sigmoid(X @ self.w)
        return self.a

    def backward(self, derivative_C: np.ndarray) -> np.ndarray:
        """Take ∂C/∂a, keep δ = ∂C/∂z, and return ∂C/∂a of the layer before."""
        self.backward_gradient = derivative_sigmoid(self.a) * derivative_C
        return self.backward_gradient @ self.w.T

    def update_param(self, eta: float) -> None:
        """Take a step in the direction of the negative gradient."""
        gradient = self.forward_gradient.T @ self.backward_gradient
        self.w = self.w - eta * gradient


class Model:
    """A network: [2, 4, 4, 1] has 2 inputs, two hidden layers of 4 and 1 output."""

    def __init__(self, widths: list[int], seed: int = 0) -> None:
        rng = streams(seed)[1]
        self.layers = [Layer(i, o, rng) for i, o in pairwise(widths)]

    def forward(self, X: np.ndarray) -> np.ndarray:
        """Compute the prediction, from the first layer to the last."""
        for layer in self.layers:
            X = layer.forward(X)
        return X

    def backward(self, derivative_C: np.ndarray) -> None:
        """Compute δ of every layer, from the last to the first."""
        for layer in reversed(self.layers):
            derivative_C = layer.backward(derivative_C)

    def update(self, eta: float) -> None:
        """Update every layer, after all of them have their gradients."""
        for layer in self.layers:
            layer.update_param(eta)


def train(
    model: Model,
    X: np.ndarray,
    y: np.ndarray,
    eta: float = 1.0,
    epochs: int = 10_000,
) -> list[float]:
    """Train, print the loss every 500 epochs, and return the loss of every epoch."""
    losses = []
    for epoch in range(epochs):
        y_hat = model.forward(X)
        losses.append(mse(y, y_hat))
        model.backward(derivative_loss(y, y_hat))
        model.update(eta)
        if epoch % 500 == 0:
            print(f"epoch : {epoch} loss : {losses[-1]}")
    return losses


def main() -> None:
    """Train the report's network and the assignment's on both data sets."""
    for name, (X, y) in {"linear": linear(), "XOR": xor()}.items():
        for widths in ([2, 4, 1], [2, 4, 4, 1]):
            print(f"{name}, {'-'.join(map(str, widths))}")
            model = Model(widths)
            train(model, X, y)
            print(f"accuracy : {accuracy(y, model.forward(X)):.0%}\n")


if __name__ == "__main__":
    main()
