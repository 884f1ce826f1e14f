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
    dead_unit_probability,
    dead_units,
    least_squares_minimum,
    linear_collapse,
    max_stable_learning_rate,
    units_identical,
)
from backprop.derivation.forward_pass import (
    activation,
    append_ones,
    forward_gradient,
    preactivation,
    weighted_sum,
)
from backprop.derivation.gradient_descent import gradient_descent_step, parameter_vector, predicted_decrease
from backprop.derivation.hidden_to_hidden import (
    activation_gradient,
    activation_gradient_unit,
    delta_bound,
    hidden_delta,
    hidden_delta_unit,
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
    central_difference,
    complex_step,
    finite_difference_error,
    forward_difference,
    optimal_step_size,
    relative_error,
    relu_central_difference,
)
from backprop.derivation.output_to_hidden import output_delta, output_delta_bce, output_delta_unit
from backprop.derivation.parameter_gradients import (
    backward_cost,
    bias_gradient,
    finite_difference_cost,
    layer_shapes,
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
    "activation",
    "activation_gradient",
    "activation_gradient_unit",
    "append_ones",
    "backward_cost",
    "backward_gradient",
    "bce_contributions",
    "bce_derivative",
    "bias_gradient",
    "central_difference",
    "chain_rule",
    "complex_step",
    "dead_unit_probability",
    "dead_units",
    "delta_bound",
    "finite_difference_cost",
    "finite_difference_error",
    "forward_difference",
    "forward_gradient",
    "gradient_descent_step",
    "hidden_delta",
    "hidden_delta_unit",
    "identity",
    "identity_derivative",
    "layer_shapes",
    "leaky_relu",
    "leaky_relu_derivative",
    "learning_rate_for_sum",
    "least_squares_minimum",
    "linear_collapse",
    "max_stable_learning_rate",
    "mse_contributions",
    "mse_derivative",
    "multivariable_chain_rule",
    "optimal_step_size",
    "output_delta",
    "output_delta_bce",
    "output_delta_unit",
    "parameter_vector",
    "preactivation",
    "predicted_decrease",
    "relative_error",
    "relu",
    "relu_central_difference",
    "relu_derivative",
    "sigmoid",
    "sigmoid_derivative",
    "sigmoid_derivative_from_output",
    "silu",
    "silu_derivative",
    "simultaneous_update",
    "softplus",
    "softplus_derivative",
    "sum_gradients",
    "tanh",
    "tanh_derivative",
    "tanh_derivative_from_output",
    "total_loss",
    "units_identical",
    "unrolled_delta",
    "weight_gradient",
    "weight_gradient_example",
    "weighted_sum",
]
