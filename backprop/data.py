"""Make the two data sets of the assignment.

Each example has two inputs between 0 and 1, and its label is 0 or 1. A line can separate the labels of *linear*, but
not those of *XOR*.
"""

import numpy as np

from backprop.checks import whole_number


def streams(seed: int) -> tuple[np.random.Generator, np.random.Generator]:
    """Make two independent streams of random numbers from one seed.

    Data and weights need different streams, because otherwise the first weights would repeat the first inputs.

    Args:
        seed: a whole number, at least 0.

    Returns:
        The stream for data and the stream for weights.

    Raises:
        TypeError: if seed is not a whole number.
        ValueError: if it is negative.

    Examples:
        >>> from backprop.data import streams
        >>> for_data, for_weights = streams(0)
        >>> bool(for_data.uniform() == for_weights.uniform())
        False
        >>> bool(streams(0)[0].uniform() == streams(0)[0].uniform())
        True
    """
    first, second = np.random.SeedSequence(whole_number("seed", seed, least=0)).spawn(2)
    return np.random.default_rng(first), np.random.default_rng(second)


def linear(n: int = 100, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw examples whose labels a line separates.

    The points are uniform on the unit square. The label is 0 where x₁ > x₂ and 1 elsewhere, so a point with x₁ = x₂
    would have the label 1.

    Args:
        n: the number of examples N, at least 1.
        seed: a whole number, at least 0. The same seed gives the same data.

    Returns:
        X, shape (N, 2), and y, shape (N, 1), both float64.

    Raises:
        TypeError: if n or seed is not a whole number.
        ValueError: if n < 1 or seed < 0.

    Examples:
        >>> import backprop
        >>> X, y = backprop.linear(100, seed=0)
        >>> X.shape, y.shape
        ((100, 2), (100, 1))
        >>> bool(((X[:, 0] > X[:, 1]) == (y[:, 0] == 0)).all())
        True
    """
    for_data, _ = streams(seed)
    x = for_data.uniform(0, 1, size=(whole_number("n", n, least=1), 2))
    return x, np.where(x[:, :1] > x[:, 1:], 0.0, 1.0)


def xor() -> tuple[np.ndarray, np.ndarray]:
    """List the examples of XOR, which lie on two diagonals.

    For i = 0 … 10 there is the point (0.1·i, 0.1·i) with label 0 and then, except in the middle, the point
    (0.1·i, 1 − 0.1·i) with label 1.

    Returns:
        X, shape (21, 2), and y, shape (21, 1), both float64, always the same and in this order.

    Examples:
        >>> import backprop
        >>> X, y = backprop.xor()
        >>> X.shape, y.shape, int(y.sum())
        ((21, 2), (21, 1), 10)
        >>> X[:4].round(1).tolist(), y[:4].ravel().tolist()
        ([[0.0, 0.0], [0.0, 1.0], [0.1, 0.1], [0.1, 0.9]], [0.0, 1.0, 0.0, 1.0])
    """
    points, labels = [], []
    for i in range(11):
        t = 0.1 * i
        points.append((t, t))
        labels.append(0.0)
        if t != 0.5:
            points.append((t, 1 - t))
            labels.append(1.0)
    return np.array(points), np.array(labels)[:, None]
