"""Arguments and files that nobody should hand in, made at random.

`python -m tests.fuzzing COUNT [FIRST]` tries that many; the test suite tries fewer. Whatever comes in, the answer is a
diagnosis, or one line that says what is wrong: never a traceback, a warning, or anything executed.
"""

import argparse
import contextlib
import io
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import scipy.io

import backprop
from backprop import Gradients, Model
from backprop import __main__ as command
from backprop.verification import diagnose_loss
from backprop.verification.remarks import remarks

NAMES = ("sigmoid", "tanh", "relu", "identity", "softmax", "softplus", "leaky_relu", "silu")
LOSSES = ("mse", "mse_half", "mse_sum", "mse_half_sum", "rmse", "binary_cross_entropy", "cross_entropy", "hinge", "")
JUNK: tuple[Any, ...] = (
    *(
        None,
        True,
        0,
        -1,
        1.5,
        float("nan"),
        float("inf"),
        10**400,
        1j,
        "",
        "sigmoid",
        b"x",
        (),
        [],
        {},
        set(),
        object(),
    ),
    *([None], [[]], [[1], [1, 2]], [["a"]], [np.nan], {"weights": 1}, {"w": []}, lambda: 0, Model, np.zeros(0)),
    *(np.zeros((0, 2)), np.zeros((2, 2, 2)), np.array(None), np.array([object()]), np.array(["2020"], "M8[D]")),
    *(np.array([1 + 1j]), np.full((2, 3), 1e308), np.full((2, 3), 5e-324), np.ones(1, np.float16), range(3), iter([1])),
)


def network(rng: np.random.Generator) -> tuple[Model, np.ndarray, np.ndarray]:
    """Draw a small network with data."""
    widths = [int(w) for w in rng.integers(1, 5, rng.integers(2, 5))]
    names = [str(name) for name in rng.choice(NAMES[:4], len(widths) - 1)]
    if widths[-1] > 1 and rng.random() < 0.3:
        names[-1] = "softmax"
    model = Model.random(widths, int(rng.integers(1000)), names, bool(rng.random() < 0.5))
    n = int(rng.integers(1, 8))
    x = rng.normal(size=(n, widths[0]))
    if names[-1] == "softmax":
        return model, x, np.eye(widths[-1])[rng.integers(widths[-1], size=n)]
    y = rng.random((n, widths[-1])) if rng.random() < 0.5 else rng.integers(0, 2, (n, widths[-1])).astype(float)
    return model, x, y


def damaged(rng: np.random.Generator, array: np.ndarray) -> Any:
    """Change an array in a way that people or accidents do."""
    kind = rng.integers(12)
    with np.errstate(all="ignore"):
        if kind == 0:
            return array.T
        if kind == 1:
            return array.ravel()
        if kind == 2:
            return array[..., :-1]
        if kind == 3:
            return array * 10.0 ** rng.integers(-320, 309)
        if kind == 4:
            return array.astype(rng.choice(["f2", "f4", "i8", "b1", "c16", "U8", "O", "u1"]))
        if kind == 5:
            return np.where(rng.random(array.shape) < 0.2, rng.choice([np.nan, np.inf, 0.0, 1e300]), array)
        if kind == 6:
            return array.tolist()
        if kind == 7:
            return array[None]
        if kind == 8:
            return array * 0
        if kind == 9:
            return rng.normal(size=array.shape)
        if kind == 10:
            return np.vstack([array, array[:1]]) if array.ndim == 2 else array
        return JUNK[rng.integers(len(JUNK))]


def some(rng: np.random.Generator, arrays: Any, chance: float) -> Any:
    """Damage some arrays of a list."""
    found: list[Any] = [damaged(rng, a) if rng.random() < chance else a for a in arrays]
    if rng.random() < chance / 3:
        found.append(None)
    if rng.random() < chance / 3 and found:
        found.pop(rng.integers(len(found)))
    return found


def an_argument_set(rng: np.random.Generator) -> Callable[[], object]:
    """Draw a call of one of the functions that take anybody's arrays."""
    model, x, y = network(rng)
    chance = float(rng.choice([0.0, 0.1, 0.4]))
    loss = "cross_entropy" if model.layers[-1].activation.name == "softmax" else "mse"
    with np.errstate(all="ignore"):
        g = model.backward(model.forward(x), y, loss)
        after = [w - 0.1 * d for w, d in zip(model.weights, g.weights, strict=True)]
    weights, gradients = some(rng, model.weights, chance), some(rng, g.weights, chance)
    inputs, targets = (damaged(rng, a) if rng.random() < chance else a for a in (x, y))
    options: dict[str, Any] = {"activations": [layer.activation.name for layer in model.layers], "loss": loss}
    if rng.random() < 0.3:
        options["activations"] = rng.choice([*NAMES, "step"])
    for name in ("activations", "loss", "convention", "printed_loss", "biases"):
        if rng.random() < chance / 2:
            options[name] = JUNK[rng.integers(len(JUNK))]
    if rng.random() < 0.2:
        options["loss"] = str(rng.choice(LOSSES))
    if rng.random() < 0.2:
        options["convention"] = str(rng.choice(["rows", "columns", "(in, out)", "columns, (out, in)", "x"]))
    kind = rng.random()
    if kind < 0.2:
        losses = rng.normal(size=rng.integers(0, 30)) if rng.random() < 0.8 else JUNK[rng.integers(len(JUNK))]
        flat = float(10.0 ** rng.integers(-9, 1))
        return lambda: diagnose_loss(losses, inputs, targets, options["loss"], flat=flat)
    if kind < 0.3:
        return lambda: remarks(model, inputs, targets, str(rng.choice(LOSSES)), eta=1.0)
    if kind < 0.5:
        eta = None if rng.random() < 0.5 else JUNK[rng.integers(len(JUNK))] if rng.random() < chance else 0.1
        moved = some(rng, after, chance)
        return lambda: backprop.diagnose_step(weights, moved, inputs, targets, eta, **options)
    handed: Any = gradients
    if model.biases is not None and g.biases is not None and rng.random() < 0.8:
        options.setdefault("biases", some(rng, model.biases, chance))
        parts = gradients, some(rng, g.biases, chance)
        forms = [parts, Gradients(*map(tuple, parts)), {"weights": parts[0], "biases": parts[1]}]
        handed = forms[rng.integers(3)]
    return lambda: backprop.diagnose(weights, inputs, targets, handed, **options)


@lru_cache(maxsize=1)
def a_file(seed: int) -> bytes:
    """Draw a file of arrays with and without damage."""
    rng = np.random.default_rng(seed)
    model, x, y = network(rng)
    with np.errstate(all="ignore"):
        loss = "cross_entropy" if model.layers[-1].activation.name == "softmax" else "mse"
        g = model.backward(model.forward(x), y, loss)
    arrays: dict[str, Any] = {"X": x, "y": y}
    for i, (w, d) in enumerate(zip(model.weights, g.weights, strict=True), start=1):
        arrays |= {f"W{i}": w, f"g{i}": d}
        if model.biases is not None and g.biases is not None:
            arrays |= {f"b{i}": model.biases[i - 1], f"gb{i}": g.biases[i - 1]}
    for name in list(arrays):
        if rng.random() < 0.05:
            arrays[name] = damaged(rng, np.asarray(arrays[name]))
        if rng.random() < 0.02:
            arrays[str(rng.choice(["W0", "g9", "after1", "eta", "W01", "x", "W²", "../W1", name]))] = arrays.pop(name)
    stream = io.BytesIO()
    with contextlib.suppress(Exception):  # the writers refuse some of it
        if rng.random() < 0.25:
            scipy.io.savemat(stream, arrays, do_compression=bool(rng.random() < 0.5))
        else:
            np.savez(stream, **arrays)
    return stream.getvalue()


def with_damage(rng: np.random.Generator, data: bytearray, damages: int) -> bytes:
    """Damage the bytes of a file in so many places."""
    for _ in range(damages):
        if not data:
            break
        at, length = int(rng.integers(len(data))), int(rng.integers(1, 40))
        kind = rng.integers(4)
        if kind == 0:
            del data[at : at + length]
        elif kind == 1:
            data[at : at + length] = rng.bytes(length)
        elif kind == 2:
            data[at] ^= 1 << int(rng.integers(8))
        else:
            data = data[:at] if rng.random() < 0.2 else data + data[at : at + 200]
    return bytes(data)


@lru_cache(maxsize=1)
def options_for(path: Path) -> argparse.Namespace:
    """Parse the command line `diagnose PATH`, once for many files."""
    return command.parser().parse_args(["diagnose", str(path)])


def try_one(seed: int, path: Path) -> str:
    """Try one argument set or file.

    Returns:
        What came of it: "diagnosed", "refused", or for a file "status 0", "status 1" or "status 2".

    Raises:
        AssertionError: if a message has more than one line, or a status is another.
        Exception: whatever else escapes; that is a defect.
    """
    rng = np.random.default_rng(seed)
    kind = seed % 4  # an argument set, a file with a damage at most, two with several, which are refused quickly
    if kind:
        damages = int(rng.integers(2)) if kind == 1 else int(rng.integers(4, 9))
        path.write_bytes(with_damage(rng, bytearray(a_file(seed // 4)), damages))
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = command.diagnose(options_for(path))
        assert status in (0, 1, 2)
        assert (status == 2) == (err.getvalue().count("\n") == 1 and not out.getvalue()), err.getvalue()
        return f"status {status}"
    call = an_argument_set(rng)
    message = ""
    try:
        str(call())
    except (TypeError, ValueError) as error:
        message = str(error)
        if message.startswith(("operands", "shapes (", "could not", "cannot reshape", "matmul", "The truth")):
            raise  # NumPy's words, which say nothing about what was handed in
    assert "\n" not in message, message
    return "refused" if message else "diagnosed"


def main(count: int, first: int = 0) -> int:
    """Try many, and print what came of them and how long the slowest took."""
    found: Counter[str] = Counter()
    slowest, start = (0.0, 0), time.perf_counter()
    failures = 0
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("error")
        for seed in range(first, first + count):
            before = time.perf_counter()
            try:
                found[try_one(seed, Path(folder) / "run.npz")] += 1
            except Exception as error:
                failures += 1
                where = traceback.extract_tb(error.__traceback__)[-1]
                words = " ".join(str(error).split())[:300]
                sys.stdout.write(f"seed {seed}: {type(error).__name__}: {words}; {where.filename}:{where.lineno}\n")
            if seed % 10_000 == 9_999:
                sys.stdout.write(f"{seed + 1 - first} so far, {time.perf_counter() - start:.0f} s\n")
                sys.stdout.flush()
            slowest = max(slowest, (time.perf_counter() - before, seed))
    seconds = time.perf_counter() - start
    sys.stdout.write(f"{count} tried in {seconds:.0f} s, {failures} failed: {dict(found)}; slowest {slowest}\n")
    return min(failures, 1)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
