r"""Repeat the functions of the derivation for one kind of network, so that they run faster.

The module repeats `preactivation`, `sigmoid`, `mse_derivative`, `activation_gradient`, `weight_gradient` and
`gradient_descent_step`, and with them `sigmoid_derivative_from_output`, `backward_gradient`, `mse_contributions`,
`total_loss` and `append_ones`.

The network has two or more layers of weights, sigmoids, one output and the mean squared error, with or without biases.
If many networks are trained at once, each has two layers. The numbers are those of the derivation up to rounding, and
tests compare the two. The page "From specification to speed" shows how one follows from the other, step by step, and
how much time each step saves. The fast path differs from the derivation in these points:

- All arrays are allocated once. Rows are units and columns are examples, so that every array is contiguous.
- We keep $V = -W$, because the sigmoid needs $-z$, and a bias is the weight of an input that is always 1.
- In the first hidden layer we compute $e^{-z}$ as $2^{-z \log_2 e}$. The inputs contain the factor $\log_2 e$, so no
  weight is rounded by it.
- For one network the derivatives of the sigmoids are kept with a negative sign as well, so that $\Delta$ has its own
  sign in every layer.
- For one network we scale the predictions to $\beta \hat y$ with $\beta^3 = 2\eta/N$, so that the gradients are already
  multiplied by the step size.
- For many networks, each with its own examples, we compute one small matrix product for each, and $w_2$ is taken out of
  the sum over the examples.
- For many networks with the same examples, the seeds are the last axis, and one matrix product serves all of them.

Nothing is checked in this module, because `backprop.train` has checked everything before.
"""

from collections.abc import Callable, Sequence
from math import prod
from operator import itemgetter

import numpy as np

from backprop.derivation import append_ones
from backprop.network import ACTIVATIONS, Model

#: The number of epochs between two reports of progress.
EPOCHS = 100

#: The number of hidden activations of an ensemble that are processed at a time, so that they stay in the cache, and the
#: smallest number of networks, below which the loops along the last axis would be too short.
BLOCK, FEWEST = 2**16, 64

#: The factor that turns exponents of e into exponents of 2.
LOG2_E = 1 / np.log(2)


def unsupported(model: Model, eta: float | np.ndarray, loss: str) -> str | None:
    """Name the feature of a training run that this module does not support.

    Args:
        model: the network or the stack.
        eta: the learning rate or rates.
        loss: the name of the loss.

    Returns:
        The feature that is not supported, or None.

    Examples:
        >>> import backprop
        >>> from backprop.fast import unsupported
        >>> unsupported(backprop.Model.random([2, 4, 1]), 1.0, "mse") is None
        True
        >>> unsupported(backprop.Model.random([2, 4, 2]), 1.0, "mse")
        '2 outputs instead of 1'
    """
    depth = len(model.weights)
    if depth == 1:
        return "1 layer of weights instead of 2 or more"
    if depth > 2 and model.n_networks is not None:
        return f"a stack of networks with {depth} layers of weights instead of 2"
    for activation in model.activations:
        if activation is not ACTIVATIONS["sigmoid"]:
            return f"the activation {activation.name!r} instead of 'sigmoid'"
    if model.widths[-1] != 1:
        return f"{model.widths[-1]} outputs instead of 1"
    if loss != "mse":
        return f"the loss {loss!r} instead of 'mse'"
    if np.min(eta) < 1e-100 or np.max(eta) > 1e100:
        return f"eta {float(np.min(eta))} to {float(np.max(eta))} beyond 1e-100 to 1e100"
    return None


def train(
    model: Model,
    X: np.ndarray,
    y: np.ndarray,
    eta: float | np.ndarray,
    epochs: int,
    progress: Callable[[float], None] | None = None,
) -> tuple[np.ndarray, Model]:
    """Train a network or a stack, and return its losses and its last state.

    Args:
        model: a network or stack that is supported.
        X: the inputs, shape (N, d₀) or (S, N, d₀).
        y: the targets, shape (N, 1) or (S, N, 1).
        eta: the learning rate, or one for each run, shape (S, 1, 1).
        epochs: the number of updates.
        progress: a function that is called now and then with the completed fraction.

    Returns:
        The losses before each update and after the last, shape (epochs + 1,) or (S, epochs + 1), and the model after
        the last. If a run diverged, one of its losses is not finite.

    Examples:
        >>> import backprop
        >>> from backprop import fast
        >>> X, y = backprop.xor()
        >>> model = backprop.Model.random([2, 4, 1], seed=0)
        >>> losses, trained = fast.train(model, X, y, eta=1.0, epochs=1000)
        >>> run = backprop.train(model, X, y, eta=1.0, epochs=1000, engine="reference")
        >>> bool(abs(losses[:-1] / run.losses - 1).max() < 1e-13)
        True
    """
    tell = progress or (lambda fraction: None)
    with np.errstate(all="ignore"):  # exp overflows to infinity, whose sigmoid is 0, as it should be
        if model.n_networks is None:
            return _one(model, X, y, float(eta), epochs, tell)
        return _many(model, X, y, np.broadcast_to(eta, (model.n_networks, 1, 1)), epochs, tell)


def _one(
    model: Model, X: np.ndarray, y: np.ndarray, eta: float, epochs: int, tell: Callable[[float], None]
) -> tuple[np.ndarray, Model]:
    """Train one network. With two layers, an epoch makes 17 calls, and most of its time goes into the calls themselves.

    The first layer and the last differ from the others and are written out; two loops go over those between.
    """
    bias = model.biases is not None
    inputs = append_ones(X) if bias else X
    N, outputs = len(X), model.widths[1:]
    below = [inputs.shape[1], *(h + bias for h in outputs[:-1])]  # the inputs of each layer: the units below and a 1

    # The weights of all layers share one array, and so do their gradients, so that one call updates all of them.
    shapes = list(zip(outputs, below, strict=True))
    V, G = (np.empty(sum(map(prod, shapes))) for _ in range(2))
    Vs, Gs = (_cut(whole, shapes) for whole in (V, G))
    _negated(model, [v.T for v in Vs])

    # The activations share one too: those of each hidden layer, below them the 1 of a bias, and in the last row ŷ'.
    beta = np.cbrt(2 * eta / N)
    A, S, top = (np.ones((sum(below[1:]) + 1, N)) for _ in range(3))
    top[-1] = beta
    blocks = [(k, N) for k in (*below[1:], 1)]
    (*seen, A_out), (*slopes, S_out) = _cut(A, blocks), _cut(S, blocks)
    As, Ss = ([block[:h] for block, h in zip(part, outputs[:-1], strict=True)] for part in (seen, slopes))
    Ds = [np.empty((h, N)) for h in outputs]
    XT = np.ascontiguousarray(inputs.T)
    X1, X2, targets = XT.T, LOG2_E * XT, beta * y.T
    one, top_out = np.array(1.0), top[-1:]  # an array without axes needs neither conversion nor memory
    R = np.empty((min(EPOCHS, max(epochs, 1)), 1, N))
    losses, rows = np.empty(epochs + 1), list(R)

    backs = [v[:, :h].T.dot for v, h in zip(Vs[1:], outputs, strict=False)]  # a bias passes nothing back
    between = range(1, len(Vs) - 1)
    upwards = [(Vs[k].dot, seen[k - 1], As[k]) for k in between]
    downwards = [(backs[k], Ds[k + 1], Ds[k], Ss[k], Ds[k].dot, seen[k - 1].T, Gs[k]) for k in reversed(between)]
    A1, S1, D1, D2, G1 = As[0], Ss[0], Ds[0], Ds[1], Gs[0]
    D_out, G_out, top_seen, top_seen_T = Ds[-1], Gs[-1], seen[-1], seen[-1].T
    z1, z_out, back1, gradient1, gradient_out = Vs[0].dot, Vs[-1].dot, backs[0], D1.dot, D_out.dot
    add, subtract, multiply, divide, exp, exp2 = np.add, np.subtract, np.multiply, np.divide, np.exp, np.exp2
    for start in range(0, epochs, EPOCHS):
        count = min(EPOCHS, epochs - start)
        for r in rows[:count]:
            z1(X2, A1)  # −Z₁ log₂ e
            exp2(A1, A1)
            add(A1, one, A1)
            divide(one, A1, A1)  # A₁ = 1 / (1 + e^−Z₁)
            for z, a_below, a in upwards:
                z(a_below, a)  # −Z
                exp(a, a)
                add(a, one, a)
                divide(one, a, a)
            z_out(top_seen, A_out)
            exp(A_out, A_out)
            add(A_out, one, A_out)
            divide(top_out, A_out, A_out)  # ŷ' = β / (1 + e^−Z)
            subtract(A, top, S)
            multiply(S, A, S)  # all derivatives, negative: −a (1 − a) and −ŷ' (β − ŷ')
            subtract(targets, A_out, r)  # −β (ŷ − y)
            multiply(r, S_out, D_out)  # β³ = 2η/N: Δ of the output times the step
            gradient_out(top_seen_T, G_out)
            for back, d_above, d, s, gradient, a_below_T, g in downwards:
                back(d_above, d)
                multiply(d, s, d)  # Δ times the step, because V and the derivative are both negative
                gradient(a_below_T, g)
            back1(D2, D1)
            multiply(D1, S1, D1)
            gradient1(X1, G1)
            add(V, G, V)
        losses[start : start + count] = np.einsum("eon,eon->e", R[:count], R[:count]) / (N * beta**2)
        tell((start + count) / epochs)
    trained = _model(model, [v.T for v in Vs])
    losses[epochs] = trained._loss(trained._forward(X), y, "mse")
    return losses, trained


def _cut(whole: np.ndarray, shapes: Sequence[tuple[int, int]]) -> list[np.ndarray]:
    """Cut an array into parts of these shapes, which share its memory."""
    ends = np.cumsum([prod(shape) for shape in shapes])
    return [part.reshape(shape) for part, shape in zip(np.split(whole.ravel(), ends[:-1]), shapes, strict=True)]


def _many(
    model: Model, X: np.ndarray, y: np.ndarray, eta: np.ndarray, epochs: int, tell: Callable[[float], None]
) -> tuple[np.ndarray, Model]:
    """Train a stack, block by block."""
    S, N, h = len(eta), y.shape[-2], model.weights[0].shape[2]
    blocks = np.array_split(np.arange(S), -(-S // max(FEWEST, BLOCK // (h * N))))
    train = _separate if X.ndim == 3 else _shared
    losses, trained = np.empty((S, epochs + 1)), model._map(np.copy)
    for done, block in enumerate(blocks):
        runs = slice(block[0], block[-1] + 1)
        part = model._map(itemgetter(runs))
        X_part, y_part = (array[runs] if array.ndim == 3 else array for array in (X, y))

        def tell_all(fraction: float, done: int = done) -> None:
            tell((done + fraction) / len(blocks))

        losses[runs, :epochs], after = train(part, X_part, y_part, eta[runs, 0, 0], epochs, tell_all)
        losses[runs, epochs] = after._loss(after._forward(X_part), y_part, "mse")
        for whole, its in zip(trained.parameters, after.parameters, strict=True):
            whole[runs] = its
    return losses, trained


def _separate(
    model: Model, X: np.ndarray, y: np.ndarray, eta: np.ndarray, epochs: int, tell: Callable[[float], None]
) -> tuple[np.ndarray, Model]:
    """Train a stack that fits into the cache, each network on its own examples; the networks are the first axis."""
    bias = model.biases is not None
    inputs, S = append_ones(X) if bias else X, len(eta)
    (N, d), h = inputs.shape[-2:], model.weights[0].shape[2]
    k = h + bias

    V1, V2 = np.empty((S, d, h)), np.empty((S, 1, k))
    _negated(model, (V1, V2.mT))
    A, P, G1, G2 = np.ones((S, k, N)), np.empty((S, h, N)), np.empty((S, d, h)), np.empty((S, 1, k))
    A2, R, D2, U = np.empty((S, 1, N)), np.empty((S, 1, N)), np.empty((S, 1, N)), np.empty((d, S, N))
    A1, AT, PT, V1T, w2 = A[:, :h], A.mT, P.mT, V1.mT, V2[..., :h]
    beta = np.repeat(np.cbrt(2 * eta / N), N).reshape(S, 1, N)
    targets, XT = beta * y.mT, np.ascontiguousarray(inputs.transpose(2, 0, 1))
    X2 = np.multiply(LOG2_E, inputs.mT, order="C")
    losses = np.empty((epochs, S))
    for epoch in range(epochs):
        np.matmul(V1T, X2, out=A1)  # −Z₁ log₂ e
        np.exp2(A1, out=A1)
        np.add(A1, 1.0, out=A1)
        np.divide(1.0, A1, out=A1)
        np.matmul(V2, A, out=A2)  # −Z₂
        np.exp(A2, out=A2)
        np.add(A2, 1.0, out=A2)
        np.divide(beta, A2, out=A2)  # ŷ' = β ŷ
        np.subtract(A2, targets, out=R)
        np.vecdot(R[:, 0], R[:, 0], out=losses[epoch])
        np.multiply(R, A2, out=R)
        np.subtract(beta, A2, out=A2)
        np.multiply(R, A2, out=D2)  # β³ = 2η/N: Δ₂ times the step
        np.matmul(D2, AT, out=G2)
        np.subtract(1.0, A1, out=P)
        np.multiply(P, A1, out=P)
        np.multiply(XT, D2[:, 0], out=U)
        np.matmul(U.transpose(1, 0, 2), PT, out=G1)
        np.multiply(G1, w2, out=G1)
        np.subtract(V1, G1, out=V1)  # the gradient contains w₂ = −v₂, so this amounts to W₁ − η · gradient
        np.add(V2, G2, out=V2)
        if (epoch + 1) % EPOCHS == 0 or epoch + 1 == epochs:
            tell((epoch + 1) / epochs)
    return losses.T / (N * beta[..., 0] ** 2), _model(model, (V1, V2.mT))


def _shared(
    model: Model, X: np.ndarray, y: np.ndarray, eta: np.ndarray, epochs: int, tell: Callable[[float], None]
) -> tuple[np.ndarray, Model]:
    """Train a stack that fits into the cache, all on the same examples; the networks are the last axis."""
    bias = model.biases is not None
    inputs, S = append_ones(X) if bias else X, len(eta)
    (N, d), h = inputs.shape, model.weights[0].shape[2]
    k = h + bias

    V1, V2 = np.empty((h, d, S)), np.empty((k, S))
    _negated(model, (V1.transpose(2, 1, 0), V2.T[..., None]))
    A, Q, G1, G2 = np.ones((k, N, S)), np.empty((k, N, S)), np.empty((h, d, S)), np.empty((k, 1, S))
    A2, R, D2 = np.empty((N, S)), np.empty((N, S)), np.empty((N, S))
    A1, Q1, w2, beta = A[:h], Q[:h], V2[:h, None], np.cbrt(2 * eta / N)
    targets = np.ascontiguousarray(beta * (y[..., 0].T if y.ndim == 3 else y))
    X2, XT, ones = LOG2_E * inputs, np.ascontiguousarray(inputs.T), np.ones((1, N))
    losses = np.empty((epochs, S))
    for epoch in range(epochs):
        np.matmul(X2, V1, out=A1)  # −Z₁ log₂ e
        np.exp2(A1, out=A1)
        np.add(A1, 1.0, out=A1)
        np.divide(1.0, A1, out=A1)
        np.einsum("ks,kns->ns", V2, A, out=A2)  # −Z₂
        np.exp(A2, out=A2)
        np.add(A2, 1.0, out=A2)
        np.divide(beta, A2, out=A2)  # ŷ' = β ŷ
        np.subtract(A2, targets, out=R)
        np.einsum("ns,ns->s", R, R, out=losses[epoch])
        np.multiply(R, A2, out=R)
        np.subtract(beta, A2, out=A2)
        np.multiply(R, A2, out=D2)  # β³ = 2η/N: Δ₂ times the step
        np.multiply(A, D2, out=Q)
        np.matmul(ones, Q, out=G2)
        np.subtract(1.0, A1, out=A1)
        np.multiply(Q1, A1, out=Q1)
        np.matmul(XT, Q1, out=G1)
        np.multiply(G1, w2, out=G1)
        np.subtract(V1, G1, out=V1)  # as in _separate
        np.add(V2, G2[:, 0], out=V2)
        if (epoch + 1) % EPOCHS == 0 or epoch + 1 == epochs:
            tell((epoch + 1) / epochs)
    return losses.T / (N * beta[:, None] ** 2), _model(model, (V1.transpose(2, 1, 0), V2.T[..., None]))


def _negated(model: Model, Vs: Sequence[np.ndarray]) -> None:
    """Write −W and, as a last row, −b of each layer into its V, whose shape is (..., inputs, outputs)."""
    for V, W, b in zip(Vs, model.weights, model.biases or len(Vs) * [None], strict=True):
        V[..., : W.shape[-2], :] = -W
        if b is not None:
            V[..., -1:, :] = -b


def _model(model: Model, Vs: Sequence[np.ndarray]) -> Model:
    """Make the model whose negated weights and biases each layer's V holds."""
    weights = tuple(np.negative(V[..., :n, :], order="C") for V, n in zip(Vs, model.widths[:-1], strict=True))
    if model.biases is None:
        return model._like(weights, None)
    return model._like(weights, tuple(np.negative(V[..., -1:, :], order="C") for V in Vs))
