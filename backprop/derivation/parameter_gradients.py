r"""Turn δ into the gradients with respect to weights and biases.

How do we obtain the gradient with respect to every weight, once δ of its layer is known? This chapter shows that it is
a product of two known numbers, added over the examples, and that one matrix product computes it for a whole layer.

Every weight connects a unit that passed a value forward with a unit whose δ is known. By the chain rule, the gradient
with respect to the weight is the product of this value and this δ. In matrix form the sum over the examples becomes
part of the product, and every gradient has the shape of its parameter.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from backprop.derivation.forward_pass import forward_gradient
from backprop.derivation.gradient_descent import gradient_descent_step


def weight_gradient_example(a: np.ndarray, delta: np.ndarray) -> np.ndarray:
    r"""Compute the gradient with respect to a weight matrix for one example.

    $$\frac{\partial C^n}{\partial w_{ij}} = \frac{\partial z^n_j}{\partial w_{ij}}\,\frac{\partial C^n}{\partial z^n_j}
    = a^n_i\,\delta^n_j \tag{9.1}\label{eq:weight-gradient-example}$$

    This is the chain rule along one path $\eqref{eq:chain-rule}$, in which the local derivative is the input
    $\eqref{eq:forward-gradient}$ and the upstream gradient is δ. The report calls these two factors the forward
    gradient and the backward gradient. All pairs $(i, j)$ together form the outer product of a column and a row,
    $(d_{l-1} \times 1)(1 \times d_l)$, which has the shape of $W_l$. A weight learns slowly if the activation before it
    is near zero, $a \approx 0$, or if the hidden unit after it is saturated, $\phi' \approx 0$, because then δ is near
    zero. For an output unit, whether saturation makes δ small depends on the loss, because with cross-entropy $\phi'$
    cancels $\eqref{eq:output-delta-sigmoid-bce}$.

    Args:
        a: the input $a^n$ of the layer, rather than its output, shape (in,).
        delta: $\delta^n$ of the layer, shape (out,).

    Returns:
        $\partial C^n/\partial W_l$, shape (in, out).

    Examples:
        Two inputs and one unit give a column:

        >>> import numpy as np
        >>> from backprop.derivation import weight_gradient_example
        >>> weight_gradient_example(np.array([1.0, 2.0]), np.array([0.5]))
        array([[0.5],
               [1. ]])

        Two inputs and three units give a matrix:

        >>> weight_gradient_example(np.array([1.0, 2.0]), np.array([0.5, 0.0, -1.0]))
        array([[ 0.5,  0. , -1. ],
               [ 1. ,  0. , -2. ]])

        The result equals the numerical gradient of $C = \sum_j z_j^2$, where $\delta_j = 2z_j$:

        >>> from backprop.derivation import complex_step, relative_error
        >>> a, w = np.array([1.0, 2.0]), np.array([[0.5, -1.0, 0.2], [0.1, 0.3, -0.7]])
        >>> numerical = complex_step(lambda v: np.sum((a @ v) ** 2), w)
        >>> relative_error(weight_gradient_example(a, 2 * (a @ w)), numerical) < 1e-14
        True

    Source:
        The report, *Implementation*: ∂C/∂w = (forward gradient) × (backward gradient).

    Next:
        `weight_gradient` sums over the examples.
    """
    return np.outer(forward_gradient(a), delta)


def weight_gradient(a: np.ndarray, delta: np.ndarray) -> np.ndarray:
    r"""Compute the gradient with respect to a weight matrix for all examples.

    $$\frac{\partial L}{\partial W_l} = A_{l-1}^\top\,\Delta_l \tag{9.2}\label{eq:weight-gradient}$$

    We add $\eqref{eq:weight-gradient-example}$ over the examples, as in $\eqref{eq:sum-gradients}$. The sum runs over
    the *first* index of $A$, whereas a matrix product sums over the second index of its left factor. We therefore need
    the transpose, $a^n_i = (A^\top)_{in}$, its entry in row $i$ and column $n$:

    $$\sum_{n=1}^{N} a^n_i\,\delta^n_j = \sum_{n=1}^{N} (A^\top)_{in}\,\Delta_{nj} = {\bigl(A^\top\Delta\bigr)}_{ij},
    \qquad (d_{l-1} \times N)(N \times d_l) = (d_{l-1} \times d_l)$$

    The matrix product itself sums over the examples. Nothing is divided afterwards, because $\Delta$ already contains
    the factor $1/N$.

    Args:
        a: the input $A_{l-1}$ of the layer (the report's forward gradient), shape (..., N, in).
        delta: $\Delta_l$ (the report's backward gradient), of the same layer, shape (..., N, out).

    Returns:
        $\partial L/\partial W_l$, shape (..., in, out), the shape of $W_l$.

    Examples:
        Two examples, two inputs and one unit give 1 · 0.5 + 3 · 1 and 2 · 0.5 + 4 · 1:

        >>> import numpy as np
        >>> from backprop.derivation import weight_gradient
        >>> weight_gradient(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.5], [1.0]]))
        array([[3.5],
               [5. ]])

        The result is the sum of the gradients of the examples, here four, for a layer from 3 units to 5:

        >>> from backprop.derivation import sum_gradients, weight_gradient_example
        >>> rng = np.random.default_rng(0)
        >>> a, d = rng.normal(size=(4, 3)), rng.normal(size=(4, 5))
        >>> one_by_one = np.array([weight_gradient_example(a[n], d[n]) for n in range(4)])
        >>> weight_gradient(a, d).shape
        (3, 5)
        >>> bool(np.allclose(weight_gradient(a, d), sum_gradients(one_by_one)))
        True

        The result equals the numerical gradient of $L = \sum_{nj} Z_{nj}^2$, where $\Delta = 2Z$:

        >>> from backprop.derivation import complex_step, relative_error
        >>> w = rng.normal(size=(3, 5))
        >>> numerical = complex_step(lambda v: np.sum((a @ v) ** 2), w)
        >>> relative_error(weight_gradient(a, 2 * (a @ w)), numerical) < 1e-14
        True

    Source:
        The report, `layer.update_param`: `gradient = forward_gradientᵀ · backward_gradient`.

    Next:
        `bias_gradient` does the same for biases.
    """
    return forward_gradient(a).mT @ delta


def bias_gradient(delta: np.ndarray) -> np.ndarray:
    r"""Compute the gradient with respect to the biases for all examples.

    $$\frac{\partial L}{\partial b_j} = \sum_{n=1}^{N} \frac{\partial z^n_j}{\partial b_j}\,\delta^n_j
    = \sum_{n=1}^{N} \delta^n_j, \qquad \frac{\partial L}{\partial b_l} = \mathbf 1^\top\Delta_l
    \tag{9.3}\label{eq:bias-gradient}$$

    The bias is the weight of an input that is always 1 $\eqref{eq:bias-column}$. Its local derivative is therefore 1,
    and $\eqref{eq:weight-gradient}$ becomes a sum over the rows of $\Delta$. The column $\mathbf 1$ contains $N$ ones,
    so $\mathbf 1^\top\Delta$ is this sum. One bias belongs to all examples, so the δ of all of them must be added.

    Args:
        delta: $\Delta_l$, shape (..., N, out).

    Returns:
        $\partial L/\partial b_l$, shape (..., 1, out), the shape of $b_l$.

    Examples:
        Two examples with δ of 0.5 and 1 add up to 1.5:
        >>> import numpy as np
        >>> from backprop.derivation import bias_gradient
        >>> bias_gradient(np.array([[0.5], [1.0]]))
        array([[1.5]])

        The result is the last row of the weight gradient with a column of ones:

        >>> from backprop.derivation import weight_gradient, append_ones
        >>> rng = np.random.default_rng(0)
        >>> a, d = rng.normal(size=(4, 3)), rng.normal(size=(4, 5))
        >>> bool(np.allclose(weight_gradient(append_ones(a), d)[-1:], bias_gradient(d), rtol=1e-14))
        True

        The result equals the numerical gradient of $L = \sum_{nj} Z_{nj}^2$, where $\Delta = 2Z$:

        >>> from backprop.derivation import complex_step, relative_error
        >>> w, b = rng.normal(size=(3, 5)), rng.normal(size=(1, 5))
        >>> numerical = complex_step(lambda v: np.sum((a @ w + v) ** 2), b)
        >>> relative_error(bias_gradient(2 * (a @ w + b)), numerical) < 1e-14
        True

    Source:
        The report has z = wᵀx + b in its text, but no bias in its code.

    Next:
        `simultaneous_update` uses all gradients at once.
    """
    return delta.sum(axis=-2, keepdims=True)


def simultaneous_update(
    parameters: Sequence[np.ndarray],
    gradients: Sequence[np.ndarray],
    eta: float | np.ndarray,
) -> tuple[np.ndarray, ...]:
    r"""Update all layers simultaneously, with gradients from the same point.

    $$W_l^{1} = W_l^{0} - \eta\,\frac{\partial L}{\partial W_l}(\theta^{0}) \quad\text{for all } l
    \tag{9.4}\label{eq:simultaneous-update}$$

    The superscript counts steps, as in $\eqref{eq:gradient-descent-step}$. The gradient consists of the partial
    derivatives at the point $\theta^0$, and gradient descent takes a step from this point. All partial derivatives must
    therefore be known before any weight changes. The biases are updated in the same way.

    Args:
        parameters: the arrays $W_1, \dots, W_L$ (and biases), each of any shape, as in the forward pass.
        gradients: $\partial L/\partial W_l$ for each, same order and shapes.
        eta: the learning rate $\eta > 0$, a number, or shape (S, 1, 1) for S runs at once.

    Returns:
        The new arrays, in the same order. The old ones are not changed.

    Examples:
        Two layers are updated with their gradients 1 and −1:
        >>> import numpy as np
        >>> from backprop.derivation import simultaneous_update
        >>> w1, w2 = np.array([[1.0]]), np.array([[2.0]])
        >>> simultaneous_update([w1, w2], [np.array([[1.0]]), np.array([[-1.0]])], eta=0.5)
        (array([[0.5]]), array([[2.5]]))

        Each array keeps its shape:

        >>> shapes = [(2, 3), (3, 5), (5, 1)]
        >>> ones = [np.ones(s) for s in shapes]
        >>> new = simultaneous_update(ones, ones, eta=0.1)
        >>> [w.shape for w in new]
        [(2, 3), (3, 5), (5, 1)]

        The result is that of one step with the whole vector θ:

        >>> from backprop.derivation import parameter_vector, gradient_descent_step
        >>> rng = np.random.default_rng(0)
        >>> w, g = [rng.normal(size=s) for s in shapes], [rng.normal(size=s) for s in shapes]
        >>> stack = parameter_vector(simultaneous_update(w, g, 0.1))
        >>> bool(np.all(stack == gradient_descent_step(parameter_vector(w), parameter_vector(g), 0.1)))
        True

    Source:
        The report, `Model.update`, also updates after the whole backward pass.

    Next:
        `layer_shapes` lists the shapes of all arrays.
    """
    return tuple([gradient_descent_step(w, g, eta) for w, g in zip(parameters, gradients, strict=True)])


def layer_shapes(widths: Sequence[int], n: int) -> list[dict[str, tuple[int, int]]]:
    r"""List the shapes of all arrays, layer by layer.

    $$\underbrace{A_{l-1}}_{N\times d_{l-1}},\quad
    \underbrace{W_l,\ \tfrac{\partial L}{\partial W_l}}_{d_{l-1}\times d_l},\quad
    \underbrace{b_l,\ \tfrac{\partial L}{\partial b_l}}_{1\times d_l},\quad
    \underbrace{Z_l,\ A_l,\ \Delta_l}_{N\times d_l} \tag{9.5}\label{eq:shapes}$$

    Two rules determine every matrix product of the backward pass. A gradient has the shape of its parameter, and δ has
    the shape of its pre-activation. From $A_{l-1}$ and $\Delta_l$, only $A^\top\Delta$ has the shape of $W_l$, and from
    $\Delta_{l+1}$ and $W_{l+1}$, only $\Delta W^\top$ has the shape of $A_l$. However, if two of the numbers $N$,
    $d_{l-1}$ and $d_l$ are equal, an incorrect transpose may fit as well. Therefore, test your code with distinct
    widths and with a number of examples that differs from all of them.

    Args:
        widths: the numbers of units $d_0, d_1, \dots, d_L$, inputs first.
        n: the number N of examples.

    Returns:
        One dictionary for each layer of weights $l = 1, \dots, L$: a shape for each of "a_in", "w", "b" and "z".

    Examples:
        A 2-3-5-1 network with 4 examples has these shapes:
        >>> from backprop.derivation import layer_shapes
        >>> for shapes in layer_shapes([2, 3, 5, 1], n=4):
        ...     print(shapes)
        {'a_in': (4, 2), 'w': (2, 3), 'b': (1, 3), 'z': (4, 3)}
        {'a_in': (4, 3), 'w': (3, 5), 'b': (1, 5), 'z': (4, 5)}
        {'a_in': (4, 5), 'w': (5, 1), 'b': (1, 1), 'z': (4, 1)}

        The product of input and δ has the shape of the weights:

        >>> import numpy as np
        >>> from backprop.derivation import weight_gradient
        >>> second = layer_shapes([2, 3, 5, 1], n=4)[1]
        >>> weight_gradient(np.ones(second["a_in"]), np.ones(second["z"])).shape == second["w"]
        True

    Source:
        The report gives the shapes of its 2-4-1 network in code only.

    Next:
        `backpropagation_cost` counts the multiplications.
    """

    def layer(d_in: int, d_out: int) -> dict[str, tuple[int, int]]:
        return {"a_in": (n, d_in), "w": (d_in, d_out), "b": (1, d_out), "z": (n, d_out)}

    return [layer(d_in, d_out) for d_in, d_out in pairwise(widths)]


def backpropagation_cost(widths: Sequence[int], n: int) -> int:
    r"""Compute the cost of backpropagation, the number of multiplications in its matrix products.

    $$\text{cost} = N\Bigl(2\sum_{l=1}^{L} d_{l-1}d_l - d_0 d_1\Bigr) < 2NP, \qquad P = \sum_{l=1}^{L} d_{l-1}d_l
    \tag{9.6}\label{eq:backpropagation-cost}$$

    Each layer needs $A^\top\Delta$, which costs $N d_{l-1} d_l$ multiplications. Each layer but the first also needs
    $\Delta W^\top$, which costs as much, whereas nothing is propagated back to the data. A forward pass needs $AW$ for
    each layer and therefore costs $NP$, where $P$ counts the weights without biases. All $P$ partial derivatives
    together therefore need less than twice as many multiplications as the forward pass, however many parameters there
    are. This is why backpropagation is used.

    Args:
        widths: the numbers of units $d_0, \dots, d_L$, inputs first.
        n: the number N of examples.

    Returns:
        The number of multiplications in matrix products, activations not counted.

    Examples:
        A 2-4-1 network with one example needs 8 + 4 multiplications for $A^\top\Delta$ of both layers and 4 for
        $\Delta W^\top$:

        >>> from backprop.derivation import backpropagation_cost
        >>> backpropagation_cost([2, 4, 1], n=1)
        16

        A 2-3-5-1 network with 4 examples needs 184, whereas its forward pass needs 4 · 26:

        >>> backpropagation_cost([2, 3, 5, 1], n=4), 4 * 26
        (184, 104)

    Next:
        `finite_difference_cost` counts the multiplications for the numerical gradient.
    """
    layers = [d_in * d_out for d_in, d_out in pairwise(widths)]
    return n * (2 * sum(layers) - layers[0])


def finite_difference_cost(widths: Sequence[int], n: int) -> int:
    r"""Compute the cost of finite differences, the number of multiplications for a numerical gradient.

    $$\text{cost} = 2P\cdot NP = 2NP^2, \qquad P = \sum_{l=1}^{L} d_{l-1}d_l
    \tag{9.7}\label{eq:finite-difference-cost}$$

    The central difference $\eqref{eq:central-difference}$ needs two forward passes for every parameter. Ten times as
    many parameters cost a hundred times as much, because each pass also becomes ten times as expensive. The numerical
    gradient is therefore a check for small networks, but not a way to train.

    Args:
        widths: the numbers of units $d_0, \dots, d_L$, inputs first.
        n: the number N of examples.

    Returns:
        The number of multiplications in matrix products.

    Examples:
        A 2-4-1 network has 12 weights and needs 24 forward passes of 12 multiplications each:

        >>> from backprop.derivation import backpropagation_cost, finite_difference_cost
        >>> finite_difference_cost([2, 4, 1], n=1)
        288

        For this small network the numerical gradient needs 18 times as many multiplications as the backward pass, and
        for a larger network 18,150 times as many:

        >>> finite_difference_cost([2, 4, 1], n=1) // backpropagation_cost([2, 4, 1], n=1)
        18
        >>> finite_difference_cost([100, 90, 10], n=1) // backpropagation_cost([100, 90, 10], n=1)
        18150

    Next:
        `collapse_linear_layers` is the first of the consequences.
    """
    p = sum(d_in * d_out for d_in, d_out in pairwise(widths))
    return 2 * p * n * p
