r"""Read the LaTeX of the docstrings as mathematics, and tell whether it is true.

A small reader for the part of LaTeX that the numbered equations use. Symbols get their values from a dictionary: ``z``,
``\sigma'``, ``\hat y``, ``∂C/∂w`` for a partial derivative; a value is a number, an array, a function, or for symbols
counted by layer a dictionary. ``truth`` asks whether every equality and inequality of an equation holds.

- Indices count from 1. A superscript that is an index (``\delta^n``) comes before the subscripts.
- Matrices side by side are multiplied as matrices; numbers, vectors and everything around ``\odot`` entry by entry.
- An index that no sum binds runs through all its values: the statement must hold for each of them.
- A symbol that is used in two ways is looked up by its whole subscript first (``w_l``), then as ``w_``, then as ``w``.
- ``\cdots`` in a product and ``\dots`` in a list stand for what they leave out; choose sizes for which a product leaves
  out nothing.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

Values = Mapping[str, Any]
Node = Callable[[Values], Any]

TOKEN = re.compile(r"\\(?:begin|end|text|operatorname)\{[^}]*\}|\\[A-Za-z]+|\\.|\d+|\S")
IGNORED = {"\\,", "\\!", "\\ ", "\\bigl", "\\bigr", "\\Bigl", "\\Bigr", "\\left", "\\right", "\\cdot", "\\cdots"}
CLOSING = {")", "]", "}", ",", "&", "\\\\", "\\rVert", "\\rvert", "\\odot", "\\dots", "+", "-"}
RELATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "=": lambda a, b: np.isclose(a, b, rtol=1e-9, atol=1e-12) if np.shape(a) == np.shape(b) else same(a, b),
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "\\le": lambda a, b: a <= b + 1e-12,
    "\\ge": lambda a, b: a >= b - 1e-12,
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "\\max": lambda *a: np.maximum(*a),
    "\\ln": np.log,
    "\\operatorname{Im}": np.imag,
    "\\operatorname{diag}": np.diag,
}
EXTREMA: dict[str, Callable[[Any], Any]] = {
    "\\max": np.max,
    "\\operatorname{argmax}": lambda entries: np.argmax(entries) + 1,
}
ACCENTS = {"\\hat", "\\tilde", "\\mathbf", "\\nabla"}

#: The key under which the values carry the ranges of the indices.
RANGES = "ranges"


class Unreadable(ValueError):
    """The LaTeX is none that this reader knows, or a symbol has no value."""


class Unbound(Exception):
    """An index has no value yet."""


class Shape(tuple[int, int]):
    r"""A shape, ``N \times d``; shapes side by side multiply as matrices do."""


def same(a: Any, b: Any) -> bool:
    """Compare two things of different shapes: they are equal only if one is a typed number, the other full of it."""
    return (isinstance(a, int) or isinstance(b, int)) and bool(np.allclose(a, b, rtol=1e-9))


def times(a: Any, b: Any) -> Any:
    """Multiply as matrices where one is a matrix, entry by entry otherwise."""
    if isinstance(a, Shape) and isinstance(b, Shape):
        if a[1] != b[0]:
            raise ValueError(f"shapes {a} and {b} do not fit")
        return Shape((a[0], b[1]))
    return a @ b if np.ndim(a) and np.ndim(b) and 2 in (np.ndim(a), np.ndim(b)) else a * b


def pick(value: Any, index: Any) -> Any:
    """Take an entry; lists and arrays count from 1, dictionaries by their keys."""
    if isinstance(value, Mapping):
        return value[index]
    if not 1 <= index <= len(value):
        raise IndexError(f"index {index} of {len(value)}")
    return value[index - 1]


class Symbol:
    """A name with its indices."""

    def __init__(self, name: str, text: str, sub: Sequence[Node], sup: "Script | None") -> None:
        self.name, self.text, self.sub, self.sup = name, text, sub, sup

    def indices(self, values: Values) -> tuple[str, list[Any], "Script | None"]:
        """Tell the name, its indices, and the superscript if that is a power or a transpose."""
        name, found, sup = self.name, [index(values) for index in self.sub], self.sup
        if sup and f"{name}^{sup.text}" in values:
            name, sup = f"{name}^{sup.text}", None
        elif sup and sup.text in values[RANGES]:
            found, sup = [sup(values), *found], None
        for specific in (f"{name}_{self.text}", f"{name}_"):
            if self.sub and specific in values:
                return specific, found, sup
        return name, found, sup

    def __call__(self, values: Values) -> Any:
        name, indices, sup = self.indices(values)
        if name not in values:
            if name in values[RANGES]:
                raise Unbound(name)
            raise Unreadable(f"{name} has no value")
        value = values[name]
        for index in indices:
            value = pick(value, index)
        return value if sup is None or callable(value) else sup.applied(value, values)


class Script:
    """A superscript: an index, a power, or a transpose."""

    def __init__(self, tokens: Sequence[str], node: Node | None) -> None:
        self.text, self.node = "".join(tokens), node

    def __call__(self, values: Values) -> Any:
        if self.node is None:
            raise Unreadable(f"superscript {self.text} is no number")
        return self.node(values)

    def applied(self, value: Any, values: Values) -> Any:
        """Raise to the power, or transpose."""
        return value.T if self.text == "\\top" else value ** self(values)


class Reader:
    """A reader of one statement: from tokens to a function of the values."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self.tokens, self.at = [t for t in tokens if t not in IGNORED], 0

    def peek(self, ahead: int = 0) -> str:
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else ""

    def next(self, wanted: str = "") -> str:
        token = self.peek()
        if not token or (wanted and token != wanted):
            raise Unreadable(f"{token or 'the end'}; expected {wanted or 'more'}")
        self.at += 1
        return token

    def group(self) -> list[str]:
        """Take what stands in braces, or one token, or one digit."""
        token = self.next()
        if token.isdigit() and len(token) > 1:
            self.at -= 1
            self.tokens[self.at] = token[1:]
            return [token[0]]
        if token != "{":
            return [token]
        depth, start = 1, self.at
        while depth:
            depth += {"{": 1, "}": -1}.get(self.next(), 0)
        return self.tokens[start : self.at - 1]

    def inner(self, tokens: Sequence[str]) -> Node:
        """Read all of some tokens as an expression."""
        reader = Reader(tokens)
        node = reader.relation()
        if reader.peek():
            raise Unreadable(f"{reader.peek()} is left over")
        return node

    # From the loosest binding to the tightest

    def relation(self) -> Node:
        members, signs = [self.sum()], []
        while self.peek() in RELATIONS:
            signs.append(RELATIONS[self.next()])
            members.append(self.sum())
        if not signs:
            return members[0]

        def holds(values: Values) -> Any:
            sides = [member(values) for member in members]
            found = [sign(*pair) for sign, pair in zip(signs, pairwise(sides), strict=True)]
            return np.logical_and.reduce([np.all(one) if np.ndim(one) > 1 else one for one in found])

        return holds

    def sum(self) -> Node:
        signs, terms = [-1 if self.peek() == "-" else 1], []
        if self.peek() in ("+", "-"):
            self.next()
        terms.append(self.entrywise())
        while self.peek() in ("+", "-"):
            signs.append(-1 if self.next() == "-" else 1)
            terms.append(self.entrywise())
        if len(terms) == 1 and signs == [1]:
            return terms[0]

        def total(values: Values) -> Any:
            first, *rest = (sign * term(values) for sign, term in zip(signs, terms, strict=True))
            for other in rest:
                first = first + other
            return first

        return total

    def entrywise(self) -> Node:
        factors = [self.product()]
        while self.peek() == "\\odot":
            self.next()
            factors.append(self.product())

        def product(values: Values) -> Any:
            first, *rest = (factor(values) for factor in factors)
            for other in rest:
                first = first * other
            return first

        return factors[0] if len(factors) == 1 else product

    def product(self) -> Node:
        operations, factors = [], [self.factor()]
        while self.peek() and self.peek() not in CLOSING | set(RELATIONS) and not self.peek().startswith("\\end"):
            if self.peek().isdigit() and not self.tokens[self.at - 1].isdigit():
                raise Unreadable(f"{self.peek()} after a factor")
            operations.append(self.next() if self.peek() in ("/", "\\times") else "")
            factors.append(self.factor())

        def product(values: Values) -> Any:
            result = factors[0](values)
            for operation, factor in zip(operations, factors[1:], strict=True):
                other = factor(values)
                if operation == "\\times":
                    result = Shape((result, other))
                else:
                    result = result / other if operation else times(result, other)
            return result

        return factors[0] if len(factors) == 1 else product

    def factor(self) -> Node:
        token = self.peek()
        if token.isdigit():
            number = int(self.next())
            return self.postfix(lambda values: number)
        if token in ("(", "["):
            return self.postfix(self.bracket())
        if token == "{":  # around a bracket that carries a mark, so that both its halves are set alike
            return self.postfix(self.inner(self.group()))
        if token in ("\\lVert", "\\lvert"):
            self.next()
            inside = self.sum()
            self.next("\\rVert" if token == "\\lVert" else "\\rvert")
            return self.postfix(lambda values: np.abs(inside(values))) if token == "\\lvert" else self.norm(inside)
        if token in ("\\frac", "\\tfrac"):
            return self.derivative() if self.peek(2) == "\\partial" else self.fraction()
        if token in ("\\sum", "\\prod"):
            return self.series()
        if token == "\\min":
            return self.minimum()
        if token in EXTREMA and self.peek(1) == "_":
            return self.extremum()
        if token in FUNCTIONS:
            return self.application()
        if token.startswith("\\begin"):
            return self.table()
        if token == "\\underbrace":
            return self.shapes()
        return self.symbol()

    def norm(self, inside: Node) -> Node:
        """Read what follows a norm: with F it adds the squares of all entries, without it is the largest stretch."""
        frobenius = self.peek() == "_" and self.peek(1) == "F"
        self.at += 2 if frobenius else 0
        return self.postfix(lambda values: np.linalg.norm(inside(values), None if frobenius else 2))

    def postfix(self, node: Node) -> Node:
        """Read what follows a closed expression: a power, a transpose, or indices."""
        while self.peek() in ("^", "_"):
            node = _raised(node, self.script()) if self.next() == "^" else _indexed(node, self.subscripts()[2])
        return node

    def script(self) -> Script:
        tokens = [t for t in self.group() if t not in IGNORED]
        return Script(tokens, None if tokens[0] in ("\\top", "*") else self.inner(tokens))

    def subscripts(self) -> tuple[str, str, list[Node]]:
        """Read a subscript: words belong to the name, the rest are indices."""
        tokens = self.group()
        text = "".join(tokens)
        if tokens[0].startswith("\\"):
            return "_" + text, "", []
        if set(tokens) & {"+", "-", "_"}:
            return "", text, [self.inner(tokens)]
        return "", text, [self.inner([token]) for token in tokens]

    def name(self) -> Symbol:
        name, text = self.next(), ""
        sub: list[Node] = []
        sup: Script | None = None
        if name in ACCENTS:
            name += " " + self.next()
        if not re.fullmatch(r"[A-Za-z]|\\[a-z A-Z0-9{}]+", name):
            raise Unreadable(f"{name} is no name")
        while self.peek() and self.peek() in "'_^":
            mark = self.next()
            if mark == "'":
                name += "'"
            elif mark == "_":
                words, text, sub = self.subscripts()
                name += words
            else:
                sup = self.script()
        return Symbol(name, text, sub, sup)

    def symbol(self) -> Node:
        return self.called(self.name())

    def called(self, symbol: Symbol) -> Node:
        """Read the argument of a function, or the bracket by which something is multiplied."""
        if self.peek() != "(":
            return symbol
        arguments = self.arguments()
        after = self.postfix(lambda values: values["result"])

        def value(values: Values) -> Any:
            first, given = symbol(values), [argument(values) for argument in arguments]
            if not callable(first):
                return times(first, after({**values, "result": given[0]}))
            result, power = after({**values, "result": first(*given)}), symbol.indices(values)[2]
            return result if power is None else power.applied(result, values)

        return value

    def arguments(self) -> list[Node]:
        self.next("(")
        found = [self.relation()]
        while self.peek() == ",":
            self.next()
            found.append(self.relation())
        self.next(")")
        return found

    def bracket(self) -> Node:
        """Read a bracket: an expression, a statement that counts as 1 or 0, or a list."""
        closing = {"(": ")", "[": "]"}[self.next()]
        items: list[Node | None] = []
        while True:
            if self.peek() == "\\dots":
                self.next()
                items.append(None)
            else:
                items.append(self.relation())
            if self.peek() != ",":
                break
            self.next()
        self.next(closing)
        only = items[0]
        if len(items) == 1 and only is not None:
            return lambda values: _number(only(values))
        return lambda values: _listed(items, values)

    def fraction(self) -> Node:
        self.next()
        above, below = self.inner(self.group()), self.inner(self.group())
        return self.postfix(lambda values: above(values) / below(values))

    def derivative(self) -> Node:
        """Read a partial derivative as one symbol; its indices are those above the line, then those below."""
        self.next()
        above, below = (Reader(self.group()) for _ in range(2))
        above.next("\\partial")
        below.next("\\partial")
        up, down = above.name(), below.name()
        if above.peek() == "(":
            above.arguments()  # ∂L(θ): at which point, is said where it matters
        if above.peek() or below.peek():
            raise Unreadable(f"{above.peek() or below.peek()} is left over in a derivative")
        indices: list[Node] = []
        for symbol in (up, down):
            indices += [symbol.sup, *symbol.sub] if symbol.sup else symbol.sub
        return self.called(Symbol(f"∂{up.name}/∂{down.name}", down.text, indices, None))

    def series(self) -> Node:
        """Read a sum or a product over an index; it reaches to the next plus or minus."""
        add = self.next() == "\\sum"
        self.next("_")
        index, *start = self.group()
        end = None
        if self.peek() == "^":
            self.next()
            end = self.inner(self.group())
        first = self.inner(start[1:]) if start else None
        body = self.entrywise()

        def value(values: Values) -> Any:
            bounds = [] if first is None or end is None else [first(values), end(values) + 1]
            numbers: Sequence[int] = range(*bounds) if bounds else values[RANGES][index]
            terms = [body({**values, index: number}) for number in numbers]
            result = terms[0]
            for term in terms[1:]:
                result = result + term if add else result * term
            return result

        return value

    def minimum(self) -> Node:
        """Read a minimum over a matrix: the least of its value and of values around it."""
        self.next()
        self.next("_")
        (name,) = self.group()
        body = self.entrywise()

        def value(values: Values) -> Any:
            rng = np.random.default_rng(0)
            moves = [0.0, *(0.1 * rng.normal(size=np.shape(values[name])) for _ in range(50))]
            return min(body({**values, name: values[name] + move}) for move in moves)

        return value

    def extremum(self) -> Node:
        """Read the largest of what an index counts, or the number of the largest."""
        largest = EXTREMA[self.next()]
        self.next("_")
        (index,) = self.group()
        body = self.factor()
        return lambda values: largest([body({**values, index: number}) for number in values[RANGES][index]])

    def application(self) -> Node:
        """Read a function of the next factor."""
        function = FUNCTIONS[self.next()]
        if self.peek() == "(":
            arguments = self.arguments()
            return self.postfix(lambda values: function(*(argument(values) for argument in arguments)))
        argument = self.factor()
        return lambda values: function(argument(values))

    def shapes(self) -> Node:
        """Read things over a brace with their shape below: a statement, true if all have it."""
        self.next()
        over = Reader(self.group())
        items = [over.relation()]
        while over.peek():
            over.next(",")
            items.append(over.relation())
        self.next("_")
        below = self.inner(self.group())
        return lambda values: all(np.shape(item(values)) == below(values) for item in items)

    def table(self) -> Node:
        r"""Read a matrix of blocks, or cases."""
        kind, rows = self.next(), [[self.sum()]]
        while not self.peek().startswith("\\end"):
            if self.next() == "&":
                rows[-1].append(self.relation())
            else:
                rows.append([self.sum()])
        self.next()
        if kind == "\\begin{bmatrix}":
            return lambda values: np.block([[cell(values) for cell in row] for row in rows])

        def choose(values: Values) -> Any:
            conditions = np.array([np.atleast_1d(row[1](values)) for row in rows])
            if not np.all(conditions.sum(axis=0) == 1):
                raise ValueError("not exactly one of the cases holds")
            return np.select(list(conditions), [np.broadcast_to(row[0](values), conditions[0].shape) for row in rows])

        return choose


def _number(value: Any) -> Any:
    """Count a statement as 1 or 0."""
    return value * 1.0 if np.asarray(value).dtype == bool else value


def _raised(base: Node, script: Script) -> Node:
    return lambda values: script.applied(base(values), values)


def _indexed(base: Node, indices: Sequence[Node]) -> Node:
    def entry(values: Values) -> Any:
        value = base(values)
        for index in indices:
            value = pick(value, index(values))
        return value

    return entry


def _listed(items: Sequence[Node | None], values: Values) -> Any:
    """Make a vector; dots carry on from the symbol before them to its last entry."""
    entries: list[Any] = []
    for before, item in zip([None, *items], items, strict=False):
        if item is not None:
            entries.append(item(values))
            continue
        if not isinstance(before, Symbol):
            raise Unreadable("dots after something that cannot be counted on")
        name, indices, _ = before.indices(values)
        entries += [pick(values[name], k) for k in range(indices[-1] + 1, len(values[name]) + 1)]
    return np.array(entries)


def statements(latex: str) -> list[list[str]]:
    r"""Take an equation apart: statements joined by implications, each a list of statements joined by commas."""
    text = re.sub(r"\\tag\{[^}]*\}|\\label\{[^}]*\}", "", latex)
    text = re.sub(r"(\\quad)?\\text\{ ?for all ?\}\s*[a-z]", "", text)
    parts = re.split(r"\\quad\s*\\Longrightarrow\s*\\quad", text)
    joined = r",?\s*\\qquad|,\s*\\quad|\s*\\quad\s*\\text\{(?:where|is reached where)\}\s*\\quad"
    return [re.split(joined + (r"|,\\ " if len(parts) > 1 else ""), part) for part in parts]


def _for_all(node: Node, values: Values) -> bool:
    try:
        return bool(np.all(node(values)))
    except Unbound as unbound:
        index = str(unbound)
        return all(_for_all(node, {**values, index: number}) for number in values[RANGES][index])


def holds(statement: str, values: Values, ranges: Mapping[str, Sequence[int]]) -> bool:
    """Tell whether one statement is true for all values of its free indices."""
    reader = Reader(TOKEN.findall(statement))
    node = reader.relation()
    if reader.peek():
        raise Unreadable(f"{reader.peek()} is left over in {statement}")
    return _for_all(node, {**values, RANGES: ranges})


def truth(latex: str, values: Values, ranges: Mapping[str, Sequence[int]] | None = None) -> bool:
    """Tell whether all statements of an equation are true."""
    return all(holds(one, values, ranges or {}) for part in statements(latex) for one in part)
