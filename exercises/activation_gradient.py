r"""From loops to a transpose.

Time: ten minutes
Chapter: hidden-to-hidden

The function `with_loops` propagates δ of a layer of 5 units back to a layer of 3, unit by unit. Write the same
computation as one matrix product. Derive it rather than trying transposes until the shapes fit: which index is summed,
and where must that index stand in a product?

Hint:
    In $(AB)_{nj} = \sum_k A_{nk}B_{kj}$ the sum runs over the *inner* indices. Which factor of
    $\sum_k \delta^n_k w_{jk}$ has $k$ in the other place?

Solution:
    In $\sum_k \delta^n_k\,w_{jk}$ the index $k$ is the second index of $w$, but a matrix product needs it as the first
    index, so we write $w_{jk} = (W^\top)_{kj}$. Therefore the sum is $(\Delta W^\top)_{nj}$
    $\eqref{eq:activation-gradient}$, with the shapes $(N \times 5)(5 \times 3) = (N \times 3)$. Between two layers of
    equal width NumPy would also compute $\Delta W$ without an error, although the result is incorrect.
"""

import numpy as np


def with_loops(delta: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Propagate δ back, one connection at a time."""
    dc_da = np.zeros((len(delta), len(w)))
    for n in range(len(delta)):
        for j in range(len(w)):
            for k in range(w.shape[1]):
                dc_da[n, j] += delta[n, k] * w[j, k]
    return dc_da


def with_matrices(delta: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Propagate δ back as one matrix product.

    Args:
        delta: δ of the next layer, shape (N, out).
        w: the weights to the next layer, shape (in, out).

    Returns:
        ∂L/∂A, shape (N, in).

    Examples:
        >>> rng = np.random.default_rng(0)
        >>> delta, w, square = rng.normal(size=(4, 5)), rng.normal(size=(3, 5)), rng.normal(size=(5, 5))
        >>> bool(np.allclose(with_matrices(delta, w), with_loops(delta, w)))
        True
        >>> bool(np.allclose(with_matrices(delta, square), with_loops(delta, square)))
        True
    """
    return delta @ w.T
