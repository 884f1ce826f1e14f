"""The command line: train a network and print its log; name the mistake in a gradient; tell how to cite.

python -m backprop train {linear,xor} [--hidden 4 [4 ...]] [--eta 1] [--epochs 10000] [--seed 0]
                         [--activations sigmoid] [--log-every 500] [--plot FILE]
python -m backprop diagnose run.npz [--activations NAME [NAME ...]] [--loss NAME] [--convention NAME] [--eta ETA]
python -m backprop cite [--format apa] [--equation 8.4 | --page results/xor/]
python -m backprop --version

An installed package has the same as the command "backprop".
"""

import argparse
import os
import sys
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import NoReturn, TextIO

import numpy as np

import backprop
from backprop import checks, citing
from backprop.data import linear, xor
from backprop.derivation import accuracy
from backprop.network import ACTIVATIONS, LOSSES, Model
from backprop.training import divergence, log_line
from backprop.verification import archive


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line."""

    def error(self, message: str) -> NoReturn:
        """Print the complaint on stderr and exit with status 2.

        Args:
            message: what is wrong.
        """
        print(f"backprop: {message}", file=sys.stderr)
        sys.exit(2)


def parser() -> Parser:
    """Describe the command line.

    Returns:
        The parser.
    """
    top = Parser(prog="backprop", description="Back-propagation as a specification that runs.")
    top.add_argument("--version", action="version", version=f"backprop {backprop.__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="{train,diagnose,cite}", parser_class=Parser)
    add = commands.add_parser("train", help="train a network and print its log").add_argument
    add("data", choices=["linear", "xor"], help="100 points split by a line, or the 21 points of XOR")
    add("--hidden", type=int, nargs="+", default=[4], metavar="H", help="units of each hidden layer (default: 4)")
    add("--eta", type=float, default=1.0, help="learning rate (default: 1)")
    add("--epochs", type=int, default=10_000, help="number of updates (default: 10000)")
    add("--seed", type=int, default=0, help="seed of weights and points (default: 0)")
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
    add = commands.add_parser("diagnose", help="name the mistake in a gradient that a program saved").add_argument
    names = ", ".join(f"{name.format(l='1')} ({what.format(l='1')})" for name, what in archive.NAMES.items())
    add("file", type=Path, metavar="run.npz", help=f"an .npz file with the arrays {names}; and so on for each layer")
    add("--activations", nargs="+", metavar="NAME", help="one for all layers, or one for each (default: worked out)")
    add(
        "--loss",
        metavar="NAME",
        help="mse, mse_half, mse_sum, mse_half_sum, binary_cross_entropy, … (default: worked out)",
    )
    add("--convention", metavar="NAME", help="such as 'rows, (in, out)' or 'columns' (default: worked out)")
    add("--eta", type=float, help="learning rate of the update, if the file has after1, … (default: eta of the file)")
    add = commands.add_parser("cite", help="tell how to cite this version, an equation or a page of it").add_argument
    add("--format", default="apa", metavar="FORM", help=f"{', '.join(citing.FORMS)} (default: apa)")
    add("--equation", metavar="NUMBER", help="such as 8.4")
    add("--page", metavar="ADDRESS", help="below the site's root, such as results/xor/")
    return top


def diagnose(options: argparse.Namespace) -> int:
    """Diagnose the gradient, or the step, that a file holds.

    Args:
        options: what the parser read.

    Returns:
        The exit status: 0 if it is correct, 1 if not or unknown, 2 for a file or options that make no sense.
    """
    try:
        name, arguments, left = archive.arguments(archive.read_arrays(options.file), str(options.file))
        names = options.activations
        told = names[0] if names is not None and len(names) == 1 else names
        if options.eta is not None:
            if name == "diagnose":
                raise ValueError(
                    f"--eta is {options.eta}, but {options.file} has gradients; expected it with after1, …"
                )
            arguments["eta"] = options.eta
        function = backprop.diagnose if name == "diagnose" else backprop.diagnose_step
        found = function(**arguments, activations=told, loss=options.loss, convention=options.convention)
    except FileNotFoundError:
        print(f"backprop: {options.file}: there is no such file", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"backprop: {options.file} cannot be read: {error.strerror or error}", file=sys.stderr)
        return 2
    except (TypeError, ValueError, MemoryError) as error:
        print(f"backprop: {error}", file=sys.stderr)
        return 2
    print(found)
    if left:
        print(f"Not looked at: {', '.join(left)}.")
    return 0 if found.verdict == "correct" else 1


class Progress:
    """One line on a terminal that says how far a training is; nothing where the output is no terminal.

    It appears after two seconds, so that a short training leaves the terminal alone.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._wanted = stream.isatty()
        self._start = self._last = time.monotonic()
        self._width = 0

    def tell(self, share: float) -> None:
        """Say how much is done, at most five times a second.

        Args:
            share: from 0 to 1.
        """
        now = time.monotonic()
        if self._wanted and now - self._start > 2 and now - self._last > 0.2 and share > 0:
            left = (now - self._start) * (1 - share) / share
            self._write(f"{share:.0%} trained, about {left:.0f} s left")
            self._last = now

    def clear(self) -> None:
        """Take the line away, before another line is printed."""
        if self._width:
            self._write("")

    def _write(self, text: str) -> None:
        """Write over what stands there."""
        self._stream.write("\r" + text.ljust(self._width) + ("" if text else "\r"))
        self._stream.flush()
        self._width = len(text)


def plotting(path: Path) -> ModuleType:
    """Load what draws a training, before it begins.

    Args:
        path: the file to be written.

    Returns:
        The module `backprop.figures.training`.

    Raises:
        ValueError: if matplotlib is missing, or the file's ending or folder is none.
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
    """Train as the options say, printing the log as it grows.

    Args:
        options: what the parser read.

    Returns:
        The exit status: 0, 1 if the training diverged, 2 for options out of range or a picture that cannot be drawn.
    """
    try:
        plot = None if options.plot is None else plotting(options.plot)
        log_every = checks.whole_number("--log-every", options.log_every, least=1)
        epochs = checks.whole_number("--epochs", options.epochs, least=0)
        eta = checks.learning_rate(options.eta)
        hidden = [checks.whole_number("--hidden", h, least=1) for h in options.hidden]
        X, y = linear(100, options.seed) if options.data == "linear" else xor()
        names = options.activations[0] if len(options.activations) == 1 else options.activations
        classes = options.activations[-1] == "softmax"  # then the two kinds of point are two classes
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

        def tell(share: float, begin: int = epoch, part: int = part) -> None:
            progress.tell((begin + share * part) / epochs)

        with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
            run = backprop.train(model, X, y, eta, part, options.loss, "reference", tell)
        if run.diverged_at is not None:
            progress.clear()
            print(f"backprop: {divergence(epoch + run.diverged_at, eta)}", file=sys.stderr)
            return 1
        model = run.model
        losses.append(run.losses)
    progress.clear()
    print(f"accuracy : {float(accuracy(y, model.forward(X).y_hat))}")  # of two classes as well: their outputs sum to 1
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
        The exit status: 0, or 2 for options that name nothing.
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
        The exit status: 0, 1 if training diverged or a gradient is not correct, 2 for bad arguments, 130 after an
        interrupt.
    """
    options = parser().parse_args(arguments)
    try:
        return {"train": train, "diagnose": diagnose, "cite": cite}[options.command](options)
    except KeyboardInterrupt:
        print("backprop: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(main())
