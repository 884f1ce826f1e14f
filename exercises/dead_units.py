r"""Which units are dead?

Time: one minute
Chapter: consequences

The first layer of a ReLU network without biases has the weights

$$W_1 = \begin{bmatrix} 0.5 & -1 & -0.2 & 3 \\ -2 & -0.3 & 0.1 & 1 \end{bmatrix}$$

and the data fill the square $[0, 1]^2$. Which of the four units are dead? Count from 1.

Solution:
    The weights of a unit form a column. A unit is 0 everywhere if both of its weights are negative
    $\eqref{eq:dead-unit-probability}$, and this is true of the second unit only. The first and the third are active
    near one of the axes, and the fourth is active wherever an input is positive.
"""

import numpy as np

from backprop import derivation


def dead() -> list[int]:
    """Give the numbers of the dead units.

    Returns:
        The units, counted from 1.

    Examples:
        >>> w = np.array([[0.5, -1.0, -0.2, 3.0], [-2.0, -0.3, 0.1, 1.0]])
        >>> z = np.random.default_rng(0).uniform(size=(1000, 2)) @ w
        >>> dead() == (np.flatnonzero(derivation.dead_units(z)) + 1).tolist()
        True
    """
    return [2]
