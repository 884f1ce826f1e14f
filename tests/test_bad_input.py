"""Bad input stops at the door, with a message that names the argument, what came and what was expected."""

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pytest

import backprop
from backprop import Gradients, Model, ensemble, train
from backprop.__main__ import main

X, Y = backprop.xor()
MODEL = Model.random([2, 3, 1], seed=0)
STACK = ensemble.stack([Model.random([2, 3, 1], seed) for seed in range(3)])
BIASED = Model.random([2, 3, 1], seed=0, bias=True)
TRACE = MODEL.forward(X)
GRADIENTS = MODEL.backward(TRACE, Y)
WITH_BIAS = BIASED.backward(BIASED.forward(X), Y)
NAN, INF = float("nan"), float("inf")
SOFTMAX = Model.random([2, 4, 3], seed=0, activations=["sigmoid", "softmax"])
CLASSES = np.arange(21) % 3
ONE_HOT = np.eye(3)[CLASSES]


class Bad(NamedTuple):
    call: Callable[[], object]
    error: type[Exception]
    name: str
    came: str
    expected: str


def untyped(value: object) -> Any:
    """Pass what no type checker would let through."""
    return value


def holding(array: np.ndarray, value: float) -> np.ndarray:
    """Copy an array with one entry changed."""
    changed = array.copy()
    changed[-1, -1] = value
    return changed


def biases_of(*biases: np.ndarray) -> Gradients:
    return Gradients(WITH_BIAS.weights, biases)


def classes(y: object, model: Model = SOFTMAX) -> Callable[[], object]:
    return lambda: train(model, X, y, 1.0, 1, "cross_entropy")


def fast(model: Model, loss: str = "mse", eta: float = 1.0) -> Callable[[], object]:
    return lambda: train(model, X, Y, eta, 1, loss, engine="fast")


CASES = {
    # the data
    "X one-dimensional": Bad(lambda: MODEL.forward([0.0, 1.0]), ValueError, "X", "(2,)", "two dimensions"),
    "X three-dimensional": Bad(lambda: MODEL.forward(X[None]), ValueError, "X", "(1, 21, 2)", "two dimensions"),
    "X too narrow": Bad(lambda: MODEL.forward(X[:, :1]), ValueError, "X", "(21, 1)", "(21, 2)"),
    "X transposed": Bad(lambda: MODEL.forward(X.T), ValueError, "X", "(2, 21)", "(2, 2)"),
    "X ragged": Bad(lambda: MODEL.forward([[0, 1], [1]]), ValueError, "X", "different lengths", "rectangular"),
    "X nan": Bad(lambda: MODEL.forward(holding(X, NAN)), ValueError, "X", "nan at index (20, 1)", "finite"),
    "X inf": Bad(lambda: MODEL.forward(holding(X, -INF)), ValueError, "X", "-inf at index (20, 1)", "finite"),
    "X empty": Bad(lambda: MODEL.forward([]), ValueError, "X", "empty", "at least one"),
    "X without rows": Bad(lambda: MODEL.forward(np.empty((0, 2))), ValueError, "X", "(0, 2)", "at least one"),
    "X text": Bad(lambda: MODEL.forward([["a", "b"]]), TypeError, "X", "<U1", "real numbers"),
    "X numbers as text": Bad(lambda: MODEL.forward(X.astype(str)), TypeError, "X", "<U32", "real numbers"),
    "X objects": Bad(lambda: MODEL.forward(X.astype(object)), TypeError, "X", "object", "real numbers"),
    "X with a gap": Bad(lambda: MODEL.forward([[0.0, None]]), TypeError, "X", "object", "real numbers"),
    "X None": Bad(lambda: MODEL.forward(None), TypeError, "X", "None", "real numbers"),
    "X complex": Bad(lambda: MODEL.forward(X + 0j), TypeError, "X", "complex128", "real numbers"),
    "X of dates": Bad(lambda: MODEL.forward(X.astype("M8[D]")), TypeError, "X", "datetime64[D]", "real numbers"),
    "y (N,)": Bad(lambda: MODEL.backward(TRACE, Y.ravel()), ValueError, "y", "(21,)", "(21, 1)"),
    "y too short": Bad(lambda: MODEL.backward(TRACE, Y[:5]), ValueError, "y", "(5, 1)", "(21, 1)"),
    "y too wide": Bad(lambda: MODEL.backward(TRACE, X), ValueError, "y", "(21, 2)", "(21, 1)"),
    "y a row": Bad(lambda: MODEL.backward(TRACE, Y.T), ValueError, "y", "(1, 21)", "(21, 1)"),
    "y nan": Bad(lambda: MODEL.backward(TRACE, holding(Y, NAN)), ValueError, "y", "nan at index (20, 0)", "finite"),
    "y text": Bad(lambda: MODEL.backward(TRACE, [["a"]]), TypeError, "y", "<U1", "real numbers"),
    "y empty": Bad(lambda: MODEL.backward(TRACE, []), ValueError, "y", "empty", "at least one"),
    "y (N,) for the loss": Bad(lambda: MODEL.loss(TRACE, Y.ravel()), ValueError, "y", "(21,)", "(21, 1)"),
    "y (N,) for the deltas": Bad(lambda: MODEL.deltas(TRACE, Y.ravel()), ValueError, "y", "(21,)", "(21, 1)"),
    # the weights
    "weights empty": Bad(lambda: Model([]), ValueError, "weights", "empty", "at least one"),
    "weights one array": Bad(lambda: Model(untyped(np.ones((2, 3)))), TypeError, "weights", "ndarray", "list"),
    "weights None": Bad(lambda: Model(untyped(None)), TypeError, "weights", "NoneType", "list"),
    "weights text": Bad(lambda: Model("sigmoid"), TypeError, "weights", "str", "list"),
    "weights do not chain": Bad(
        lambda: Model([np.ones((2, 3)), np.ones((4, 1))]), ValueError, "weights[1]", "(4, 1)", "(3, …)"
    ),
    "weights one-dimensional": Bad(
        lambda: Model([np.ones((2, 3)), np.ones(3)]), ValueError, "weights[1]", "(3,)", "two dimensions"
    ),
    "weights nan": Bad(
        lambda: Model([np.full((2, 1), NAN)]), ValueError, "weights[0]", "nan at index (0, 0)", "finite"
    ),
    "weights complex": Bad(
        lambda: Model([np.ones((2, 1)) + 0j]), TypeError, "weights[0]", "complex128", "real numbers"
    ),
    "weights of a layer of no units": Bad(
        lambda: Model([np.ones((2, 0))]), ValueError, "weights[0]", "(2, 0)", "one entry"
    ),
    "weights as words": Bad(lambda: Model([[["a"]]]), TypeError, "weights[0]", "<U1", "real numbers"),
    # the biases
    "biases too few": Bad(
        lambda: Model([np.ones((2, 3)), np.ones((3, 1))], [np.ones(3)]), ValueError, "biases", "1 entries", "2, one for"
    ),
    "biases too wide": Bad(
        lambda: Model([np.ones((2, 3))], [np.ones(2)]), ValueError, "biases[0]", "(2,)", "(3,) or (1, 3)"
    ),
    "biases a column": Bad(
        lambda: Model([np.ones((2, 3))], [np.ones((3, 1))]), ValueError, "biases[0]", "(3, 1)", "(3,) or (1, 3)"
    ),
    "biases nan": Bad(
        lambda: Model([np.ones((2, 1))], [[NAN]]), ValueError, "biases[0]", "nan at index (0,)", "finite"
    ),
    "biases a switch": Bad(lambda: Model([np.ones((2, 1))], untyped(True)), TypeError, "biases", "bool", "list"),
    "biases one None": Bad(lambda: Model([np.ones((2, 1))], [None]), TypeError, "biases[0]", "None", "real numbers"),
    # activations and losses
    "activation unknown": Bad(
        lambda: Model.random([2, 1], activations="sigmod"), ValueError, "activations", "'sigmod'", "'sigmoid', 'tanh'"
    ),
    "one activation unknown": Bad(
        lambda: Model.random([2, 3, 1], activations=["relu", "sine"]), ValueError, "activations", "'sine'", "'relu'"
    ),
    "activations too few": Bad(
        lambda: Model.random([2, 3, 1], activations=["relu"]), ValueError, "activations", "1 entries", "2, one for"
    ),
    "activations a number": Bad(
        lambda: Model.random([2, 1], activations=untyped(5)), TypeError, "activations", "5", "name or a sequence"
    ),
    "activations a function": Bad(
        lambda: Model.random([2, 1], activations=[untyped(abs)]), TypeError, "activations", "abs", "a name"
    ),
    "loss unknown": Bad(
        lambda: MODEL.backward(TRACE, Y, "mes"), ValueError, "loss", "'mes'", "'mse', 'binary_cross_entropy'"
    ),
    "loss unknown for a value": Bad(lambda: MODEL.loss(TRACE, Y, "mes"), ValueError, "loss", "'mes'", "'mse'"),
    "loss None": Bad(lambda: MODEL.backward(TRACE, Y, untyped(None)), TypeError, "loss", "None", "a name"),
    "loss that the output does not fit": Bad(
        lambda: train(Model.random([2, 1], activations="tanh"), X, Y, 1.0, 1, "binary_cross_entropy"),
        *(ValueError, "loss", "'tanh'", "between 0 and 1"),
    ),
    "targets that the loss does not fit": Bad(
        lambda: train(MODEL, X, 2 * Y, 1.0, 1, "binary_cross_entropy"), ValueError, "y", "0.0 to 2.0", "from 0 to 1"
    ),
    # classes
    "softmax with the binary loss": Bad(
        lambda: train(SOFTMAX, X, ONE_HOT, 1.0, 1, "binary_cross_entropy"),
        *(ValueError, "loss", "'binary_cross_entropy'", "'cross_entropy'"),
    ),
    "cross-entropy without softmax": Bad(
        classes(CLASSES, Model.random([2, 4, 3])), ValueError, "loss", "'sigmoid'", "'softmax'"
    ),
    "softmax in a hidden layer": Bad(
        lambda: Model.random([2, 4, 3], activations="softmax"),
        *(ValueError, "activations[0]", "'softmax'", "at the output only, as activations[1]"),
    ),
    "softmax of one output": Bad(
        lambda: Model.random([2, 4, 1], activations=["tanh", "softmax"]),
        *(ValueError, "activations[1]", "one output", "'sigmoid'"),
    ),
    "class numbers in a column": Bad(
        classes(CLASSES[:, None]), ValueError, "y", "(21, 1)", "one-hot rows, shape (21, 3), or class numbers"
    ),
    "too few class numbers": Bad(classes([0, 1, 2]), ValueError, "y", "(3,)", "class numbers, shape (21,)"),
    "class numbers from 1": Bad(classes(CLASSES + 1), ValueError, "y", "3 at index 2", "from 0 to 2"),
    "a negative class number": Bad(classes(CLASSES - 1), ValueError, "y", "-1 at index 0", "from 0 to 2"),
    "half a class number": Bad(classes(CLASSES / 2), ValueError, "y", "0.5 at index 1", "from 0 to 2"),
    "one-hot transposed": Bad(classes(ONE_HOT.T), ValueError, "y", "(3, 21)", "(21, 3)"),
    "one-hot with a class too many": Bad(classes(np.eye(4)[CLASSES]), ValueError, "y", "(21, 4)", "(21, 3)"),
    "one-hot with two ones": Bad(classes(holding(ONE_HOT, 1.0) + ONE_HOT[::-1]), ValueError, "y", "2.0 in row 0", "1"),
    "a negative probability": Bad(classes(ONE_HOT * 1.5 - 1 / 6), ValueError, "y", "-0.16", "probabilities"),
    "one-hot of too many runs": Bad(
        classes([ONE_HOT] * 4, ensemble.stack([SOFTMAX] * 3)), ValueError, "y", "(4, 21, 3)", "(3, 21, 3)"
    ),
    "one-hot of a run that does not sum to 1": Bad(
        classes([ONE_HOT, ONE_HOT / 2]), ValueError, "y", "0.5 in row (1, 0)", "expected 1"
    ),
    "classes nan": Bad(classes(holding(ONE_HOT, NAN)), ValueError, "y", "nan at index (20, 2)", "finite"),
    "classes as text": Bad(classes(["a"] * 21), TypeError, "y", "<U1", "real numbers"),
    "fast, softmax": Bad(
        lambda: train(SOFTMAX, X, CLASSES, 1.0, 1, "cross_entropy", engine="fast"),
        *(ValueError, "engine", "'softmax'", "'sigmoid'"),
    ),
    # the trace and the gradients
    "trace None": Bad(lambda: MODEL.backward(untyped(None), Y), TypeError, "trace", "NoneType", "Trace"),
    "trace only the answers": Bad(
        lambda: MODEL.backward(untyped(TRACE.y_hat), Y), TypeError, "trace", "ndarray", "Trace"
    ),
    "trace only the inputs, for the loss": Bad(
        lambda: MODEL.loss(untyped(X), Y), TypeError, "trace", "ndarray", "Trace"
    ),
    "trace of a wider network": Bad(
        lambda: MODEL.backward(Model.random([2, 5, 1]).forward(X), Y), ValueError, "trace", "5", "3"
    ),
    "trace of a deeper network": Bad(
        lambda: MODEL.backward(Model.random([2, 3, 3, 1]).forward(X), Y), ValueError, "trace", "3", "2"
    ),
    "trace of a shallower network": Bad(
        lambda: Model.random([2, 3, 3, 1]).backward(TRACE, Y), ValueError, "trace", "2", "3"
    ),
    "gradients None": Bad(lambda: MODEL.update(untyped(None), 1.0), TypeError, "gradients", "NoneType", "Gradients"),
    "gradients of the weights only": Bad(
        lambda: MODEL.update(untyped(GRADIENTS.weights), 1.0), TypeError, "gradients", "tuple", "Gradients"
    ),
    "gradients of another network": Bad(
        lambda: Model.random([2, 4, 1]).update(GRADIENTS, 1.0), ValueError, "gradients.weights", "(2, 3)", "(2, 4)"
    ),
    "gradients of too few layers": Bad(
        lambda: MODEL.update(Gradients(GRADIENTS.weights[:1], None), 1.0),
        ValueError,
        "gradients.weights",
        "(2, 3)",
        "(3, 1)",
    ),
    "gradients without biases": Bad(
        lambda: BIASED.update(GRADIENTS, 1.0), ValueError, "gradients.biases", "None", "with bias"
    ),
    "gradients with biases": Bad(
        lambda: MODEL.update(WITH_BIAS, 1.0), ValueError, "gradients.biases", "given", "without bias"
    ),
    "gradients of one bias only": Bad(
        lambda: BIASED.update(biases_of(np.ones((1, 3))), 1.0), ValueError, "gradients.biases", "(1, 3)", "(1, 1)"
    ),
    "gradients of biases that would broadcast": Bad(
        lambda: BIASED.update(biases_of(np.ones((1, 1)), np.ones((1, 1))), 1.0),
        ValueError,
        "gradients.biases",
        "(1, 1)",
        "(1, 3)",
    ),
    "gradients nan": Bad(
        lambda: MODEL.update(Gradients(tuple(g * NAN for g in GRADIENTS.weights), None), 1.0),
        *(ValueError, "gradients.weights[0]", "nan", "finite"),
    ),
    # numbers
    "eta 0": Bad(lambda: train(MODEL, X, Y, 0, 1), ValueError, "eta", "0", "positive, finite"),
    "eta negative": Bad(lambda: train(MODEL, X, Y, -0.5, 1), ValueError, "eta", "-0.5", "positive, finite"),
    "eta nan": Bad(lambda: train(MODEL, X, Y, NAN, 1), ValueError, "eta", "nan", "positive, finite"),
    "eta inf": Bad(lambda: train(MODEL, X, Y, INF, 1), ValueError, "eta", "inf", "positive, finite"),
    "eta beyond all floats": Bad(lambda: train(MODEL, X, Y, 10**400, 1), ValueError, "eta", "1000", "positive, finite"),
    "eta text": Bad(lambda: train(MODEL, X, Y, untyped("1"), 1), TypeError, "eta", "'1'", "a number"),
    "eta None": Bad(lambda: train(MODEL, X, Y, untyped(None), 1), TypeError, "eta", "None", "a number"),
    "eta a switch": Bad(lambda: train(MODEL, X, Y, True, 1), TypeError, "eta", "bool", "a number"),
    "eta complex": Bad(lambda: train(MODEL, X, Y, untyped(1j), 1), TypeError, "eta", "complex", "a number"),
    "eta a matrix": Bad(lambda: train(MODEL, X, Y, np.ones((2, 3)), 1), ValueError, "eta", "(2, 3)", "(S, 1, 1)"),
    "etas text": Bad(lambda: train(MODEL, X, Y, ["1", "2"], 1), TypeError, "eta", "<U1", "numbers"),
    "etas switches": Bad(lambda: train(MODEL, X, Y, [True, True], 1), TypeError, "eta", "bool", "numbers"),
    "etas none": Bad(lambda: train(MODEL, X, Y, np.ones(0), 1), ValueError, "eta", "(0,)", "one for each run"),
    "etas ragged": Bad(lambda: train(MODEL, X, Y, [[1.0], [1.0, 2.0]], 1), ValueError, "eta", "rows", "(S, 1, 1)"),
    "etas one 0": Bad(lambda: train(MODEL, X, Y, [1.0, 0.0], 1), ValueError, "eta[1]", "0.0", "positive, finite"),
    "etas one nan": Bad(lambda: train(MODEL, X, Y, [NAN, 1.0], 1), ValueError, "eta[0]", "nan", "positive, finite"),
    "etas too few": Bad(lambda: train(STACK, X, Y, [1.0, 2.0], 1), ValueError, "eta", "2 entries", "expected 3"),
    "etas for one update": Bad(
        lambda: MODEL.update(GRADIENTS, np.ones(2)), ValueError, "eta", "2 entries", "single network"
    ),
    # engines
    "engine unknown": Bad(lambda: train(MODEL, X, Y, 1.0, 1, engine="jax"), ValueError, "engine", "'jax'", "'fast'"),
    "engine None": Bad(lambda: train(MODEL, X, Y, 1.0, 1, engine=untyped(None)), TypeError, "engine", "None", "a name"),
    "fast, one layer": Bad(fast(Model.random([2, 1])), ValueError, "engine", "1 layer", "2 or more"),
    "fast, a deep stack": Bad(
        fast(ensemble.stack([Model.random([2, 3, 5, 1])] * 2)), ValueError, "engine", "a stack of networks with 3", "2"
    ),
    "fast, tanh": Bad(
        fast(Model.random([2, 3, 1], 0, ["tanh", "sigmoid"])), ValueError, "engine", "'tanh'", "'sigmoid'"
    ),
    "fast, linear output": Bad(
        fast(Model.random([2, 3, 1], 0, ["sigmoid", "identity"])), ValueError, "engine", "'identity'", "'sigmoid'"
    ),
    "fast, cross-entropy": Bad(
        fast(MODEL, "binary_cross_entropy"), ValueError, "engine", "'binary_cross_entropy'", "'mse'"
    ),
    "fast, two outputs": Bad(
        lambda: train(Model.random([2, 3, 2]), X, X, 1.0, 1, engine="fast"), ValueError, "engine", "2 outputs", "1"
    ),
    "fast, an absurd rate": Bad(fast(MODEL, eta=1e200), ValueError, "engine", "1e+200", "1e-100 to 1e100"),
    # ensembles
    "X of too few runs": Bad(lambda: train(STACK, [X, X], Y, 1.0, 1), ValueError, "X", "(2, 21, 2)", "(3, 21, 2)"),
    "y of too few runs": Bad(lambda: train(STACK, X, [Y, Y], 1.0, 1), ValueError, "y", "(2, 21, 1)", "(3, 21, 1)"),
    "X and y at odds": Bad(lambda: train(MODEL, [X, X], [Y], 1.0, 1), ValueError, "y", "(1, 21, 1)", "(2, 21, 1)"),
    "X of four dimensions": Bad(lambda: train(STACK, [[X]], Y, 1.0, 1), ValueError, "X", "(1, 1, 21, 2)", "dimensions"),
    "X of one run nan": Bad(
        lambda: train(STACK, [X, X, holding(X, NAN)], Y, 1.0, 1), ValueError, "X", "nan at index (2, 20, 1)", "finite"
    ),
    "stack of nothing": Bad(lambda: ensemble.stack([]), ValueError, "models", "empty", "at least one"),
    "stack of no models": Bad(
        lambda: ensemble.stack([MODEL, untyped(None)]), TypeError, "models[1]", "NoneType", "a Model"
    ),
    "stack of a text": Bad(lambda: ensemble.stack(untyped("xor")), TypeError, "models", "str", "list of Model"),
    "stack of stacks": Bad(lambda: ensemble.stack([STACK]), ValueError, "models[0]", "stack of 3", "single network"),
    "stack of different widths": Bad(
        lambda: ensemble.stack([MODEL, Model.random([2, 4, 1])]), ValueError, "models[1]", "2-4-1", repr(MODEL)
    ),
    "one network taken apart": Bad(lambda: ensemble.unstack(MODEL), ValueError, "stacked", repr(MODEL), "a stack"),
    "rates that are one number": Bad(lambda: ensemble.grid([MODEL], untyped(0.1)), TypeError, "etas", "0.1", "a list"),
    "a grid of one network": Bad(lambda: ensemble.grid(untyped(MODEL), [1.0]), TypeError, "models", "Model", "a list"),
    "a list taken apart": Bad(lambda: ensemble.unstack(untyped([MODEL])), TypeError, "stacked", "list", "a stack"),
    "no epoch": Bad(lambda: ensemble.log_spaced(0), ValueError, "epochs", "0", "at least 1"),
    "half an epoch": Bad(lambda: ensemble.log_spaced(untyped(0.5)), TypeError, "epochs", "0.5", "a whole number"),
    "one epoch to keep": Bad(
        lambda: ensemble.snapshots([MODEL], X, Y, 1.0, untyped(3)), TypeError, "epochs", "3", "a list of whole numbers"
    ),
    "progress": Bad(lambda: train(MODEL, X, Y, 1.0, 1, progress=untyped(5)), TypeError, "progress", "5", "a function"),
    "biases or not": Bad(
        lambda: Model.random([2, 1], 0, bias=untyped("no")), TypeError, "bias", "'no'", "True or False"
    ),
    "the gradient of a list": Bad(
        lambda: backprop.verification.gradient_check(untyped([1]), X, Y), TypeError, "model", "[1]", "a Model"
    ),
    "the gradient of a stack": Bad(
        lambda: backprop.verification.numerical_gradients(STACK, X, Y), ValueError, "model", "a stack of 3", "a single"
    ),
    "a page that is a number": Bad(lambda: backprop.citation(page=untyped(5)), ValueError, "page", "5", "an address"),
    "a tolerance": Bad(
        lambda: backprop.diagnose_loss([0.3], within=untyped("a")), TypeError, "within", "'a'", "a number"
    ),
    "no tolerance": Bad(lambda: backprop.diagnose_loss([0.3], flat=0.0), ValueError, "flat", "0.0", "positive, finite"),
    "no rates": Bad(lambda: ensemble.grid([MODEL], []), ValueError, "etas", "empty", "at least one"),
    "no epochs": Bad(lambda: ensemble.snapshots([MODEL], X, Y, 1.0, []), ValueError, "epochs", "[]", "increasing"),
    "epochs that fall": Bad(
        lambda: ensemble.snapshots([MODEL], X, Y, 1.0, [5, 1]), ValueError, "epochs", "[5, 1]", "increasing"
    ),
    "epochs of no number": Bad(
        lambda: ensemble.snapshots([MODEL], X, Y, 1.0, [0, untyped(0.5)]), TypeError, "epochs[1]", "0.5", "whole number"
    ),
    "eta 0 for one update": Bad(lambda: MODEL.update(GRADIENTS, 0.0), ValueError, "eta", "0.0", "positive, finite"),
    "eta nan for one update": Bad(lambda: MODEL.update(GRADIENTS, NAN), ValueError, "eta", "nan", "positive, finite"),
    "epochs negative": Bad(lambda: train(MODEL, X, Y, 1.0, -1), ValueError, "epochs", "-1", "at least 0"),
    "epochs a fraction": Bad(lambda: train(MODEL, X, Y, 1.0, untyped(1.5)), TypeError, "epochs", "1.5", "whole number"),
    "epochs a float": Bad(
        lambda: train(MODEL, X, Y, 1.0, untyped(1e4)), TypeError, "epochs", "10000.0", "whole number"
    ),
    "epochs text": Bad(lambda: train(MODEL, X, Y, 1.0, untyped("10")), TypeError, "epochs", "'10'", "whole number"),
    "widths too few": Bad(lambda: Model.random([2]), ValueError, "widths", "[2]", "at least two"),
    "widths empty": Bad(lambda: Model.random([]), ValueError, "widths", "[]", "at least two"),
    "widths 0": Bad(lambda: Model.random([2, 0, 1]), ValueError, "widths[1]", "0", "at least 1"),
    "widths negative": Bad(lambda: Model.random([2, 3, -1]), ValueError, "widths[2]", "-1", "at least 1"),
    "widths a fraction": Bad(lambda: Model.random([2, untyped(2.5), 1]), TypeError, "widths[1]", "2.5", "whole number"),
    "widths a number": Bad(lambda: Model.random(untyped(4)), TypeError, "widths", "4", "sequence"),
    "widths text": Bad(lambda: Model.random(untyped("2-4-1")), TypeError, "widths", "'2-4-1'", "sequence"),
    "seed negative": Bad(lambda: Model.random([2, 1], seed=-1), ValueError, "seed", "-1", "at least 0"),
    "seed a fraction": Bad(lambda: Model.random([2, 1], seed=untyped(0.5)), TypeError, "seed", "0.5", "whole number"),
    "seed None": Bad(lambda: backprop.linear(5, seed=untyped(None)), TypeError, "seed", "None", "whole number"),
    "n 0": Bad(lambda: backprop.linear(0), ValueError, "n", "0", "at least 1"),
    "n negative": Bad(lambda: backprop.linear(-3), ValueError, "n", "-3", "at least 1"),
    "n a fraction": Bad(lambda: backprop.linear(untyped(2.5)), TypeError, "n", "2.5", "whole number"),
    # training checks the same
    "model of no kind": Bad(lambda: train(untyped(None), X, Y, 1.0, 1), TypeError, "model", "NoneType", "Model"),
    "train X too wide": Bad(lambda: train(MODEL, np.hstack([X, X]), Y, 1.0, 1), ValueError, "X", "(21, 4)", "(21, 2)"),
    "train y (N,)": Bad(lambda: train(MODEL, X, Y.ravel(), 1.0, 1), ValueError, "y", "(21,)", "(21, 1)"),
    "train y too short": Bad(lambda: train(MODEL, X, Y[1:], 1.0, 1), ValueError, "y", "(20, 1)", "(21, 1)"),
    "train X nan": Bad(
        lambda: train(MODEL, holding(X, NAN), Y, 1.0, 1), ValueError, "X", "nan at index (20, 1)", "finite"
    ),
    "train y inf": Bad(
        lambda: train(MODEL, X, holding(Y, INF), 1.0, 1), ValueError, "y", "inf at index (20, 0)", "finite"
    ),
    "train text": Bad(lambda: train(MODEL, "abc", Y, 1.0, 1), TypeError, "X", "<U3", "real numbers"),
    "train loss unknown": Bad(lambda: train(MODEL, X, Y, 1.0, 1, "l2"), ValueError, "loss", "'l2'", "'mse'"),
    "bad even without epochs": Bad(lambda: train(MODEL, X, Y.ravel(), 1.0, 0), ValueError, "y", "(21,)", "(21, 1)"),
}


@pytest.mark.parametrize("bad", CASES.values(), ids=CASES.keys())
def test_the_message_names_the_argument_what_came_and_what_was_expected(bad: Bad) -> None:
    with pytest.raises(bad.error) as raised:
        bad.call()
    message = str(raised.value)
    assert raised.type is bad.error
    assert re.match(rf"{re.escape(bad.name)}\b|{re.escape(bad.name)} ", message), message
    assert bad.came in message
    assert bad.expected in message
    assert "\n" not in message


def test_the_largest_and_smallest_that_are_allowed() -> None:
    assert train(MODEL, [[0, 1]], [[1]], untyped(np.float32(1)), untyped(np.int64(1))).losses.shape == (1,)
    assert train(MODEL, X, Y, 5e-324, 1).diverged_at is None
    assert Model.random((1, 1), seed=untyped(np.int64(0))).widths == (1, 1)
    assert Model.random(untyped(np.array([2, 3, 1]))).widths == (2, 3, 1)
    assert backprop.linear(1)[0].shape == (1, 2)


# The command line


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "backprop", *arguments], capture_output=True, encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "name", "came"),
    [
        ("", "train", ""),
        ("learn", "train", "'learn'"),
        ("train", "data", ""),
        ("train moons", "data", "'moons'"),
        ("train xor --hidden 0", "hidden", "0"),
        ("train xor --hidden 4 -1", "hidden", "-1"),
        ("train xor --hidden 2.5", "hidden", "'2.5'"),
        ("train xor --hidden", "hidden", ""),
        ("train xor --eta 0", "eta", "0.0"),
        ("train xor --eta -1", "eta", "-1.0"),
        ("train xor --eta nan", "eta", "nan"),
        ("train xor --eta inf", "eta", "inf"),
        ("train xor --eta fast", "eta", "'fast'"),
        ("train xor --epochs -1", "epochs", "-1"),
        ("train xor --epochs 1.5", "epochs", "'1.5'"),
        ("train xor --seed -1", "seed", "-1"),
        ("train linear --seed x", "seed", "'x'"),
        ("train xor --activations sigmod", "activations", "'sigmod'"),
        ("train xor --activations relu relu relu", "activations", "3 entries"),
        ("train xor --log-every 0", "log-every", "0"),
        ("train xor --loss l2", "loss", "'l2'"),
        ("train xor --loss binary_cross_entropy --activations tanh", "loss", "'tanh'"),
        ("train xor --loss cross_entropy", "loss", "'sigmoid'"),
        ("train xor --loss binary_cross_entropy --activations sigmoid softmax", "loss", "'softmax'"),
        ("train xor --activations softmax", "activations[0]", "'softmax'"),
        ("train xor --wat 1", "--wat", ""),
        ("train xor linear", "linear", ""),
    ],
)
def test_a_bad_command_line_is_one_line_on_stderr_and_status_2(
    arguments: str, name: str, came: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        status: object = main(arguments.split())
    except SystemExit as end:
        status = end.code
    said = capsys.readouterr()
    assert status == 2
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    assert name in said.err
    assert came in said.err


def test_a_bad_command_line_ends_the_program_in_the_same_way() -> None:
    for option, value, came in (  # seen by the parser, and after it
        ("--eta", "fast", "'fast'"),
        ("--loss", "cross_entropy", "'sigmoid'"),
    ):
        done = command("train", "xor", option, value)
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
        assert came in done.stderr


def test_divergence_is_one_line_on_stderr_and_status_1() -> None:
    done = command("train", "xor", "--activations", "identity", "--eta", "100")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "diverged" in done.stderr
    assert "nan" not in done.stdout


def test_the_log_has_the_format_of_the_report() -> None:
    done = command("train", "xor", "--epochs", "1001")
    lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert done.stderr == ""
    assert [line.split()[2] for line in lines[:-1]] == ["0", "500", "1000"]
    assert all(re.fullmatch(r"epoch : \d+ loss : 0\.\d{12,}", line) for line in lines[:-1])
    assert re.fullmatch(r"accuracy : [01]\.\d+", lines[-1])


def test_divergence_is_not_silent() -> None:
    with pytest.warns(RuntimeWarning, match=r"diverged.* epoch \d+ .*eta 100") as caught:
        run = train(Model.random([2, 4, 1], seed=0, activations="identity"), X, Y, eta=100.0, epochs=500)
    assert len(caught) == 1
    assert np.isfinite(run.losses).all()
    assert len(run.losses) == run.diverged_at


def test_more_units_than_memory_is_one_line_and_status_2() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "backprop", "train", "xor", "--hidden", "99999999999999"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_a_reader_that_closes_the_pipe_sees_no_traceback() -> None:
    run = subprocess.Popen(
        [sys.executable, "-m", "backprop", "train", "xor", "--epochs", "2000", "--log-every", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert run.stdout is not None
    assert run.stderr is not None
    assert run.stdout.readline().startswith("epoch : 0 loss : ")
    run.stdout.close()
    assert run.wait(timeout=30) == 0
    assert run.stderr.read() == ""
    run.stderr.close()


def test_a_number_beyond_float64_is_refused_as_infinite() -> None:
    with pytest.raises(ValueError, match="X has inf"):
        MODEL.forward(np.array([[np.longdouble("1e400"), 0]]))


def test_certain_and_wrong_is_a_large_loss_or_an_infinite_one_without_a_warning() -> None:
    model = Model([np.array([[1000.0]])])
    assert model.loss(model.forward([[1.0]]), [[0.0]], "binary_cross_entropy") == 1000
    own = Model(model.weights, activations=replace(model.activations[0], name="own"))  # known by its output only
    assert own.loss(own.forward([[1.0]]), [[0.0]], "binary_cross_entropy") == INF
    sure = Model([np.array([[1000.0, 0.0]])], activations="softmax")
    assert sure.loss(sure.forward([[1.0]]), [1], "cross_entropy") == 1000
    assert sure.deltas(sure.forward([[1.0]]), [1], "cross_entropy")[0].tolist() == [[1.0, -1.0]]
