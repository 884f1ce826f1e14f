r"""How good can a line be?

Time: ten minutes
Chapter: consequences

Three points: $x = 0, 1, 2$ with the targets $0, 1, 0$. A network without activations but with biases answers
$\hat y = wx + b$, whatever its depth. Find the best $w$ and $b$ on paper, and the lowest mean squared error that any
such network can reach.

Hint:
    Look at the symmetry of the points: what happens to the error when $w$ becomes $-w$ and the line is mirrored at
    $x = 1$? Then only $b$ is left, and a constant is best at the mean.

Solution:
    Mirrored at $x = 1$ the points are the same, so the best line is its own mirror image: $w = 0$. The best constant
    is the mean of the targets, $b = \tfrac13$. The errors are $\tfrac13, -\tfrac23, \tfrac13$, the mean of their
    squares $\tfrac13\cdot\tfrac{1 + 4 + 1}{9} = \tfrac29$. This is the least-squares floor
    $\eqref{eq:least-squares-minimum}$; training may approach it and cannot go below. A log that does was not made
    without activations.
"""

import numpy as np

from backprop.derivation import append_ones, least_squares_minimum


def best_line() -> tuple[float, float]:
    """Give the best line.

    Returns:
        w and b.

    Examples:
        >>> x, y = np.array([[0.0], [1.0], [2.0]]), np.array([[0.0], [1.0], [0.0]])
        >>> best = np.linalg.lstsq(append_ones(x), y, rcond=None)[0].ravel()
        >>> bool(np.allclose(best_line(), best, atol=1e-9))
        True
    """
    return 0.0, 1 / 3


def floor() -> float:
    """Give the lowest mean squared error.

    Returns:
        The loss.

    Examples:
        >>> x, y = np.array([[0.0], [1.0], [2.0]]), np.array([[0.0], [1.0], [0.0]])
        >>> bool(abs(floor() - least_squares_minimum(append_ones(x), y)) < 1e-9)
        True
    """
    return 2 / 9
