"""The microscope: its numbers are the network's, its address carries everything, its files can be diagnosed."""

import contextlib
import io
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import backprop
from backprop.__main__ import main as command
from backprop.live import answer
from backprop.live.mathml import digits
from backprop.live.scene import HIDDEN, LOSSES, Scene, changed, parameters_of, read, write
from backprop.live.showing import body, view
from backprop.live.steps import STAGES, stage_of, steps_of
from backprop.live.values import Numbers
from backprop.verification import numerical_gradients
from backprop.verification.catalogue import MISTAKES, OF_THE_UPDATE, incorrect_gradients, states_with
from builder.beside import microscope as built
from builder.source.equations import equations, functions_shown

ROOT = Path(__file__).parents[1]
EQUATIONS = equations(ROOT / "backprop" / "derivation", ROOT / "docs")

#: Scenes that together have every activation, every loss, biases, one example and all.
SCENES = [
    "",
    "example=0",
    "net=2-4-1&hidden=tanh&bias=1&example=7",
    "net=2-4-4-1&hidden=relu&output=identity&data=linear&example=0",
    "net=2-3-2&output=softmax&loss=cross_entropy&bias=1",
    "net=2-3-3&output=softmax&example=0&hidden=identity",
    "net=2-6-6-6-6&loss=binary_cross_entropy&bias=1&example=21",
    "net=2-1&output=tanh&x=0.3,-0.7&y=0.25",
]
every_scene = pytest.mark.parametrize("address", SCENES)


def texts(math: str) -> list[str]:
    """Read the lines of a typeset step as plain text."""
    return ["".join(row.itertext()) for row in ET.fromstring(math.replace("&#8289;", "")).iter("mtr")]


# Numbers


@every_scene
def test_the_numbers_are_those_of_the_network_and_of_the_numerical_gradient(address: str) -> None:
    scene = read(address)[0]
    X, y = scene.seen
    phi = [scene.hidden] * (len(scene.net) - 2) + [scene.output]
    model = backprop.Model.random(scene.net, scene.seed, phi, bool(scene.bias))
    trace = model.forward(X)
    deltas, gradients = model.deltas(trace, y, scene.loss), model.backward(trace, y, scene.loss)
    numerical = numerical_gradients(model, X, y, scene.loss)
    shown = answer("look", {"address": address})["numbers"]
    assert shown["loss"] == pytest.approx(model.loss(trace, y, scene.loss), abs=1e-12)
    for layer in range(1, len(scene.net)):
        for j in range(scene.net[layer]):
            unit = sum(scene.net[:layer]) + j + 1
            if scene.example:
                found = [shown[f"{letter}{unit}"] for letter in "zad"]
                expected = [trace.z[layer - 1][0, j], trace.a[layer][0, j], deltas[layer - 1][0, j]]
                assert found == pytest.approx(expected, abs=1e-12)
            for i in range(scene.net[layer - 1]):
                gradient = shown[f"g{sum(scene.net[: layer - 1]) + i + 1}-{unit}"]
                assert gradient == pytest.approx(gradients.weights[layer - 1][i, j], abs=1e-12)
                assert gradient == pytest.approx(numerical.weights[layer - 1][i, j], abs=1e-8)


def test_delta_is_a_product_of_the_numbers_that_are_shown() -> None:
    shown = answer("look", {"address": "step=hidden-3"})
    model, (X, y) = backprop.Model.random([2, 2, 2, 1], seed=0), backprop.xor()
    X, y = X[3:4], y[3:4]
    trace = model.forward(X)
    deltas = model.deltas(trace, y)
    a, w, delta = float(trace.a[1][0, 0]), model.weights[1][0], deltas[1][0]
    upstream = w[0] * delta[0] + w[1] * delta[1]
    lines = texts(shown["step"]["math"])
    assert lines[0] == "δ3=∂C∂z3=σ′(z3)⋅[w35δ5+w36δ6]"
    assert lines[1] == f"={digits(a)}(1−{digits(a)})⋅[{digits(w[0])}⋅{digits(delta[0])}"
    assert lines[2] == f"+({digits(w[1])})⋅({digits(delta[1])})]"
    assert lines[3] == f"={digits(a * (1 - a))}⋅{digits(upstream)}"
    assert lines[4] == f"={digits(a * (1 - a) * upstream)}"


@every_scene
def test_every_step_is_set_with_an_equation_and_a_line_of_code_that_exist(address: str) -> None:
    scene = read(address)[0]
    names = steps_of(scene)
    assert set(map(stage_of, names)) == set(STAGES) - ({"hidden"} if len(scene.net) == 2 else set())
    for name in names:
        shown = answer("look", {"address": write(replace(scene, step=name))})
        assert shown["step"]["name"] == name
        assert shown["problems"] == []
        assert texts(shown["step"]["math"])
        assert set(shown["step"]["equations"]) <= set(EQUATIONS)
        assert set(shown["step"]["equations"]) <= set(built.EQUATIONS)  # the page has them
        assert shown["step"]["words"].endswith(".")
        for function, lines in shown["step"]["code"]:
            source = (ROOT / "backprop/derivation").glob("*.py")
            last = lines.splitlines()[-1]
            assert any(last in re.sub(r"\s+", " ", path.read_text(encoding="utf-8")) for path in source), function


def arithmetic(node: ET.Element) -> str:
    """Read MathML as Python, as far as it is numbers."""
    parts = [arithmetic(child) for child in node]
    if node.tag == "msup":
        base, power = (part.strip("()") if part.strip("()") in ("10", "E") else f"({part})" for part in parts)
        return f"@{parts[1]}" if base == "10" else f"{base}**{power}"
    if node.tag == "mfrac":
        return f"({parts[0]})/({parts[1]})"
    inside = "".join(parts) or (node.text or "").strip()
    return {"e": "E", "⋅": "*", "−": "-", "[": "(", "]": ")", "\u2061": ""}.get(inside, inside)


NAMES = {"E": np.e, "ln": np.log, "max": max, "tanh": np.tanh, "exp": np.exp}


def values(math: str) -> list[list[float]]:
    """Evaluate every part of every equation of a step that consists of numbers alone."""
    chains: list[str] = []
    for row in ET.fromstring(math).iter("mtr"):
        left, right = map(arithmetic, row)
        if left:
            chains.append("")
        chains[-1] += right
    found = []
    for chain in chains:
        numbers = []
        for part in chain.split("="):
            text = re.sub(r"(?<=[\d)])\(", "*(", part.replace("*@", "e").replace("@", "1e"))
            if text and re.fullmatch(r"(E|ln|max|tanh|exp|[\d.e+*/(),-])+", text):
                numbers.append(float(eval(text, {"__builtins__": {}}, NAMES)))
        found.append(numbers)
    return found


def test_in_every_step_all_sides_of_an_equation_are_equal() -> None:
    """Numbers have four digits there, so that the sides agree to that; the last is the network's own."""
    compared = 0
    for address in [*SCENES, "net=2-2-2-2&loss=binary_cross_entropy&eta=0.3&w=1,-2,0.5,3,-1,2,1.5,0.2,-0.7,1,-0.3,0.4"]:
        scene = read(address)[0]
        if not scene.example:
            continue
        facts = answer("look", {"address": address})["numbers"]
        for name in steps_of(scene):
            math = answer("look", {"address": write(replace(scene, step=name))})["step"]["math"]
            chains = values(math)
            rounding = 1e-3 if name.startswith("forward") else 2e-5  # sums of several weights cancel
            for numbers in filter(None, chains):
                np.testing.assert_allclose(numbers, numbers[-1], rtol=4e-3, atol=rounding, err_msg=name)
                compared += len(numbers) > 1
            stage, _, unit = name.partition("-")
            last = {"output": f"d{unit}", "hidden": f"d{unit}", "loss": "loss", "forward": f"a{unit}"}.get(stage)
            if last and not (stage == "forward" and scene.output == "softmax"):
                assert digits(chains[-1][-1]) == digits(facts[last]), name
    assert compared > 150


def test_the_code_is_the_body_without_its_docstring() -> None:
    assert body("weight_gradient") == "return forward_gradient(a).mT @ delta"
    assert '"""' not in body("mse_contributions")


# The drawing

SVG = "{http://www.w3.org/2000/svg}"


@every_scene
def test_the_drawing_is_well_formed_and_has_every_number_with_all_its_digits(address: str) -> None:
    scene = read(address)[0]
    shown = answer("look", {"address": address})
    drawing = ET.fromstring(shown["svg"])
    parts = {part.get("data-name"): part for part in drawing.iter() if part.get("data-name")}
    assert len(parts) == sum(scene.net) + sum(a * b for a, b in zip(scene.net, scene.net[1:], strict=False))
    for name, value in shown["settings"]["weights"]:
        if name.startswith("w"):
            assert float(parts[name].get("data-w") or "nan") == value
            assert float(parts[name].get("data-gradient") or "nan") == shown["numbers"][f"g{name[1:]}"]
    assert len([part for part in parts.values() if part.get("tabindex") == "0"]) == 1
    ET.fromstring(answer("picture", {"address": address})["content"])


def test_a_drawing_of_all_examples_says_so_and_has_a_tick_for_each() -> None:
    for address in ("net=2-3-1&hidden=tanh&step=output", "net=2-3-1&hidden=relu&step=output", "step=output"):
        scene = read(f"{address}&example=0")[0]
        numbers = Numbers(scene)
        drawing = ET.fromstring(answer("look", {"address": f"{address}&example=0"})["svg"])
        words = [text.text for text in drawing.iter(f"{SVG}text") if text.get("class") == "means"]
        assert words == ["Numbers are means over 21 examples; each tick in a unit is one example."]
        for unit in range(1, sum(scene.net) + 1):
            [part] = [part for part in drawing.iter() if part.get("data-name") == f"u{unit}"]
            [ticks] = [path.get("d", "") for path in part.iter(f"{SVG}path")]
            [circle] = list(part.iter(f"{SVG}circle"))
            at = np.array([float(x) for x in re.findall(r"M(\S+) ", ticks)]) - float(circle.get("cx", ""))
            layer, a = scene.place(unit)[0], numbers.a(unit)
            phi = scene.model.activations[layer - 1].name if layer else ""
            low, high = {"tanh": (-1, 1), "relu": (0, numbers.trace.a[layer].max())}.get(phi, (0, 1))
            np.testing.assert_allclose(at, 15 * (2 * (a - low) / (high - low) - 1), atol=0.11)
        assert list(ET.fromstring(answer("look", {"address": address})["svg"]).iter(f"{SVG}path")) == []


def test_a_drawing_of_numbers_that_are_all_equal_or_not_finite_is_still_one() -> None:
    for weights in ("0,0,0,0,0,0", "1e300,1e300,1e300,1e300,1e300,-1e300"):
        scene = f"net=2-2-1&hidden=identity&output=identity&example=0&w={weights}"
        drawing = ET.fromstring(answer("look", {"address": scene + "&step=loss"})["svg"])
        ticks = " ".join(path.get("d", "") for path in drawing.iter(f"{SVG}path"))
        assert ticks.count("M") == 21 * 5
        assert "nan" not in ticks
        assert "inf" not in ticks


def test_a_value_is_drawn_once_it_has_been_computed() -> None:
    scene = Scene()
    for name, known in (("forward-3", 3), ("forward-7", 7), ("hidden-3", 7)):
        numbers = Numbers(scene)
        drawing = ET.fromstring(answer("look", {"address": f"step={name}"})["svg"])
        ns = "{http://www.w3.org/2000/svg}"
        drawn = [t.text for t in drawing.iter(f"{ns}text") if "value" in (t.get("class") or "") and t.text]
        assert len(drawn) == known
        assert view(numbers, name).unit == int(name[-1])


# The address


def scene(seed: int) -> Scene:
    """Draw what an address can hold."""
    rng = np.random.default_rng(seed)
    output = str(rng.choice([*HIDDEN, "softmax"]))
    net = (2, *rng.integers(1, 7, rng.integers(0, 4)).tolist(), int(rng.integers(2 if output == "softmax" else 1, 7)))
    drawn = Scene(
        net=net,
        hidden=str(rng.choice(HIDDEN)),
        output=output,
        bias=int(rng.integers(0, 2)),
        loss=str(rng.choice(LOSSES.get(output, ("mse",)))),
        data=str(rng.choice(["xor", "linear"])),
        example=int(rng.integers(0, 22)),
        eta=float(10 ** rng.uniform(-6, 6)),
        seed=int(rng.integers(0, 1001)),
        epoch=int(10 ** rng.uniform(0, 9)) - 1,
    )
    if seed % 2:
        drawn = replace(drawn, w=parameters_of(backprop.Model.random(net, 7, bias=bool(drawn.bias))))
    return replace(drawn, step=str(rng.choice(steps_of(drawn))))


@pytest.mark.parametrize("seed", range(60))
def test_an_address_opens_the_same_to_the_last_digit(seed: int) -> None:
    drawn = scene(seed)
    address = write(drawn)
    assert read(address) == (drawn, [])
    assert answer("look", {"address": address})["address"] == address


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("net=2-9-1", "net is '2-9-1'; expected 2 inputs"),
        ("net=3-4-1", "net is '3-4-1'; expected 2 inputs"),
        ("net=", "net is ''; expected 2 inputs"),
        ("net=2-4-4-4-4-1", "expected 2 inputs, at most 3 hidden layers"),
        ("net=2-٤-1", "expected 2 inputs"),
        ("hidden=softmax", "hidden is 'softmax'; expected sigmoid, tanh, relu or identity."),
        ("output=<script>", "output is '<script>'; expected sigmoid, tanh, relu, identity or softmax."),
        ("output=softmax", "softmax needs two outputs or more, so sigmoid is shown."),
        ("loss=cross_entropy", "cross_entropy does not go with the output sigmoid, so mse is shown."),
        ("eta=0", "eta is '0'; expected a number above 0."),
        ("eta=nan", "eta is 'nan'; expected a number."),
        ("eta=1e999", "eta is '1e999'; expected a number."),
        ("seed=-1", "seed is '-1'; expected a whole number from 0 to 1000000000."),
        ("example=22", "example: there are 21, so number 4 is shown."),
        ("w=1,2,3", "w: there are 3 numbers; expected 10, so the weights of seed 0 are shown."),
        ("w=1,,3", "w is '1,,3'; expected a number."),
        ("x=1", "x: expected two numbers, for one example, so those of the data are shown."),
        ("y=1,2", "y: these targets do not fit the network and its loss"),
        ("loss=binary_cross_entropy&y=2", "y: these targets do not fit the network and its loss"),
        ("mistake=typo", "mistake is 'typo'; expected a name from the catalogue of mistakes."),
        ("mistake=bias-averaged", "mistake: bias-averaged cannot be made in this network, so none is planted."),
        ("step=sideways", "step is 'sideways'; expected a step such as forward"),
        ("step=hidden-9", "step is 'hidden-9', which this network does not have, so the first is shown."),
        ("colour=red", "'colour' is not a setting of the microscope."),
        ("%ff%fe=%00", "is not a setting of the microscope."),
        ("a" * 20_000 + "=1", "is not a setting of the microscope."),
    ],
)
def test_nonsense_in_the_address_gives_a_sentence_and_a_usable_default(address: str, sentence: str) -> None:
    shown = answer("look", {"address": address})
    assert len(shown["problems"]) == 1
    assert sentence in shown["problems"][0]
    assert "\n" not in shown["problems"][0]
    assert shown["svg"].startswith("<svg")
    again = answer("look", {"address": shown["address"]})
    assert (again["problems"], again["address"]) == ([], shown["address"])


# Changing


def test_one_weight_bias_input_or_target_is_changed_and_nothing_else() -> None:
    scene = read("net=2-4-1&bias=1")[0]
    old, new = scene.model, changed(scene, "w2-4", "0.25").model
    assert new.weights[0][1, 1] == 0.25
    assert np.count_nonzero(new.weights[0] - old.weights[0]) == 1
    biases = changed(scene, "b7", "-1").model.biases
    assert biases is not None
    assert biases[1][0, 0] == -1
    assert changed(scene, "x2", "0.5").seen[0].tolist() == [[0.1, 0.5]]
    assert changed(scene, "y1", "0.5").seen[1].tolist() == [[0.5]]
    classes = read("net=2-3-3&output=softmax&loss=cross_entropy")[0]
    assert changed(classes, "y3", "0.5").y == (0, 0.5, 0.5)


def test_what_no_longer_fits_has_its_default_again() -> None:
    scene = changed(Scene(), "w1-3", "2")
    assert changed(scene, "net", "2-4-1").w == ()
    softmax = changed(scene, "output", "softmax")
    assert (softmax.net, softmax.loss) == ((2, 2, 2, 2), "cross_entropy")
    assert changed(softmax, "net", "2-4-1").output == "sigmoid"
    assert changed(softmax, "output", "tanh").loss == "mse"
    assert changed(changed(Scene(), "x1", "3"), "example", "5").x == ()
    assert changed(scene, "seed", "next").seed == 1


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("w1-3", "heavy", "w1-3 is 'heavy'; expected a number."),
        ("w1-7", "1", "w1-7 is '1'; expected the units of two neighbouring layers."),
        ("w1-99", "1", "w1-99 is '1'; expected the units of two neighbouring layers."),
        ("b3", "1", "b3 is '1'; expected the bias of a unit that has one."),
        ("x3", "1", "x3 is '1'; expected an input or a target of one example."),
        ("net", "2-0-1", "net is '2-0-1'; expected 2 inputs, at most 3 hidden layers"),
        ("weather", "1", "weather is '1'; expected a weight such as w1-3, a bias, an input or a target."),
    ],
)
def test_a_change_that_cannot_be_is_refused_in_a_sentence(name: str, text: str, sentence: str) -> None:
    shown = answer("look", {"address": "", "changes": {name: text}})
    assert len(shown["problems"]) == 1
    assert shown["problems"][0].startswith(sentence)
    assert shown["address"] == answer("look", {"address": ""})["address"]


def test_an_update_is_one_step_of_gradient_descent_on_what_is_looked_at() -> None:
    for address in SCENES:
        scene = read(address)[0]
        X, y = scene.seen
        model = scene.model
        after = model.update(model.backward(model.forward(X), y, scene.loss), scene.eta)
        shown = read(answer("update", {"address": address})["address"])[0]
        assert shown.epoch == 1
        np.testing.assert_allclose(shown.w, parameters_of(after), rtol=0, atol=1e-12)


# Training


@pytest.mark.parametrize("address", ["net=2-4-1", "net=2-4-4-1&bias=1", "net=2-3-2&output=softmax&loss=cross_entropy"])
def test_training_in_pieces_is_the_training_of_the_package(address: str) -> None:
    scene = read(address)[0]
    X, y = scene.whole
    run = backprop.train(scene.model, X, y, eta=1.0, epochs=60, loss=scene.loss)
    losses, at = [], address
    for _ in range(3):
        found = answer("train", {"address": at, "epochs": 20, "cells": 5})
        losses += found["losses"].tolist()
        at = found["address"]
    np.testing.assert_allclose(losses, run.losses, rtol=0, atol=1e-12)
    np.testing.assert_allclose(read(at)[0].w, parameters_of(run.model), rtol=0, atol=1e-12)
    assert (found["epoch"], found["surface"].shape) == (60, (25,))
    corner = run.model.forward([[-0.1, 1.1]]).y_hat[0]
    assert found["surface"][0] == pytest.approx(corner[min(1, len(corner) - 1)], abs=1e-6)


def test_training_that_diverges_ends_with_a_sentence() -> None:
    found = answer("train", {"address": "net=2-1&output=identity&eta=3", "epochs": 2000})
    assert found["words"].startswith("Training diverged: the loss is not finite at epoch ")
    assert len(found["losses"]) == found["epoch"] < 2000
    assert np.isfinite(read(found["address"])[0].w).all()


def test_a_mistake_is_trained_beside_the_correct_gradient() -> None:
    beside: dict[str, Any] = {}
    address, wrong = "net=2-4-1&mistake=output-derivative-missing", []
    for _ in range(3):
        found = answer("train", {"address": address, "epochs": 10, "beside": beside})
        address, beside = found["address"], found["beside"]
        wrong += found["wrong_losses"].tolist()
    model, (X, y) = backprop.Model.random([2, 4, 1], seed=0), backprop.xor()
    for loss in wrong:
        assert loss == pytest.approx(model.loss(model.forward(X), y), abs=1e-12)
        model = model.update(incorrect_gradients(model, X, y, "output-derivative-missing"), 1.0)


def test_a_mistake_that_diverges_leaves_the_correct_training_going_on() -> None:
    address, beside = "net=2-4-1&hidden=relu&output=identity&eta=0.1&mistake=uphill", None
    for _ in range(3):
        found = answer("train", {"address": address, "epochs": 20, "beside": beside})
        address, beside = found["address"], found["beside"]
        assert (len(found["losses"]), found["words"]) == (20, "")
    assert np.isnan(found["wrong_losses"]).all()


def test_with_softmax_every_mistake_that_is_offered_can_be_examined() -> None:
    address = "net=2-3-2&output=softmax&loss=mse"
    for slug, _ in answer("look", {"address": address})["settings"]["mistakes"]:
        assert answer("examine", {"address": f"{address}&mistake={slug}"})["title"]


def test_mistakes_of_the_update_are_made_in_the_update() -> None:
    X, y = backprop.xor()
    for slug in OF_THE_UPDATE:
        scene = replace(Scene(net=(2, 4, 1)), mistake=slug)
        states = states_with(slug, scene.model, X, y, scene.eta)
        _, (first, _), (second, total) = next(states), next(states), next(states)
        right = backprop.train(scene.model, X, y, eta=1.0, epochs=1).model
        if slug == "gradients-not-zeroed":
            np.testing.assert_allclose(first.weights[0], right.weights[0], atol=1e-14)
            sums = [
                a + b for a, b in zip(*(m.backward(m.forward(X), y).weights for m in (scene.model, first)), strict=True)
            ]
            assert total is not None
            np.testing.assert_allclose(total.weights[0], sums[0], atol=1e-14)
            np.testing.assert_allclose(second.weights[0], first.weights[0] - sums[0], atol=1e-14)
        else:
            assert not np.allclose(first.weights[0], right.weights[0])


# Mistakes and files

#: Mistakes that no numbers of one step tell from another, with what is said of them.
ALSO = {
    "mean-instead-of-sum": "averaged-twice",  # for a mean they are the same
    "divided-by-units": "mse_half_sum",  # with two inputs
    "factor-two-missing": "mse_half",
    "sum-instead-of-mean": "mse_sum",
    "layer-sign": "layer-sign",
    "gradients-not-zeroed": "Unknown",  # earlier gradients are not in the file
}


def diagnosed(tmp_path: Path, address: str) -> str:
    """Save a network and hand the file to the command line."""
    file = answer("archive", {"address": address})
    path = tmp_path / file["name"]
    path.write_bytes(file["content"])
    scene = read(address)[0]
    names = [phi.name for phi in scene.model.activations]
    with contextlib.redirect_stdout(io.StringIO()) as said:
        command(["diagnose", str(path), "--loss", scene.loss, "--activations", *names])
    return said.getvalue()


@every_scene
def test_the_saved_network_is_diagnosed_as_correct(address: str, tmp_path: Path) -> None:
    address += "&data=linear" if "tanh" in address and "data" not in address else ""
    assert diagnosed(tmp_path, address).startswith("Correct")


@pytest.mark.parametrize("slug", ["hidden-derivative-missing", "weights-not-transposed", "uphill"])
def test_the_saved_network_with_a_mistake_is_diagnosed_by_its_name(slug: str, tmp_path: Path) -> None:
    assert f"({slug})" in diagnosed(tmp_path, f"net=2-4-4-1&mistake={slug}")


@pytest.mark.parametrize("slug", [mistake.slug for mistake in MISTAKES])
def test_every_mistake_that_is_offered_can_be_examined(slug: str) -> None:
    offered = 0
    for address in ("net=2-4-4-1&bias=1", "net=2-3-2-1&loss=binary_cross_entropy", "net=2-3-3-3-1"):
        shown = answer("look", {"address": address})
        if slug not in [name for name, _ in shown["settings"]["mistakes"]]:
            continue
        offered += 1
        found = answer("examine", {"address": f"{address}&mistake={slug}"})
        assert found["verdicts"][0] == ("agrees" if slug in OF_THE_UPDATE else "differs")
        if offered == 1:
            assert f"({slug})" in found["diagnosis"] or ALSO[slug] in found["diagnosis"]
        differs = [name for name, right, wrong in found["arrays"] if right != wrong]
        assert bool(differs) != (slug in OF_THE_UPDATE)
        assert answer("train", {"address": f"{address}&mistake={slug}", "epochs": 3})["wrong_losses"].shape == (3,)
    assert offered or slug in ("activation-not-transposed", "arrays-aliased")  # for which the shapes must agree


# The page


def presets(match: Any) -> dict[str, str]:
    """The addresses of the presets by their words, as the built page has them."""
    markdown = (ROOT / "docs" / "microscope.md").read_text(encoding="utf-8")
    found = re.findall(r'class="microscope-preset" href="\?([^"]*)">([^<]*)</a>', markdown)

    def number(key: re.Match[str]) -> str:
        value: Any = match
        for part in key[1].split("."):
            value = value[int(part) if part.isdigit() else part]
        return ",".join(f"{entry:.8f}" for entry in np.ravel(value))

    return {
        " ".join(words.split()): re.sub(r"\[=log_reproduction\.([\w.]+):\.8f=\]", number, unescape(address))
        for address, words in found
    }


def test_the_presets_show_what_they_say(results: Any) -> None:
    found = presets(results["log_reproduction"])
    plateau, dead, saturated, too_large, equal, no_activation, report = found.values()
    for address in found.values():
        assert answer("look", {"address": address})["problems"] == []
    losses = answer("train", {"address": plateau, "epochs": 1500})["losses"]
    assert np.ptp(losses[300:1200]) < 0.003
    assert losses[600] == pytest.approx(0.249, abs=0.0006)
    scene = read(dead)[0]
    assert np.count_nonzero(Numbers(scene).a(3)) == np.count_nonzero(Numbers(scene).delta(3)) == 0
    assert np.count_nonzero(Numbers(scene).delta(4)) > 0
    assert Numbers(read(saturated)[0]).derivative(3)[0] < 1e-4
    assert answer("train", {"address": too_large, "epochs": 1000})["words"].startswith("Training diverged")
    trained = read(answer("train", {"address": equal, "epochs": 500})["address"])[0].model
    assert backprop.derivation.units_identical(*trained.weights)
    losses = answer("train", {"address": no_activation, "epochs": 3000})["losses"]
    assert losses[-1] == pytest.approx(0.2887139, abs=1e-6)
    losses = answer("train", {"address": report, "epochs": 9501})["losses"]
    printed = {0: 0.45013681053040233, 500: 0.24814994649149305, 5000: 0.021311195887315112, 9500: 0.003926680222047044}
    assert [losses[epoch] for epoch in printed] == pytest.approx(list(printed.values()), rel=1e-6)


def test_every_step_of_the_derivation_leads_to_a_scene_that_exists() -> None:
    shown = functions_shown(ROOT / "docs")
    assert set(built.FUNCTIONS) <= set(shown)
    assert set(built.CHAPTERS) == set(backprop.derivation.CHAPTERS)
    for query in {*built.FUNCTIONS.values(), *built.CHAPTERS.values()}:
        assert answer("look", {"address": built.address(query)})["problems"] == []


def test_the_first_picture_is_the_worked_example(results: Any) -> None:
    facts = answer("look", {"address": built.address(built.STEP)})["numbers"]
    worked = results["worked_example"]
    assert facts["loss"] == pytest.approx(worked["loss"], abs=1e-12)
    found = [[facts[f"d{unit}"] for unit in units] for units in ((3, 4), (5, 6), (7,))]
    for deltas, expected in zip(found, worked["deltas"], strict=True):
        assert deltas == pytest.approx(np.ravel(expected), abs=1e-12)
