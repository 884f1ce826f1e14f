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
    identity_slope,
    leaky_relu,
    leaky_relu_slope,
    relu,
    relu_slope,
    sigmoid,
    sigmoid_slope,
    sigmoid_slope_from_output,
    silu,
    silu_slope,
    softplus,
    softplus_slope,
    tanh,
    tanh_slope,
    tanh_slope_from_output,
)
from backprop.derivation.chain_rule import backward_gradient, one_path, several_paths
from backprop.derivation.consequences import (
    are_twins,
    dead_share,
    dead_units,
    largest_stable_rate,
    least_squares_floor,
    linear_collapse,
)
from backprop.derivation.forward_pass import (
    activation,
    forward_gradient,
    preactivation,
    weighted_sum,
    with_ones,
)
from backprop.derivation.gradient_descent import parameter_vector, predicted_decrease, update
from backprop.derivation.hidden_to_hidden import (
    delta_bound,
    hidden_delta,
    hidden_delta_neuron,
    sent_back,
    sent_back_neuron,
    unrolled_delta,
)
from backprop.derivation.loss import (
    accuracy,
    cross_entropy,
    cross_entropy_slope,
    rate_for_sum,
    squared_error,
    squared_error_slope,
    total_gradient,
    total_loss,
)
from backprop.derivation.numerical_derivatives import (
    across_kink,
    best_step,
    central_difference,
    complex_step,
    difference_error,
    forward_difference,
    relative_error,
)
from backprop.derivation.output_to_hidden import output_delta, output_delta_cross_entropy, output_delta_neuron
from backprop.derivation.parameter_gradients import (
    backward_cost,
    bias_gradient,
    layer_shapes,
    numerical_cost,
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
    "across_kink",
    "activation",
    "are_twins",
    "backward_cost",
    "backward_gradient",
    "best_step",
    "bias_gradient",
    "central_difference",
    "complex_step",
    "cross_entropy",
    "cross_entropy_slope",
    "dead_share",
    "dead_units",
    "delta_bound",
    "difference_error",
    "forward_difference",
    "forward_gradient",
    "hidden_delta",
    "hidden_delta_neuron",
    "identity",
    "identity_slope",
    "largest_stable_rate",
    "layer_shapes",
    "leaky_relu",
    "leaky_relu_slope",
    "least_squares_floor",
    "linear_collapse",
    "numerical_cost",
    "one_path",
    "output_delta",
    "output_delta_cross_entropy",
    "output_delta_neuron",
    "parameter_vector",
    "preactivation",
    "predicted_decrease",
    "rate_for_sum",
    "relative_error",
    "relu",
    "relu_slope",
    "sent_back",
    "sent_back_neuron",
    "several_paths",
    "sigmoid",
    "sigmoid_slope",
    "sigmoid_slope_from_output",
    "silu",
    "silu_slope",
    "simultaneous_update",
    "softplus",
    "softplus_slope",
    "squared_error",
    "squared_error_slope",
    "tanh",
    "tanh_slope",
    "tanh_slope_from_output",
    "total_gradient",
    "total_loss",
    "unrolled_delta",
    "update",
    "weight_gradient",
    "weight_gradient_example",
    "weighted_sum",
    "with_ones",
]
