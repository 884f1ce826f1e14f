r"""An activation of your own.

Time: forty-five minutes
Chapter: activations

Softsign maps a number to a value between −1 and 1 without an exponential, $\phi(z) = \dfrac{z}{1 + |z|}$. Derive its
derivative, once as a function of $z$ and once as a function of $a$ alone. Write all three functions, and then use them
in a network that learns XOR.

Hint:
    Differentiate for $z > 0$ and for $z < 0$ separately, and then write both results as one formula with $|z|$. For the
    derivative as a function of $a$, find $1 - |a|$ first.

Solution:
    By the quotient rule, for $z > 0$ and for $z < 0$,

    $$\frac{(1 + z) - z}{(1 + z)^2} = \frac{1}{(1 + z)^2}$$

    $$\frac{(1 - z) + z}{(1 - z)^2} = \frac{1}{(1 - z)^2}$$

    Both cases together give $\phi'(z) = 1/(1 + |z|)^2$. At 0 the derivatives from the left and from the right are both
    1, so there is no kink, whereas ReLU has one. From the output we get

    $$1 - |a| = 1 - \frac{|z|}{1 + |z|} = \frac{1}{1 + |z|}$$

    and therefore $\phi'(z) = (1 - |a|)^2$. The derivative decreases as $1/z^2$, whereas that of tanh decreases
    exponentially, so a saturated unit still learns. A complex step does not work with $|z|$, so the check uses the
    central difference.
"""

import numpy as np

import backprop
from backprop.derivation import central_difference, relative_error


def softsign(z: np.ndarray) -> np.ndarray:
    """Map a number to a value between −1 and 1.

    Args:
        z: the pre-activation, any shape.

    Returns:
        φ(z), same shape.

    Examples:
        >>> softsign(np.array([-3.0, 0.0, 1.0]))
        array([-0.75,  0.  ,  0.5 ])
    """
    return z / (1 + np.abs(z))


def softsign_derivative(z: np.ndarray) -> np.ndarray:
    """Differentiate softsign, given its input.

    Args:
        z: the pre-activation, any shape.

    Returns:
        φ′(z), same shape.

    Examples:
        >>> z = np.array([[-3.0, -0.5, 0.2, 2.0]])
        >>> numerical = central_difference(lambda v: float(np.sum(softsign(v))), z)
        >>> relative_error(softsign_derivative(z), numerical) < 1e-8
        True
        >>> float(softsign_derivative(np.array(0.0)))
        1.0
    """
    return 1 / (1 + np.abs(z)) ** 2


def softsign_derivative_from_output(a: np.ndarray) -> np.ndarray:
    """Differentiate softsign, given its output.

    Args:
        a: the activation φ(z), any shape.

    Returns:
        φ′(z), same shape.

    Examples:
        >>> z = np.array([[-3.0, -0.5, 0.2, 2.0]])
        >>> bool(np.allclose(softsign_derivative_from_output(softsign(z)), softsign_derivative(z)))
        True

        Softsign works in a network with a sigmoid output:

        >>> phi = backprop.Activation("softsign", softsign, lambda z, a: softsign_derivative_from_output(a))
        >>> X, y = backprop.xor()
        >>> model = backprop.Model.random([2, 4, 1], seed=0, activations=[phi, "sigmoid"], bias=True)
        >>> trained = backprop.train(model, X, y, eta=1.0, epochs=3000).model
        >>> float(backprop.derivation.binary_accuracy(y, trained.forward(X).y_hat))
        1.0
    """
    return (1 - np.abs(a)) ** 2
