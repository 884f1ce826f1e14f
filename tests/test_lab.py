"""The program in the lab's shape computes what the package computes."""

import backprop
from backprop.lab import main


def test_the_lab_program_agrees_with_train_bit_for_bit() -> None:
    X, y = backprop.xor()
    run = backprop.train(backprop.Model.random([2, 4, 1], seed=0), X, y, eta=1.0, epochs=300, engine="specification")
    assert main(epochs=300) == run.losses.tolist()
