r"""The derivation of back-propagation, one step a function.

The modules are chapters; read them in the order of `CHAPTERS`. Each function holds one equation or a few, says where
each factor comes from, and shows on small numbers that it is so. The network is assembled from these functions and from
nothing else.

Conventions: rows are examples; $W$ has the shape (in, out); a leading "..." in a shape stands for any number of
leading axes, one network each. Arrays are not checked here: input is checked where it enters, in `backprop.Model` and
`backprop.train`.
"""

from backprop.derivation.activations import (
    identity,
    identity_derivative,
    leaky_relu,
    leaky_relu_derivative,
    relu,
    relu_derivative,
    sigmoid,
    sigmoid_derivative,
    sigmoid_derivative_from_output,
    silu,
    silu_derivative,
    softplus,
    softplus_derivative,
    tanh,
    tanh_derivative,
    tanh_derivative_from_output,
)
from backprop.derivation.chain_rule import backward_gradient, chain_rule, multivariable_chain_rule
from backprop.derivation.consequences import (
    units_identical,
    dead_unit_probability,
    dead_units,
    max_stable_learning_rate,
    least_squares_minimum,
    linear_collapse,
)
from backprop.derivation.forward_pass import (
    activation,
    forward_gradient,
    preactivation,
    weighted_sum,
    append_ones,
)
from backprop.derivation.gradient_descent import parameter_vector, predicted_decrease, gradient_descent_step
from backprop.derivation.hidden_to_hidden import (
    delta_bound,
    hidden_delta,
    hidden_delta_unit,
    activation_gradient,
    activation_gradient_unit,
    unrolled_delta,
)
from backprop.derivation.loss import (
    accuracy,
    bce_contributions,
    bce_derivative,
    learning_rate_for_sum,
    mse_contributions,
    mse_derivative,
    sum_gradients,
    total_loss,
)
from backprop.derivation.numerical_derivatives import (
    relu_central_difference,
    optimal_step_size,
    central_difference,
    complex_step,
    finite_difference_error,
    forward_difference,
    relative_error,
)
from backprop.derivation.output_to_hidden import output_delta, output_delta_bce, output_delta_unit
from backprop.derivation.parameter_gradients import (
    backward_cost,
    bias_gradient,
    layer_shapes,
    finite_difference_cost,
    simultaneous_update,
    weight_gradient,
    weight_gradient_example,
)

#: The reading order: the one place where it stands. Chapter n is ``CHAPTERS[n - 1]``.
CHAPTERS = (
    "gradient_descent",
    "numerical_derivatives",
    "loss",
    "activations",
    "forward_pass",
    "chain_rule",
    "output_to_hidden",
    "hidden_to_hidden",
    "parameter_gradients",
    "consequences",
)

__all__ = [
    "CHAPTERS",
    "accuracy",
    "relu_central_difference",
    "activation",
    "units_identical",
    "backward_cost",
    "backward_gradient",
    "optimal_step_size",
    "bias_gradient",
    "central_difference",
    "complex_step",
    "binary_cross_entropy",
    "bce_derivative",
    "dead_unit_probability",
    "dead_units",
    "delta_bound",
    "finite_difference_error",
    "forward_difference",
    "forward_gradient",
    "hidden_delta",
    "hidden_delta_unit",
    "identity",
    "identity_derivative",
    "max_stable_learning_rate",
    "layer_shapes",
    "leaky_relu",
    "leaky_relu_derivative",
    "least_squares_minimum",
    "linear_collapse",
    "finite_difference_cost",
    "chain_rule",
    "output_delta",
    "output_delta_bce",
    "output_delta_unit",
    "parameter_vector",
    "preactivation",
    "predicted_decrease",
    "learning_rate_for_sum",
    "relative_error",
    "relu",
    "relu_derivative",
    "activation_gradient",
    "activation_gradient_unit",
    "multivariable_chain_rule",
    "sigmoid",
    "sigmoid_derivative",
    "sigmoid_derivative_from_output",
    "silu",
    "silu_derivative",
    "simultaneous_update",
    "softplus",
    "softplus_derivative",
    "mse_contributions",
    "mse_derivative",
    "tanh",
    "tanh_derivative",
    "tanh_derivative_from_output",
    "sum_gradients",
    "total_loss",
    "unrolled_delta",
    "gradient_descent_step",
    "weight_gradient",
    "weight_gradient_example",
    "weighted_sum",
    "append_ones",
]
