r"""Slopes along a path multiply; paths that meet add.

A weight moves one pre-activation, that moves one activation, and so on to the loss. Along such a path the slopes
multiply. Where a number reaches the loss by several paths, the effects add. Back-propagation is nothing else, done in
an order in which no product is computed twice: from a weight in the first layer of 2-4-4-1 four paths lead to the
loss, and they share their ends. The slope from a unit on is computed once, and every weight before it uses it.
"""

import numpy as np


def chain_rule(dz_dw: np.ndarray, dc_dz: np.ndarray) -> np.ndarray:
    r"""Multiply the slopes along one path.

    $$\frac{\partial C}{\partial w} = \frac{\partial z}{\partial w}\,\frac{\partial C}{\partial z}
    \tag{6.1}\label{eq:chain-rule}$$

    Move $w$ by a little $h$: then $z$ moves by $\frac{\partial z}{\partial w}h$, and $C$ by
    $\frac{\partial C}{\partial z}$ times that. The first factor is known from the forward pass
    $\eqref{eq:forward-gradient}$. The second is what the backward pass must find.

    Args:
        dz_dw: $\partial z/\partial w$, the forward gradient, any shape.
        dc_dz: $\partial C/\partial z$, the backward gradient, same shape or a number.

    Returns:
        $\partial C/\partial w$, same shape.

    Examples:
        If z rises twice as fast as w, and C falls half as fast as z rises:

        >>> from backprop.derivation import chain_rule
        >>> chain_rule(2.0, -0.5)
        -1.0

        A unit with three inputs has three weights and one $\partial C/\partial z$:

        >>> import numpy as np
        >>> chain_rule(np.array([1.0, 2.0, 3.0]), 0.1).round(2)
        array([0.1, 0.2, 0.3])

        $C = (wx - y)^2$ at w = 1.5, x = 2, y = 1, against the measured slope:

        >>> from backprop.derivation import complex_step
        >>> float(complex_step(lambda w: (w * 2.0 - 1.0) ** 2, np.array(1.5)))
        8.0
        >>> chain_rule(2.0, 2 * (1.5 * 2.0 - 1.0))
        8.0

    Source:
        The source report, *Chain rule*: ∂C/∂w = ∂z/∂w · ∂C/∂z.

    Next:
        `multivariable_chain_rule` adds where paths meet.
    """
    return dz_dw * dc_dz


def multivariable_chain_rule(dz_da: np.ndarray, dc_dz: np.ndarray) -> np.ndarray:
    r"""Add the effects of all paths.

    $$\frac{\partial C}{\partial a} = \sum_{k} \frac{\partial z_k}{\partial a}\,\frac{\partial C}{\partial z_k}
    \tag{6.2}\label{eq:multivariable-chain-rule}$$

    An activation feeds every unit of the next layer. Move it a little and all their $z_k$ move. Let them move one after
    the other: the loss changes by the first slope times the first move, then by the second slope times the second. The
    second slope has shifted a little in between, but that matters only by a product of two small numbers. So to first
    order the effects add. Forgetting all paths but one is the mistake of assigning where
    one should add.

    Args:
        dz_da: the slopes $\partial z_k/\partial a$ of all paths, shape (K,).
        dc_dz: the slopes $\partial C/\partial z_k$, shape (K,).

    Returns:
        $\partial C/\partial a$, a number.

    Examples:
        Two paths, 2 · 0.5 + (−1) · 0.25:

        >>> import numpy as np
        >>> from backprop.derivation import multivariable_chain_rule
        >>> float(multivariable_chain_rule(np.array([2.0, -1.0]), np.array([0.5, 0.25])))
        0.75

        Against the measured slope of $C = (2a)^2 + \tfrac12(-a)^2 + (3a)$ at $a = 1$, three paths:

        >>> from backprop.derivation import complex_step
        >>> C = lambda a: (2 * a) ** 2 + 0.5 * (-a) ** 2 + 3 * a
        >>> a, dz_da = 1.0, np.array([2.0, -1.0, 3.0])
        >>> dc_dz = np.array([2 * (2 * a), -a, 1.0])
        >>> float(multivariable_chain_rule(dz_da, dc_dz)), float(complex_step(C, np.array(a)))
        (12.0, 12.0)

    Source:
        The source report uses it in *hidden → hidden* without stating it.

    Next:
        `backward_gradient` names the slope that is passed along.
    """
    return np.sum(dz_da * dc_dz)


def backward_gradient(derivative: np.ndarray, dc_da: np.ndarray) -> np.ndarray:
    r"""Carry a slope from an activation back to its pre-activation.

    $$\delta^n = \frac{\partial C^n}{\partial z^n} \tag{6.3}\label{eq:delta}$$

    $$\frac{\partial C}{\partial z} = \frac{\partial a}{\partial z}\,\frac{\partial C}{\partial a}
    = \phi'(z)\,\frac{\partial C}{\partial a} \tag{6.4}\label{eq:backward-gradient}$$

    The name δ is for $\partial C/\partial z$ of any unit, the report's backward gradient. Nudge $z$ by ε and the share
    changes by δε: a large δ says that a change here is worth making. It is the one quantity that
    travels backward: from it follow the gradients of the unit's own weights, and the δ of the layer before. Between $z$
    and $a$ there is one path, so the rule is a product, entry by entry. Because $C^n$ is example $n$'s share of the
    mean, δ carries the factor $1/N$.

    Args:
        derivative: $\phi'(z)$ of the same units, shape (..., N, H).
        dc_da: $\partial C/\partial a$, same shape. Not $\partial C/\partial z$ of the next layer: that must first pass
            the weights, `activation_gradient`.

    Returns:
        $\delta$, shape (..., N, H).

    Examples:
        A sigmoid at z = 0 has slope ¼:

        >>> import numpy as np
        >>> from backprop.derivation import backward_gradient, sigmoid, sigmoid_derivative
        >>> float(backward_gradient(sigmoid_derivative(0.0), 2.0))
        0.5

        Four examples, three units, each with its own slope:

        >>> backward_gradient(np.full((4, 3), 0.25), np.ones((4, 3))).shape
        (4, 3)

        $C = \tfrac12 a^2$ with $a = \sigma(z)$, so $\partial C/\partial a = a$; against the measured slope:

        >>> from backprop.derivation import complex_step, relative_error
        >>> z = np.array([[-1.0, 0.5, 2.0]])
        >>> measured = complex_step(lambda v: np.sum(sigmoid(v) ** 2) / 2, z)
        >>> relative_error(backward_gradient(sigmoid_derivative(z), sigmoid(z)), measured) < 1e-14
        True

    Source:
        The source report, *Backward pass*: ∂C/∂z = ∂a/∂z · ∂C/∂a; in its code `backward_gradient`.

    Next:
        `output_delta_unit` finds the first δ.
    """
    return derivative * dc_da
