r"""The derivative that cancels.

Time: fifteen minutes
Chapter: output-to-hidden

A sigmoid output is trained with the binary cross-entropy, $C = -y\ln\hat y - (1 - y)\ln(1 - \hat y)$ for one example.
Derive $\partial C/\partial z$ and simplify it until no division is left. Then write it so that the result is correct
even at $z = 40$, $y = 0$, where a computer cannot tell $1 - \hat y$ from 0.

Hint:
    Differentiate $C$ with respect to $\hat y$, bring the two fractions to one denominator, and only then multiply by
    $\sigma'(z)$.

Solution:
    We write $\partial C/\partial\hat y$ with one denominator:

    $$-\frac{y}{\hat y} + \frac{1 - y}{1 - \hat y} = \frac{\hat y - y}{\hat y(1 - \hat y)}$$

    Since the denominator is $\sigma'(z)$, it cancels and $\hat y - y$ remains $\eqref{eq:output-delta-sigmoid-bce}$.
    Leaving out $\sigma'$ is therefore correct here, whereas under the squared error the same line is a mistake. At $z =
    40$, the product of the two derivatives would be 0 · ∞.
"""

import numpy as np

from backprop.derivation import bce_contributions, complex_step, sigmoid


def delta(y: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Compute δ of a sigmoid output under the binary cross-entropy, for one example.

    Args:
        y: the target, shape (1, 1).
        z: the pre-activation of the output, shape (1, 1).

    Returns:
        ∂C/∂z, shape (1, 1).

    Examples:
        >>> y, z = np.array([[1.0]]), np.array([[-0.8]])
        >>> measured = complex_step(lambda v: bce_contributions(y, sigmoid(v))[0], z)
        >>> bool(np.allclose(delta(y, z), measured))
        True
        >>> bool(np.allclose(delta(np.array([[0.0]]), np.array([[40.0]])), 1.0))
        True
    """
    return sigmoid(z) - y
