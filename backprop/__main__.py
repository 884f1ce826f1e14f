"""The command line: train a network and print its log, name the mistake in a gradient, grade a class, or cite.

Each of these is a command of `python -m backprop`, and `python -m backprop COMMAND --help` lists its options.
If the package is installed, the command "backprop" does the same.
"""

import argparse
import io
import os
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn, TextIO

import numpy as np

import backprop
from backprop import checks, citing
from backprop.data import linear, xor
from backprop.derivation import binary_accuracy
from backprop.network import ACTIVATIONS, LOSSES, Model
from backprop.training import divergence, log_line
from backprop.verification import archive, grading


class Parser(argparse.ArgumentParser):
    """A parser whose error messages are one line."""

    def error(self, message: str) -> NoReturn:
        """Print the message on stderr and exit with status 2.

        Args:
            message: what is incorrect.
        """
        print(f"backprop: {message}", file=sys.stderr)
        sys.exit(2)


def parser() -> Parser:
    """Describe the command line.

    Returns:
        The parser.
    """
    top = Parser(prog="backprop", description="An executable specification of backpropagation.")
    top.add_argument("--version", action="version", version=f"backprop {backprop.__version__}")
    commands = top.add_subparsers(
        dest="command", required=True, metavar="{train,diagnose,grade,cite}", parser_class=Parser
    )
    usage = "%(prog)s {} [options]"  # an option that takes several names comes after what has no option
    add = commands.add_parser(
        "train", usage=usage.format("{linear,xor}"), help="train a network and print its log"
    ).add_argument
    add("data", choices=["linear", "xor"], help="100 examples that a line separates, or the 21 examples of XOR")
    add("--hidden", type=int, nargs="+", default=[4], metavar="H", help="units of each hidden layer (default: 4)")
    add("--eta", type=float, default=1.0, help="learning rate (default: 1)")
    add("--epochs", type=int, default=10_000, help="number of updates (default: 10000)")
    add("--seed", type=int, default=0, help="seed of the weights and the data (default: 0)")
    add(
        "--activations",
        nargs="+",
        default=["sigmoid"],
        metavar="NAME",
        help=f"one for all layers, or one for each: {', '.join(ACTIVATIONS)} (default: sigmoid)",
    )
    add("--loss", default="mse", help=f"{' or '.join(LOSSES)} (default: mse)")
    add("--bias", action="store_true", help="give the layers biases (default: none, as in the report)")
    add("--log-every", type=int, default=500, metavar="EPOCHS", help="epochs from one line to the next (default: 500)")
    add("--plot", type=Path, metavar="FILE", help="draw learning curve and decision surface, such as xor.png")
    add = commands.add_parser(
        "diagnose", usage=usage.format("run.npz"), help="name the mistake in a gradient that a program saved"
    ).add_argument
    names = ", ".join(f"{name.format(l='1')} ({what.format(l='1')})" for name, what in archive.NAMES.items())
    add(
        "file",
        type=Path,
        metavar="run.npz",
        help=f"an .npz or .mat file with the arrays {names}; and so on for each layer",
    )
    add("--printed-loss", type=float, metavar="LOSS", help="the loss that the program printed for these weights")
    _add_options(add)
    add = commands.add_parser(
        "grade", usage=usage.format("FOLDER"), help="diagnose every .npz and .mat file of a folder"
    ).add_argument
    add("folder", type=Path, metavar="FOLDER", help="a folder with files as for diagnose, one for each student")
    add("--csv", type=Path, metavar="FILE", help="write the table to this file as well")
    add("--given", type=Path, metavar="FILE", help="the .npz or .mat file with the data and weights that you gave out")
    _add_options(add)
    add = commands.add_parser("cite", help="print how to cite this version, an equation or a page of it").add_argument
    add("--format", default="apa", metavar="FORM", help=f"{', '.join(citing.FORMS)} (default: apa)")
    add("--equation", metavar="NUMBER", help="such as 8.4")
    add("--page", metavar="ADDRESS", help="below the site's root, such as results/xor/")
    return top


def _add_options(add: Callable[..., object]) -> None:
    """Describe the options that `diagnose` and `grade` share."""
    add("--activations", nargs="+", metavar="NAME", help="one for all layers, or one for each (default: inferred)")
    add(
        "--loss",
        metavar="NAME",
        help="mse, mse_half, mse_sum, mse_half_sum, binary_cross_entropy, cross_entropy, … (default: inferred)",
    )
    add("--convention", metavar="NAME", help="such as 'rows, (in, out)' or 'columns' (default: inferred)")
    add("--eta", type=float, help="learning rate of the update, if the file has after1, … (default: eta of the file)")
    add("--optimizer", metavar="NAME", help="sgd, momentum or adam, with PyTorch's defaults (default: sgd)")
    add("--weight-decay", type=float, metavar="LAMBDA", help="λ, if the program adds a term λW (default: none)")
    add("--strict", action="store_true", help="exit with 0 only if the data leave nothing open")


def diagnose(options: argparse.Namespace) -> int:
    """Diagnose the gradient, or the step, that a file holds.

    Args:
        options: what the parser read.

    Returns:
        The exit status: 0 if it is correct, 1 if it is incorrect or unknown, 2 if the file or an option cannot be used.
    """
    specified = _specified(options)
    try:
        grading.check_options(**specified)
        found, left = grading.diagnose_file(options.file, printed_loss=options.printed_loss, **specified)
    except FileNotFoundError:
        print(f"backprop: {options.file}: there is no such file", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"backprop: {options.file} cannot be read: {error.strerror or error}", file=sys.stderr)
        return 2
    except (TypeError, ValueError, MemoryError) as error:
        print(f"backprop: {checks.plain(str(error))}", file=sys.stderr)
        return 2
    print(found)
    if left:
        print(f"Not looked at: {checks.plain(', '.join(left))}.")
    if options.strict and found.verdict == "correct" and (still_open := found.left_open):
        print(f"Not passed, because of --strict: {still_open}.")
    return grading.status_of(found, options.strict)


def _specified(options: argparse.Namespace) -> dict[str, Any]:
    """Collect the options of `diagnose` and `grade` that go to a diagnosis."""
    names = options.activations
    activations = names[0] if names is not None and len(names) == 1 else names
    more = {} if options.optimizer is None else {"optimizer": options.optimizer}
    told = {"activations": activations, "loss": options.loss, "convention": options.convention, "eta": options.eta}
    return {**told, **more, "weight_decay": options.weight_decay}


def grade(options: argparse.Namespace) -> int:
    """Diagnose every file of a folder, and print a table.

    Args:
        options: what the parser read.

    Returns:
        The exit status: the largest of those that `diagnose` returns for the files; 2 for a folder without files.
    """
    try:
        files, others = grading.files_in(options.folder, options.given)
        if options.csv is not None and (options.csv.is_dir() or not options.csv.absolute().parent.is_dir()):
            raise ValueError(f"--csv is {str(options.csv)!r}; expected a file in a folder that exists")
        specified = _specified(options)
        grading.check_options(**specified)
        given = None if options.given is None else grading.read_given(options.given)
        grades = []
        for number, path in enumerate(files, start=1):
            if sys.stderr.isatty():
                print(f"\r{number} of {len(files)}: {path.name[:60]:60}", end="", file=sys.stderr, flush=True)
            grades.append(grading.grade_file(path, options.folder, options.strict, given, **specified))
        if sys.stderr.isatty():
            print(f"\r{'':80}\r", end="", file=sys.stderr, flush=True)
    except (OSError, ValueError) as error:
        print(f"backprop: {checks.plain(str(error))}", file=sys.stderr)
        return 2
    print("\n".join(grading.table(grades)))
    if others:
        names = ", ".join(str(path.relative_to(options.folder)) for path in others[:10])
        more = f" and {len(others) - 10} more" if len(others) > 10 else ""
        print(f"Not read, because only .npz and .mat files are, and no links: {checks.plain(names)}{more}.")
    try:
        if options.csv is not None:
            grading.write_csv(options.csv, grades)
    except OSError as error:
        print(f"backprop: {options.csv} cannot be written: {error.strerror or error}", file=sys.stderr)
        return 2
    return max(line.status for line in grades)


class Progress:
    """A line on a terminal that shows the progress of a training run; it is not shown if the output is not a terminal.

    The line appears after two seconds, so that a short training run prints none.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._wanted = stream.isatty()
        self._start = self._last = time.monotonic()
        self._width = 0

    def show(self, fraction: float) -> None:
        """Show how much is done, at most five times a second.

        Args:
            fraction: the completed part of the training run, from 0 to 1.
        """
        now = time.monotonic()
        if self._wanted and now - self._start > 2 and now - self._last > 0.2 and fraction > 0:
            left = (now - self._start) * (1 - fraction) / fraction
            self._write(f"{fraction:.0%} trained, about {left:.0f} s left")
            self._last = now

    def clear(self) -> None:
        """Remove the line before another one is printed."""
        if self._width:
            self._write("")

    def _write(self, text: str) -> None:
        """Overwrite the line."""
        self._stream.write("\r" + text.ljust(self._width) + ("" if text else "\r"))
        self._stream.flush()
        self._width = len(text)


def plotting(path: Path) -> ModuleType:
    """Load the module that draws a training run, before the run begins.

    Args:
        path: the file to be written.

    Returns:
        The module `backprop.figures.training`.

    Raises:
        ValueError: if matplotlib is missing, the file's ending is not supported, or its folder does not exist.
    """
    try:
        from backprop.figures import training
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "matplotlib":
            raise
        raise ValueError("--plot needs matplotlib; install it with: python -m pip install matplotlib") from None
    if path.suffix[1:].lower() not in training.formats():
        endings = ", ".join(training.formats())
        raise ValueError(f"--plot is {str(path)!r}; expected a file whose name ends in one of {endings}")
    if not path.parent.is_dir():
        raise ValueError(f"--plot is {str(path)!r}; expected a file in a folder that exists")
    return training


def train(options: argparse.Namespace) -> int:
    """Train as the options specify, and print the log line by line.

    Args:
        options: what the parser read.

    Returns:
        The exit status: 0, 1 if the run diverged, 2 if an option is out of range or the picture cannot be drawn.
    """
    try:
        plot = None if options.plot is None else plotting(options.plot)
        log_every = checks.whole_number("--log-every", options.log_every, least=1)
        epochs = checks.whole_number("--epochs", options.epochs, least=0)
        eta = checks.positive_number("--eta", options.eta)
        hidden = [checks.whole_number("--hidden", h, least=1) for h in options.hidden]
        X, y = linear(100, options.seed) if options.data == "linear" else xor()
        names = options.activations[0] if len(options.activations) == 1 else options.activations
        classes = options.activations[-1] == "softmax"  # then the labels 0 and 1 are two classes
        model = Model.random([2, *hidden, 2 if classes else 1], options.seed, names, options.bias)
        y = checks.class_targets("y", y.ravel(), 2, len(y)) if classes else y
        model.check_data(X, y, options.loss)
    except (ValueError, MemoryError) as error:
        print(f"backprop: {error}", file=sys.stderr)
        return 2
    progress, losses = Progress(sys.stderr), []
    for epoch in range(0, epochs, log_every):
        progress.clear()
        print(log_line(epoch, model.loss(model.forward(X), y, options.loss)), flush=True)
        part = min(log_every, epochs - epoch)

        def show(fraction: float, begin: int = epoch, part: int = part) -> None:
            progress.show((begin + fraction * part) / epochs)

        with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
            run = backprop.train(model, X, y, eta, part, options.loss, "reference", show)
        if run.diverged_at is not None:
            progress.clear()
            print(f"backprop: {divergence(epoch + run.diverged_at, eta)}", file=sys.stderr)
            return 1
        model = run.model
        losses.append(run.losses)
    progress.clear()
    # This is the accuracy for two classes as well, because their outputs sum to 1.
    print(f"accuracy : {float(binary_accuracy(y, model.forward(X).y_hat))}")
    if plot is not None:
        try:
            plot.write(options.plot, np.concatenate(losses) if losses else np.empty(0), model, X, y)
        except OSError as error:
            print(f"backprop: {options.plot} cannot be written: {error.strerror or error}", file=sys.stderr)
            return 2
    return 0


def cite(options: argparse.Namespace) -> int:
    """Print a citation.

    Args:
        options: what the parser read.

    Returns:
        The exit status: 0, or 2 if there is no such format or equation, or the page is not an address.
    """
    try:
        print(backprop.citation(options.format, equation=options.equation, page=options.page))
    except ValueError as error:
        print(f"backprop: {error}", file=sys.stderr)
        return 2
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: the words after the program's name; None for those of the process.

    Returns:
        The exit status: 0, 1 if training diverged or a gradient is not correct, 2 for invalid arguments, 130
        after an interrupt.
    """
    if sys.stderr is None:  # it was closed, so that nobody reads what goes there
        sys.stderr = io.StringIO()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal or a file that does not know ∇ or λ
    options = parser().parse_args(arguments)
    try:
        status = {"train": train, "diagnose": diagnose, "grade": grade, "cite": cite}[options.command](options)
        if sys.stdout is not None:
            sys.stdout.flush()  # here, where an error can still be caught
        return status
    except KeyboardInterrupt:
        print("backprop: interrupted", file=sys.stderr)
        return 130
    except MemoryError as error:
        print(f"backprop: {error}", file=sys.stderr)
        return 2
    except OSError as error:  # the functions above catch those of the files that they read and write
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):  # the reading program, such as head, has closed the pipe
            return 0
        print(f"backprop: the output cannot be written: {error.strerror or error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
