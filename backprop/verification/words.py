"""What a diagnosis says, in words and in lines of code for the network in question."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from backprop import derivation as step
from backprop.network import Gradients
from backprop.verification import grammar
from backprop.verification.catalogue import BY_SLUG
from backprop.verification.explanation import Explanation
from backprop.verification.search import LossReading, Reading, Term, losses

if TYPE_CHECKING:
    from backprop.verification.findings import Alternative, Array, Diagnosis

#: The address of the site, from the setting that the build of the site reads as well. Without it, addresses begin at
#: the root.
SITE = os.environ.get("SITE_URL", "")


#: Mistakes in a factor that belongs to the loss, so that their lines of code depend on the loss.
OF_THE_LOSS = {"factor-two-missing", "extra-factor-two", "sum-instead-of-mean", "wrong-scale"}


def address(label: str) -> tuple[str, str]:
    """Find an equation's number and address.

    Args:
        label: its label, without "eq:".

    Returns:
        Its number, and its address on the site.

    Raises:
        KeyError: if there is no such equation.

    Examples:
        >>> from backprop.verification.words import address
        >>> address("hidden-delta")[0], address("hidden-delta")[1].endswith("hidden-to-hidden/#eq-hidden-delta")
        ('8.4', True)
    """
    mark = rf"\label{{eq:{label}}}"
    for name in step.__all__:
        function = getattr(step, name)
        before, found, _ = (function.__doc__ or "").partition(mark) if callable(function) else ("", "", "")
        if found:
            chapter = function.__module__.rpartition(".")[2].replace("_", "-")
            return before.rpartition(r"\tag{")[2].partition("}")[0], f"{SITE}derivation/{chapter}/#eq-{label}"
    raise KeyError(label)


def _factor_code(loss: LossReading) -> str:
    """Write the factor of ŷ − y as code."""
    two = "2 * " if loss.family == "mse" and "half" not in loss.name else ""
    if not loss.mean:
        return f"{two}(y_hat - y)"
    by_examples = "examples" in loss.name or loss.name == "cross_entropy"
    return f"{two}(y_hat - y) / {'len(y)' if by_examples else 'y.size'}"


def correct_line(place: str, reading: Reading, loss: LossReading) -> str:
    """Write a line of the correct backward pass for the network in question.

    Args:
        place: such as "delta2", "dW1", "db1", "error", "phi1" or "back1".
        reading: the problem.
        loss: the loss.

    Returns:
        The line of code, for examples in the layout of the arrays that were passed.
    """
    return _line(Term(place), reading, loss, None)


def _line(term: Term, reading: Reading, loss: LossReading, form: str | None) -> str:
    """Write a line, correct or with a form of the grammar in it."""
    k = term.layer or reading.depth
    place = term.place.rstrip("0123456789")
    convention = reading.problem.convention
    names = {"k": k, "b": k - 1}
    if place == "dW":
        code = "A{b}.T @ delta{k}"
        if form is not None:
            code = _with_factor(_form_code(form, grammar.weight_forms, reading, loss, k), loss)
        line = f"dW{k} = {code.format(**names)}".replace("A0", "X").replace("Z0", "X")
    elif place == "db":
        code = "delta{k}.sum(axis=0)"
        if form is not None:
            code = _with_factor(_form_code(form, grammar.bias_forms, reading, loss, k), loss)
        line = f"db{k} = {code.format(**names)}"
    else:
        line = f"delta{k} = {_delta_code(place, reading, loss, form, k)}"
    line = grammar.laid_out(line, convention)
    return line.replace("len(y)", "y.shape[1]") if convention.startswith("columns") else line


def _with_factor(code: str, loss: LossReading) -> str:
    """Write the factor of the loss before a line that has neither δ nor the error, which contain it."""
    factor = _factor_code(loss).replace("2 * (y_hat - y)", "2").replace("(y_hat - y)", "1")
    return code if "delta" in code or "error" in code or code == "…" or factor == "1" else f"{factor} * {code}"


def _delta_code(place: str, reading: Reading, loss: LossReading, form: str | None, k: int) -> str:
    """Write the code that computes δ."""
    output, phi = k == reading.depth, reading.activations[k - 1].name
    cancelled = output and loss.family != "mse"
    derivative = "" if cancelled else grammar.derivative_code(phi, k)
    if output:
        source, derivative = _factor_code(loss), "" if phi == "softmax" else derivative
        made = "(y_hat - y)"
        if place == "error" and form is not None and form in grammar.ERRORS:
            made = grammar.ERRORS[form].code.format(k=k)
            made = made if "(" in made else f"({made})"
        elif phi == "softmax" and (loss.family == "mse") == (place != "error" or form is None):
            made = "(y_hat * ((y_hat - y) - ((y_hat - y) * y_hat).sum(axis=1, keepdims=True)))"
        source = source.replace("(y_hat - y)", made)
    else:
        way = grammar.back_code("" if place != "back" or form is None else form)
        source = f"({way.format(k=k, n=k + 1, d=reading.depth)})"
    if place == "phi" and form is not None:
        derivative = _derivative_form(form, reading, k, cancelled)
    if output:
        derivative = derivative.replace(f"a{k}", "y_hat")
    return f"{source} {'' if derivative[:1] in ('/', '') else '* '}{derivative}".rstrip()


def _derivative_form(form: str, reading: Reading, k: int, cancelled: bool) -> str:
    """Write the code of an incorrect derivative, which is divided by φ′ at the output under a cross-entropy."""
    names = [phi.name for phi in reading.activations]
    phi, (kept, _, form) = names[k - 1], form.rpartition("+")
    own = ("" if phi == "softmax" else grammar.derivative_code(phi, k)) or "1"
    if form.startswith("output-derivative-not-cancelled"):
        return grammar.derivative_code("sigmoid", k)
    other = k - 1 if form.endswith(":below") else k + 1
    special = {
        "derivative-given-a": f"{phi}_derivative(a{k})",
        "derivative-given-z": own.replace(f"a{k}", f"z{k}"),
        "derivative-applied-twice": f"{_wrapped(own)} ** 2",
        "~complement": f"(1 - {own})",
        "~divided": f"/ {_wrapped(own)}",
    }
    if form in special:
        code = special[form]
    elif form.startswith("wrong-activation-derivative:"):
        name, _, of = form.partition(":")[2].split(" ")
        code = grammar.derivative_code(name, k)
        code = code.replace(f"z{k}", f"a{k}") if of == "a" else code.replace(f"a{k}", f"{name}(z{k})")
    elif form.startswith("derivative-of-wrong-layer"):
        code = "1" if names[other - 1] == "softmax" else grammar.derivative_code(names[other - 1], other)
        code = code.replace(f"a{other}", "y_hat") if other == reading.depth else code
    else:
        code = grammar.DERIVATIVES[form].code.format(k=k)
    if cancelled and not kept and phi != "softmax":
        code = f"{code} / {_wrapped(own)}".lstrip()
    return code


def _wrapped(code: str) -> str:
    """Put code into parentheses, unless one pair already encloses it."""
    return code if code.startswith("(") and ")" not in code[:-1] else f"({code})"


def _form_code(form: str, forms: Callable[..., Iterator[Any]], reading: Reading, loss: LossReading, k: int) -> str:
    """Look up the line of code of a form."""
    p = reading.exact(loss.family)
    flow = grammar.Flow()
    for j in range(p.depth - 1, k - 2, -1):
        flow = grammar.delta_of(p, j, {}, flow)
    below = grammar.delta_of(p, k - 2, {}, flow).deltas[-1] if k > 1 else None
    return next((made[1] for made in forms(p, k - 1, flow, below) if made[0] == form), "…")


def lines(best: Explanation) -> Iterator[tuple[str, str, str]]:
    """Write, for each deviation, its place, the line that the numbers fit, and the correct line.

    Args:
        best: the explanation.

    Yields:
        Places and lines.
    """
    for term in best.state.terms:
        should = _line(term, best.reading, best.loss, None)
        left, _, right = should.partition(" = ")
        if term.form.startswith("~decay"):
            decay = term.factor * best.s
            written = f"{should} {'-' if decay < 0 else '+'} {abs(decay):.4g} * {term.place[1:]}"
        elif term.form:
            written = _line(term, best.reading, best.other_loss or best.loss, term.form)
        else:
            factor = {0.0: "0", -1.0: f"-{right}"}
            written = f"{left} = {factor.get(term.factor, f'{multiple(term.factor)} * {right}')}"
        yield term.place, written, should
    if len(best.slugs) == 1 and best.slugs[0] in OF_THE_LOSS and not best.state.terms:
        place = f"delta{best.reading.depth}"
        should = correct_line(place, best.reading, best.loss)
        yield place, _scaled(best, should), should


def _scaled(best: Explanation, should: str) -> str:
    """Write the line for the output's δ with the scale of the whole gradient, as another loss or as a factor."""
    left, _, right = should.partition(" = ")
    for other in losses(best.reading.n, best.reading.widths[-1]):
        if other.family == best.loss.family and abs(other.factor / best.s - 1) < 1e-6:
            line = correct_line(left, best.reading, other)
            if line != should:
                return line
    for divisor in (f" / {count}" for count, value in _counts(best.reading) if abs(value / best.scale - 1) < 1e-6):
        if divisor in right:
            return f"{left} = {right.replace(divisor, '', 1)}"
    return f"{left} = {multiple(best.scale)} * {right}"


def multiple(factor: float) -> str:
    """Write a factor with six digits, or with as many as tell it from 1.

    Args:
        factor: the factor.

    Returns:
        The number.

    Examples:
        >>> from backprop.verification.words import multiple
        >>> multiple(1 / 3), multiple(1.0), multiple(1 + 1e-7)
        ('0.333333', '1', '1.0000001')
    """
    written = (f"{factor:.{digits}g}" for digits in range(6, 18))
    return next(number for number in written if factor == 1 or float(number) != 1)


def _counts(reading: Reading) -> Iterator[tuple[str, int]]:
    """List the counts by which a mean divides, in code and in numbers."""
    yield "y.size", reading.n * reading.widths[-1]
    yield "y.shape[1]" if reading.problem.convention.startswith("columns") else "len(y)", reading.n


def short(one: Explanation) -> str:
    """Say in half a sentence what is incorrect.

    Args:
        one: the explanation.

    Returns:
        The titles of the mistakes, or the lines that the numbers fit.
    """
    if one.slugs:
        return f"{'; '.join(BY_SLUG[slug].title for slug in one.slugs)} ({', '.join(one.slugs)})"
    return "; ".join(
        f"{_place(place)} is incorrect, and your numbers fit {written}" for place, written, _ in lines(one)
    )


def _place(place: str) -> str:
    """Say what a place of the backward pass computes."""
    name, layer = place.rstrip("0123456789"), place.lstrip("abcdefghijklmnopqrstuvwxyzW")
    return {
        "error": "the derivative of the loss with respect to the predictions",
        "phi": f"the derivative of the activation function in layer {layer}",
        "back": f"the gradient that is propagated back to layer {layer}",
        "delta": f"δ of layer {layer}",
    }.get(name, place)


def listed(names: Sequence[str]) -> str:
    """List names as a sentence does.

    Args:
        names: the names, at least one.

    Returns:
        The names, with commas between them and "and" before the last.

    Examples:
        >>> from backprop.verification.words import listed
        >>> listed(["a", "b", "c"])
        'a, b and c'
    """
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def text(found: "Diagnosis") -> Iterator[str]:
    """Write a diagnosis for the reader.

    Args:
        found: the diagnosis.

    Yields:
        Lines.
    """
    losses = [other for other in found.alternatives if other.verdict == "correct" and not other.mistakes]
    if found.verdict == "correct":
        yield f"Correct: this is the gradient of {found.loss}."
        if found.cannot_tell:
            yield f"These data cannot reveal some mistakes, however: {', '.join(found.cannot_tell)}."
            yield "To test for these as well, use other weights, at least five examples, and different widths."
        if found.sign == -1:
            yield "The sign is reversed: this is −∇L, which is correct if your update adds it to the weights."
    elif found.verdict == "unknown":
        yield f"Unknown: {found.reason}."
    elif losses:
        yield f"You named the loss {found.loss}, but this is the gradient of {losses[0].loss}."
    yield from _mistakes(found)
    if found.verdict != "unknown" and found.reason:
        yield f"Note: {found.reason}."
    yield from _judged(found)
    if found.verdict == "mistake" and found.correct is not None:
        yield from _correct(found.correct)
    if found.scale is not None and found.verdict != "unknown" and (found.sign, f"{found.scale:.6g}") != (1, "1"):
        sign = "" if found.sign == 1 else ", with the opposite sign"
        yield f"Scale: {found.scale:.6g} times the gradient of {found.loss}{sign}."
    if found.assumed:
        yield f"Inferred, because you did not specify it: {'; '.join(found.assumed)}."
    if found.evidence:
        yield f"Evidence: {found.evidence}."
    yield from dict.fromkeys(_other(other) for other in found.alternatives)
    for remark in found.remarks:
        yield f"Remark: {remark.text} ({remark.slug})"
        if remark.equation:
            number, url = address(remark.equation)
            yield f"  Equation ({number}): {url}"
        if remark.page:
            yield f"  More:  {SITE}{remark.page}"


def _other(other: "Alternative") -> str:
    """Write another explanation."""
    if other.verdict == "mistake":
        return f"Possible explanation: {other.text}."
    return f"The same numbers would also be {other.text}."


def _judged(found: "Diagnosis") -> Iterator[str]:
    """Write the verdict on each layer, and on its arrays if their verdicts differ."""
    for layer in found.layers:
        if found.verdict == "unknown" and layer.verdict == "unknown":
            continue
        error = layer.relative_error
        off = "" if np.isnan(error) else f", relative error {error:.1e}" if error else ", equal to the last bit"
        because = f" ({', '.join(layer.mistakes)})" if layer.mistakes else ""
        if layer.verdict == "incorrect" and not layer.mistakes and found.mistakes:
            because = " (because of the mistake above)"
        yield f"Layer {layer.number}: {layer.verdict}{because}{off}."
        own = {n: a for n, a in found.arrays.items() if int(n[1:]) == layer.number}
        incorrect = [array.factor for array in own.values() if array.verdict == "incorrect"]
        if None in incorrect:  # beside it, a factor of a single number would be no more than a coincidence
            own = {name: array._replace(factor=None) for name, array in own.items()}
        if len({array.verdict for array in own.values()}) > 1 or any(a.factor not in (1.0, None) for a in own.values()):
            yield "  " + "; ".join(_array(name, array) for name, array in own.items()) + "."


def _array(name: str, array: "Array") -> str:
    """Write the verdict on one array."""
    verdict, factor = array.verdict, array.factor
    if factor is None or verdict != "incorrect":
        return f"d{name} is {verdict}"
    return f"d{name} is {f'{multiple(factor)} times what it should be' if factor else 'zero'}"


def _mistakes(found: "Diagnosis") -> Iterator[str]:
    """Describe the mistakes: what is incorrect, the lines of code, and where to read more."""
    for slug in found.mistakes:
        mistake = BY_SLUG[slug]
        where = [str(layer.number) for layer in found.layers if slug in layer.mistakes]
        place = f" in layer{'s' * (len(where) > 1)} {listed(where)}" if where else ""
        yield f"Mistake{place}: {mistake.title} ({slug})."
        if not found.lines:
            yield from _both(
                re.sub(" {3,}", "  ", "; ".join(map(str.strip, part.splitlines())))
                for part in (mistake.incorrect, mistake.correct)
            )
        elif len(found.mistakes) == 1:
            yield from (line for _, *pair in found.lines for line in _both(pair))
        for label in mistake.equations:
            number, url = address(label)
            yield f"  Equation ({number}): {url}"
        yield f"  More:  {SITE}verification/mistakes/#{slug}"
    if found.verdict == "mistake" and not found.mistakes and not found.lines:
        many = sum(other.verdict == "mistake" for other in found.alternatives)
        known = "the update is" if found.place == "update" else f"{_place(found.place or '')} is"
        known = f"{known} incorrect" if found.place else "the factor is that of another loss"
        if many and not found.place:
            known = "several explanations fit" if many > 1 else "the explanation below fits, but is not certain"
        yield f"Mistake: {known}."
    if found.lines and not found.mistakes:
        places = list(dict.fromkeys(_place(place) for place, _, _ in found.lines))
        yield f"Mistake: {listed(places)} {'are' if len(places) > 1 else 'is'} incorrect."
    if len(found.mistakes) != 1:
        yield from (line for _, *pair in found.lines for line in _both(pair))


def _both(pair: Iterable[str]) -> Iterator[str]:
    """Set a line that the numbers fit above the correct one."""
    fitting, correct = pair
    yield f"  Your numbers fit: {fitting}"
    yield f"  The correct line: {correct}"


def _correct(correct: Gradients) -> Iterator[str]:
    """Write the correct gradient, with long arrays abbreviated."""
    for name, part in (("W", correct.weights), ("b", correct.biases or ())):
        for i, g in enumerate(part, start=1):
            shown = np.array2string(g, precision=6, separator=", ", threshold=40, max_line_width=100)
            yield f"Correct gradient of {name}{i}, shape {g.shape}:"
            yield from (f"  {line}" for line in shown.splitlines())
