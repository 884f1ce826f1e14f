"""Run listings as doctest does, and report the expected and the actual output of each example.

Doctest's own parser and its own comparison decide; only the report is different, because a page shows it rather than a
terminal.
"""

import builtins
import contextlib
import importlib
import io
import sys
import traceback
import types
import warnings
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

import numpy as np

#: The largest number of characters of output that are sent to the page.
LONGEST_OUTPUT = 8000
#: What a traceback calls the reader's text.
LISTING_NAME = "<listing>"


def doctest_module() -> types.ModuleType:
    """Import doctest; in the browser, leave out the debugger and the test runner, which it never uses there.

    These two take a fifth of a second to import in WebAssembly. Elsewhere nothing is left out.

    Returns:
        The module `doctest`.

    Examples:
        >>> from backprop.live.examples import doctest_module
        >>> doctest_module().__name__
        'doctest'
    """
    if sys.platform != "emscripten" or "doctest" in sys.modules:
        return importlib.import_module("doctest")
    stubs = {"pdb": ["Pdb"], "unittest": ["TestCase", "TestSuite"]}
    absent = [name for name in stubs if name not in sys.modules]
    for name in absent:
        stub = types.ModuleType(name)
        stub.__dict__.update(dict.fromkeys(stubs[name], object))
        sys.modules[name] = stub
    try:
        return importlib.import_module("doctest")
    finally:
        for name in absent:
            del sys.modules[name]


class Truncated(io.StringIO):
    """A text stream that keeps what is written first and counts the characters beyond a limit."""

    def __init__(self, longest: int = LONGEST_OUTPUT) -> None:
        super().__init__()
        self.longest, self.left_out = longest, 0

    def write(self, text: str) -> int:
        """Write the part of a text that still fits.

        Args:
            text: what is printed.

        Returns:
            The length of the text.
        """
        kept = text[: max(0, self.longest - self.tell())]
        super().write(kept)
        self.left_out += len(text) - len(kept)
        return len(text)

    def shown(self) -> str:
        """Return what was printed.

        Returns:
            The text, and how much of it was left out.

        Examples:
            >>> from backprop.live.examples import Truncated
            >>> text = Truncated(longest=4)
            >>> text.write("1234567")
            7
            >>> text.shown().splitlines()
            ['1234', '… 3 more characters are not shown.']
        """
        end = f"\n… {self.left_out:,} more characters are not shown.\n" if self.left_out else ""
        return self.getvalue() + end


def cut(text: str) -> str:
    """Cut a text that is longer than what is shown of an output."""
    shown = Truncated()
    shown.write(text)
    return shown.shown()


@contextlib.contextmanager
def as_in_a_console(output: TextIO, errors: TextIO) -> Iterator[list[warnings.WarningMessage]]:
    """Print to `output`, show values as a console does, record warnings, and restore everything afterwards.

    Args:
        output: the stream to print to.
        errors: the stream in place of standard error.

    Yields:
        The warnings so far.
    """
    display, stdin, missing = sys.displayhook, sys.stdin, object()
    underscore = getattr(builtins, "_", missing)
    sys.displayhook, sys.stdin = sys.__displayhook__, io.StringIO()
    try:
        with (
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(errors),
            np.errstate(),
            np.printoptions(),
            warnings.catch_warnings(record=True) as heard,
        ):
            warnings.simplefilter("default")
            yield heard
    finally:
        sys.displayhook, sys.stdin = display, stdin
        if underscore is missing:
            builtins.__dict__.pop("_", None)
        else:
            builtins.__dict__["_"] = underscore


def said(heard: Sequence[warnings.WarningMessage], errors: Truncated) -> list[str]:
    """List the warnings, each once, and what was written to standard error."""
    texts = [cut(f"{one.category.__name__}: {one.message}") for one in heard]
    return list(dict.fromkeys([*texts, *filter(None, [errors.shown()])]))


def names_of(place: str) -> dict[str, Any]:
    """Collect the names that the examples of a docstring see: those of its module.

    Args:
        place: the dotted name of the object that the docstring belongs to, or "" for a page's own listings.

    Returns:
        A copy of the module's names.

    Raises:
        ModuleNotFoundError: if no part of the name is a module.

    Examples:
        >>> from backprop.live.examples import names_of
        >>> names_of("backprop.Model.random")["__name__"], names_of("")["__name__"]
        ('backprop.network', '__main__')
    """
    if not place:
        return {"__name__": "__main__"}
    name, rest = place, list[str]()
    while True:
        try:
            found: Any = importlib.import_module(name)
            break
        except ModuleNotFoundError:
            name, dot, attribute = name.rpartition(".")
            rest.insert(0, attribute)
            if not dot:
                raise
    with contextlib.suppress(AttributeError):  # a name that has gone: the module's own names are still there
        for attribute in rest:
            found = getattr(found, attribute)
            name = getattr(found, "__module__", name)
    return dict(vars(importlib.import_module(name)))


def last_line(error: BaseException) -> str:
    """Describe an error as the last line of a traceback does, and for a syntax error add its position.

    Args:
        error: the error.

    Returns:
        The line.

    Examples:
        >>> from backprop.live.examples import last_line
        >>> last_line(ZeroDivisionError("division by zero"))
        'ZeroDivisionError: division by zero'
    """
    line = cut("".join(traceback.format_exception_only(error)[-1:]).strip())
    if isinstance(error, SyntaxError) and error.lineno and error.text:
        return f"{line} (line {error.lineno}: {error.text.strip()})"
    return line


def run_example(example: Any, names: dict[str, Any], filename: str) -> dict[str, Any]:
    """Run one example and compare its output with the expected one.

    Args:
        example: a `doctest.Example`.
        names: the names it sees and may change.
        filename: its name in a traceback.

    Returns:
        line: where it begins in its listing; source; want; got; the verdict: "pass", "differs", "output" if something
        was printed although nothing was expected, or "error"; and warnings, with what went to standard error.
    """
    doctest = doctest_module()
    flags = sum(flag for flag, on in example.options.items() if on)
    checker, output, errors, error = doctest.OutputChecker(), Truncated(), Truncated(), None
    with as_in_a_console(output, errors) as heard:
        try:
            exec(compile(example.source, filename, "single", dont_inherit=True), names)
        except BaseException as raised:  # an example may also exit, or interrupt
            error = raised
    got = output.shown()
    if error is None:
        same = checker.check_output(example.want, got, flags)
        verdict = "pass" if same else "differs" if example.want else "output"
    else:
        line = traceback.format_exception_only(error)[-1]
        expected = example.exc_msg
        same = expected is not None and checker.check_output(expected, line, flags)
        if not same and expected is not None and flags & doctest.IGNORE_EXCEPTION_DETAIL:
            same = expected.split(":")[0].rpartition(".")[2] == line.split(":")[0].rpartition(".")[2].strip()
        verdict, got = "pass" if same else "error", got + last_line(error)
    return {
        "line": example.lineno,
        "source": example.source,
        "want": example.want,
        "got": got,
        "verdict": verdict,
        "warnings": said(heard, errors),
    }


def run_listing(text: str, names: dict[str, Any], filename: str = LISTING_NAME) -> list[dict[str, Any]]:
    r"""Run the examples of a listing one after the other.

    A text without any prompt is taken as a program: it is run as a whole, and only what it prints is shown.

    Args:
        text: the listing.
        names: the names that its examples see and may change.
        filename: what a traceback calls it.

    Returns:
        The report of `run_example` for each example.

    Examples:
        >>> from backprop.live.examples import run_listing
        >>> names = {}
        >>> [example["verdict"] for example in run_listing(">>> a = 2\n>>> a + 1\n3\n>>> a\n5\n>>> 1 / 0\n", names)]
        ['pass', 'pass', 'differs', 'error']
        >>> run_listing("for i in range(2):\n    print(a + i)", names)[0]["got"]
        '2\n3\n'
        >>> run_listing(">>> a +\n", names)[0]["got"]
        'SyntaxError: invalid syntax (line 1: a +)'
        >>> run_listing(">>>a\n", names)[0]["got"]
        'line 1 of the listing lacks blank after >>>: >>>a'
    """
    doctest = doctest_module()
    text = text.replace("\r\n", "\n").expandtabs()
    if text.strip() and not any(line.lstrip().startswith(">>>") for line in text.splitlines()):
        return [run_program(text, names, filename)]
    try:
        examples = doctest.DocTestParser().get_examples(text, filename)
    except ValueError as error:  # inconsistent indentation, a blank missing after the prompt, an unknown option
        sentence = str(error).replace(f" of the docstring for {filename}", " of the listing")
        sentence = sentence.replace("'", "")
        return [{"line": 0, "source": text, "want": "", "got": sentence, "verdict": "error", "warnings": []}]
    return [run_example(example, names, filename) for example in examples]


def run_program(text: str, names: dict[str, Any], filename: str) -> dict[str, Any]:
    """Run a text that has no prompts.

    Args:
        text: the program.
        names: the names that it sees and may change.
        filename: what a traceback calls it.

    Returns:
        The report of `run_example` for an example that expects nothing.
    """
    output, errors, verdict, end = Truncated(), Truncated(), "output", ""
    with as_in_a_console(output, errors) as heard:
        try:
            exec(compile(text, filename, "exec", dont_inherit=True), names)
        except BaseException as error:
            verdict, end = "error", last_line(error)
    got = output.shown() + end
    return {
        "line": 0,
        "source": text,
        "want": "",
        "got": got,
        "verdict": verdict if got else "pass",
        "warnings": said(heard, errors),
    }


def run_listings(listings: Sequence[str], place: str = "") -> dict[str, Any]:
    r"""Run the listings of a docstring, or of a page, in their order; they share their names, as doctest's do.

    Args:
        listings: the texts, from the first to the one that the reader wants.
        place: the dotted name of the object that the docstring belongs to, or "" for a page's own listings.

    Returns:
        listings: for each its examples, as `run_example` reports them.

    Examples:
        >>> from backprop.live.examples import run_listings
        >>> first, second = run_listings([">>> a = 2\n", ">>> a\n3\n"])["listings"]
        >>> second[0]["want"], second[0]["got"], second[0]["verdict"]
        ('3\n', '2\n', 'differs')
        >>> [[example]] = run_listings([">>> Model.__name__\n"], "backprop.Model.random")["listings"]
        >>> example["got"]
        "'Model'\n"
    """
    names = names_of(place)
    return {"listings": [run_listing(text, names, f"<listing {i + 1}>") for i, text in enumerate(listings)]}
