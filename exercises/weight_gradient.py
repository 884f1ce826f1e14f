r"""Where did the sum over examples go?

Time: ten minutes
Chapter: parameter-gradients

For one example the gradient with respect to a weight matrix is $a_i\,\delta_j$ for every pair of units, and the
gradients of all examples are added. Write this sum as one matrix product, and derive it from the indices. Is anything
left to divide by $N$?

Hint:
    The sum runs over $n$, which is the first index of both $A$ and $\Delta$. A matrix product sums over the second
    index of its left factor.

Solution:
    We transpose $A$, so that the index $n$ stands where the product needs it:

    $$\sum_n a_{ni}\delta_{nj} = \sum_n (A^\top)_{in}\Delta_{nj} = (A^\top\Delta)_{ij}$$

    This is $\eqref{eq:weight-gradient}$, and the product itself adds the examples. No division by $N$ is left to do,
    because each example's *contribution* to the loss already contains the factor $1/N$, and therefore its δ does too
    $\eqref{eq:mse-derivative}$.
"""

import numpy as np

from backprop.derivation import complex_step, mse_contributions, total_loss


def gradient(a: np.ndarray, delta: np.ndarray) -> np.ndarray:
    """Compute the gradient with respect to the weights, summed over all examples.

    Args:
        a: the input of the layer, shape (N, in).
        delta: δ of the layer, shape (N, out).

    Returns:
        ∂L/∂W, shape (in, out).

    Examples:
        For a linear layer from 3 units to 5 under the mean squared error, the product agrees with the numerical
        gradient:

        >>> rng = np.random.default_rng(0)
        >>> a, w, y = rng.normal(size=(4, 3)), rng.normal(size=(3, 5)), rng.normal(size=(4, 5))
        >>> delta = 2 / (4 * 5) * (a @ w - y)
        >>> measured = complex_step(lambda v: total_loss(mse_contributions(y, a @ v)), w)
        >>> bool(np.allclose(gradient(a, delta), measured))
        True
    """
    return a.T @ delta
