r"""Every statement of the source report that can be true or false, each with a verdict that code computes.

A claim is judged by the steps of the derivation, on numbers drawn at random, or by the stored results of experiments.
Nothing is judged by hand: change a formula or a result, and the verdict changes.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from backprop import derivation as step
from backprop.data import linear
from backprop.experiments.report import LAYERS, LINEAR_LOG, XOR_LOG
from backprop.network import Model

HOLDS, WHEN, NOT = "holds", "holds when", "does not hold"

Results = Mapping[str, Any]
Judgement = tuple[str, str]


@dataclass(frozen=True)
class Claim:
    """A statement of the report.

    Attributes:
        number: its number, which never changes.
        part: the part of the report it stands in.
        statement: what the report says, in our words.
        equations: the labels of the equations that it touches.
        check: what decides it: "doctest:STEP" or "experiment:NAME".
        judge: a function of the results that returns the verdict, HOLDS, WHEN or NOT, and the reason in a sentence.
    """

    number: int
    part: str
    statement: str
    equations: tuple[str, ...]
    check: str
    judge: Callable[[Results], Judgement]


CLAIMS: list[Claim] = []


Judge = Callable[[Results], Judgement]


def claim(part: str, check: str, *equations: str) -> Callable[[Judge], Judge]:
    """Register a judge as a claim; the claims are numbered in the order in which they stand here.

    The judge's docstring is the statement: what the report says, in our words.

    Args:
        part: the part of the report.
        check: "doctest:STEP" or "experiment:NAME".
        *equations: the labels of the equations that it touches.

    Returns:
        A decorator that returns the judge unchanged.
    """

    def register(judge: Judge) -> Judge:
        statement = " ".join((judge.__doc__ or "").split())
        CLAIMS.append(Claim(len(CLAIMS) + 1, part, statement, equations, check, judge))
        return judge

    return register


def verdict(right: Any, why: str, otherwise: str = NOT, if_correct: str = HOLDS) -> Judgement:
    """Turn a comparison into a verdict.

    Args:
        right: whether the comparison came out for the claim.
        why: the reason, with the numbers.
        otherwise: the verdict if it did not.
        if_correct: the verdict if it did.

    Returns:
        The verdict and the reason.
    """
    return (if_correct if bool(right) else otherwise), why


def close(a: Any, b: Any) -> bool:
    """Tell whether two arrays are equal up to rounding, relative to the longer one.

    Args:
        a: an array.
        b: an array of the same shape.

    Returns:
        True if they are.
    """
    return np.shape(a) == np.shape(b) and step.relative_error(np.asarray(a), np.asarray(b)) < 1e-9


def example(seed: int = 0) -> tuple[Model, np.ndarray, np.ndarray]:
    """Make a network of distinct widths with data, on which formulas are tried.

    Args:
        seed: the seed.

    Returns:
        A 2-3-5-1 network, X of shape (7, 2), and y of shape (7, 1).
    """
    X, y = linear(7, seed)
    return Model.random([2, 3, 5, 1], seed), X, y


def derivative_of(f: Callable[[np.ndarray], Any], x: np.ndarray) -> np.ndarray:
    """Measure a gradient by the complex step, without any chain rule.

    Args:
        f: an analytic function of one array that returns one number.
        x: the point.

    Returns:
        The gradient, shape of x.
    """
    return step.complex_step(f, x)


def loss_of(model: Model, X: np.ndarray, y: np.ndarray, layer: int) -> Callable[[np.ndarray], Any]:
    """Make the loss a function of one layer's weights, real or complex.

    Args:
        model: a network without biases.
        X: the inputs.
        y: the targets.
        layer: which layer, counted from 0.

    Returns:
        The function.
    """

    def loss(w: np.ndarray) -> Any:
        a: np.ndarray = X
        for k, (weights, phi) in enumerate(zip(model.weights, model.activations, strict=True)):
            a = phi.value(step.preactivation(a, w if k == layer else weights))
        return step.total_loss(step.mse_contributions(y, a))

    return loss


# The derivation

DERIVATION = "Derivation"


@claim(DERIVATION, "doctest:predicted_decrease", "gradient-descent-step", "decrease")
def descends(_: Results) -> Judgement:
    """Stepping against the gradient lowers the loss."""
    model, X, y = example()
    trace = model.forward(X)
    before, gradients = model.loss(trace, y), model.backward(trace, y)
    small, large = (model.update(gradients, eta) for eta in (0.01, 300.0))
    down = model.loss(small.forward(X), y) < before
    always = model.loss(large.forward(X), y) < before
    why = "the step is small: the decrease is η‖∇L‖² to first order, and a large step can go uphill"
    return verdict(down and not always, why, otherwise=HOLDS if down else NOT, if_correct=WHEN)


@claim(DERIVATION, "doctest:sum_gradients", "total-loss", "sum-gradients")
def gradients_add(_: Results) -> Judgement:
    """The loss is the sum of the examples' costs, so its gradient is the sum of their gradients."""
    model, X, y = example()
    measured = derivative_of(loss_of(model, X, y, 0), model.weights[0])
    w = model.weights[0]
    parts = [derivative_of(loss_of(model, X[[n]], y[[n]], 0), w) / len(X) for n in range(len(X))]
    same = close(step.sum_gradients(np.array(parts)), measured)
    return verdict(same, "the derivative of a sum is the sum of the derivatives, measured so on 2-3-5-1")


@claim(DERIVATION, "doctest:chain_rule", "chain-rule", "weight-gradient-example")
def chain_rule(_: Results) -> Judgement:
    """The chain rule: ∂C/∂w = ∂z/∂w · ∂C/∂z."""
    x, w, y = 0.7, 1.3, 0.2
    dc_dz = derivative_of(lambda z: (step.sigmoid(z) - y) ** 2, np.array(w * x))
    dc_dw = derivative_of(lambda v: (step.sigmoid(v * x) - y) ** 2, np.array(w))
    same = close(step.chain_rule(step.forward_gradient(np.array(x)), dc_dz), dc_dw)
    return verdict(same, "each weight enters one z only, so there is one path; over several examples the products add")


@claim(DERIVATION, "doctest:forward_gradient", "forward-gradient")
def input_is_slope(_: Results) -> Judgement:
    """∂z/∂w is the input that the weight multiplies."""
    a, w = np.array([0.3, -0.8, 1.4]), np.array([0.5, 2.0, -1.0])
    measured = derivative_of(lambda v: step.weighted_sum(a, v), w)
    return verdict(close(step.forward_gradient(a), measured), "z is linear in w, with the input as coefficient")


@claim(DERIVATION, "doctest:backward_gradient", "backward-gradient", "sigmoid-derivative")
def through_the_bend(_: Results) -> Judgement:
    """∂C/∂z = σ′(z) · ∂C/∂a."""
    z = np.array([-1.5, 0.2, 0.9])
    measured = derivative_of(lambda v: np.sum(step.sigmoid(v) ** 3), z)
    derived = step.backward_gradient(step.sigmoid_derivative(z), 3 * step.sigmoid(z) ** 2)
    return verdict(close(derived, measured), "measured at three places")


@claim(DERIVATION, "doctest:output_delta_unit", "output-delta-unit", "output-delta-bce")
def output_derivative_left_out(_: Results) -> Judgement:
    """At the output ∂C/∂z = L′(y, ŷ)."""
    y, z = np.array([[1.0]]), np.array([[0.4]])

    def loss(v: np.ndarray) -> Any:
        return step.total_loss(step.mse_contributions(y, step.sigmoid(v)))

    measured, derivative = derivative_of(loss, z), step.mse_derivative(y, step.sigmoid(z))
    as_said, with_derivative = (
        close(derivative, measured),
        close(step.output_delta(step.sigmoid_derivative(z), derivative), measured),
    )
    why = (
        f"the output unit has a derivative of its own: measured {measured.item():.4f}, without σ′ "
        f"{derivative.item():.4f}. The "
        "report's code has the factor. Without it the formula is right for a linear output"
    )
    return verdict(as_said or not with_derivative, why)


@claim(DERIVATION, "doctest:hidden_delta_unit", "hidden-delta-unit", "multivariable-chain-rule")
def hidden_to_hidden(_: Results) -> Judgement:
    """In a hidden unit ∂C/∂z = σ′(z) [w₃ ∂C/∂z′ + w₄ ∂C/∂z″]."""
    z, w3, w4 = np.array(0.7), 1.5, -0.4

    def loss(v: np.ndarray) -> Any:
        return (w3 * step.sigmoid(v)) ** 2 + 3 * (w4 * step.sigmoid(v))

    derived = step.hidden_delta_unit(z, w3, w4, dc_dz1=2 * w3 * step.sigmoid(z).item(), dc_dz2=3.0)
    same = close(derived, derivative_of(loss, z))
    return verdict(same, "the output reaches the loss on two paths, and slopes over paths add; measured")


@claim(DERIVATION, "doctest:output_delta", "output-delta", "hidden-delta")
def loss_first(_: Results) -> Judgement:
    """The loss is computed last, so its derivative is the first thing known on the way back."""
    model, X, y = example()
    trace = model.forward(X)
    delta = step.output_delta(step.sigmoid_derivative(trace.z[2]), step.mse_derivative(y, trace.a[3]))
    delta = step.hidden_delta(step.sigmoid_derivative(trace.z[1]), delta, model.weights[2])
    delta = step.hidden_delta(step.sigmoid_derivative(trace.z[0]), delta, model.weights[1])
    measured = derivative_of(loss_of(model, X, y, 0), model.weights[0])
    same = close(step.weight_gradient(X, delta), measured)
    return verdict(
        same, "each δ needs the next one's, and the last needs only ∂L/∂ŷ; from there to the first: measured"
    )


# Implementation

CODE = "Implementation"


@claim(CODE, "experiment:program")
def numpy_only(r: Results) -> Judgement:
    """The network uses NumPy and the standard library only."""
    p = r["program"]
    alone = {"numpy"} <= set(p["imports"]) <= {"numpy", *sys.stdlib_module_names}
    ours = {
        (data, r[data][size]["network"]): r[data][size]["log"] for data in ("linear", "xor") for size in ("one", "two")
    }
    same = len(p["runs"]) == len(ours) and all(
        close(run["log"], ours[run["data"], run["network"]]) for run in p["runs"]
    )
    why = (
        f"the program of {p['lines']} lines imports {' and '.join(p['imports'])}. It trains 2-4-1 and 2-4-4-1 on both "
        "data sets, and its losses are those of this package"
    )
    return verdict(alone and same, why)


@claim(CODE, "experiment:log_match", "shapes")
def two_hidden_layers(r: Results) -> Judgement:
    """It has two hidden layers of four units each."""
    why = (
        f"the report's class makes {len(LAYERS)} layers, {' and '.join(f'{i} → {o}' for i, o in LAYERS)}, of "
        f"which {len(LAYERS) - 1} is hidden. A network of this shape meets the printed XOR log to "
        f"{r['log_match']['worst']:.1e}, which does not rule out another. The assignment asks for two hidden layers; "
        "both networks are trained here"
    )
    return verdict(len(LAYERS) - 1 == 2, why)


@claim(CODE, "doctest:weight_gradient", "weight-gradient")
def one_product(_: Results) -> Judgement:
    """∂C/∂w is the forward gradient times the backward gradient, as one matrix product."""
    rng = np.random.default_rng(0)
    a, w, d = rng.normal(size=(4, 3)), rng.normal(size=(3, 5)), rng.normal(size=(4, 5))
    measured = derivative_of(lambda v: np.sum(d * step.preactivation(a, v)), w)
    return verdict(
        close(step.weight_gradient(a, d), measured), "AᵀΔ: the product also adds over the examples; measured"
    )


@claim(CODE, "experiment:start_weights")
def zeros_and_ones(r: Results) -> Judgement:
    """The initial weights are zeros and ones, drawn at random."""
    s = r["start_weights"]
    why = (
        f"the code draws from N(0, 1). Of all {s['networks']:,} networks with weights in {{0, 1}} none has the printed "
        f"first loss on XOR, {s['printed']:.6f}; the nearest is {s['closest']:.6f}. Such weights solve XOR for "
        f"{s['solved_zero_one']} of {s['seeds']} seeds, normal ones for {s['solved_normal']}"
    )
    return verdict(s["miss"] < 1e-9, why)


@claim(CODE, "experiment:spread", "weighted-sum", "preactivation")
def bias_in_the_text(r: Results) -> Judgement:
    """A unit computes z = wᵀx + b."""
    s = r["spread"]["xor"]["one"]
    why = (
        f"the text has a bias, the code none. On these data it is not needed: without one {s['solved']} of "
        f"{r['spread']['seeds']} seeds solve XOR"
    )
    return verdict(s["solved"] < 0.5 * r["spread"]["seeds"], why)


@claim(CODE, "doctest:mse_derivative", "mse-derivative", "gradient-descent-step")
def two_signs(_: Results) -> Judgement:
    """`derivative_loss` is (y − ŷ) · 2/N, and the update adds the gradient."""
    y, y_hat = np.array([[0.0], [1.0], [1.0]]), np.array([[0.3], [0.4], [0.9]])
    theirs = (y - y_hat) * 2 / len(y)
    measured = derivative_of(lambda v: step.total_loss(step.mse_contributions(y, v)), y_hat)
    opposite, same_step = (
        close(-theirs, measured),
        close(y_hat + theirs, step.gradient_descent_step(y_hat, measured, 1.0)),
    )
    why = "both go together: this is the negative of the derivative, and adding it makes the right step"
    return verdict(opposite and same_step, why, if_correct=WHEN)


@claim(CODE, "doctest:sigmoid_derivative_from_output", "sigmoid-derivative-from-output")
def takes_the_output(_: Results) -> Judgement:
    """`derivative_sigmoid(x)` = x(1 − x) is the derivative of the sigmoid."""
    z = np.array([-3.0, 0.5, 2.0])
    measured = derivative_of(lambda v: np.sum(step.sigmoid(v)), z)
    of_a = close(step.sigmoid_derivative_from_output(step.sigmoid(z)), measured)
    of_z = close(step.sigmoid_derivative_from_output(z), measured)
    why = "it is given the activation a = σ(z); given z it is wrong. The report's code gives it a"
    return verdict(of_a and not of_z, why, if_correct=WHEN)


@claim(CODE, "doctest:learning_rate_for_sum", "total-loss", "mean-and-sum")
def sum_and_mean(_: Results) -> Judgement:
    """`MSE` is the loss of the text, L = ΣCⁿ with Cⁿ the distance of example n."""
    y, y_hat = np.array([[0.0], [1.0], [1.0]]), np.array([[0.3], [0.4], [0.9]])
    mean, total = float(np.mean((y - y_hat) ** 2)), float(np.sum((y - y_hat) ** 2))
    shares = float(step.total_loss(step.mse_contributions(y, y_hat)))
    why = (
        "Cⁿ is the example's share, its squared distance divided by N. As written, the text sums and the code takes "
        "the mean, N times smaller, and η means something else in each"
    )
    return verdict(close(mean, shares) and not close(mean, total), why, if_correct=WHEN)


# Results

RESULTS = "Results"


def in_the_band(r: Results, name: str) -> tuple[int, int, int, int]:
    """Count the printed values among the middle nine tenths of the seeds, and the seeds with every answer right."""
    one = r["spread"][name]["one"]
    inside = sum(0.05 <= share <= 0.95 for _, share in one["below"])
    return inside, len(one["below"]), one["solved"], r["spread"]["seeds"]


@claim(RESULTS, "experiment:spread")
def linear_result(r: Results) -> Judgement:
    """On linear data, at η = 1, the loss falls to 0.0069 by epoch 9500."""
    inside, lines, solved, seeds = in_the_band(r, "linear")
    why = (
        f"{inside} of the {lines} printed values lie among the middle nine tenths of {seeds} seeds; {solved} of them "
        "end with every answer right"
    )
    return verdict(inside >= 0.9 * lines and min(LINEAR_LOG.values()) < 0.0069, why)


@claim(RESULTS, "experiment:spread")
def xor_result(r: Results) -> Judgement:
    """On XOR, at η = 1, the loss falls to 0.0039 by epoch 9500."""
    inside, lines, solved, seeds = in_the_band(r, "xor")
    why = (
        f"{inside} of the {lines} printed values lie among the middle nine tenths of {seeds} seeds; {solved} of them "
        "solve XOR"
    )
    return verdict(inside >= 0.9 * lines, why)


@claim(RESULTS, "experiment:log_match")
def labels_as_found(r: Results) -> Judgement:
    """The lines of the XOR log after epoch 4500 belong to the epochs 5500, 5500, 6000 and so on."""
    m = r["log_match"]
    ours = {epoch: loss for epoch, _, loss, _ in m["lines"]}
    printed = XOR_LOG[5000]
    at_5000, at_5500 = (abs(ours[epoch] / printed - 1) for epoch in (5000, 5500))
    why = (
        f"the label 5500 stands twice, the loss of 6000 too, and 7000 has no line. Restored at even distances, a run "
        f"meets every line to {m['worst']:.1e}; at 5500 it is {at_5500:.0%} away from the first loss labelled so"
    )
    return verdict(at_5500 < at_5000, why)


# Discussion A

RATES = "A. Learning rates"


@claim(RATES, "experiment:learning_rates", "decrease")
def larger_is_faster(r: Results) -> Judgement:
    """A larger learning rate converges faster."""
    lr = r["learning_rates"]
    reaching = [rate for rate in lr["rates"] if rate["first"] is not None]
    every = [rate for rate in reaching if rate["reached"] > 0.9 * lr["seeds"]]
    falls = all(b["first"] < a["first"] for a, b in pairwise(every))
    last = lr["rates"][-1]
    why = (
        f"it is not too large: from η = {every[0]['eta']:g} to {every[-1]['eta']:g}, where nine tenths of the seeds "
        f"get there, the median number of epochs to a loss of {lr['enough']} falls from {every[0]['first']:,.0f} to "
        f"{every[-1]['first']:,.0f}; at η = {last['eta']:g} only {last['reached']} of {lr['seeds']} seeds get there"
    )
    return verdict(falls and last["reached"] < 0.9 * lr["seeds"], why, if_correct=WHEN)


@claim(RATES, "doctest:gradient_descent_step", "gradient-descent-step")
def step_size(_: Results) -> Judgement:
    """The learning rate sets the size of each step."""
    theta, gradient = np.array([0.5, -1.0]), np.array([0.2, 0.4])
    one, two = (step.gradient_descent_step(theta, gradient, eta) - theta for eta in (0.1, 0.2))
    why = "the step is −η∇L: twice the rate, twice the step from the same place. The length of ∇L has its part in it"
    return verdict(close(two, 2 * one), why)


@claim(RATES, "experiment:thresholds", "stability-threshold")
def too_large(r: Results) -> Judgement:
    """Too large a rate oversteps the best point and does not converge."""
    case, lr = r["thresholds"]["mean"], r["learning_rates"]
    below, above = case["rates"][2], case["rates"][3]
    linear_one = below["excess"][-1] < below["excess"][0] and above["excess"][-1] > above["excess"][0]
    last = lr["rates"][-1]
    why = (
        f"there is one linear layer without bias, on XOR exactly when η > {case['threshold']:.6f}. With sigmoids "
        f"nothing overflows: too long a step saturates units, and the network stays where it landed; at "
        f"η = {last['eta']:g}, {last['solved']} of {lr['seeds']} seeds still solve XOR"
    )
    return verdict(linear_one and last["solved"] < lr["seeds"], why, if_correct=WHEN)


@claim(RATES, "experiment:learning_rates", "decrease")
def too_small(r: Results) -> Judgement:
    """Too small a rate needs many iterations."""
    lr = r["learning_rates"]
    slow = [rate for rate in lr["rates"] if rate["eta"] <= 0.1]
    why = (
        f"at η = {slow[-1]['eta']:g} and below {max(rate['reached'] for rate in slow)} of {lr['seeds']} seeds reach a "
        f"loss of {lr['enough']} in {lr['epochs']:,} epochs"
    )
    return verdict(all(rate["reached"] == 0 for rate in slow), why)


# Discussion B

UNITS = "B. Hidden units"


@claim(UNITS, "experiment:timing", "backward-cost")
def time_grows(r: Results) -> Judgement:
    """Training time grows with the number of hidden units."""
    training_runs = r["timing"]["training_runs"]
    first, last = training_runs[0], training_runs[-1]
    few, many = (f"{one['seconds']:.2f} s with {one['hidden']} units" for one in (first, last))
    why = f"measured: {few}, {many}"
    return verdict(last["seconds"] > 1.2 * first["seconds"], why)


@claim(UNITS, "experiment:timing", "backward-cost")
def because_of_products(r: Results) -> Judgement:
    """It grows because z = wᵀx + b needs more matrix work."""
    t = r["timing"]
    first, doubled = t["steps"][0], t["doubled"]
    few = sum(first[part] for part in ("forward", "backward", "update"))
    why = (
        f"the layer is wide. With one hidden unit, almost without arithmetic, an epoch takes {few:.0f} µs already; of "
        f"the widths timed, {doubled} is the first that takes more than twice as long"
    )
    return verdict(doubled is not None and doubled > 4, why, if_correct=WHEN)


@claim(UNITS, "experiment:timing", "backward-cost")
def the_jump(r: Results) -> Judgement:
    """64 units take five times as long as 16."""
    t = r["timing"]
    why = (
        f"the report's times differ by a factor of {t['report_jump']:.2f}, ours by {t['jump']:.2f}. With one hidden "
        f"layer, as the report's class has, the multiplications grow fourfold, so their number does not explain more"
    )
    return verdict(t["jump"] > 4, why)


@claim(UNITS, "experiment:timing")
def forward_time(r: Results) -> Judgement:
    """The forward pass alone is too short to be timed."""
    t = r["timing"]
    four, many = t["steps"][1], t["steps"][3]
    why = (
        f"repeated often enough it is timed easily: {four['forward']:.1f} µs with {four['hidden']} units, "
        f"{many['forward']:.1f} µs with {many['hidden']}, medians of {t['timings']} timings"
    )
    return verdict(four["forward"] >= many["forward"], why)


# Discussion C

BARE = "C. Without activation"


@claim(BARE, "experiment:no_activation", "identity-derivative")
def nan_at_500(r: Results) -> Judgement:
    """Without activation the loss is nan at epoch 500, and at every later line."""
    n = r["no_activation"]
    why = (
        f"done as in the report, {n['xor']['nan']:.0%} of {n['seeds']} seeds on XOR and {n['linear']['nan']:.1%} on "
        "linear data; what is nan stays nan"
    )
    return verdict(min(n["xor"]["nan"], n["linear"]["nan"]) > 0.95, why)


@claim(BARE, "experiment:no_activation")
def three_warnings(r: Results) -> Judgement:
    """NumPy warns of an overflow in square, an overflow in multiply and an invalid value in matmul."""
    n = r["no_activation"]
    counts = ", ".join(f"{kind.replace(' encountered', '')} for {share:.0%}" for kind, share in n["xor"]["warned"])
    why = f"the seed is one of the {n['xor']['all_three']:.0%} that show all three. Of {n['seeds']} on XOR: {counts}"
    return verdict(0.1 < n["xor"]["all_three"] < 0.9, why, if_correct=WHEN)


@claim(BARE, "experiment:no_activation", "identity-derivative", "least-squares-minimum")
def the_missing_activation(r: Results) -> Judgement:
    """It is the missing activation that makes training overflow."""
    n = r["no_activation"]
    least, slow, fast = (n["without_bias"][k] for k in (0, 2, -1))
    least_kept, slow_kept, _ = (n["kept"][k] for k in (0, 2, -1))
    why = (
        f"the rate is large. At η = {fast['eta']:g}, the report's, {fast['diverged']:.1%} of the seeds overflow even "
        f"with the slope 1 that belongs to a = z. At η = {slow['eta']:g}, {slow['diverged']:.0%} do, and all converge "
        f"to the floor {n['floor']:.6f}; but with the slope a(1 − a) that the report left in, "
        f"{slow_kept['diverged']:.1%} overflow, and at η = {least['eta']:g} still {least_kept['diverged']:.0%}"
    )
    at_large, at_small = fast["diverged"] > 0.5, slow["diverged"] > 0.5
    return verdict(at_large, why, if_correct=HOLDS if at_small else WHEN)


# Extra B

RELU = "Extra B. ReLU"


@claim(RELU, "doctest:relu_derivative", "relu", "relu-derivative")
def relu_formula(_: Results) -> Judgement:
    """R(z) = max(0, z) has the derivative 1·(x > 0)."""
    z = np.array([-2.0, 0.5, 3.0])
    measured = step.central_difference(lambda v: float(np.sum(step.relu(v))), z)
    same = close(step.relu_derivative(z), measured) and close(step.relu_derivative(z), 1.0 * (z > 0))
    return verdict(same, "away from 0, where there is none; 0 is a choice, and from the output it reads the same")


@claim(RELU, "doctest:relu", "relu")
def not_centred(_: Results) -> Judgement:
    """ReLU is not centred at 0."""
    a = step.relu(np.random.default_rng(0).normal(size=1000))
    return verdict(
        a.min() >= 0 and a.mean() > 0, f"its outputs are never negative; of N(0, 1) their mean is {a.mean():.2f}"
    )


@claim(RELU, "doctest:relu_derivative", "relu-derivative")
def no_gradient(_: Results) -> Judgement:
    """There is no gradient for x < 0."""
    return verdict(np.all(step.relu_derivative(np.array([-5.0, -0.1])) == 0), "the slope there is exactly 0")


@claim(RELU, "experiment:relu", "dead-unit")
def can_die(r: Results) -> Judgement:
    """After a very large gradient a unit can be active on no data any more."""
    first = r["relu"]["xor"]["two"][-1]["layers"][0]
    why = (
        f"at η = {r['relu']['fast']:g} the dead share of the first layer grows from {first['start']:.0%} to "
        f"{first['end']:.0%}"
    )
    return verdict(first["end"] > first["start"], why)


@claim(RELU, "experiment:relu", "dead-unit")
def irreversible(r: Results) -> Judgement:
    """All gradients through a dead unit are 0 from then on; it is irreversible."""
    first, second, output = (
        {
            key: sum(t["layers"][layer][key] for t in r["relu"]["xor"]["two"])
            for key in ("dead_at_initialisation", "revived")
        }
        for layer in range(3)
    )
    stuck, zero = (sum(t[key] for t in r["relu"]["xor"]["two"]) for key in ("stuck", "zero_gradients"))
    why = (
        f"it is in the first layer or at the output. Over all rates {first['revived']} of "
        f"{first['dead_at_initialisation']} dead "
        f"units of the first layer and {output['revived']} of {output['dead_at_initialisation']} dead outputs "
        "came back, and of "
        f"{stuck} networks with a dead output {zero} have a gradient of exactly 0. In the second layer "
        f"{second['revived']} of {second['dead_at_initialisation']} came back: the units below them still move"
    )
    ends = first["revived"] == output["revived"] == 0 and stuck == zero
    return verdict(ends and second["revived"] > 0, why, otherwise=HOLDS if ends else NOT, if_correct=WHEN)


@claim(RELU, "experiment:relu", "dead-unit", "dead-unit-probability")
def forty_per_cent(r: Results) -> Judgement:
    """With too high a learning rate 40 % of the units may die."""
    one, two = (r["relu"]["xor"][kind][-1] for kind in ("one", "two"))
    start = [layer["start"] for layer in two["layers"]]
    linear_output = r["dead_units"]["identity"][-1]
    why = (
        f"the output is a ReLU too, η is {two['eta']:g}, and those born dead are counted: on XOR "
        f"{one['hidden_dead']:.0%} of the hidden units of {one['network']} and {two['hidden_dead']:.0%} of "
        f"{two['network']} are dead after training. But {start[0]:.0%} and {start[1]:.0%} of the two hidden layers of "
        f"{two['network']} were dead before it; what the rate kills is the output, {start[2]:.0%} before and "
        f"{two['layers'][2]['end']:.0%} after. With a linear output it kills hidden units: "
        f"{linear_output['end']:.0%} of the first layer of {r['dead_units']['network']}, more than 40 %"
    )
    near = 0.3 <= one["hidden_dead"] <= 0.5 and 0.3 <= two["hidden_dead"] <= 0.5
    return verdict(near and start[0] > 0.1, why, otherwise=HOLDS if near else NOT, if_correct=WHEN)


@claim(RELU, "experiment:relu", "dead-unit")
def reasonable_rate(r: Results) -> Judgement:
    """A reasonable learning rate lowers the probability."""
    slow, *_, fast = r["relu"]["xor"]["two"]
    why = (
        f"of the hidden units of {slow['network']} {slow['hidden_dead']:.0%} are dead at the end at "
        f"η = {slow['eta']:g}, {fast['hidden_dead']:.0%} at η = {fast['eta']:g}; of the outputs "
        f"{slow['layers'][2]['end']:.0%} and {fast['layers'][2]['end']:.0%}. It hardly falls below the share dead at "
        "the start"
    )
    return verdict(slow["hidden_dead"] < fast["hidden_dead"], why)


def judged(results: Results) -> list[tuple[Claim, Judgement]]:
    """Judge every claim.

    Args:
        results: what each experiment stored, by its name.

    Returns:
        The claims with verdict and reason.
    """
    with np.errstate(all="ignore"):
        return [(one, one.judge(results)) for one in CLAIMS]
