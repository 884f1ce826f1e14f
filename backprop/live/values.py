"""All numbers of a scene, computed by `Model` and by the functions of the derivation."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from backprop.live.scene import Scene
from backprop.network import Gradients, Model, Trace
from backprop.verification.catalogue import gradients_in_training


@dataclass(frozen=True)
class Numbers:
    """All numbers of a scene, for the examples that are looked at.

    Attributes:
        scene: the scene.
    """

    scene: Scene

    @property
    def model(self) -> Model:
        """The network."""
        return self.scene.model

    @cached_property
    def trace(self) -> Trace:
        """Every z and a."""
        return self.model.forward(self.scene.seen[0])

    @cached_property
    def deltas(self) -> tuple[np.ndarray, ...]:
        """δ of every layer, the first layer's first."""
        return self.model.deltas(self.trace, self.scene.seen[1], self.scene.loss)

    @cached_property
    def gradients(self) -> Gradients:
        """The gradient of the loss."""
        return self.model.backward(self.trace, self.scene.seen[1], self.scene.loss)

    @cached_property
    def updated(self) -> Model:
        """The network after one update."""
        return self.model._update(self.gradients, self.scene.eta)  # whose numbers may be infinite

    @cached_property
    def loss(self) -> float:
        """The loss."""
        return float(self.model.loss(self.trace, self.scene.seen[1], self.scene.loss))

    @cached_property
    def mistaken(self) -> Gradients | None:
        """The gradient with the planted mistake, if it can be made with these examples."""
        if not self.scene.mistake:
            return None
        try:
            with np.errstate(all="ignore"):
                return gradients_in_training(self.model, *self.scene.seen, self.scene.mistake, self.scene.loss)
        except ValueError:
            return None

    def a(self, unit: int) -> np.ndarray:
        """The activations of a unit; those of the inputs are x."""
        layer, j = self.scene.place(unit)
        return self.trace.a[layer][:, j]

    def z(self, unit: int) -> np.ndarray:
        """The pre-activations of a unit."""
        layer, j = self.scene.place(unit)
        return self.trace.z[layer - 1][:, j]

    def delta(self, unit: int) -> np.ndarray:
        """δ of a unit, for each example."""
        layer, j = self.scene.place(unit)
        return self.deltas[layer - 1][:, j]

    def derivative(self, unit: int) -> np.ndarray:
        """The derivatives of a unit's activation function."""
        layer, j = self.scene.place(unit)
        return self.model.layers[layer - 1].derivative(self.trace.z[layer - 1], self.trace.a[layer])[:, j]

    def weight(self, i: int, j: int) -> float:
        """The weight from unit i to unit j."""
        (layer, row), (_, column) = self.scene.place(i), self.scene.place(j)
        return float(self.model.weights[layer][row, column])

    def gradient(self, i: int, j: int, of: Gradients | None = None) -> float:
        """The gradient with respect to the weight from unit i to unit j; the correct one, if no others are given."""
        (layer, row), (_, column) = self.scene.place(i), self.scene.place(j)
        return float((of or self.gradients).weights[layer][row, column])

    def bias(self, j: int) -> float:
        """The bias of a unit; 0 in a network without biases."""
        layer, column = self.scene.place(j)
        return 0.0 if self.model.biases is None else float(self.model.biases[layer - 1][0, column])

    def bias_gradient(self, j: int) -> float:
        """The gradient with respect to the bias of a unit; 0 in a network without biases."""
        layer, column = self.scene.place(j)
        return 0.0 if self.gradients.biases is None else float(self.gradients.biases[layer - 1][0, column])
