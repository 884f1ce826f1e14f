import numpy as np


def save_run(path, params, grads, X, y):
    """Save the data, the parameters [(W1, b1), (W2, b2), ...] and what jax.grad gave for them."""
    arrays = {"X": X, "y": y}
    for number, ((W, b), (gW, gb)) in enumerate(zip(params, grads), start=1):
        arrays |= {f"W{number}": W, f"b{number}": b, f"g{number}": gW, f"gb{number}": gb}
    np.savez(path, **arrays)
