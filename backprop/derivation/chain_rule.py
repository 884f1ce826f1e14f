r"""Combine derivatives along one path and over several paths.

How does a small change of one weight reach the loss, which lies many steps away? This chapter answers with two rules:
derivatives along one path are multiplied, and where several paths meet, the products are added.

A change of one weight changes one pre-activation, which in turn changes one activation, and so on up to the loss. At
every step we multiply two factors. The *local derivative* belongs to the operation itself, because it is the derivative
of its result with respect to its input. The *upstream gradient* is the derivative of the loss with respect to that
result. Backpropagation applies the two rules from the loss backward, because in this order no product is computed
twice. From a weight in the first layer of a 2-4-4-1 network, for example, four paths lead to the loss, and they share
their first and their last steps. We compute the gradient with respect to each pre-activation only once, so every weight
before it can use the result.
"""

import numpy as np


def chain_rule(dz_dw: np.ndarray, dc_dz: np.ndarray) -> np.ndarray:
    r"""Apply the chain rule, which multiplies the derivatives along one path.

    $$\frac{\partial C}{\partial w} = \frac{\partial z}{\partial w}\,\frac{\partial C}{\partial z}
    \tag{6.1}\label{eq:chain-rule}$$

    Here $C$ is the contribution $C^n$ of any one example. If $w$ changes by a small $h$, then, to first order, $z$
    changes by $h\,\partial z/\partial w$, and therefore $C$ changes by $\partial C/\partial z$ times that. The first
    factor is the local derivative, which the report calls the forward gradient, and we know it from the forward pass
    $\eqref{eq:forward-gradient}$. The second factor is the upstream gradient, which the backward pass must find.

    Args:
        dz_dw: $\partial z/\partial w$, the local derivative (the report's forward gradient), any shape.
        dc_dz: $\partial C/\partial z$, the upstream gradient (the report's backward gradient), same shape or a number.

    Returns:
        $\partial C/\partial w$, same shape.

    Examples:
        Here $z$ rises twice as fast as $w$, and $C$ falls half as fast as $z$ rises:

        >>> from backprop.derivation import chain_rule
        >>> chain_rule(2.0, -0.5)
        -1.0

        A unit with three inputs has three weights and one $\partial C/\partial z$:

        >>> import numpy as np
        >>> chain_rule(np.array([1.0, 2.0, 3.0]), 0.1).round(2)
        array([0.1, 0.2, 0.3])

        With $z = wx$, the result equals the numerical derivative of $C = (z - y)^2$ at $w = 1.5$, $x = 2$, $y = 1$:

        >>> from backprop.derivation import complex_step
        >>> float(complex_step(lambda w: (w * 2.0 - 1.0) ** 2, np.array(1.5)))
        8.0
        >>> chain_rule(2.0, 2 * (1.5 * 2.0 - 1.0))
        8.0

    Source:
        The report, *Chain rule*: ∂C/∂w = ∂z/∂w · ∂C/∂z.

    Next:
        `multivariable_chain_rule` adds the products of several paths.
    """
    return dz_dw * dc_dz


def multivariable_chain_rule(dz_da: np.ndarray, dc_dz: np.ndarray) -> np.ndarray:
    r"""Apply the multivariable chain rule, which adds the products of all paths.

    $$\frac{\partial C}{\partial a} = \sum_{k} \frac{\partial z_k}{\partial a}\,\frac{\partial C}{\partial z_k}
    \tag{6.2}\label{eq:multivariable-chain-rule}$$

    An activation feeds every unit of the next layer, so a small change $h$ of $a$ changes all their $z_k$, each by
    $h_k = h\,\partial z_k/\partial a$. For two paths, let $z_1$ change first, while $z_2$ is held fixed, and $z_2$
    second. The first change adds $h_1\,\partial C/\partial z_1$ to $C$, and the second adds
    $h_2\,\partial C/\partial z_2$. In the second term the derivative has changed a little, because $z_1$ is no longer
    the same. However, this small change is multiplied by the small number $h_2$, so it belongs to the remainder
    $O(h^2)$, and therefore

    $$C(z_1 + h_1, z_2 + h_2) - C(z_1, z_2) = \frac{\partial C}{\partial z_1}\,h_1
    + \frac{\partial C}{\partial z_2}\,h_2 + O(h^2)$$

    If we divide by $h$ and let $h$ tend to zero, $\eqref{eq:multivariable-chain-rule}$ follows, and every further path
    adds one more term. Textbooks call this rule the multivariable chain rule, and its left side the total derivative of
    the loss with respect to $a$. If you keep only one of the paths, for example because a loop assigns where it should
    add, the gradient is incorrect.

    Args:
        dz_da: the derivatives $\partial z_k/\partial a$ of all paths, shape (K,).
        dc_dz: the derivatives $\partial C/\partial z_k$, shape (K,).

    Returns:
        $\partial C/\partial a$, a number.

    Examples:
        Two paths contribute 2 · 0.5 + (−1) · 0.25:

        >>> import numpy as np
        >>> from backprop.derivation import multivariable_chain_rule
        >>> float(multivariable_chain_rule(np.array([2.0, -1.0]), np.array([0.5, 0.25])))
        0.75

        Three paths lead through $z_1 = 2a$, $z_2 = -a$ and $z_3 = 3a$ to $C = z_1^2 + \tfrac12 z_2^2 + z_3$. At $a = 1$
        the sum of their products equals the numerical derivative:

        >>> from backprop.derivation import complex_step
        >>> C = lambda a: (2 * a) ** 2 + 0.5 * (-a) ** 2 + 3 * a
        >>> a, dz_da = 1.0, np.array([2.0, -1.0, 3.0])
        >>> dc_dz = np.array([2 * (2 * a), -a, 1.0])
        >>> float(multivariable_chain_rule(dz_da, dc_dz)), float(complex_step(C, np.array(a)))
        (12.0, 12.0)

    Source:
        The report uses this rule in *hidden → hidden* without stating it.

    Next:
        `backward_gradient` names the derivative that is passed from layer to layer.
    """
    return np.sum(dz_da * dc_dz)


def backward_gradient(derivative: np.ndarray, dc_da: np.ndarray) -> np.ndarray:
    r"""Compute δ, the report's backward gradient, from the gradient with respect to the activation.

    $$\delta^n = \frac{\partial C^n}{\partial z^n} \tag{6.3}\label{eq:delta}$$

    $$\frac{\partial C}{\partial z} = \frac{\partial a}{\partial z}\,\frac{\partial C}{\partial a}
    = \phi'(z)\,\frac{\partial C}{\partial a} \tag{6.4}\label{eq:backward-gradient}$$

    The letter δ stands for $\partial C/\partial z$ of any unit. The report calls it the backward gradient, and many
    textbooks call it the error term. If $z$ changes by a small $h$, the contribution $C^n$ changes by $\delta h$, so a
    large δ means that the loss is sensitive to this unit. No other quantity has to be passed backward, because δ of a
    layer determines both the gradient with respect to the layer's own weights $\eqref{eq:weight-gradient}$ and δ of the
    layer before $\eqref{eq:hidden-delta}$. Between $z$ and $a$ there is only one path, so the rule is an element-wise
    product of the local derivative $\phi'(z)$ and the upstream gradient $\partial C/\partial a$. Since $C^n$ is the
    contribution of example $n$ to the mean, δ carries the factor $1/N$.

    Args:
        derivative: $\phi'(z)$ of the same units, shape (..., N, H).
        dc_da: the upstream gradient $\partial C/\partial a$, same shape. Do not pass $\partial C/\partial z$ of
            the next layer, which must first pass through the weights (`activation_gradient`).

    Returns:
        $\delta$, shape (..., N, H).

    Examples:
        The derivative of the sigmoid at z = 0 is ¼:

        >>> import numpy as np
        >>> from backprop.derivation import backward_gradient, sigmoid, sigmoid_derivative
        >>> float(backward_gradient(sigmoid_derivative(0.0), 2.0))
        0.5

        Four examples and three units have twelve derivatives, one for each entry:

        >>> backward_gradient(np.full((4, 3), 0.25), np.ones((4, 3))).shape
        (4, 3)

        The result equals the numerical gradient of $C = \tfrac12 a^2$ with $a = \sigma(z)$, where $\partial C/\partial
        a = a$:

        >>> from backprop.derivation import complex_step, relative_error
        >>> z = np.array([[-1.0, 0.5, 2.0]])
        >>> numerical = complex_step(lambda v: np.sum(sigmoid(v) ** 2) / 2, z)
        >>> relative_error(backward_gradient(sigmoid_derivative(z), sigmoid(z)), numerical) < 1e-14
        True

    Source:
        The report, *Backward pass*: ∂C/∂z = ∂a/∂z · ∂C/∂a; in its code `backward_gradient`.

    Next:
        `output_delta_unit` finds the first δ.
    """
    return derivative * dc_da
