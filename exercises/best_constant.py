r"""How good can a line be?

Time: ten minutes
Chapter: consequences

Three points $x = 0, 1, 2$ have the targets $0, 1, 0$. A network without activation functions but with biases predicts
$\hat y = wx + b$, however deep it is. Find the best $w$ and $b$ on paper, and the lowest mean squared error that any
such network can reach.

Hint:
    Use the symmetry of the points. Reflect the line about $x = 1$, which turns $w$ into $-w$. What happens to the
    error? After that only $b$ is left, and the best constant is the mean.

Solution:
    The points do not change when they are reflected about $x = 1$, so a line and its mirror image have the same error.
    Only one line is best, because the error is a quadratic function of $w$ and $b$ with a single minimum, as the three
    $x$ differ. So the best line is its own mirror image, and $w = 0$. The best constant is the mean of the targets,
    $b = \tfrac13$. The errors are $\tfrac13, -\tfrac23, \tfrac13$, and the mean of their squares is
    $\tfrac13\cdot\tfrac{1 + 4 + 1}{9} = \tfrac29$. This is the least-squares minimum
    $\eqref{eq:least-squares-minimum}$, which training may approach but cannot go below. If a log shows a lower loss,
    the network must have had activation functions.
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


def lowest_loss() -> float:
    """Give the lowest mean squared error.

    Returns:
        The loss.

    Examples:
        >>> x, y = np.array([[0.0], [1.0], [2.0]]), np.array([[0.0], [1.0], [0.0]])
        >>> bool(abs(lowest_loss() - least_squares_minimum(append_ones(x), y)) < 1e-9)
        True
    """
    return 2 / 9
