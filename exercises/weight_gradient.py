r"""Where did the sum over examples go?

Time: ten minutes
Chapter: parameter-gradients

For one example the gradient of a weight matrix is $a_i\,\delta_j$ for every pair of units, and the examples'
gradients add. Write the sum over all examples as one matrix product, and derive it from the indices. Is anything
left to divide by $N$?

Hint:
    The sum runs over $n$, the first index of both $A$ and $\Delta$. A product sums over the second index of its left
    factor.

Solution:
    Give $A$ the place that the product asks for:

    $$\sum_n a_{ni}\delta_{nj} = \sum_n (A^\top)_{in}\Delta_{nj} = (A^\top\Delta)_{ij}$$

    This is $\eqref{eq:weight-gradient}$. The product itself adds the examples. Nothing is left to divide: δ is the
    slope of the example's *share* of the mean and has its $1/N$ since the loss $\eqref{eq:mse-derivative}$.
"""

import numpy as np

from backprop.derivation import complex_step, mse_contributions, total_loss


def gradient(a: np.ndarray, delta: np.ndarray) -> np.ndarray:
    """Find the gradient of the weights, added over all examples.

    Args:
        a: the input of the layer, shape (N, in).
        delta: δ of the layer, shape (N, out).

    Returns:
        ∂L/∂W, shape (in, out).

    Examples:
        A linear layer from 3 units to 5 under the mean squared error, against the measured gradient:

        >>> rng = np.random.default_rng(0)
        >>> a, w, y = rng.normal(size=(4, 3)), rng.normal(size=(3, 5)), rng.normal(size=(4, 5))
        >>> delta = 2 / (4 * 5) * (a @ w - y)
        >>> measured = complex_step(lambda v: total_loss(mse_contributions(y, a @ v)), w)
        >>> bool(np.allclose(gradient(a, delta), measured))
        True
    """
    return a.T @ delta
