"""Held out: a third way of changing programs, with the slips that people make.

Do not read this file if you work on the diagnosis; see `held_out`.
"""

import ast
import copy
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations, pairwise

from benchmarks.open_world import mutate, seen
from benchmarks.open_world.held_out_slips import SLIPS
from benchmarks.open_world.mutate import Mutant, Walk, head, nodes, put
from benchmarks.open_world.programs import Program

#: What the value of a whole statement is changed to; it takes the place of `it_`.
_WHOLE = (
    ("truncated", "np.trunc(it_)"),
    ("truncated", "np.float16(it_)"),
    ("reshaped", "np.reshape(it_, np.shape(it_)[::-1]).T"),
    ("reshaped", "np.reshape(np.transpose(it_), np.shape(it_))"),
    ("activated", "np.maximum(it_, 0)"),
    ("activated", "1 / (1 + np.exp(-it_))"),
    ("one for all", "0 * it_ + it_[0]"),
    ("one for all", "0 * it_ + it_[..., -1:]"),
    ("normalised", "it_ / np.linalg.norm(it_)"),
    ("divided again", "it_ / X.shape[0]"),
    ("divided again", "it_ / X.shape[1]"),
    ("divided again", "it_ / y.size"),
)
#: What an array within an expression is changed to.
_WITHIN = (
    ("truncated", "np.round(it_, 1)"),
    ("reshaped", "np.reshape(np.transpose(it_), np.shape(it_))"),
    ("one for all", "0 * it_ + it_[0]"),
)
#: What a divisor is changed to.
_DIVISORS = (
    "X.shape[0]",
    "X.shape[1]",
    "y.shape[-1]",
    "y.size",
    "W1.shape[1]",
    "it_ - 1",
    "it_ ** 2",
    "np.sqrt(it_)",
)
#: What a sum is changed to; `it_` is what is summed.
_SUMS = (
    "np.sum(it_)",
    "np.sum(it_, axis=0, keepdims=True)",
    "np.sum(it_, axis=1, keepdims=True)",
    "np.mean(it_)",
    "np.max(it_, axis=0)",
    "it_[0]",
    "it_[-1]",
    "it_[:, -1:]",
)


#: Kinds of change that leave a single number as it is.
_OF_SEVERAL = ("reshaped", "one for all", "normalised")
_NO_NUMBERS = (ast.Tuple, ast.List, ast.Dict, ast.ListComp, ast.Lambda, ast.Constant)


class _Slips(Walk):
    """Slips: of indices, axes, divisors, parentheses, scopes, indentation, order, aliasing and names."""

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        #: By line, the attributes of objects that its class, or the module, has.
        self.attributes: dict[int, list[str]] = {}
        for part in self.tree.body:
            whole = part if isinstance(part, ast.ClassDef) else self.tree
            texts = [ast.unparse(n) for n in ast.walk(whole) if isinstance(n, ast.Attribute) and _variable(n)]
            for line in range(part.lineno, (part.end_lineno or part.lineno) + 1):
                self.attributes[line] = sorted(set(texts))

    def _replaced(
        self, operator: str, body: list[ast.stmt], i: int, n: int, new: list[ast.stmt], changed: str = ""
    ) -> Iterator[Mutant]:
        """Put other statements in the place of n."""
        old = body[i : i + n]
        for statement in new:
            if not hasattr(statement, "lineno"):
                ast.copy_location(statement, old[0])
            ast.fix_missing_locations(statement)
        body[i : i + n] = new
        original = "; ".join(map(head, old))
        yield self._made(operator, old[0], original, changed or "; ".join(map(head, new)), old[-1])
        body[i : i + len(new)] = old

    def _left_out(self, body: list[ast.stmt], i: int) -> Iterator[Mutant]:
        statement = body[i]
        if isinstance(statement, ast.Assign):
            target, value = statement.targets[0], statement.value
            if isinstance(target, ast.Tuple):
                for names in _exchanged(target.elts):
                    new = ast.Assign([ast.Tuple(names, ast.Store())], value)
                    yield from self._replaced("unpacked in another order", body, i, 1, [new])
            elif isinstance(target, ast.Name | ast.Attribute | ast.Subscript):
                for op in (ast.Add(), ast.Sub()):
                    yield from self._replaced("added for assigned", body, i, 1, [ast.AugAssign(target, op, value)])
        if isinstance(statement, ast.AugAssign) and isinstance(statement.op, ast.Sub):
            new = ast.Assign([statement.target], ast.UnaryOp(ast.USub(), statement.value))
            yield from self._replaced("typed =- for -=", body, i, 1, [new])
        yield from self._in_place(body, i)
        yield from self._renamed(body, i)
        if isinstance(statement, ast.For):
            again = copy.deepcopy(statement)
            yield from self._replaced("run twice", body, i, 1, [statement, again], f"{head(statement)} … (twice)")
        yield from self._indented(body, i)

    def _in_place(self, body: list[ast.stmt], i: int) -> Iterator[Mutant]:
        """Compute into an operand, which others may still need."""
        statement = body[i]
        if not isinstance(statement, ast.Assign | ast.Return) or not isinstance(statement.value, ast.BinOp):
            return
        value = statement.value
        sides = [(value.left, value.right)]
        if isinstance(value.op, ast.Add | ast.Mult):
            sides.append((value.right, value.left))
        for own, other in sides:
            if isinstance(own, ast.Name | ast.Attribute) and not isinstance(value.op, ast.MatMult):
                text = ast.unparse(own)
                rest = copy.deepcopy(statement)
                rest.value = _parsed(text)
                assigned = ast.parse(f"{text} = 0").body[0]
                assert isinstance(assigned, ast.Assign)
                target = assigned.targets[0]
                assert isinstance(target, ast.Name | ast.Attribute)
                step = ast.AugAssign(target, value.op, other)
                yield from self._replaced("in place", body, i, 1, [step, rest])

    def _renamed(self, body: list[ast.stmt], i: int) -> Iterator[Mutant]:
        """Exchange two variables of a statement, or write another one throughout."""
        statement = body[i]
        if not isinstance(statement, ast.Assign | ast.AugAssign | ast.Return | ast.Expr) or statement.value is None:
            return
        texts = list(dict.fromkeys(_variables(statement.value)))
        for one, other in combinations(texts, 2):
            new = copy.deepcopy(statement)
            new.value = _named(statement.value, {one: other, other: one})
            yield from self._replaced("names exchanged", body, i, 1, [new])
        known = [name for name, kind in self.kinds["<module>"].items() if kind == "array"]
        for text in texts:
            if _variables(statement.value).count(text) > 1:
                for other in {**dict.fromkeys(known), **dict.fromkeys(texts)}:
                    new = copy.deepcopy(statement)
                    new.value = _named(statement.value, {text: other})
                    yield from self._replaced("another name throughout", body, i, 1, [new])

    def _indented(self, body: list[ast.stmt], i: int) -> Iterator[Mutant]:
        """Draw a neighbour into a loop or a branch, or move its last statement out."""
        statement = body[i]
        if not isinstance(statement, ast.For | ast.If):
            return
        inner = statement.body
        if len(inner) > 1:
            last = inner.pop()
            yield from self._replaced("indented less", body, i, 1, [statement, last])
            inner.append(last)
            first = inner.pop(0)
            yield from self._replaced("indented less", body, i, 1, [first, statement])
            inner.insert(0, first)
        if i + 1 < len(body) and self._changeable(body[i + 1]):
            inner.append(body[i + 1])
            words = f"{head(body[i + 1])} (in the loop)"
            yield from self._replaced("indented more", body, i, 2, [statement], words)
            inner.pop()
        if i and self._changeable(body[i - 1]):
            inner.insert(0, body[i - 1])
            yield from self._replaced(
                "indented more", body, i - 1, 2, [statement], f"{head(body[i - 1])} (in the loop)"
            )
            inner.pop(0)

    def _changeable(self, statement: ast.stmt) -> bool:
        compound = isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.Return)
        return not compound and self.region[statement.lineno] in ("backward", "update")

    def _swapped(self, body: list[ast.stmt], i: int) -> Iterator[Mutant]:
        """Move a line up by three or more: an update before its weights are used again, a gradient that is stale."""
        statement = body[i]
        least = 1 if self.region[statement.lineno] == "update" else 3
        for j in range(i - least, -1, -1):
            if not all(self._changeable(s) for s in body[j : i + 1]):
                return
            new = [statement, *body[j:i]]
            words = f"{head(statement)} (moved above {head(body[j])})"
            yield from self._replaced("moved up", body, j, i + 1 - j, new, words)

    def _assigned(self, body: list[ast.stmt], i: int) -> Iterator[Mutant]:
        """Change nothing: `mutate` does this."""
        yield from ()

    def _expressions(self, statement: ast.stmt, scope: str) -> Iterator[Mutant]:
        original = head(statement)
        for parent, field, index, node in list(nodes(statement)):
            if not isinstance(node, ast.expr) or not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
                continue
            for operator, new in (*self._slips(parent, field, node, scope), *self._attributes(statement, node)):
                put(parent, field, index, new)
                ast.fix_missing_locations(parent)
                yield self._made(operator, statement, original, head(statement))
                put(parent, field, index, node)

    def _slips(self, parent: ast.AST, field: str, node: ast.expr, scope: str) -> Iterator[tuple[str, ast.expr]]:
        whole = field == "value" and isinstance(parent, ast.Assign | ast.AugAssign | ast.Return)
        whole = whole or (field == "body" and isinstance(parent, ast.Lambda))
        if whole and not isinstance(node, _NO_NUMBERS):
            scalar = self._scalar(node, scope)
            yield from _written([w for w in _WHOLE if not scalar or w[0] not in _OF_SEVERAL], it_=node)
        elif self._kind(node, scope) == "array" or (isinstance(parent, ast.BinOp) and _operand(parent, node)):
            yield from _written(_WITHIN, it_=node)
        if isinstance(node, ast.BinOp):
            yield from self._products(node)
        if isinstance(node, ast.Call):
            yield from _called(node)
        if isinstance(node, ast.Compare):
            yield from _written([("mask", "it_"), ("mask", "it_ > 0.1"), ("mask", "np.abs(it_) > 0")], it_=node.left)
        if isinstance(node, ast.Tuple | ast.List):
            for elements in _exchanged(node.elts):
                yield "in another order", type(node)(elements, node.ctx)
        if field == "slice" and not isinstance(node, ast.Slice | ast.Tuple | ast.Constant | ast.UnaryOp):
            yield from _written([("off by one", "it_ + 1"), ("off by one", "it_ - 1")], it_=node)
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
            texts = ("it_[1:]", "it_[:-1]", "it_[::-1]", "it_[:1]", "it_[-2::-1]")
            yield from _written([("off by one", text) for text in texts], it_=node.value)

    def _scalar(self, node: ast.expr, scope: str) -> bool:
        """Whether an expression is made of numbers and of entries of arrays."""
        parts = [_parsed(text) for text in _variables(node)]
        kinds = [self._kind(p.value if isinstance(p, ast.Subscript) else p, scope) for p in parts]
        entries = [isinstance(p, ast.Subscript) for p in parts]
        return all(kind == ("array" if entry else "number") for kind, entry in zip(kinds, entries, strict=True))

    def _attributes(self, statement: ast.stmt, node: ast.expr) -> Iterator[tuple[str, ast.expr]]:
        """Take another attribute of an object: another cached value, or a gradient for a value."""
        if not isinstance(node, ast.Attribute) or not _variable(node):
            return
        roots = {text.split(".")[0] for text in _variables(statement)} | {"self"}
        for text in self.attributes[statement.lineno]:
            if text != ast.unparse(node) and text.split(".")[0] in roots:
                yield "another attribute", _parsed(text)

    def _products(self, node: ast.BinOp) -> Iterator[tuple[str, ast.expr]]:
        one, other = node.left, node.right
        if isinstance(node.op, ast.Div):
            yield "truncated", ast.BinOp(one, ast.FloorDiv(), other)
            for text in _DIVISORS:
                yield "wrong divisor", ast.BinOp(one, ast.Div(), _filled(text, it_=other))
        if isinstance(one, ast.BinOp) and not _associative(one.op, node.op):
            yield "parentheses", ast.BinOp(one.left, one.op, ast.BinOp(one.right, node.op, other))
        if isinstance(other, ast.BinOp) and not _associative(node.op, other.op):
            yield "parentheses", ast.BinOp(ast.BinOp(one, node.op, other.left), other.op, other.right)
        if isinstance(node.op, ast.MatMult):
            yield from _multiplied(one, other)
        if isinstance(node.op, ast.Sub) and isinstance(one, ast.Constant):
            texts = ("(1 - it_) ** 2", "1 - np.abs(it_)", "1 - np.tanh(it_) ** 2", "it_ * (1 - it_)")
            yield from _written([("another derivative", text) for text in texts], it_=other)


def _multiplied(one: ast.expr, other: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """Multiply two matrices wrongly."""
    texts = ["one_ * other_", "one_[:, 1:] @ other_[1:]", "one_[:, :-1] @ other_[:-1]", "one_[:, -1:] @ other_[-1:]"]
    names = {"one_": one, "other_": other}
    if isinstance(one, ast.Attribute) and one.attr == "T":
        texts += ["one_ @ other_.T", "other_.T @ one_"]
        names |= {"one_": one.value}
        texts[:4] = [text.replace("one_", "one_.T", 1) for text in texts[:4]]
    elif isinstance(other, ast.Attribute) and other.attr == "T":
        texts += ["one_.T @ other_", "other_ @ one_.T"]
        names |= {"other_": other.value}
        texts[:4] = [text.replace("other_", "other_.T", 1) for text in texts[:4]]
    for text in texts:
        yield "another product", _filled(text, **names)


def _called(node: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """Call with other arguments."""
    name, args = mutate._called(node), node.args
    own = node.func.value if isinstance(node.func, ast.Attribute) else None
    numpy = isinstance(own, ast.Name) and own.id == "np"
    if name in ("dot", "inner") and own is not None:
        yield from _multiplied(*((args[0], args[1]) if numpy else (own, args[0])))
    if name in ("sum", "reduce") and own is not None and (numpy or not isinstance(own, ast.Name) or not args):
        yield from _written([("wrong axis", text) for text in _SUMS], it_=args[0] if numpy else own)
    if name == "reduce" and isinstance(own, ast.Attribute):
        yield from _written([("wrong axis", text) for text in _SUMS], it_=args[0])
    if name == "range" and len(args) == 1:
        texts = ("range(it_ + 1)", "range(it_)[::-1]", "range(1, it_ + 1)", "range(-1, it_ - 1)")
        yield from _written([("off by one", text) for text in texts], it_=args[0])
    if name == "str" and args:
        yield from _written([("off by one", "str(it_ + 1)"), ("off by one", "str(it_ - 1)")], it_=args[0])
    if name == "zip":
        for i, arg in enumerate(args):
            for text in ("list(it_)[1:]", "list(it_)[::-1]", "list(it_)[1:] + list(it_)[:1]"):
                yield "pairs shifted", ast.Call(node.func, [*args[:i], _filled(text, it_=arg), *args[i + 1 :]], [])
    if len(args) > 2:
        for others in _exchanged(args):
            yield "in another order", ast.Call(node.func, others, node.keywords)


def _associative(one: ast.operator, other: ast.operator) -> bool:
    return type(one) is type(other) and isinstance(one, ast.Add | ast.Mult | ast.MatMult)


def _operand(parent: ast.BinOp, node: ast.expr) -> bool:
    """Whether an expression is multiplied as a matrix, or is an attribute with numbers."""
    named = isinstance(node, ast.Attribute) and node.attr in ("value", "grad", "data", "T")
    return named or isinstance(parent.op, ast.MatMult)


def _exchanged(parts: list[ast.expr]) -> Iterator[list[ast.expr]]:
    """Exchange each two neighbours."""
    for i, j in pairwise(range(len(parts))):
        changed = list(parts)
        changed[i], changed[j] = parts[j], parts[i]
        yield changed


def _parsed(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _filled(text: str, **parts: ast.expr) -> ast.expr:
    """Parse a text and put expressions in the places of names."""
    return _changed(_parsed(text), _Renamed({}, parts))


def _named(node: ast.expr, texts: Mapping[str, str]) -> ast.expr:
    """Copy an expression with other variables."""
    return _changed(copy.deepcopy(node), _Renamed(texts))


def _changed(node: ast.expr, renamed: "_Renamed") -> ast.expr:
    found = renamed.visit(node)
    assert isinstance(found, ast.expr)
    return found


def _written(texts: Iterable[tuple[str, str]], it_: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    for operator, text in texts:
        yield operator, _filled(text, it_=it_)


_NOT_VARIABLES = {"np", "len", "range", "zip", "str", "reversed", "list"}
_OF_ARRAYS = {"T", "shape", "size", "sum", "dot", "ravel", "mean", "copy"}


def _variable(node: ast.AST) -> bool:
    """Whether an expression is a variable, one of its attributes, or one of its entries."""
    if isinstance(node, ast.Attribute):
        return node.attr not in _OF_ARRAYS and _variable(node.value)
    if isinstance(node, ast.Subscript):
        return not isinstance(node.slice, ast.Slice) and _variable(node.value)
    return isinstance(node, ast.Name) and node.id not in _NOT_VARIABLES


def _variables(node: ast.AST) -> list[str]:
    """List the variables of an expression, the longest texts, without functions that are called."""
    if _variable(node):
        return [ast.unparse(node)]
    if isinstance(node, ast.Lambda | ast.ListComp):
        return []
    parts = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.Call) and not isinstance(node.func, ast.Attribute):
        parts = list(node.args)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        parts = [node.func.value, *node.args]
    return [text for part in parts for text in _variables(part)]


class _Renamed(ast.NodeTransformer):
    """Puts other expressions in the place of variables."""

    def __init__(self, texts: Mapping[str, str], parts: Mapping[str, ast.expr] | None = None) -> None:
        self.texts, self.parts = texts, parts or {}

    def visit(self, node: ast.AST) -> ast.AST:
        """Replace a variable, or go on below."""
        if isinstance(node, ast.Name) and node.id in self.parts:
            return self.parts[node.id]
        if self.texts and _variable(node) and ast.unparse(node) in self.texts:
            return _parsed(self.texts[ast.unparse(node)])
        return self.generic_visit(node)


def by_hand(program: Program) -> Iterator[Mutant]:
    """List the changes that are written by hand.

    Args:
        program: the program.

    Yields:
        The changed versions.

    Raises:
        ValueError: a text to be replaced is not in the program, or is there more than once.
    """
    region, places = mutate.regions(program), mutate.places(program)
    blocks = [n for n in ast.walk(ast.parse(program.source)) if isinstance(n, ast.For | ast.If)]
    for old, new in ((old, new) for old, several in SLIPS[program.name].items() for new in several):
        if program.source.count(old) != 1:
            raise ValueError(f"{program.name}: {old!r} is there {program.source.count(old)} times, expected once")
        start = program.source.index(old)
        line = program.source.count("\n", 0, start) + 1
        last = line + old.count("\n")
        last = max([last, *(block.end_lineno or last for block in blocks if block.lineno == last)])
        source = mutate.text_of(ast.parse(program.source[:start] + new + program.source[start + len(old) :]))
        found = frozenset().union(*(places[n] for n in range(line, last + 1)))
        yield Mutant(program.name, "by hand", region[line], line, old, new, found, source)


def mutants(program: Program) -> list[Mutant]:
    """List every changed version of a program, each once, and none that the two other ways of changing give.

    Args:
        program: the program.

    Returns:
        The changed versions, always in the same order.
    """
    others = (*mutate.mutants(program), *seen.mutants(program))
    known = {mutate.text_of(ast.parse(program.source)), *(mutant.source for mutant in others)}
    found = []
    for mutant in (*by_hand(program), *_Slips(program).mutants()):
        if mutant.source not in known:
            known.add(mutant.source)
            found.append(mutant)
    return found
