r"""One layer by hand.

Time: three minutes
Chapter: forward-pass

A layer has two inputs and three ReLU units, with

$$W = \begin{bmatrix} 1 & -1 & 0.5 \\ 2 & 1 & -1 \end{bmatrix}, \qquad b = \begin{bmatrix} -1 & 0 & 1 \end{bmatrix}$$

What are $z$ and $a$ for the example $x = (2, 1)$? Which part of $W$ belongs to the second unit, a row or a column?

Hint:
    The example is a row, so $xW + b$ is a row of three numbers.

Solution:
    The weights of a unit form a column $\eqref{eq:weighted-sum}$. The weighted sums are $2 \cdot 1 + 1 \cdot 2 - 1 =
    3$, then $2 \cdot (-1) + 1 \cdot 1 + 0 = -1$, and $2 \cdot 0.5 + 1 \cdot (-1) + 1 = 1$. ReLU replaces the second of
    these by 0. If you mistake the rows for units, you find two units here instead of three. In a square layer, however,
    nothing would have warned you.
"""

import numpy as np

from backprop.derivation import activation, preactivation, relu

W = np.array([[1.0, -1.0, 0.5], [2.0, 1.0, -1.0]])
B = np.array([[-1.0, 0.0, 1.0]])
X = np.array([[2.0, 1.0]])


def z_and_a() -> tuple[list[float], list[float]]:
    """Give z and a of the three units.

    Returns:
        The three z and the three a.

    Examples:
        >>> z, a = z_and_a()
        >>> bool(np.allclose(z, preactivation(X, W, B)))
        True
        >>> bool(np.allclose(a, activation(preactivation(X, W, B), relu)))
        True
    """
    return [3, -1, 1], [3, 0, 1]
