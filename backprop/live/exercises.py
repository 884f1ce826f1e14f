"""Check what a reader wrote for an exercise, with the examples of the exercise's stub."""

import ast
import io
import types
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import backprop
from backprop.live.examples import LISTING_NAME, Truncated, as_in_a_console, last_line, run_listing

#: One network and its data, for the gradients that are diagnosed.
WIDTHS, SEED = [2, 3, 1], 0


def whole_pass(function: Callable[..., Any]) -> backprop.Diagnosis:
    """Diagnose a function that computes the loss and the gradient with respect to every weight matrix.

    Args:
        function: a function of weights, x and y, as the exercise "The whole backward pass" asks for.

    Returns:
        The diagnosis.
    """
    X, y = backprop.xor()
    model = backprop.Model.random(WIDTHS, seed=SEED)
    return backprop.diagnose(model.weights, X, y, function(model.weights, X, y)[1], activations="sigmoid")


def one_step(function: Callable[..., Any]) -> backprop.Diagnosis:
    """Diagnose a function that takes one step of training.

    Args:
        function: a function of w1, w2, x, y and eta, as the exercise on the order of updates asks for.

    Returns:
        The diagnosis.
    """
    X, y = backprop.xor()
    model = backprop.Model.random(WIDTHS, seed=SEED)
    after = function(*model.weights, X, y, eta=1.0)
    return backprop.diagnose_step(model.weights, after, X, y, eta=1.0, activations="sigmoid")


#: The functions whose result is the gradient of a network, by exercise and name.
DIAGNOSED: dict[tuple[str, str], Callable[[Callable[..., Any]], backprop.Diagnosis]] = {
    ("backward-pass", "loss_and_gradients"): whole_pass,
    ("update-order", "step"): one_step,
}


def examples_of(stub: str) -> dict[str, str]:
    r"""Collect the examples that check each function of a stub.

    Args:
        stub: the source of the stub.

    Returns:
        The docstrings that contain examples, by the names of their functions.

    Examples:
        >>> from backprop.live.exercises import examples_of
        >>> list(examples_of("def given():\n    'no example'\n\ndef wanted():\n    '>>> wanted()'"))
        ['wanted']
    """
    functions = [node for node in ast.parse(stub).body if isinstance(node, ast.FunctionDef)]
    found = {node.name: ast.get_docstring(node) or "" for node in functions}
    return {name: text for name, text in found.items() if ">>> " in text}


def diagnosed(exercise: str, name: str, function: Any) -> str:
    """Diagnose what a function of an exercise returns, if it is a gradient or a step.

    Args:
        exercise: the name of the exercise.
        name: the name of the function.
        function: the function.

    Returns:
        The diagnosis in words; "" if there is none, if the gradient is correct, or if the function fails.
    """
    ask = DIAGNOSED.get((exercise, name))
    if ask is None:
        return ""
    try:
        diagnosis = ask(function)
    except Exception:  # whatever a half-written function does; its examples have already reported it
        return ""
    return "" if diagnosis.verdict == "correct" else str(diagnosis)


def check_exercise(exercise: str, text: str, stub: str) -> dict[str, Any]:
    r"""Run the examples of a stub on what the reader wrote.

    Args:
        exercise: the name of the exercise.
        text: the reader's code.
        stub: the original stub; its examples count, even if the reader has changed them in the text.

    Returns:
        passed: whether every example passes; error: why the text could not be run at all, or ""; printed: what it
        printed while it was run; functions: for each its name, whether it is written, its examples as `run_example`
        reports them, and the diagnosis, or "".

    Examples:
        >>> from backprop.live.exercises import check_exercise
        >>> stub = "def two():\n    '''Give 2.\n\n    >>> two()\n    2\n    '''\n    raise NotImplementedError('write')"
        >>> check_exercise("two", stub, stub)["functions"][0]["written"]
        False
        >>> check_exercise("two", "def two():\n    return 2", stub)["passed"]
        True
        >>> check_exercise("two", "def two(:", stub)["error"]
        'SyntaxError: invalid syntax (line 1: def two(:)'
        >>> check_exercise("two", "", stub)["error"]
        'There is no function two any more.'
    """
    wanted = examples_of(stub)
    module = types.ModuleType(exercise)
    error, output, functions = "", Truncated(), list[dict[str, Any]]()
    with as_in_a_console(output, output):
        try:
            exec(compile(text, LISTING_NAME, "exec", dont_inherit=True), module.__dict__)
        except BaseException as raised:  # the text may also exit, or interrupt
            error = last_line(raised)
    lost = [name for name in wanted if not callable(module.__dict__.get(name))]
    if not error and lost:
        error = f"There is no function {' and no function '.join(lost)} any more."
    if not error:
        for name, docstring in wanted.items():
            examples = run_listing(docstring, dict(module.__dict__))
            written = not any(example["got"].startswith("NotImplementedError") for example in examples)
            passes = all(example["verdict"] == "pass" for example in examples)
            with as_in_a_console(Truncated(), Truncated()):
                words = diagnosed(exercise, name, module.__dict__[name]) if written and not passes else ""
            functions.append({"name": name, "written": written, "examples": examples, "diagnosis": words})
    passed = not error and all(e["verdict"] == "pass" for f in functions for e in f["examples"])
    return {"passed": passed, "error": error, "printed": output.shown(), "functions": functions}


def pack(files: Mapping[str, str]) -> dict[str, Any]:
    """Put texts as files into one archive, which the reader can download.

    Args:
        files: the texts by file name.

    Returns:
        zip: the content of the archive.

    Examples:
        >>> from backprop.live.exercises import pack
        >>> pack({"one_step.py": "theta = 4"})["zip"][:2]
        b'PK'
    """
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in files.items():
            packed.writestr(name, text)
    return {"zip": made.getvalue()}
