r"""δ of the output by hand.

Time: three minutes
Chapter: output-to-hidden

A sigmoid output predicts $\hat y = 0.8$, but the target is $0$. There are $N = 2$ examples, and the loss is the mean
squared error. What is δ of the output for this example? What does the report's text, $\partial C/\partial z = L'(y,
\hat y)$, give instead?

Solution:
    The derivative of the loss is $\tfrac22(0.8 - 0) = 0.8$ $\eqref{eq:mse-derivative}$, and the derivative of the
    sigmoid is $0.8 \cdot 0.2 = 0.16$. So $\delta = 0.16 \cdot 0.8 = 0.128$ $\eqref{eq:output-delta-unit}$. The formula
    in the report's text gives 0.8, which is $1/0.16 = 6.25$ times as much, because the factor $\sigma'$ is missing. It
    would be correct for another loss. For the binary cross-entropy, $\delta = (0.8 - 0)/2 = 0.4$
    $\eqref{eq:output-delta-sigmoid-bce}$, and 0.8 is δ of twice this loss.
"""

import numpy as np

from backprop.derivation import complex_step, mse_derivative, sigmoid


def delta() -> float:
    """Give δ of the output for this example.

    Returns:
        ∂C/∂z.

    Examples:
        >>> numerical = complex_step(lambda z: (sigmoid(z) - 0) ** 2 / 2, np.array(np.log(4.0)))
        >>> bool(abs(delta() - numerical) < 1e-9)
        True
    """
    return 0.8 * (1 - 0.8) * delta_of_the_text()


def delta_of_the_text() -> float:
    """Give the value of the formula in the report's text.

    Returns:
        L′(y, ŷ).

    Examples:
        >>> y, y_hat = np.array([[0.0], [1.0]]), np.array([[0.8], [0.5]])
        >>> bool(abs(delta_of_the_text() - mse_derivative(y, y_hat)[0, 0]) < 1e-9)
        True
    """
    return 2 / 2 * (0.8 - 0)
