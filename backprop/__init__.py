"""An executable specification of backpropagation.

Read `backprop.derivation` chapter by chapter: each step is a function, and its docstring derives it. The names
below use these steps:

- `xor`, `linear`: the two data sets
- `Model`, with `Layer`, `Activation`, `Trace`, `Gradients`: the network
- `train`, with `Run`: gradient descent
- `ensemble`: the training of many networks at once
- `diagnose_loss`: what the value of a plateau tells about the network
- `diagnose`, `diagnose_step`, with `Diagnosis`: the name of the mistake in your gradient
- `assert_gradient`: the same as a test, which fails with the name of the mistake
- `gradient_check`: a comparison of a network's gradient, or of yours, with numerical derivatives
- `citation`: how to cite this work

>>> import backprop
>>> X, y = backprop.xor()
>>> model = backprop.Model.random([2, 4, 1], seed=0)
>>> run = backprop.train(model, X, y, eta=1.0, epochs=5000)
>>> float(backprop.derivation.binary_accuracy(y, run.model.forward(X).y_hat))
1.0
"""

from backprop import derivation, ensemble
from backprop.citing import VERSION as __version__
from backprop.citing import citation
from backprop.data import linear, xor
from backprop.network import Activation, Gradients, Layer, Model, Trace
from backprop.training import Run, train
from backprop.verification import Diagnosis, assert_gradient, diagnose, diagnose_loss, diagnose_step, gradient_check

__all__ = [
    "Activation",
    "Diagnosis",
    "Gradients",
    "Layer",
    "Model",
    "Run",
    "Trace",
    "__version__",
    "assert_gradient",
    "citation",
    "derivation",
    "diagnose",
    "diagnose_loss",
    "diagnose_step",
    "ensemble",
    "gradient_check",
    "linear",
    "train",
    "xor",
]
