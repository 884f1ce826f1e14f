r"""List every statement of the report that can be true or false, each with a verdict that code computes.

A claim is judged by the steps of the derivation, on numbers drawn at random, or by the stored results of experiments.
Nothing is judged by hand, so if you change a formula or a result, the verdict changes with it.
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

#: What formulas are tried on where any numbers would do: targets and predictions of three examples, numbers of both
#: signs, and others beside them.
TARGETS, PREDICTIONS = np.array([[0.0], [1.0], [1.0]]), np.array([[0.3], [0.4], [0.9]])
NUMBERS, OTHERS = np.array([-3.0, 0.5, 2.0]), np.array([0.3, -0.8, 1.4])

Results = Mapping[str, Any]
Judgement = tuple[str, str]


@dataclass(frozen=True)
class Claim:
    """A statement of the report.

    Attributes:
        number: its number, which never changes.
        part: the part of the report in which it stands.
        statement: what the report says, in our words.
        equations: the labels of the equations that it concerns.
        check: what decides it: "doctest:STEP" or "experiment:NAME", where ".PART" may follow the name.
        judge: a function of the results that returns the verdict, HOLDS, WHEN or NOT, and the reason. With WHEN, the
            reason begins with the condition.
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
        check: "doctest:STEP" or "experiment:NAME", where ".PART" may follow the name.
        *equations: the labels of the equations that it concerns.

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
        right: whether the comparison supports the claim.
        why: the reason, with the numbers.
        otherwise: the verdict if it did not.
        if_correct: the verdict if it did.

    Returns:
        The verdict and the reason.
    """
    return (if_correct if bool(right) else otherwise), why


def some(part: int, whole: int, noun: str) -> str:
    """Write how many things of a kind there are, in words if it is all or none of them.

    Args:
        part: how many of them.
        whole: how many there are in all.
        noun: what they are, in the plural.

    Returns:
        The words, which are the subject or the object of a sentence.

    Examples:
        >>> from backprop.claims import some
        >>> some(20, 20, "values"), some(0, 64, "seeds"), some(18, 19, "values")
        ('all 20 values', 'none of 64 seeds', '18 of 19 values')
    """
    if part == whole:
        return f"all {whole} {noun}"
    return f"{part or 'none'} of {whole} {noun}"


def close(a: Any, b: Any) -> bool:
    """Tell whether two arrays are equal up to rounding, relative to the one with the larger norm.

    Args:
        a: an array.
        b: an array of the same shape.

    Returns:
        True if they are.
    """
    return np.shape(a) == np.shape(b) and step.relative_error(np.asarray(a), np.asarray(b)) < 1e-9


def example(seed: int = 0) -> tuple[Model, np.ndarray, np.ndarray]:
    """Make a network of distinct widths with data on which formulas are tested.

    Args:
        seed: the seed.

    Returns:
        A 2-3-5-1 network, X of shape (7, 2), and y of shape (7, 1).
    """
    X, y = linear(7, seed)
    return Model.random([2, 3, 5, 1], seed), X, y


def derivative_of(f: Callable[[np.ndarray], Any], x: np.ndarray) -> np.ndarray:
    """Compute a numerical gradient by the complex step, without any chain rule.

    Args:
        f: an analytic function of one array that returns one number.
        x: the point.

    Returns:
        The gradient, shape of x.
    """
    return step.complex_step(f, x)


def loss_of(model: Model, X: np.ndarray, y: np.ndarray, layer: int) -> Callable[[np.ndarray], Any]:
    """Turn the loss into a function of one layer's weights, real or complex.

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
    """A step in the direction of the negative gradient lowers the loss."""
    model, X, y = example()
    trace = model.forward(X)
    before, gradients = model.loss(trace, y), model.backward(trace, y)
    small, large = (model.update(gradients, eta) for eta in (0.01, 300.0))
    down = model.loss(small.forward(X), y) < before
    always = model.loss(large.forward(X), y) < before
    why = "the step is small, because the decrease is η‖∇L‖² only to first order and a large step can increase the loss"
    return verdict(down and not always, why, otherwise=HOLDS if down else NOT, if_correct=WHEN)


@claim(DERIVATION, "doctest:sum_gradients", "total-loss", "sum-gradients")
def gradients_add(_: Results) -> Judgement:
    """The loss is the sum of the examples' contributions, so its gradient is the sum of their gradients."""
    model, X, y = example()
    measured = derivative_of(loss_of(model, X, y, 0), model.weights[0])
    w = model.weights[0]
    parts = [derivative_of(loss_of(model, X[[n]], y[[n]], 0), w) / len(X) for n in range(len(X))]
    same = close(step.sum_gradients(np.array(parts)), measured)
    return verdict(
        same,
        "the derivative of a sum is the sum of the derivatives, and the numerical gradient of a 2-3-5-1 network agrees",
    )


@claim(DERIVATION, "doctest:chain_rule", "chain-rule", "weight-gradient-example")
def chain_rule(_: Results) -> Judgement:
    r"""The chain rule gives $\partial C/\partial w = \partial z/\partial w \cdot \partial C/\partial z$."""
    x, w, y = 0.7, 1.3, 0.2
    dc_dz = derivative_of(lambda z: (step.sigmoid(z) - y) ** 2, np.array(w * x))
    dc_dw = derivative_of(lambda v: (step.sigmoid(v * x) - y) ** 2, np.array(w))
    same = close(step.chain_rule(step.forward_gradient(np.array(x)), dc_dz), dc_dw)
    return verdict(
        same, "each weight enters one z only, so there is one path, and over several examples the products are added"
    )


@claim(DERIVATION, "doctest:forward_gradient", "forward-gradient")
def input_is_derivative(_: Results) -> Judgement:
    r"""The derivative $\partial z/\partial w$ is the input that the weight multiplies."""
    measured = derivative_of(lambda w: step.weighted_sum(NUMBERS, w), OTHERS)
    return verdict(
        close(step.forward_gradient(NUMBERS), measured), "z is linear in w, and the input is the coefficient"
    )


@claim(DERIVATION, "doctest:backward_gradient", "backward-gradient", "sigmoid-derivative")
def through_the_activation(_: Results) -> Judgement:
    r"""The derivative with respect to $z$ is $\partial C/\partial z = \sigma'(z)\,\partial C/\partial a$."""
    measured = derivative_of(lambda z: np.sum(step.sigmoid(z) ** 3), NUMBERS)
    derived = step.backward_gradient(step.sigmoid_derivative(NUMBERS), 3 * step.sigmoid(NUMBERS) ** 2)
    return verdict(close(derived, measured), "the numerical derivative agrees at three values of z")


@claim(DERIVATION, "doctest:output_delta_unit", "output-delta-unit", "output-delta-sigmoid-bce")
def output_derivative_left_out(_: Results) -> Judgement:
    r"""At the output, the derivative with respect to $z$ is $\partial C/\partial z = L'(y, \hat y)$."""
    y, z = np.array([[1.0]]), np.array([[0.4]])

    def loss(v: np.ndarray) -> Any:
        return step.total_loss(step.mse_contributions(y, step.sigmoid(v)))

    measured, derivative = derivative_of(loss, z), step.mse_derivative(y, step.sigmoid(z))
    as_said, with_derivative = (
        close(derivative, measured),
        close(step.output_delta(step.sigmoid_derivative(z), derivative), measured),
    )
    why = (
        f"the factor σ′(z) of the output unit is missing, so the formula gives {derivative.item():.4f} whereas the "
        f"numerical derivative is {measured.item():.4f}. The report's code has the factor. Without it the formula is "
        "correct for a linear output"
    )
    return verdict(as_said or not with_derivative, why)


@claim(DERIVATION, "doctest:hidden_delta_unit", "hidden-delta-unit", "multivariable-chain-rule")
def hidden_to_hidden(_: Results) -> Judgement:
    r"""In a hidden unit, the contributions of two paths are added.

    The formula is $\partial C/\partial z = \sigma'(z)\,[w_3\,\partial C/\partial z_1 + w_4\,\partial C/\partial z_2]$.
    """
    w3, z, w4 = NUMBERS

    def loss(v: np.ndarray) -> Any:
        return (w3 * step.sigmoid(v)) ** 2 + 3 * (w4 * step.sigmoid(v))

    derived = step.hidden_delta_unit(z, w3, w4, dc_dz1=2 * w3 * step.sigmoid(z).item(), dc_dz2=3.0)
    same = close(derived, derivative_of(loss, np.asarray(z)))
    return verdict(
        same,
        "the activation influences the loss on two paths, whose products are added, and the numerical derivative "
        "agrees",
    )


@claim(DERIVATION, "doctest:output_delta", "output-delta", "hidden-delta")
def loss_first(_: Results) -> Judgement:
    """The loss is computed last, so its derivative is known first in the backward pass."""
    model, X, y = example()
    trace = model.forward(X)
    delta = step.output_delta(step.sigmoid_derivative(trace.z[2]), step.mse_derivative(y, trace.a[3]))
    delta = step.hidden_delta(step.sigmoid_derivative(trace.z[1]), delta, model.weights[2])
    delta = step.hidden_delta(step.sigmoid_derivative(trace.z[0]), delta, model.weights[1])
    measured = derivative_of(loss_of(model, X, y, 0), model.weights[0])
    same = close(step.weight_gradient(X, delta), measured)
    return verdict(
        same,
        "each δ needs that of the next layer, and the last needs only ∂L/∂ŷ. Computed in this order, the gradient with "
        "respect to the first layer agrees with the numerical one",
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


@claim(CODE, "experiment:log_reproduction", "shapes")
def two_hidden_layers(r: Results) -> Judgement:
    """The network has two hidden layers of four units each."""
    why = (
        f"the report's class makes {len(LAYERS)} layers, {' and '.join(f'{i} → {o}' for i, o in LAYERS)}, of "
        f"which {len(LAYERS) - 1} is hidden. A network of this shape reproduces the printed XOR log to "
        f"{r['log_reproduction']['worst']:.1e}, although this does not rule out another shape. The assignment asks "
        "for two hidden layers, so we train both networks"
    )
    return verdict(len(LAYERS) - 1 == 2, why)


@claim(CODE, "doctest:weight_gradient", "weight-gradient")
def one_product(_: Results) -> Judgement:
    r"""The gradient $\partial C/\partial w$ is one matrix product, the forward gradient times the backward gradient."""
    rng = np.random.default_rng(0)
    a, w, d = rng.normal(size=(4, 3)), rng.normal(size=(3, 5)), rng.normal(size=(4, 5))
    measured = derivative_of(lambda v: np.sum(d * step.preactivation(a, v)), w)
    return verdict(
        close(step.weight_gradient(a, d), measured),
        "the product AᵀΔ also sums over the examples, and the numerical gradient agrees",
    )


@claim(CODE, "experiment:start_weights")
def zeros_and_ones(r: Results) -> Judgement:
    """The initial weights are zeros and ones, drawn at random."""
    s = r["start_weights"]
    why = (
        f"the code draws them from N(0, 1). Of all {s['networks']:,} networks with weights in {{0, 1}} none has the "
        f"initial loss that the report prints for XOR, {s['printed']:.6f}, and the nearest has {s['closest']:.6f}. "
        f"Weights of 0 and 1 solve XOR for {s['solved_zero_one']} of {s['seeds']} seeds, and weights from N(0, 1) for "
        f"{s['solved_normal']}"
    )
    return verdict(s["miss"] < 1e-9, why)


@claim(CODE, "experiment:spread.xor", "weighted-sum", "preactivation")
def bias_in_the_text(r: Results) -> Judgement:
    r"""A unit computes $z = w^\top x + b$."""
    s = r["spread"]["xor"]["one"]
    why = (
        f"the text has a bias, but the code has none. On these data it is not needed, because without one "
        f"{s['solved']} of {r['spread']['seeds']} seeds solve XOR"
    )
    return verdict(s["solved"] < 0.5 * r["spread"]["seeds"], why)


@claim(CODE, "doctest:mse_derivative", "mse-derivative", "gradient-descent-step")
def two_signs(_: Results) -> Judgement:
    r"""The function `derivative_loss` returns $(y - \hat y) \cdot 2/N$, and the update adds the gradient."""
    y, y_hat = TARGETS, PREDICTIONS
    theirs = (y - y_hat) * 2 / len(y)
    measured = derivative_of(lambda v: step.total_loss(step.mse_contributions(y, v)), y_hat)
    opposite, same_step = (
        close(-theirs, measured),
        close(y_hat + theirs, step.gradient_descent_step(y_hat, measured, 1.0)),
    )
    why = "both are used together. This is the negative derivative, so adding it makes the correct step"
    return verdict(opposite and same_step, why, if_correct=WHEN)


@claim(CODE, "doctest:sigmoid_derivative_from_output", "sigmoid-derivative-from-output")
def takes_the_output(_: Results) -> Judgement:
    """The function `derivative_sigmoid(x)`, which returns $x(1 - x)$, is the derivative of the sigmoid."""
    z = NUMBERS
    measured = derivative_of(lambda v: np.sum(step.sigmoid(v)), z)
    of_a = close(step.sigmoid_derivative_from_output(step.sigmoid(z)), measured)
    of_z = close(step.sigmoid_derivative_from_output(z), measured)
    why = "x is the activation a = σ(z), as in the report's code. If x is z, the result is incorrect"
    return verdict(of_a and not of_z, why, if_correct=WHEN)


@claim(CODE, "doctest:learning_rate_for_sum", "total-loss", "mean-and-sum")
def sum_and_mean(_: Results) -> Judgement:
    r"""The function `MSE` is the loss of the text, $L = \sum_n C^n$, where $C^n$ is the distance of example $n$."""
    y, y_hat = TARGETS, PREDICTIONS
    mean, total = float(np.mean((y - y_hat) ** 2)), float(np.sum((y - y_hat) ** 2))
    contributions = float(step.total_loss(step.mse_contributions(y, y_hat)))
    why = (
        "Cⁿ is the contribution of the example, its squared distance divided by N. As written, the text sums whereas "
        "the code takes the mean, which is N times smaller, so the same η means different steps"
    )
    return verdict(close(mean, contributions) and close(total, len(y) * mean), why, if_correct=WHEN)


# Results

RESULTS = "Results"


def in_the_band(r: Results, name: str, solving: str) -> tuple[bool, str]:
    """Tell whether nine tenths of the printed values lie between the 5th and the 95th percentile, and in what words.

    Args:
        r: the results.
        name: "linear" or "xor".
        solving: what seeds do whose predictions are all correct.

    Returns:
        Whether they do, and the reason.
    """
    one, seeds = r["spread"][name]["one"], r["spread"]["seeds"]
    inside, lines = sum(0.05 <= below <= 0.95 for _, below in one["below"]), len(one["below"])
    why = (
        f"{some(inside, lines, 'printed values')} lie between the 5th and the 95th percentile of our {seeds} seeds. Of "
        f"these seeds, {one['solved']} {solving}"
    )
    return inside >= 0.9 * lines, why


@claim(RESULTS, "experiment:spread.linear")
def linear_result(r: Results) -> Judgement:
    """On linear data, at η = 1, the loss falls to 0.0069 by epoch 9,500."""
    right, why = in_the_band(r, "linear", "end with every prediction correct")
    return verdict(right and min(LINEAR_LOG.values()) < 0.0069, why)


@claim(RESULTS, "experiment:spread.xor")
def xor_result(r: Results) -> Judgement:
    """On XOR, at η = 1, the loss falls to 0.0039 by epoch 9,500."""
    return verdict(*in_the_band(r, "xor", "solve XOR"))


@claim(RESULTS, "experiment:log_reproduction")
def labels_as_found(r: Results) -> Judgement:
    """The lines of the XOR log after epoch 4,500 belong to the epochs 5,500, 5,500, 6,000 and so on."""
    m = r["log_reproduction"]
    ours = {epoch: loss for epoch, _, loss, _ in m["lines"]}
    printed = XOR_LOG[5000]
    at_5000, at_5500 = (abs(ours[epoch] / printed - 1) for epoch in (5000, 5500))
    why = (
        "the label 5,500 and the loss of 6,000 each appear twice, and 7,000 has no line. If the lines are spaced "
        f"evenly, a run reproduces every one to {m['worst']:.1e}, whereas at 5,500 it is {at_5500:.0%} away from the "
        "upper of the two losses with this label"
    )
    return verdict(at_5500 < at_5000, why)


# Discussion

RATES = "Discussion of learning rates"


@claim(RATES, "experiment:learning_rates", "decrease")
def larger_is_faster(r: Results) -> Judgement:
    """A larger learning rate converges faster."""
    lr = r["learning_rates"]
    reaching = [rate for rate in lr["rates"] if rate["first"] is not None]
    every = [rate for rate in reaching if rate["reached"] > 0.9 * lr["seeds"]]
    falls = all(b["first"] < a["first"] for a, b in pairwise(every))
    last = lr["rates"][-1]
    why = (
        f"the learning rate is not too large. From η = {every[0]['eta']:g} to {every[-1]['eta']:g}, where nine tenths "
        f"of the seeds reach a loss of {lr['enough']}, the median number of epochs to it falls from "
        f"{every[0]['first']:,.0f} to {every[-1]['first']:,.0f}. However, at η = {last['eta']:g} only "
        f"{last['reached']} of {lr['seeds']} seeds reach it"
    )
    return verdict(falls and last["reached"] < 0.9 * lr["seeds"], why, if_correct=WHEN)


@claim(RATES, "doctest:gradient_descent_step", "gradient-descent-step")
def step_size(_: Results) -> Judgement:
    """The learning rate sets the size of each step."""
    one, two = (step.gradient_descent_step(NUMBERS, OTHERS, eta) - NUMBERS for eta in (0.1, 0.2))
    why = (
        "the step is −η∇L, so twice the learning rate doubles the step from the same place. The norm of ∇L matters too"
    )
    return verdict(close(two, 2 * one), why)


@claim(RATES, "experiment:thresholds", "stability-threshold")
def too_large(r: Results) -> Judgement:
    """Too large a learning rate overshoots the minimum and does not converge."""
    case, lr = r["thresholds"]["mean"], r["learning_rates"]
    below, above = case["rates"][2], case["rates"][3]
    linear_one = below["excess"][-1] < below["excess"][0] and above["excess"][-1] > above["excess"][0]
    last = lr["rates"][-1]
    why = (
        f"the network is one linear layer without bias, which on XOR diverges exactly if η > {case['threshold']:.6f}. "
        "With sigmoids nothing overflows, because the predictions stay between 0 and 1. Too large a step saturates "
        f"units instead, and then the weights hardly change. At η = {last['eta']:g}, {last['solved']} of {lr['seeds']} "
        "seeds still solve XOR"
    )
    return verdict(linear_one and last["solved"] < lr["seeds"], why, if_correct=WHEN)


@claim(RATES, "experiment:learning_rates", "decrease")
def too_small(r: Results) -> Judgement:
    """Too small a learning rate needs many iterations."""
    lr = r["learning_rates"]
    slow = [rate for rate in lr["rates"] if rate["eta"] <= 0.1]
    why = (
        f"at η = {slow[-1]['eta']:g} and below, {some(max(rate['reached'] for rate in slow), lr['seeds'], 'seeds')} "
        f"reach a loss of {lr['enough']} within {lr['epochs']:,} epochs"
    )
    return verdict(all(rate["reached"] == 0 for rate in slow), why)


UNITS = "Discussion of hidden units"


@claim(UNITS, "experiment:timing", "backpropagation-cost")
def time_grows(r: Results) -> Judgement:
    """Training time grows with the number of hidden units."""
    training_runs = r["timing"]["training_runs"]
    first, last = training_runs[0], training_runs[-1]
    few, many = (f"{one['seconds']:.2f} s with {one['hidden']} units" for one in (first, last))
    why = f"training takes {few} and {many}"
    return verdict(last["seconds"] > 1.2 * first["seconds"], why)


@claim(UNITS, "experiment:timing", "backpropagation-cost")
def because_of_products(r: Results) -> Judgement:
    r"""Training time grows because $z = w^\top x + b$ needs more matrix work."""
    t = r["timing"]
    first, doubled = t["steps"][0], t["doubled"]
    few = sum(first[part] for part in ("forward", "backward", "update"))
    why = (
        f"the layer is wide. With one hidden unit there is almost no arithmetic, but an epoch already takes "
        f"{few:.0f} µs. From {doubled} units upwards, every width timed takes more than twice as long"
    )
    return verdict(doubled is not None and doubled > 4, why, if_correct=WHEN)


@claim(UNITS, "experiment:timing", "backpropagation-cost")
def the_jump(r: Results) -> Judgement:
    """Training with 64 units takes five times as long as with 16."""
    t = r["timing"]
    why = (
        f"on our machine the factor is {t['jump']:.2f}, whereas the report's own times differ by a factor of "
        f"{t['report_jump']:.2f}. With one hidden layer, as in the report's class, the number of multiplications grows "
        "fourfold, so it cannot explain more"
    )
    return verdict(t["jump"] > 4, why)


@claim(UNITS, "experiment:timing")
def forward_time(r: Results) -> Judgement:
    """The forward pass alone is too short to be timed."""
    t = r["timing"]
    four, many = t["steps"][1], t["steps"][3]
    why = (
        f"if it is repeated often enough, it can be timed. It takes {four['forward']:.1f} µs with {four['hidden']} "
        f"units and {many['forward']:.1f} µs with {many['hidden']}, as medians of {t['timings']} timings"
    )
    return verdict(four["forward"] >= many["forward"], why)


BARE = "Discussion of networks without activation"


@claim(BARE, "experiment:no_activation", "identity-derivative")
def nan_at_500(r: Results) -> Judgement:
    """Without activation the loss is NaN at epoch 500 and at every later line."""
    n = r["no_activation"]
    why = (
        f"trained as in the report, {n['xor']['nan']:.0%} of {n['seeds']} seeds on XOR and {n['linear']['nan']:.1%} on "
        "linear data have this loss, and no later update can change a NaN into a number"
    )
    return verdict(min(n["xor"]["nan"], n["linear"]["nan"]) > 0.95, why)


@claim(BARE, "experiment:no_activation")
def three_warnings(r: Results) -> Judgement:
    """NumPy warns of an overflow in square, an overflow in multiply and an invalid value in matmul."""
    n = r["no_activation"]
    *others, last = [f"{kind.replace(' encountered', '')} for {fraction:.0%}" for kind, fraction in n["xor"]["warned"]]
    all_three = f"{n['xor']['all_three']:.0%}"
    why = (
        f"the initial weights lead to all three, which they do for {all_three} of {n['seeds']} seeds on XOR. Counted "
        f"one by one, the warnings are {', '.join(others)} and {last}"
    )
    return verdict(0.1 < n["xor"]["all_three"] < 0.9, why, if_correct=WHEN)


@claim(BARE, "experiment:no_activation", "identity-derivative", "least-squares-minimum")
def the_missing_activation(r: Results) -> Judgement:
    """Training overflows because the activation is missing."""
    n = r["no_activation"]
    least, slow, fast = (n["without_bias"][k] for k in (0, 2, -1))
    least_kept, slow_kept, _ = (n["kept"][k] for k in (0, 2, -1))
    why = (
        f"the learning rate is large. At η = {fast['eta']:g}, the report's, {fast['diverged']:.1%} of the seeds "
        f"overflow even with the correct derivative of a = z, which is 1. At η = {slow['eta']:g}, "
        f"{slow['diverged']:.0%} overflow, and all converge to the minimum {n['floor']:.6f}. However, with the "
        f"derivative a(1 − a) that the report kept, {slow_kept['diverged']:.1%} overflow at this learning rate, and "
        f"{least_kept['diverged']:.0%} still do at η = {least['eta']:g}"
    )
    at_large, at_small = fast["diverged"] > 0.5, slow["diverged"] > 0.5
    return verdict(at_large, why, if_correct=HOLDS if at_small else WHEN)


# Extras

RELU = "Extra: ReLU"


@claim(RELU, "doctest:relu_derivative", "relu", "relu-derivative")
def relu_formula(_: Results) -> Judgement:
    r"""The derivative of $R(z) = \max(0, z)$ is $1 \cdot (z > 0)$, that is, 1 where $z > 0$ and 0 elsewhere."""
    z = NUMBERS
    measured = step.central_difference(lambda v: float(np.sum(step.relu(v))), z)
    same = close(step.relu_derivative(z), measured) and close(step.relu_derivative(z), 1.0 * (z > 0))
    return verdict(
        same,
        "the numerical derivative agrees away from 0. At 0 there is no derivative, so 0 is a "
        "choice; the test a > 0 gives the same derivatives",
    )


@claim(RELU, "doctest:relu", "relu")
def not_centred(_: Results) -> Judgement:
    """ReLU is not centred at 0."""
    a = step.relu(np.random.default_rng(0).normal(size=1_000_000))
    return verdict(
        a.min() >= 0 and a.mean() > 0,
        f"its outputs are never negative, and for z from N(0, 1) their mean is {a.mean():.2f}",
    )


@claim(RELU, "doctest:relu_derivative", "relu-derivative")
def no_gradient(_: Results) -> Judgement:
    """ReLU has no gradient for $x < 0$."""
    return verdict(np.all(step.relu_derivative(-abs(NUMBERS)) == 0), "the derivative there is exactly 0")


@claim(RELU, "experiment:relu", "dead-unit")
def can_die(r: Results) -> Judgement:
    """After a very large gradient a unit may no longer be active for any example."""
    first = r["relu"]["xor"]["two"][-1]["layers"][0]
    why = (
        f"at η = {r['relu']['fast']:g} the fraction of dead units in the first layer grows from {first['start']:.0%} "
        f"to {first['end']:.0%}"
    )
    return verdict(first["end"] > first["start"], why)


@claim(RELU, "experiment:relu", "dead-unit")
def irreversible(r: Results) -> Judgement:
    """All gradients through a dead unit are 0 from then on, so this is irreversible."""
    first, second, output = (
        {
            key: sum(t["layers"][layer][key] for t in r["relu"]["xor"]["two"])
            for key in ("dead_at_initialisation", "revived")
        }
        for layer in range(3)
    )
    stuck, zero = (sum(t[key] for t in r["relu"]["xor"]["two"]) for key in ("stuck", "zero_gradients"))
    why = (
        f"the unit is in the first layer or at the output. Over all learning rates, "
        f"{some(first['revived'], first['dead_at_initialisation'], 'dead units')} of the first layer and "
        f"{some(output['revived'], output['dead_at_initialisation'], 'dead outputs')} recovered, and "
        f"{some(zero, stuck, 'networks')} with a dead output have a gradient of exactly 0. However, "
        f"{some(second['revived'], second['dead_at_initialisation'], 'dead units')} of the second layer recovered, "
        "because the units before them still change"
    )
    ends = first["revived"] == output["revived"] == 0 and stuck == zero
    return verdict(ends and second["revived"] > 0, why, otherwise=HOLDS if ends else NOT, if_correct=WHEN)


@claim(RELU, "experiment:relu", "dead-unit", "dead-unit-probability")
def forty_per_cent(r: Results) -> Judgement:
    """With too high a learning rate 40% of the units may die."""
    one, two = (r["relu"]["xor"][kind][-1] for kind in ("one", "two"))
    start = [layer["start"] for layer in two["layers"]]
    linear_output = r["dead_units"]["identity"][-1]
    why = (
        f"the output is a ReLU too, η is {two['eta']:g} and the units that are dead at initialisation are counted as "
        f"well. On XOR {one['hidden_dead']:.0%} of the hidden units of {one['network']} and {two['hidden_dead']:.0%} "
        f"of those of {two['network']} are dead after training. However, {start[0]:.0%} and {start[1]:.0%} of the two "
        f"hidden layers of {two['network']} were dead before it, and the learning rate kills mainly the output, of "
        f"which {start[2]:.0%} are dead before training and {two['layers'][2]['end']:.0%} after. With a linear output "
        f"hidden units die instead, {linear_output['end']:.0%} of the first layer of {r['dead_units']['network']}, "
        "which is more than 40%"
    )
    near = 0.3 <= one["hidden_dead"] <= 0.5 and 0.3 <= two["hidden_dead"] <= 0.5
    return verdict(near and start[0] > 0.1, why, otherwise=HOLDS if near else NOT, if_correct=WHEN)


@claim(RELU, "experiment:relu", "dead-unit")
def reasonable_rate(r: Results) -> Judgement:
    """A reasonable learning rate lowers the probability that units die."""
    slow, *_, fast = r["relu"]["xor"]["two"]
    why = (
        f"in {slow['network']}, {slow['hidden_dead']:.0%} of the hidden units are dead after training at "
        f"η = {slow['eta']:g} and {fast['hidden_dead']:.0%} at η = {fast['eta']:g}. For the outputs, the fractions are "
        f"{slow['layers'][2]['end']:.0%} and {fast['layers'][2]['end']:.0%}. However, the fraction hardly falls below "
        "that at initialisation"
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
