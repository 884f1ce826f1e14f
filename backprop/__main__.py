"""The command line: train a network and print its log; name the mistake in a gradient; tell how to cite.

python -m backprop train {linear,xor} [--hidden 4 [4 ...]] [--eta 1] [--epochs 10000] [--seed 0]
                         [--activations sigmoid] [--log-every 500]
python -m backprop diagnose run.npz [--activations NAME [NAME ...]] [--loss NAME] [--convention NAME] [--eta ETA]
python -m backprop cite [--format apa] [--equation 8.4 | --page results/xor/]
"""

import argparse
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

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
    top = Parser(prog="python -m backprop", description="Back-propagation as a specification that runs.")
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
    except (OSError, TypeError, ValueError, MemoryError) as error:
        print(f"backprop: {error}", file=sys.stderr)
        return 2
    print(found)
    if left:
        print(f"Not looked at: {', '.join(left)}.")
    return 0 if found.verdict == "correct" else 1


def train(options: argparse.Namespace) -> int:
    """Train as the options say, printing the log as it grows.

    Args:
        options: what the parser read.

    Returns:
        The exit status: 0, 1 if the training diverged, 2 for options out of range.
    """
    try:
        log_every = checks.whole_number("--log-every", options.log_every, least=1)
        epochs = checks.whole_number("--epochs", options.epochs, least=0)
        eta = checks.learning_rate(options.eta)
        hidden = [checks.whole_number("--hidden", h, least=1) for h in options.hidden]
        X, y = linear(100, options.seed) if options.data == "linear" else xor()
        names = options.activations[0] if len(options.activations) == 1 else options.activations
        model = Model.random([2, *hidden, 1], options.seed, names, options.bias)
        model.check_data(X, y, options.loss)
    except (ValueError, MemoryError) as error:
        print(f"backprop: {error}", file=sys.stderr)
        return 2
    for epoch in range(0, epochs, log_every):
        print(log_line(epoch, model.loss(model.forward(X), y, options.loss)), flush=True)
        with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
            run = backprop.train(model, X, y, eta, min(log_every, epochs - epoch), options.loss, "reference")
        if run.diverged_at is not None:
            print(f"backprop: {divergence(epoch + run.diverged_at, eta)}", file=sys.stderr)
            return 1
        model = run.model
    print(f"accuracy : {float(accuracy(y, model.forward(X).y_hat))}")
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
