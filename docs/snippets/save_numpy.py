import numpy as np

np.savez("run.npz", X=X, y=y, W1=W1, W2=W2, g1=dW1, g2=dW2)
