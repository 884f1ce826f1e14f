"""The same training in other people's tools, each written as its users would, and in C.

A contestant takes ``(X, y, w1, w2, eta, epochs)`` and returns the losses before each update. For one network X is
(N, d), y (N, 1), w1 (d, h) and w2 (h, 1); for an ensemble the weights have a leading axis, and X and y may have it.
`single` and `many` give those whose tool is there, by name, and the reasons why the others are not.
"""

import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from backprop import Model
from backprop.training import train

Contestant = Callable[..., np.ndarray]


def by_engine(engine: str) -> Contestant:
    """Train with this package.

    Args:
        engine: "reference" or "fast".

    Returns:
        The contestant.
    """

    def contestant(X: Any, y: Any, w1: Any, w2: Any, eta: float, epochs: int) -> np.ndarray:
        model = Model([[[0.0]], [[0.0]]])._like((w1, w2), None)
        return train(model, X, y, eta, epochs, engine=engine).losses

    return contestant


class ReportLayer:
    """A layer in the shape of the report's program."""

    def __init__(self, w: np.ndarray) -> None:
        self.w = w

    def forward(self, X: np.ndarray) -> np.ndarray:
        """Keep the input and the activation."""
        self.forward_gradient = X
        self.z = X @ self.w
        self.a = 1.0 / (1.0 + np.exp(-self.z))
        return self.a

    def backward(self, derivative: np.ndarray) -> np.ndarray:
        """Keep δ and send it back."""
        self.backward_gradient = self.a * (1.0 - self.a) * derivative
        return self.backward_gradient @ self.w.T

    def update(self, eta: float) -> None:
        """Add, because the derivative came with the other sign."""
        self.w = self.w + eta * (self.forward_gradient.T @ self.backward_gradient)


def report_style(X: Any, y: Any, w1: Any, w2: Any, eta: float, epochs: int) -> np.ndarray:
    """Train as the report's program does: layers that keep what they computed.

    Args:
        X: the inputs.
        y: the targets.
        w1: the first weights.
        w2: the second weights.
        eta: the learning rate.
        epochs: the number of updates.

    Returns:
        The losses.
    """
    first, second, losses = ReportLayer(w1), ReportLayer(w2), []
    for _ in range(epochs):
        y_hat = second.forward(first.forward(X))
        losses.append(np.mean((y - y_hat) ** 2))
        first.backward(second.backward((y - y_hat) * 2 / len(y)))
        second.update(eta)
        first.update(eta)
    return np.array(losses)


def compiled() -> dict[str, Contestant]:
    """Compile train.c twice: plainly, and for this machine's vector units.

    Returns:
        "C" and "C, vectorised", for one network and for many.

    Raises:
        RuntimeError: if there is no compiler, or it fails.
    """
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise RuntimeError("no C compiler on this machine")
    source, folder = Path(__file__).with_name("train.c"), Path(tempfile.mkdtemp(prefix="backprop-"))
    contestants: dict[str, Contestant] = {}
    for name, flags in {
        "C": ["-O2"],
        "C, vectorised": ["-O3", "-march=native", "-ffast-math", "-DVECTOR"],
    }.items():
        library = folder / f"train{len(contestants)}.so"
        command = [compiler, *flags, "-shared", "-fPIC", "-o", str(library), str(source), "-lm"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()[:200]}")
        contestants[name] = c_contestant(ctypes.CDLL(str(library)).train)
    shutil.rmtree(folder)
    return contestants


def c_contestant(function: Any) -> Contestant:
    """Wrap the C function.

    Args:
        function: `train` of the compiled library.

    Returns:
        The contestant.
    """

    def contestant(X: Any, y: Any, w1: Any, w2: Any, eta: float, epochs: int) -> np.ndarray:
        one = w1.ndim == 2
        w1, w2 = w1.reshape(-1, *w1.shape[-2:]).copy(), w2.reshape(-1, w2.shape[-2]).copy()
        (runs, d, h), n = w1.shape, y.shape[-2]
        x, targets = np.ascontiguousarray(np.swapaxes(X, -1, -2)), np.ascontiguousarray(y[..., 0])
        losses, work = np.empty((runs, epochs)), np.empty((h + 2) * n)
        arrays = [array.ctypes.data_as(ctypes.c_void_p) for array in (x, targets, w1, w2, losses, work)]
        numbers = (runs, int(X.ndim == 2), n, d, h)
        function(*numbers, *arrays[:4], ctypes.c_double(eta), epochs, *arrays[4:])
        return losses[0] if one else losses

    return contestant


def with_torch() -> tuple[dict[str, Contestant], dict[str, Contestant]]:
    """Train with PyTorch: by autograd, by hand in place, and many at once.

    Returns:
        The contestants for one network and those for an ensemble.
    """
    import torch

    torch.set_num_threads(1)

    def autograd(X: Any, y: Any, w1: Any, w2: Any, eta: float, epochs: int) -> np.ndarray:
        X, y = torch.tensor(X), torch.tensor(y)
        w1, w2 = (torch.tensor(w, requires_grad=True) for w in (w1, w2))
        optimizer, losses = torch.optim.SGD([w1, w2], lr=eta), torch.empty(epochs, dtype=torch.float64)
        for epoch in range(epochs):
            optimizer.zero_grad()
            loss = torch.nn.functional.mse_loss(torch.sigmoid(torch.sigmoid(X @ w1) @ w2), y)
            loss.backward()
            optimizer.step()
            losses[epoch] = loss.detach()
        return losses.numpy()

    @torch.no_grad()
    def by_hand(X: Any, y: Any, w1: Any, w2: Any, eta: float, epochs: int) -> np.ndarray:
        X, y, w1, w2 = (torch.tensor(array) for array in (X, y, w1, w2))
        n, h, step = len(y), w1.shape[1], -2 * eta / len(y)
        a1, s1, d1 = (torch.empty(n, h, dtype=torch.float64) for _ in range(3))
        a2, s2 = (torch.empty(n, 1, dtype=torch.float64) for _ in range(2))
        r, XT, a1T = torch.empty(100, n, 1, dtype=torch.float64), X.T, a1.T
        losses = torch.empty(epochs, dtype=torch.float64)
        for start in range(0, epochs, 100):
            rows = list(r[: epochs - start])
            for row in rows:
                torch.mm(X, w1, out=a1).sigmoid_()
                torch.mm(a1, w2, out=a2).sigmoid_()
                torch.sub(a2, y, out=row)
                torch.addcmul(a2, a2, a2, value=-1, out=s2).mul_(row)
                torch.addcmul(a1, a1, a1, value=-1, out=s1)
                torch.mm(s2, w2.T, out=d1).mul_(s1)
                w2.addmm_(a1T, s2, alpha=step)
                w1.addmm_(XT, d1, alpha=step)
            losses[start : start + len(rows)] = r[: len(rows)].square().mean(dim=(1, 2))
        return losses.numpy()

    @torch.no_grad()
    def bmm(X: Any, y: Any, w1: Any, w2: Any, eta: float, epochs: int) -> np.ndarray:
        X, y, w1, w2 = (torch.tensor(array) for array in (X, y, w1, w2))
        X, y = (array.expand(len(w1), *array.shape[-2:]) for array in (X, y))
        step, losses = -2 * eta / y.shape[1], torch.empty(len(w1), epochs, dtype=torch.float64)
        for epoch in range(epochs):
            a1 = torch.bmm(X, w1).sigmoid_()
            a2 = torch.bmm(a1, w2).sigmoid_()
            r = a2 - y
            losses[:, epoch] = r.square().mean(dim=(1, 2))
            d2 = torch.addcmul(a2, a2, a2, value=-1).mul_(r)
            d1 = torch.bmm(d2, w2.mT).mul_(torch.addcmul(a1, a1, a1, value=-1))
            w2.baddbmm_(a1.mT, d2, alpha=step)
            w1.baddbmm_(X.mT, d1, alpha=step)
        return losses.numpy()

    return {"PyTorch, autograd": autograd, "PyTorch, by hand in place": by_hand}, {"PyTorch, bmm": bmm}


def with_jax() -> tuple[dict[str, Contestant], dict[str, Contestant]]:
    """Train with JAX: compiled step by step, compiled as a whole, with gradients by hand, and many at once.

    Compilation is not timed: every contestant trains once before the clock runs, and compiled functions are kept.

    Returns:
        The contestants for one network and those for an ensemble.
    """
    from functools import cache

    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)

    def loss_of(w: Any, X: Any, y: Any) -> Any:
        return jnp.mean((jax.nn.sigmoid(jax.nn.sigmoid(X @ w[0]) @ w[1]) - y) ** 2)

    def step(w: Any, X: Any, y: Any, eta: Any) -> Any:
        loss, g = jax.value_and_grad(loss_of)(w, X, y)
        return (w[0] - eta * g[0], w[1] - eta * g[1]), loss

    def step_by_hand(w: Any, X: Any, y: Any, eta: Any) -> Any:
        a1 = 1 / (1 + jnp.exp(-(X @ w[0])))
        a2 = 1 / (1 + jnp.exp(-(a1 @ w[1])))
        r = a2 - y
        d2 = 2 * eta / len(y) * r * a2 * (1 - a2)
        d1 = d2 @ w[1].T * a1 * (1 - a1)
        return (w[0] - X.T @ d1, w[1] - a1.T @ d2), jnp.mean(r**2)

    def training(step: Any, epochs: int) -> Any:
        return lambda w, X, y, eta: jax.lax.scan(lambda w, _: step(w, X, y, eta), w, None, length=epochs)[1]

    @cache
    def scanned(step: Any, epochs: int) -> Any:
        return jax.jit(training(step, epochs))

    @cache
    def vmapped(epochs: int, axis: int | None) -> Any:
        return jax.jit(jax.vmap(training(step, epochs), in_axes=(0, axis, axis, None)))

    jitted = jax.jit(step)

    def per_step(X: Any, y: Any, w1: Any, w2: Any, eta: float, epochs: int) -> np.ndarray:
        w, X, y, losses = (jnp.array(w1), jnp.array(w2)), jnp.array(X), jnp.array(y), []
        for _ in range(epochs):
            w, loss = jitted(w, X, y, eta)
            losses.append(loss)
        return np.array(jax.block_until_ready(losses))

    def scan(X: Any, y: Any, w1: Any, w2: Any, eta: float, epochs: int) -> np.ndarray:
        return np.array(scanned(step, epochs)((w1, w2), X, y, eta))

    def scan_by_hand(X: Any, y: Any, w1: Any, w2: Any, eta: float, epochs: int) -> np.ndarray:
        return np.array(scanned(step_by_hand, epochs)((w1, w2), X, y, eta))

    def vmap(X: Any, y: Any, w1: Any, w2: Any, eta: float, epochs: int) -> np.ndarray:
        return np.array(vmapped(epochs, 0 if X.ndim == 3 else None)((w1, w2), X, y, eta))

    one: dict[str, Contestant] = {
        "JAX, jit of a step": per_step,
        "JAX, scan": scan,
        "JAX, scan, gradients by hand": scan_by_hand,
    }
    return one, {"JAX, vmap and scan": vmap}


def with_autograd() -> dict[str, Contestant]:
    """Train with HIPS autograd.

    Returns:
        The contestant.
    """
    import autograd.numpy as anp
    from autograd import value_and_grad

    def loss_of(w: Any, X: Any, y: Any) -> Any:
        a1 = 1 / (1 + anp.exp(-anp.dot(X, w[0])))
        return anp.mean((1 / (1 + anp.exp(-anp.dot(a1, w[1]))) - y) ** 2)

    both = value_and_grad(loss_of)

    def train(X: Any, y: Any, w1: Any, w2: Any, eta: float, epochs: int) -> np.ndarray:
        w, losses = [w1, w2], np.empty(epochs)
        for epoch in range(epochs):
            losses[epoch], g = both(w, X, y)
            w = [w[0] - eta * g[0], w[1] - eta * g[1]]
        return losses

    return {"HIPS autograd": train}


def with_numba() -> dict[str, Contestant]:
    """Train with loops that numba compiles.

    Returns:
        The contestant.
    """
    import numba

    @numba.njit
    def loops(X, y, w1, w2, eta, epochs):
        (n, d), h = X.shape, w1.shape[1]
        w1, w2, losses, a = w1.copy(), w2.copy(), np.empty(epochs), np.empty(h)
        for epoch in range(epochs):
            g1, g2, loss = np.zeros((d, h)), np.zeros(h), 0.0
            for m in range(n):
                z2 = 0.0
                for j in range(h):
                    z = 0.0
                    for i in range(d):
                        z += X[m, i] * w1[i, j]
                    a[j] = 1 / (1 + np.exp(-z))
                    z2 += a[j] * w2[j, 0]
                y_hat = 1 / (1 + np.exp(-z2))
                r = y_hat - y[m, 0]
                loss += r * r
                d2 = 2 / n * r * y_hat * (1 - y_hat)
                for j in range(h):
                    g2[j] += a[j] * d2
                    d1 = d2 * w2[j, 0] * a[j] * (1 - a[j])
                    for i in range(d):
                        g1[i, j] += X[m, i] * d1
            losses[epoch] = loss / n
            w1 -= eta * g1
            w2[:, 0] -= eta * g2
        return losses

    return {"numba, loops": lambda X, y, w1, w2, eta, epochs: loops(X, y, w1, w2, eta, epochs)}


def contestants() -> tuple[dict[str, Contestant], dict[str, Contestant], dict[str, str]]:
    """Gather all whose tool is there.

    Returns:
        Those for one network, those for an ensemble, and why the missing ones are missing.
    """
    single: dict[str, Contestant] = {
        "fast": by_engine("fast"),
        "reference": by_engine("reference"),
        "report style": report_style,
    }
    many: dict[str, Contestant] = {"fast": by_engine("fast")}
    missing: dict[str, str] = {}
    tools: dict[str, Callable[[], Any]] = {
        "PyTorch": with_torch,
        "JAX": with_jax,
        "HIPS autograd": with_autograd,
        "numba": with_numba,
        "C": compiled,
    }
    for tool, load in tools.items():
        try:
            found = load()
        except (ImportError, RuntimeError) as error:
            missing[tool] = f"{type(error).__name__}: {error}"
            continue
        one, several = found if isinstance(found, tuple) else (found, found if tool == "C" else {})
        single |= one
        many |= several
    return single, many, missing
