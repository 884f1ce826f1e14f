"""Changes a program's backward pass and update, one small thing at a time."""

import ast
import functools
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from types import CodeType, FrameType
from typing import Any

import numpy as np

from benchmarks.open_world.programs import Program
from benchmarks.open_world.running import ETA, data_of, drawn, laid_out

_SWAPS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.MatMult)
_CHANGED = ("backward", "update")


@dataclass(frozen=True)
class Mutant:
    """A program with one small change.

    Attributes:
        program: its name.
        operator: the kind of change.
        region: "backward" or "update".
        line: the number of the line in the source.
        original: the statement as it was.
        changed: the statement as it is.
        places: what the line computes, such as "delta2".
        source: the whole changed text.
    """

    program: str
    operator: str
    region: str
    line: int
    original: str
    changed: str
    places: frozenset[str]
    source: str

    @cached_property
    def code(self) -> CodeType:
        """The changed program, compiled."""
        return compile(self.source, "<program>", "exec")


def compiled(program: Program) -> CodeType:
    """Compile a program as it is.

    Args:
        program: the program.

    Returns:
        Its code.
    """
    return compile(program.source, "<program>", "exec")


def regions(program: Program) -> dict[int, str]:
    """Say to which region each line belongs.

    Args:
        program: the program.

    Returns:
        The region by the number of the line.
    """
    found, now = {}, "setup"
    for number, line in enumerate(program.source.splitlines(), start=1):
        mark = re.fullmatch(r"\s*# (setup|forward|backward|update)", line)
        now = mark[1] if mark else now
        found[number] = now
    return found


def places(program: Program) -> dict[int, frozenset[str]]:
    """Say which places each line computes.

    Args:
        program: the program.

    Returns:
        The places by the number of the line; a star is written out for every layer.
    """
    found = {}
    for number, line in enumerate(program.source.splitlines(), start=1):
        words = line.partition("#:")[2].split()
        numbers = {w: range(1, program.depth + (not w.startswith("back"))) for w in words}
        found[number] = frozenset(
            f"{w[:-1]}{k}" if w.endswith("*") else w for w in words for k in (numbers[w] if w.endswith("*") else (0,))
        )
    return found


def _kinds(program: Program) -> dict[str, dict[str, str]]:
    """Run the program once and note of what kind each name is in each scope."""
    found: dict[str, dict[str, str]] = {}

    def kind(value: Any) -> str:
        if isinstance(value, np.ndarray) and value.ndim:
            return "array"
        if isinstance(value, int | float | np.number | np.ndarray) and not isinstance(value, bool):
            return "number"
        if isinstance(value, list | tuple):
            return "list"
        return "function" if callable(value) and not isinstance(value, type) else ""

    def note(frame: FrameType, event: str, argument: object) -> Any:
        if frame.f_code.co_filename != "<program>":
            return None
        names = found.setdefault(frame.f_code.co_name, {})
        whole = frame.f_code.co_name == "<module>"  # whose f_locals end Python 3.13.0 if there is a comprehension
        for name, value in list((frame.f_globals if whole else frame.f_locals).items()):
            if name == "self":
                names.update({f"self.{key}": kind(part) for key, part in vars(value).items()})
            elif not name.startswith("_"):
                names[name] = kind(value)
        return note

    inputs = drawn(program, program.data[0])
    X, y = data_of(program, inputs)
    space: dict[str, Any] = {"np": np, "X": X, "y": y, "eta": ETA, **laid_out(program, inputs.weights, inputs.biases)}
    old = sys.gettrace()
    sys.settrace(note)
    try:
        exec(compiled(program), space)
    finally:
        sys.settrace(old)
    return found


class Walk:
    """Everything in a program's tree that can be changed.

    A subclass makes other changes.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.tree = ast.parse(program.source)
        self.texts: dict[int, list[str]] = {}
        for statement in self.tree.body:
            lines_of(statement, self.texts)
        self.region, self.places, self.kinds = regions(program), places(program), _kinds(program)
        self.strings = sorted(
            {n.value for n in ast.walk(self.tree) if isinstance(n, ast.Constant) and type(n.value) is str}
        )
        self.arity = {n.name: len(n.args.args) for n in self.tree.body if isinstance(n, ast.FunctionDef)}

    def mutants(self) -> Iterator[Mutant]:
        """List every change, in the order of the text."""
        yield from self._block(self.tree.body, "<module>")

    def _block(self, body: list[ast.stmt], scope: str) -> Iterator[Mutant]:
        for i, statement in enumerate(body):
            inner = statement.name if isinstance(statement, ast.FunctionDef) else scope
            simple = not isinstance(statement, ast.FunctionDef | ast.ClassDef)
            if simple and self.region[statement.lineno] in _CHANGED:
                yield from self._left_out(body, i)
                yield from self._swapped(body, i)
                yield from self._assigned(body, i)
                yield from self._expressions(statement, scope)
            for field in ("body", "orelse"):
                part = getattr(statement, field, None)
                if isinstance(part, list):
                    yield from self._block(part, inner)

    def _made(
        self, operator: str, statement: ast.stmt, original: str, changed: str, also: ast.stmt | None = None
    ) -> Mutant:
        lines = range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)
        found = frozenset().union(*(self.places[n] for n in lines))
        if also is not None:
            found = found.union(*(self.places[n] for n in range(also.lineno, (also.end_lineno or also.lineno) + 1)))
        region = self.region[statement.lineno]
        source = text_of(self.tree, self.texts, lines.start, max(lines.stop, getattr(also, "end_lineno", 0) + 1))
        return Mutant(self.program.name, operator, region, statement.lineno, original, changed, found, source)

    def _left_out(self, body: list[ast.stmt], i: int) -> Iterator[Mutant]:
        statement = body[i]
        body[i] = ast.copy_location(ast.Pass(), statement)
        yield self._made("line left out", statement, ast.unparse(statement), "(left out)")
        body[i] = statement

    def _assigned(self, body: list[ast.stmt], i: int) -> Iterator[Mutant]:
        statement = body[i]
        if isinstance(statement, ast.AugAssign):
            body[i] = ast.copy_location(ast.Assign([statement.target], statement.value), statement)
            yield self._made("assigned for added", statement, ast.unparse(statement), ast.unparse(body[i]))
            body[i] = statement

    def _swapped(self, body: list[ast.stmt], i: int) -> Iterator[Mutant]:
        for j in range(i + 1, min(i + 3, len(body))):
            one, other = body[i], body[j]
            if isinstance(other, ast.FunctionDef | ast.ClassDef) or self.region[other.lineno] not in _CHANGED:
                break
            body[i], body[j] = other, one
            words = ast.unparse(one), ast.unparse(other)
            yield self._made("lines swapped", one, "; ".join(words), "; ".join(words[::-1]), other)
            body[i], body[j] = one, other

    def _expressions(self, statement: ast.stmt, scope: str) -> Iterator[Mutant]:
        original = head(statement)
        for parent, field, index, node in list(nodes(statement)):
            for operator, new in self._changes(parent, field, node, statement, scope):
                put(parent, field, index, new)
                ast.fix_missing_locations(parent)
                changed = head(statement)
                if changed != original:
                    yield self._made(operator, statement, original, changed)
                put(parent, field, index, node)
        if isinstance(statement, ast.AugAssign):
            yield from self._augmented(statement, original)

    def _augmented(self, statement: ast.AugAssign, original: str) -> Iterator[Mutant]:
        old = statement.op
        for new in (ast.Add(), ast.Sub(), ast.Mult(), ast.Div()):
            if type(new) is not type(old):
                statement.op = new
                yield self._made("operator", statement, original, head(statement))
        statement.op = old

    def _changes(
        self, parent: ast.AST, field: str, node: ast.AST, statement: ast.stmt, scope: str
    ) -> Iterator[tuple[str, ast.AST]]:
        if isinstance(node, ast.BinOp):
            for op in _SWAPS:
                if not isinstance(node.op, op):
                    yield "operator", ast.BinOp(node.left, op(), node.right)
            if not isinstance(node.op, ast.Add | ast.Mult):
                yield "operands swapped", ast.BinOp(node.right, node.op, node.left)
            yield "operand left out", node.left
            yield "operand left out", node.right
            if (
                isinstance(node.op, ast.Mult)
                and isinstance(node.left, ast.BinOp)
                and isinstance(node.left.op, ast.Mult)
            ):
                yield "operand left out", node.left.left
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            yield "sign", node.operand
        if field == "value" and isinstance(parent, ast.Assign | ast.AugAssign | ast.Return):
            assert isinstance(node, ast.expr)
            yield "sign", ast.UnaryOp(ast.USub(), node)
        if isinstance(node, ast.Attribute) and node.attr == "T":
            yield "transpose removed", node.value
        elif isinstance(node, ast.expr) and self._takes_transpose(parent, field, node, scope):
            yield "transpose added", ast.Attribute(node, "T", ast.Load())
        if isinstance(node, ast.Constant):
            yield from self._constants(parent, field, node)
        if isinstance(node, ast.Call):
            yield from self._calls(node)
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            if isinstance(node.slice, ast.Slice):
                yield "slice", node.value
                yield "slice", ast.Subscript(node.value, ast.Slice(node.slice.upper, node.slice.lower, node.slice.step))
            elif self._kind(node.value, scope) == "array":
                yield "index", node.value
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            for sign in (ast.Gt(), ast.GtE(), ast.Lt(), ast.LtE()):
                if not isinstance(node.ops[0], type(sign)):
                    yield "comparison", ast.Compare(node.left, [sign], node.comparators)
        name = _name(node)
        if name and isinstance(getattr(node, "ctx", None), ast.Load):
            yield from self._names(name, scope, statement)

    def _kind(self, node: ast.AST, scope: str) -> str:
        name = _name(node)
        return self.kinds.get(scope, {}).get(name, self.kinds["<module>"].get(name, "")) if name else ""

    def _takes_transpose(self, parent: ast.AST, field: str, node: ast.AST, scope: str) -> bool:
        product = isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.MatMult)
        dot = isinstance(parent, ast.Call) and field == "args" and _called(parent) in ("dot", "outer", "matmul")
        whole = (
            field == "value" and isinstance(parent, ast.Assign | ast.Return) and isinstance(node, ast.BinOp | ast.Call)
        )
        return (product or dot or whole) and not isinstance(node, ast.Constant)

    def _constants(self, parent: ast.AST, field: str, node: ast.Constant) -> Iterator[tuple[str, ast.AST]]:
        value = node.value
        if isinstance(value, bool):
            yield "axis", ast.Constant(not value)
        elif isinstance(value, int):
            in_keyword = isinstance(parent, ast.keyword)
            kind = "axis" if in_keyword else "constant"
            for new in (1 - value,) if in_keyword else (value + 1, value - 1):
                yield kind, ast.Constant(new)
        elif isinstance(value, float):
            for changed in (1.0, 2 * value, value / 2):
                yield "constant", ast.Constant(changed)
        elif isinstance(value, str) and isinstance(parent, ast.Subscript):
            for other in self.strings:
                if other != value:
                    yield "another variable", ast.Constant(other)

    def _calls(self, node: ast.Call) -> Iterator[tuple[str, ast.AST]]:
        if len(node.args) == 2:
            yield "operands swapped", ast.Call(node.func, node.args[::-1], node.keywords)
        for i in range(len(node.keywords)):
            yield "axis", ast.Call(node.func, node.args, node.keywords[:i] + node.keywords[i + 1 :])
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("sum", "mean"):
            other = "mean" if node.func.attr == "sum" else "sum"
            yield "function", ast.Call(ast.Attribute(node.func.value, other, ast.Load()), node.args, node.keywords)
        if node.args and _called(node) not in ("range", "zip", "len"):
            yield "function left out", node.args[0]
        elif isinstance(node.func, ast.Attribute) and node.func.attr in ("sum", "mean", "copy", "transpose"):
            yield "function left out", node.func.value
        if _name(node.func) in self.arity and len(node.args) == 1:
            yield "function", ast.Call(ast.parse("np.tanh", mode="eval").body, node.args, [])

    def _names(self, name: str, scope: str, statement: ast.stmt) -> Iterator[tuple[str, ast.AST]]:
        local = self.kinds.get(scope, {})
        known = local if name in local else {**self.kinds["<module>"], **local}
        kind = known.get(name, "")
        if not kind:
            return
        for other, its in known.items():
            if its != kind or other == name or (kind == "function" and self.arity.get(other) != self.arity.get(name)):
                continue
            yield ("function" if kind == "function" else "another variable"), ast.parse(other, mode="eval").body


def _name(node: ast.AST) -> str:
    """Give the name of a variable, or of an attribute of self."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
        return f"self.{node.attr}"
    return ""


def _called(node: ast.Call) -> str:
    """Give the last name of a function that is called."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def head(statement: ast.stmt) -> str:
    """Write a statement without the block below it.

    Args:
        statement: the statement.

    Returns:
        Its text, or the first line of it.
    """
    text = ast.unparse(statement)
    return text.splitlines()[0] if hasattr(statement, "body") else text


def nodes(statement: ast.stmt) -> Iterator[tuple[ast.AST, str, int | None, ast.AST]]:
    """List the expressions of a statement, without those of a block below it.

    Args:
        statement: the statement.

    Yields:
        The parent, its field, the index in it or None, and the expression.
    """

    def below(parent: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.AST]]:
        for field, value in ast.iter_fields(parent):
            parts = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
            for index, node in parts:
                if isinstance(node, ast.expr | ast.keyword):
                    yield parent, field, index, node
                    yield from below(node)

    yield from below(statement)


def put(parent: ast.AST, field: str, index: int | None, node: ast.AST) -> None:
    """Hang an expression into a tree.

    Args:
        parent: the node that it hangs from.
        field: the field of the parent.
        index: the index, if the field is a list.
        node: the expression.
    """
    if index is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[index] = node


def text_of(tree: ast.Module, texts: dict[int, list[str]] | None = None, start: int = 0, stop: int = 0) -> str:
    """Write a tree as text.

    Args:
        tree: the tree.
        texts: the lines of unchanged statements, by their identity, so that a change of one line does not write the
            whole tree again.
        start: the first line that has changed.
        stop: the line after the last that has changed.

    Returns:
        The text.
    """
    known = {} if texts is None else texts
    return "\n".join(line for part in tree.body for line in lines_of(part, known, range(start, stop)))


def lines_of(statement: ast.stmt, texts: dict[int, list[str]], changed: range = range(0)) -> list[str]:
    """Write a statement, and note its lines unless one of them has changed.

    Args:
        statement: the statement; no string in it goes over lines.
        texts: the lines of unchanged statements, by their identity.
        changed: the numbers of the lines that have changed.

    Returns:
        The lines.

    Examples:
        >>> lines_of(ast.parse("for i in range(3): a += i; b = (a)").body[0], {})
        ['for i in range(3):', '    a += i', '    b = a']
    """
    same = statement.lineno >= changed.stop or changed.start > (statement.end_lineno or statement.lineno)
    if same and id(statement) in texts:
        return texts[id(statement)]
    if isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.For) and not getattr(statement, "orelse", None):
        body, statement.body = statement.body, []
        found = ast.unparse(statement).splitlines()
        statement.body = body
        found += [f"    {line}" for part in body for line in lines_of(part, texts, changed)]
    else:
        found = ast.unparse(statement).splitlines()
    if same:
        texts[id(statement)] = found
    return found


def distinct(walk: Walk) -> list[Mutant]:
    """List what a walk changes, each version once and none like the program itself."""
    found: dict[str, Mutant] = {}
    for mutant in walk.mutants():
        found.setdefault(mutant.source, mutant)
    found.pop(text_of(walk.tree), None)
    return list(found.values())


@functools.cache
def mutants(program: Program) -> list[Mutant]:
    """List every changed version of a program, each once.

    Args:
        program: the program.

    Returns:
        The changed versions, always in the same order.

    Examples:
        >>> from benchmarks.open_world.programs import ROWS
        >>> first = mutants(ROWS)[0]
        >>> first.operator, first.original, sorted(first.places)
        ('line left out', 'e = 2 * (p - y) / y.size', ['error'])
    """
    return distinct(Walk(program))
