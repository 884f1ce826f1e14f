import numpy as np

import backprop

X, y = backprop.xor()
model = backprop.Model.random([2, 3, 5, 1], seed=7)
weights = {f"W{k}": W for k, W in enumerate(model.weights, start=1)}
np.savez("given.npz", X=X, y=y, **weights)
