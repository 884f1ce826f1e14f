import student

import backprop


def test_backward():
    X, y = backprop.xor()
    W = backprop.Model.random([2, 3, 5, 1], seed=7).weights
    gradients = student.backward(W, X, y)
    backprop.assert_gradient(W, X, y, gradients, activations="sigmoid", loss="mse")
