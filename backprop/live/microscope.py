r"""The microscope: what the page asks about a network, a step of it, and a mistake in it.

The state is one text, the query string of the page's URL (`backprop.live.scene`); every function takes it and is pure.
"""

import io
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

import backprop
from backprop.live import mathml
from backprop.live.drawing import alone, draw
from backprop.live.scene import Scene, changed, losses_for, parameters_of, possible, read, write
from backprop.live.showing import body, view
from backprop.live.steps import STAGES, at, stage_of, step_at_unit, steps_of
from backprop.live.values import Numbers
from backprop.verification import gradient_check
from backprop.verification.archive import arguments
from backprop.verification.catalogue import BY_SLUG, MISTAKES, OF_THE_UPDATE, gradients_in_training, states_with


def look(address: str, changes: Mapping[str, str] | None = None, focus: str = "") -> dict[str, Any]:
    """Show a step of a network, after changes that the reader may have made.

    Args:
        address: the query string of the URL.
        changes: the new texts by the names of what is changed, as for `scene.changed`; "unit" goes to a unit's step.
        focus: the part of the drawing that has the keyboard focus, or "".

    Returns:
        address: the new query string; problems: a sentence for everything that could not be used; settings: what the
        controls show; svg: the drawing; step: what is shown of the step; numbers: its numbers, with all digits.

    Examples:
        >>> from backprop.live.microscope import look
        >>> seen = look("net=2-4-1", {"step": "hidden"})
        >>> seen["address"], seen["step"]["heading"]
        ('net=2-4-1&step=hidden-3', 'δ of unit 3, a hidden unit')
        >>> look("", {"eta": "fast"})["problems"]
        ["eta is 'fast'; expected a number."]
    """
    scene, problems = read(address)
    for name, text in (changes or {}).items():
        try:
            if name == "unit":
                scene = replace(scene, step=step_at_unit(scene, int(text)))
                continue
            scene = changed(scene, name, text)
        except ValueError as error:
            problems.append(str(error))
    names = steps_of(scene)
    if scene.step not in (*names, *map(stage_of, names)) and not changes:
        problems.append(f"step is {scene.step!r}, which this network does not have, so the first is shown.")
    scene = replace(scene, step=names[at(scene)])
    numbers = Numbers(scene)
    with np.errstate(all="ignore"):
        shown = view(numbers, scene.step)
        svg = draw(numbers, shown, scene.step, focus)
        facts = _facts(numbers)
    here = names.index(scene.step)
    return {
        "address": write(scene),
        "problems": problems,
        "settings": _settings(scene),
        "svg": svg,
        "numbers": facts,
        "step": {
            "name": scene.step,
            "stage": stage_of(scene.step),
            "stages": [[key, words] for key, words in STAGES.items() if key in map(stage_of, names)],
            "heading": shown.heading,
            "math": mathml.aligned(shown.rows),
            "equations": list(shown.equations),
            "code": [[name, body(name)] for name in shown.code],
            "words": shown.words,
            "place": f"{here + 1} of {len(names)}",
            "previous": names[here - 1] if here else "",
            "next": names[here + 1] if here + 1 < len(names) else "",
        },
    }


def _facts(numbers: Numbers) -> dict[str, float]:
    """Return the numbers of one example by name, with all digits; for several, the loss and the gradients alone."""
    scene = numbers.scene
    first = scene.net[0] + 1
    found = {"loss": numbers.loss}
    for unit in range(first, sum(scene.net) + 1):
        layer, _ = scene.place(unit)
        below = range(scene.starts[layer - 1], scene.starts[layer])
        found |= {f"g{i}-{unit}": numbers.gradient(i, unit) for i in below}
        if scene.example:
            found |= {
                f"z{unit}": float(numbers.z(unit)[0]),
                f"a{unit}": float(numbers.a(unit)[0]),
                f"d{unit}": float(numbers.delta(unit)[0]),
            }
    return found


def _settings(scene: Scene) -> dict[str, Any]:
    """List the settings that the controls show."""
    X, y = scene.seen
    return {
        "net": "-".join(map(str, scene.net)),
        "hidden": scene.hidden,
        "output": scene.output,
        "bias": scene.bias,
        "loss": scene.loss,
        "losses": list(losses_for(scene.output)),
        "data": scene.data,
        "example": scene.example,
        "count": len(scene.whole[0]),
        "x": X[0].tolist() if scene.example else [],
        "y": y[0].tolist() if scene.example else [],
        "eta": scene.eta,
        "seed": scene.seed,
        "epoch": scene.epoch,
        "mistake": scene.mistake,
        "mistakes": [[mistake.slug, mistake.title] for mistake in MISTAKES if possible(mistake.slug, scene)],
        "weights": _weights(scene),
    }


def _weights(scene: Scene) -> list[list[Any]]:
    """List the weights and biases by name, each with its value."""
    numbers = Numbers(scene)
    found: list[list[Any]] = []
    for unit in range(scene.net[0] + 1, sum(scene.net) + 1):
        layer, _ = scene.place(unit)
        below = range(scene.starts[layer - 1], scene.starts[layer])
        found += [[f"w{i}-{unit}", numbers.weight(i, unit)] for i in below]
        found += [[f"b{unit}", numbers.bias(unit)]] if scene.bias else []
    return found


def update(address: str) -> dict[str, Any]:
    """Update the network once on the examples that are looked at, and show the first step again.

    Args:
        address: the query string of the URL.

    Returns:
        What `look` returns.

    Examples:
        >>> from backprop.live.microscope import look, update
        >>> update("")["numbers"]["loss"] < look("")["numbers"]["loss"]
        True
    """
    scene, _ = read(address)
    new = Numbers(scene).updated
    return look(write(replace(scene, w=parameters_of(new), epoch=scene.epoch + 1, step="forward")))


# A mistake


def examine(address: str) -> dict[str, Any]:
    """Compare the gradient that contains the planted mistake with the correct one, on all examples.

    Args:
        address: the query string of the URL; its mistake may be "", and the gradient is then the correct one.

    Returns:
        title, incorrect, correct and why: what the catalogue says; arrays: for each of W1, … its name, the correct
        gradient and the one with the mistake, as rows of texts; check: what the gradient check says; diagnosis: what
        the diagnosis reports for the file that `archive` makes; verdicts: those of the check and of the diagnosis.

    Examples:
        >>> from backprop.live.microscope import examine
        >>> examine("mistake=hidden-derivative-missing")["verdicts"]
        ['differs', 'mistake']
    """
    scene, _ = read(address)
    X, y = scene.whole
    model = scene.model
    right = model.backward(model.forward(X), y, scene.loss)
    wrong = right if not scene.mistake else gradients_in_training(model, X, y, scene.mistake, scene.loss)
    check = gradient_check(model, X, y, wrong, scene.loss)
    found = _diagnosed(scene)
    mistake = BY_SLUG.get(scene.mistake)
    pairs = [("W", right.weights, wrong.weights), ("b", right.biases or (), wrong.biases or ())]
    arrays = [
        [f"{letter}{k + 1}", _texts(a), _texts(b)]
        for letter, ones, others in pairs
        for k, (a, b) in enumerate(zip(ones, others, strict=True))
    ]
    return {
        "title": mistake.title if mistake else "",
        "incorrect": mistake.incorrect if mistake else "",
        "correct": mistake.correct if mistake else "",
        "why": mistake.why if mistake else "",
        "arrays": arrays,
        "check": str(check),
        "diagnosis": str(found),
        "verdicts": [check.verdict, found.verdict],
    }


def _texts(array: np.ndarray) -> list[list[str]]:
    return [[mathml.digits(float(value)) for value in line] for line in np.atleast_2d(array)]


def _arrays(scene: Scene) -> dict[str, Any]:
    """Collect what `backprop diagnose` reads: data, weights, and the gradient, or the step if that is incorrect."""
    X, y = scene.whole
    model = scene.model
    found = {"X": X, "y": y} | {f"W{k + 1}": w for k, w in enumerate(model.weights)}
    found |= {f"b{k + 1}": b for k, b in enumerate(model.biases or ())}
    if scene.mistake in OF_THE_UPDATE:
        states = states_with(scene.mistake, model, X, y, scene.eta, scene.loss)
        before, after = next(states)[0], next(states)[0]
        if scene.mistake == "gradients-not-zeroed":  # it shows at the second step
            before, after = after, next(states)[0]
        found |= {f"W{k + 1}": w for k, w in enumerate(before.weights)}
        found |= {f"b{k + 1}": b for k, b in enumerate(before.biases or ())}
        found |= {f"after{k + 1}": w for k, w in enumerate(after.weights)}
        found |= {f"afterb{k + 1}": b for k, b in enumerate(after.biases or ())}
        return found | {"eta": np.array(scene.eta)}
    gradients = (
        gradients_in_training(model, X, y, scene.mistake, scene.loss)
        if scene.mistake
        else model.backward(model.forward(X), y, scene.loss)
    )
    found |= {f"g{k + 1}": g for k, g in enumerate(gradients.weights)}
    return found | {f"gb{k + 1}": g for k, g in enumerate(gradients.biases or ())}


def _diagnosed(scene: Scene) -> Any:
    """Diagnose what `archive` would save, with activations and loss named."""
    function, given, _ = arguments(_arrays(scene), "the network")
    diagnose = backprop.diagnose if function == "diagnose" else backprop.diagnose_step
    names = [phi.name for phi in scene.model.activations]
    return diagnose(**given, activations=names, loss=scene.loss)


def archive(address: str) -> dict[str, Any]:
    """Save the network, all its data and its gradient as the .npz that `backprop diagnose` reads.

    Args:
        address: the query string of the URL; a planted mistake is in the gradient, or in the step.

    Returns:
        name: the name of the file; content: its bytes.

    Examples:
        >>> from backprop.live.microscope import archive
        >>> archive("net=2-4-1")["name"]
        'microscope-2-4-1.npz'
    """
    scene, _ = read(address)
    made = io.BytesIO()
    np.savez(made, **_arrays(scene))
    net = "-".join(map(str, scene.net))
    return {"name": f"microscope-{net}{f'-{scene.mistake}' if scene.mistake else ''}.npz", "content": made.getvalue()}


def picture(address: str) -> dict[str, Any]:
    """Save the drawing of a step as an SVG file.

    Args:
        address: the query string of the URL.

    Returns:
        name: the name of the file; content: its text.

    Examples:
        >>> from backprop.live.microscope import picture
        >>> picture("step=hidden")["name"]
        'microscope-hidden-5.svg'
    """
    seen = look(address)
    return {"name": f"microscope-{seen['step']['name']}.svg", "content": alone(seen["svg"])}
