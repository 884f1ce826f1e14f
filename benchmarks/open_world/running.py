"""Runs a program on its data, within limits, and lays arrays out as its author does."""

import sys
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from types import CodeType, FrameType
from typing import Any, NamedTuple

import numpy as np

from benchmarks.open_world.programs import Data, Program

#: The learning rate of every step, and how many lines a program may run.
ETA, LINES = 0.5, 30_000


class Inputs(NamedTuple):
    """What a program starts from, in this package's convention: rows, and W of shape (in, out).

    Attributes:
        X: shape (N, d₀).
        y: shape (N, d_L).
        weights: one for each layer.
        biases: one of shape (1, out) for each layer; empty without.
    """

    X: np.ndarray
    y: np.ndarray
    weights: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...]


def drawn(program: Program, data: Data, single: bool = False) -> Inputs:
    """Draw the numbers.

    Args:
        program: the program.
        data: what it is to be run with.
        single: whether the numbers are rounded to those of float32.

    Returns:
        The inputs, in float64.
    """
    rng = np.random.default_rng(data.seed)
    widths, n, d = data.widths, data.n, data.widths[-1]
    if n:
        X = rng.normal(size=(n, widths[0]))
    else:
        ticks = np.arange(11) / 10
        X = np.array([*zip(ticks, ticks, strict=True), *((t, 1 - t) for t in ticks if t != 0.5)])
    n = len(X)
    y: np.ndarray
    if program.activations[-1] == "softmax":
        y = np.eye(d)[rng.integers(0, d, n)]
    elif program.activations[-1] == "identity":
        y = rng.normal(size=(n, d))
    else:
        y = np.array([[0.0]] * 11 + [[1.0]] * 10) if not data.n else rng.integers(0, 2, size=(n, d)) * 1.0
    weights = tuple(rng.normal(size=pair) / np.sqrt(max(1, pair[0] / 2)) for pair in pairwise(widths))
    biases = tuple(0.5 * rng.normal(size=(1, w)) for w in widths[1:]) if program.bias else ()
    if single:
        X, weights, biases = _single(X), tuple(map(_single, weights)), tuple(map(_single, biases))
        y = _single(y)
    return Inputs(X, y, weights, biases)


def _single(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float32).astype(float)


def laid_out(program: Program, weights: Sequence[np.ndarray], biases: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """Lay parameters, or gradients, out as the program's author does.

    Args:
        program: the program.
        weights: each (in, out).
        biases: each (1, out), or none.

    Returns:
        "W1", "b1", … and their arrays; biases that lie within the weights have none of their own.
    """
    found = {}
    for k, w in enumerate(weights, start=1):
        if program.bias in ("last row", "first column"):
            parts = [w, biases[k - 1]] if program.bias == "last row" else [biases[k - 1], w]
            w = np.vstack(parts)
        found[f"W{k}"] = w if program.in_out else w.T.copy()
    for k, b in enumerate(biases, start=1):
        if program.bias in ("flat", "row", "column"):
            found[f"b{k}"] = b.ravel() if program.bias == "flat" else b if program.bias == "row" else b.T
    return {name: array.copy() for name, array in found.items()}


def parted(program: Program, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Part biases that lie within the weights from them.

    Args:
        program: the program.
        arrays: as `laid_out` has them.

    Returns:
        "W1", "b1", … each with its own array.
    """
    if program.bias not in ("last row", "first column"):
        return dict(arrays)
    found = {}
    for name, w in arrays.items():
        w = w if program.in_out else w.T
        last = program.bias == "last row"
        found[name], found[f"b{name[1:]}"] = (w[:-1], w[-1:]) if last else (w[1:], w[:1])
    return found


def data_of(program: Program, inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
    """Lay inputs and targets out as the program's author does.

    Args:
        program: the program.
        inputs: the inputs.

    Returns:
        X and y.
    """
    if program.single:
        return inputs.X[0], inputs.y[0]
    X, y = (inputs.X, inputs.y) if program.rows else (inputs.X.T.copy(), inputs.y.T.copy())
    if program.targets == "classes":
        y = inputs.y.argmax(axis=1)
    elif program.targets == "flat":
        y = y.ravel()
    return X, y


class TooLong(Exception):
    """A program ran more lines than it may."""


class Broken(Exception):
    """A changed program gives nothing that can be handed in. Its first argument says why, in a word."""


class Outcome(NamedTuple):
    """What a program computed.

    Attributes:
        gradients: by name, in the shapes of the parameters; empty if they do not have those shapes.
        before: the parameters before the update.
        after: those after it.
    """

    gradients: dict[str, np.ndarray]
    before: dict[str, np.ndarray]
    after: dict[str, np.ndarray]


@contextmanager
def _limited(lines: int) -> Any:
    """Let no more than so many lines run."""
    left = [lines]

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        if frame.f_code.co_filename != "<program>":
            return None
        left[0] -= 1
        if left[0] < 0:
            raise TooLong
        return trace

    old = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(old)


def run(program: Program, code: CodeType, inputs: Inputs, kind: type[np.floating[Any]] = np.float64) -> Outcome:
    """Run a program, as it is or changed.

    Args:
        program: the program.
        code: it or a changed version, compiled.
        inputs: what it starts from.
        kind: the type of the numbers.

    Returns:
        What it computed.

    Raises:
        Broken: "crash", "endless", "shape" or "not finite".
    """
    before = {name: a.astype(kind) for name, a in laid_out(program, inputs.weights, inputs.biases).items()}
    X, y = data_of(program, inputs)
    space: dict[str, Any] = {name: array.copy() for name, array in before.items()}
    y = y.copy() if program.targets == "classes" else y.astype(kind)
    space |= {"np": np, "X": X.astype(kind), "y": y, "eta": ETA}
    try:
        with np.errstate(all="ignore"), _limited(LINES):
            exec(code, space)
    except TooLong:
        raise Broken("endless") from None
    except Exception as error:
        raise Broken("crash") from error
    weight, weight_gradient, bias, bias_gradient = program.parts
    gradients, after = {}, {}
    for name in before:
        k = int(name[1:])
        own, its = (weight, weight_gradient) if name[0] == "W" else (bias, bias_gradient)
        try:
            after[name] = np.array(eval(own.format(k=k, i=k - 1), space), dtype=kind)
            gradients[name] = np.array(eval(its.format(k=k, i=k - 1), space), dtype=kind)
        except Exception as error:
            raise Broken("crash") from error
    for name, array in before.items():
        if after[name].shape != array.shape or gradients[name].shape != array.shape:
            raise Broken("shape")
        if not (np.isfinite(after[name]).all() and np.isfinite(gradients[name]).all()):
            raise Broken("not finite")
    return Outcome(gradients, before, after)
