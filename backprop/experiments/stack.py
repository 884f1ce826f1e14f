"""Many networks at once: weights stacked along a leading axis, trained by the same functions as one network."""

from collections.abc import Sequence
from copy import copy
from itertools import islice

import numpy as np

from backprop.network import Model
from backprop.training import states


def stacked(models: Sequence[Model]) -> Model:
    """Stack networks of the same widths and activations into one whose arrays have a leading axis.

    Every step of the derivation works on the trailing axes, so `backprop.training.states` walks the stack as it walks
    one network. The answers then have the shape (S, N, d_L).

    Args:
        models: S networks, alike but for their weights.

    Returns:
        The stack; its weights[0] has the shape (S, d₀, d₁).

    Examples:
        >>> import backprop
        >>> from backprop.experiments.stack import stacked
        >>> stack = stacked([backprop.Model.random([2, 4, 1], seed) for seed in range(3)])
        >>> [w.shape for w in stack.weights]
        [(3, 2, 4), (3, 4, 1)]
    """
    stack = copy(models[0])
    stack.weights = tuple(np.stack(layer) for layer in zip(*(m.weights for m in models), strict=True))
    if stack.biases is not None:
        stack.biases = tuple(np.stack(layer) for layer in zip(*(m.biases or () for m in models), strict=True))
    return stack


def follow(
    models: Sequence[Model], X: np.ndarray, y: np.ndarray, eta: float, epochs: Sequence[int]
) -> tuple[list[Model], np.ndarray]:
    """Train networks side by side and look at them at some epochs.

    Args:
        models: S networks, alike but for their weights.
        X: the inputs, shape (N, d₀).
        y: the targets, shape (N, d_L).
        eta: the learning rate.
        epochs: K numbers of updates, rising.

    Returns:
        The stacks at these epochs, and their answers, shape (K, S, N, d_L).

    Examples:
        Three networks, each going where it goes alone:

        >>> import backprop
        >>> from backprop.experiments.stack import follow
        >>> X, y = backprop.xor()
        >>> models = [backprop.Model.random([2, 4, 1], seed) for seed in range(3)]
        >>> stacks, answers = follow(models, X, y, eta=1.0, epochs=[0, 100])
        >>> alone = backprop.train(models[2], X, y, eta=1.0, epochs=100).model.forward(X).y_hat
        >>> answers.shape, bool(abs(answers[1, 2] - alone).max() < 1e-12)
        ((2, 3, 21, 1), True)
    """
    wanted = frozenset(epochs)
    walk = enumerate(islice(states(stacked(models), X, y, eta), epochs[-1] + 1))
    stacks, answers = zip(*(state for epoch, state in walk if epoch in wanted), strict=True)
    return list(stacks), np.stack(answers)


def log_spaced(epochs: int) -> list[int]:
    """List epochs at which to look: ten in each factor of ten.

    Args:
        epochs: the last of them.

    Returns:
        The epochs, rising, from 0.

    Examples:
        >>> from backprop.experiments.stack import log_spaced
        >>> log_spaced(30)
        [0, 1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 30]
    """
    steps = {round(10 ** (k / 10)) for k in range(10 * len(str(epochs)))}
    return [0, *sorted(k for k in steps if k < epochs), epochs]


def spread_over_seeds(values: np.ndarray) -> dict[str, list[float]]:
    """Say where the middle of many runs lies, and nine tenths of them.

    Args:
        values: one row of numbers for each run, shape (S, K).

    Returns:
        "median", and "low" and "high", the quantiles 5 % and 95 %: K numbers each.

    Examples:
        >>> import numpy as np
        >>> from backprop.experiments.stack import spread_over_seeds
        >>> spread_over_seeds(np.arange(21.0)[:, None])
        {'low': [1.0], 'median': [10.0], 'high': [19.0]}
    """
    low, median, high = np.quantile(values, [0.05, 0.5, 0.95], axis=0).tolist()
    return {"low": low, "median": median, "high": high}
