"""Train many networks at once, with different seeds, learning rates or data, each as if it were trained alone.

Parameters are stacked along a leading axis. Since every step of the derivation works on the trailing axes,
`backprop.train` trains a stack as it trains one network, and this module contains no formula.

Examples:
    >>> import backprop
    >>> from backprop import ensemble
    >>> X, y = backprop.xor()
    >>> models = [backprop.Model.random([2, 4, 1], seed) for seed in range(20)]
    >>> run = backprop.train(ensemble.stack(models), X, y, eta=1.0, epochs=3000)
    >>> run.losses.shape
    (20, 3000)
    >>> spread = ensemble.spread_over_seeds(run.losses)
    >>> [round(spread[name][-1], 3) for name in ("low", "median", "high")]
    [0.025, 0.039, 0.068]
"""

from collections.abc import Iterable, Sequence
from itertools import islice, pairwise
from operator import itemgetter
from typing import Any

import numpy as np

from backprop import checks, fast
from backprop.network import Model
from backprop.training import states


def stack(models: Sequence[Model]) -> Model:
    """Stack networks of the same widths and activations into one whose arrays have a leading axis.

    Args:
        models: S networks that differ in nothing but their weights.

    Returns:
        The stack, whose weights[0] has the shape (S, d₀, d₁) and whose predictions have the shape (S, N, d_L).

    Raises:
        TypeError: if models is not a sequence of `Model`.
        ValueError: if models is empty, contains a stack, or two of them differ in more than their weights.

    Examples:
        >>> import backprop
        >>> from backprop.ensemble import stack
        >>> stacked = stack([backprop.Model.random([2, 4, 1], seed) for seed in range(3)])
        >>> stacked
        Model 2-4-1: sigmoid, sigmoid; without bias; 3 runs
        >>> [w.shape for w in stacked.weights]
        [(3, 2, 4), (3, 4, 1)]
    """
    if isinstance(models, str) or not isinstance(models, Sequence):
        raise TypeError(f"models is {type(models).__name__}; expected a list of Model")
    if not models:
        raise ValueError("models is empty; expected at least one Model")
    for i, model in enumerate(models):
        checks.of_type(f"models[{i}]", model, Model, "a Model")
        if model.n_networks is not None:
            raise ValueError(f"models[{i}] is a stack of {model.n_networks}; expected a single network")
        if (repr(model), model.activations) != (repr(models[0]), models[0].activations):
            raise ValueError(f"models[{i}] is {model!r}; expected {models[0]!r}, as models[0]")
    biases = None
    if models[0].biases is not None:
        biases = tuple(map(np.stack, zip(*(m.biases or () for m in models), strict=True)))
    return models[0]._like(tuple(map(np.stack, zip(*(m.weights for m in models), strict=True))), biases)


def unstack(stacked: Model) -> list[Model]:
    """Separate a stack into its networks.

    Args:
        stacked: S networks, such as `run.model` of a trained ensemble.

    Returns:
        The S networks, each as a single `Model`.

    Raises:
        TypeError: if it is not a `Model`.
        ValueError: if it is a single network.

    Examples:
        >>> import backprop
        >>> from backprop.ensemble import stack, unstack
        >>> unstack(stack([backprop.Model.random([2, 4, 1], seed) for seed in range(2)]))[1]
        Model 2-4-1: sigmoid, sigmoid; without bias
    """
    checks.of_type("stacked", stacked, Model, "a stack")
    if stacked.n_networks is None:
        raise ValueError(f"stacked is a single network, {stacked!r}; expected a stack")
    return [stacked._map(itemgetter(s))._map(np.copy) for s in range(stacked.n_networks)]


def grid(models: Sequence[Model], etas: Sequence[float]) -> tuple[Model, np.ndarray]:
    """Pair every network with every learning rate.

    Args:
        models: S networks that differ in nothing but their weights.
        etas: R learning rates.

    Returns:
        A stack of R·S networks and their learning rates, shape (R·S, 1, 1), in which all networks with the first
        learning rate come first. To split this leading axis of an array, such as the losses, into one axis for the
        learning rates and one for the models, call ``reshape(R, S, -1)`` on the array.

    Raises:
        TypeError: if models is not a sequence of `Model`, or a learning rate is not a number.
        ValueError: if either is empty, or a learning rate is not positive and finite.

    Examples:
        Three seeds are combined with two learning rates:

        >>> import backprop
        >>> from backprop.ensemble import grid
        >>> models = [backprop.Model.random([2, 4, 1], seed) for seed in range(3)]
        >>> stacked, etas = grid(models, [0.1, 1.0])
        >>> etas.ravel().tolist()
        [0.1, 0.1, 0.1, 1.0, 1.0, 1.0]
        >>> run = backprop.train(stacked, *backprop.xor(), etas, epochs=5)
        >>> run.losses.reshape(2, 3, -1).shape
        (2, 3, 5)
    """
    stacked = stack(models)
    checks.of_type("etas", etas, Iterable, "a list of learning rates")
    rates = np.array([checks.positive_number("eta", eta) for eta in etas])
    if rates.size == 0:
        raise ValueError("etas is empty; expected at least one learning rate")
    repeated = stacked._map(lambda p: np.tile(p, (len(rates), 1, 1)))
    return repeated, np.repeat(rates, len(models))[:, None, None]


def snapshots(
    models: Sequence[Model],
    X: np.ndarray,
    y: np.ndarray,
    eta: float | np.ndarray,
    epochs: Sequence[int],
    loss: str = "mse",
) -> tuple[list[Model], np.ndarray]:
    """Train several networks and keep them as they are at some epochs.

    `backprop.train` returns every loss, whereas this function returns the networks and their predictions. It uses the
    fast functions wherever `train` does.

    Args:
        models: S networks that differ in nothing but their weights.
        X: the inputs, shape (N, d₀), or for each network its own, (S, N, d₀).
        y: the targets, shape (N, d_L) or (S, N, d_L).
        eta: the learning rate, or one for each network, shape (S,) or (S, 1, 1).
        epochs: K numbers of updates, in increasing order.
        loss: "mse", "binary_cross_entropy" or "cross_entropy".

    Returns:
        The stacks at these epochs, and their predictions, shape (K, S, N, d_L).

    Raises:
        TypeError: as `backprop.train`.
        ValueError: as `backprop.train`, or if the epochs do not increase.

    Examples:
        Three networks are trained together, and each makes the predictions that it makes when it is trained alone:

        >>> import backprop
        >>> from backprop.ensemble import snapshots
        >>> X, y = backprop.xor()
        >>> models = [backprop.Model.random([2, 4, 1], seed) for seed in range(3)]
        >>> stacks, predictions = snapshots(models, X, y, eta=1.0, epochs=[0, 100])
        >>> alone = backprop.train(models[2], X, y, eta=1.0, epochs=100).model.forward(X).y_hat
        >>> predictions.shape, bool(abs(predictions[1, 2] - alone).max() < 1e-12)
        ((2, 3, 21, 1), True)
    """
    start = stack(models)
    X, y = start.check_data(X, y, loss)
    eta = start.check_learning_rates(eta)
    checks.of_type("epochs", epochs, Iterable, "a list of whole numbers")
    wanted = [checks.whole_number(f"epochs[{k}]", epoch, least=0) for k, epoch in enumerate(epochs)]
    if not wanted or wanted != sorted(set(wanted)):
        raise ValueError(f"epochs is {list(epochs)}; expected increasing whole numbers, at least one")
    if fast.unsupported(start, eta, loss) is None:
        stacks = [start]
        for before, after in pairwise([0, *wanted]):
            stacks.append(fast.train(stacks[-1], X, y, eta, after - before)[1])
        return stacks[1:], np.stack([stacked._forward(X).y_hat for stacked in stacks[1:]])
    steps = enumerate(islice(states(start, X, y, eta, loss), wanted[-1] + 1))
    kept = frozenset(wanted)
    found, outputs = zip(*(state for epoch, state in steps if epoch in kept), strict=True)
    return list(found), np.stack([output.y_hat for output in outputs])


def log_spaced(epochs: int) -> list[int]:
    """List epochs that are spaced logarithmically, ten in each factor of ten.

    Args:
        epochs: the last of them, at least 1.

    Returns:
        The epochs, in increasing order, from 0.

    Raises:
        TypeError: if it is not a whole number.
        ValueError: if it is smaller than 1.

    Examples:
        >>> from backprop.ensemble import log_spaced
        >>> log_spaced(30)
        [0, 1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 30]
    """
    epochs = checks.whole_number("epochs", epochs, least=1)
    steps = {round(10 ** (k / 10)) for k in range(10 * len(str(epochs)))}
    return [0, *sorted(k for k in steps if k < epochs), epochs]


def spread_over_seeds(values: Any) -> dict[str, list[float]]:
    """Compute the median of many runs, and the interval that contains nine tenths of them.

    Args:
        values: one row of numbers for each run, shape (S, K), such as the losses of an ensemble. A run that diverged
            has NaN, which counts as larger than every number.

    Returns:
        "low", "median" and "high", which are the 5%, 50% and 95% quantiles, K numbers each. A quantile that depends on
        a run that diverged is NaN, and the others are not affected.

    Examples:
        >>> import numpy as np
        >>> from backprop.ensemble import spread_over_seeds
        >>> spread_over_seeds(np.arange(21.0)[:, None])
        {'low': [1.0], 'median': [10.0], 'high': [19.0]}
        >>> spread_over_seeds(np.array([[1.0], [np.nan], [3.0], [2.0]]))
        {'low': [1.15], 'median': [2.5], 'high': [nan]}
    """
    values = np.asarray(values, dtype=float)
    diverged = np.isnan(values)
    with np.errstate(invalid="ignore"):  # between two infinities
        quantiles = np.quantile(np.where(diverged, np.inf, values), [0.05, 0.5, 0.95], axis=0)
    low, median, high = np.where(np.isfinite(quantiles), quantiles, np.nan).tolist()
    return {"low": low, "median": median, "high": high}
