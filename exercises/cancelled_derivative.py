r"""The slope that cancels.

Time: fifteen minutes
Chapter: output-to-hidden

A sigmoid output is trained with cross-entropy, $C = -y\ln\hat y - (1 - y)\ln(1 - \hat y)$, for one example. Derive
$\partial C/\partial z$ and simplify it until no division is left. Then write it so that it gives the right number
even at $z = 40$, $y = 0$, where $1 - \hat y$ is too small for a computer to tell from 0.

Hint:
    Differentiate $C$ with respect to $\hat y$, bring the two fractions on one denominator, and only then multiply by
    $\sigma'(z)$.

Solution:
    $\partial C/\partial\hat y$ on one denominator:

    $$-\frac{y}{\hat y} + \frac{1 - y}{1 - \hat y} = \frac{\hat y - y}{\hat y(1 - \hat y)}$$

    The denominator is $\sigma'(z)$, so what remains is $\hat y - y$ $\eqref{eq:output-delta-bce}$. Here a
    missing $\sigma'$ is right; under squared error the same line is a mistake. The long way computes 0 · ∞ at
    $z = 40$.
"""

import numpy as np

from backprop.derivation import bce_contributions, complex_step, sigmoid


def delta(y: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Find δ of a sigmoid output under cross-entropy, for one example.

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
