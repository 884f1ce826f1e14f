"""Which small changes there are, and how one is made: mutmut finds them, and here a function gets its changed body.

mutmut writes all mutants of a module into one file with a trampoline before each function. Here the body of a function
is exchanged in a process that has imported it, so that the functions run at their usual speed, decorated ones can be
mutated too, and the examples in docstrings are found once.
"""

import functools
import inspect
import textwrap
from collections.abc import Callable, Iterator, Sequence
from difflib import Differ
from functools import partial
from importlib import import_module
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple

import libcst as cst
from libcst.matchers import Arg, FormattedString, Name, SimpleString, findall, matches
from libcst.metadata import MetadataWrapper
from mutmut.mutation import mutators
from mutmut.mutation.file_mutation import Mutation, MutationVisitor
from mutmut.mutation.pragma_handling import IgnoredCode

ROOT = Path(__file__).parents[2]


class Change(NamedTuple):
    """What a mutant changes: in which function which line becomes which."""

    function: str
    was: str
    becomes: str

    def __str__(self) -> str:
        """Show it as a difference."""
        return f"{self.function}\n  - {self.was}\n  + {self.becomes}"


class Mutant(NamedTuple):
    """A changed function.

    Attributes:
        module: as it is imported.
        name: of the function, with its class if it is a method.
        source: the changed definition, without decorators.
        change: what was changed.
    """

    module: str
    name: str
    source: str
    change: Change

    @property
    def key(self) -> str:
        """Name the function as the record of the tests does."""
        return f"{self.module}:{self.name}"

    def apply(self) -> None:
        """Make the change in this process."""
        module = import_module(self.module)
        owner, _, name = self.name.rpartition(".")
        source = f"class {owner}:\n{textwrap.indent(self.source, '    ')}" if owner else self.source
        made: dict[str, Any] = {}
        exec(
            compile(f"from __future__ import annotations\n{source}", module.__file__ or "", "exec"), vars(module), made
        )
        new = vars(made[owner])[name] if owner else made[name]
        old = function_of(vars(vars(module)[owner])[name] if owner else vars(module)[name])
        # with the old line number, or who reads the source of the function would see other lines of the module
        old.__code__ = new.__code__.replace(co_firstlineno=old.__code__.co_firstlineno)
        old.__defaults__, old.__kwdefaults__ = new.__defaults__, new.__kwdefaults__


def function_of(thing: Any) -> FunctionType:
    """Find the function under decorators: property, cached_property, staticmethod, classmethod, and all that wrap."""
    if isinstance(thing, property):
        thing = thing.fget
    elif isinstance(thing, functools.cached_property):
        thing = thing.func
    unwrapped = inspect.unwrap(thing)
    assert isinstance(unwrapped, FunctionType), thing
    return unwrapped


class _Undecorated(cst.CSTTransformer):
    """mutmut leaves decorated functions out, because it copies functions."""

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> cst.FunctionDef:
        """Take the decorators away."""
        return updated_node.with_changes(decorators=[])


def change_text(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Change a text in one way, f-strings too; mutmut also writes others in small and in capital letters."""
    if isinstance(node, cst.SimpleString) and len(node.quote) == 1:
        yield node.with_changes(value=f"{node.prefix}{node.quote}XX{node.raw_value}XX{node.quote}")
    elif isinstance(node, cst.FormattedString):
        text = next((part for part in node.parts if isinstance(part, cst.FormattedStringText)), None)
        if text:
            changed = text.with_changes(value=f"XX{text.value}XX")
            yield node.with_changes(parts=[changed if part is text else part for part in node.parts])


def change_arguments(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Give None for an argument or leave it out, but not where that changes nothing that a test could see.

    ``strict=True`` says what holds, the encoding is what most machines take anyhow, and ``cast`` is for mypy.
    """
    assert isinstance(node, cst.Call)
    if isinstance(node.func, cst.Name) and node.func.value == "cast":
        return
    kept = [argument for argument in node.args if matches(argument, UNSEEN)]
    for changed in mutators.operator_arg_removal(node):
        if all(argument in changed.args for argument in kept):
            yield changed


UNSEEN = Arg(keyword=Name("strict") | Name("encoding"))
#: The sentences of these modules are read on a page, and by the tests of its prose; no test asserts them whole.
PAGES = {"claims"}
REPLACED = {mutators.operator_string: change_text, mutators.operator_arg_removal: change_arguments}
OPERATORS = [(kind, REPLACED.get(operator, operator)) for kind, operator in mutators.mutation_operators]


def functions(module: cst.Module) -> dict[cst.FunctionDef, str]:
    """Name the functions and methods of a module."""
    found = {}
    for node in module.body:
        if isinstance(node, cst.FunctionDef):
            found[node] = node.name.value
        elif isinstance(node, cst.ClassDef):
            methods = [part for part in node.body.body if isinstance(part, cst.FunctionDef)]
            found |= {method: f"{node.name.value}.{method.name.value}" for method in methods}
    return found


def mutations(path: Path) -> Sequence[Callable[[], Mutant]]:
    """Find the small changes of a module; calling one writes it, which takes a few milliseconds.

    Args:
        path: of the module, below the folder of the repository.

    Returns:
        One function for each change, in the order of the module.
    """
    wrapper = MetadataWrapper(cst.parse_module((ROOT / path).read_text(encoding="utf-8")).visit(_Undecorated()))
    visitor = MutationVisitor(OPERATORS, IgnoredCode(set(), set(), set()))
    module = wrapper.visit(visitor)
    names = functions(module)
    unseen: set[cst.CSTNode] = {found.value for found in findall(module, UNSEEN) if isinstance(found, cst.Arg)}
    if path.stem in PAGES:
        texts = findall(module, SimpleString() | FormattedString())
        unseen |= {text for text in texts if " " in module.code_for_node(text)}
    dotted = ".".join(path.with_suffix("").parts).removesuffix(".__init__")

    def write(mutation: Mutation) -> Mutant:
        function = mutation.contained_by_top_level_function
        assert function is not None
        changed = function.deep_replace(mutation.original_node, mutation.mutated_node)
        before, after = (textwrap.dedent(module.code_for_node(node)).strip() for node in (function, changed))
        lines = list(Differ().compare(before.splitlines(), after.splitlines()))
        was, becomes = (" ".join(line[2:].strip() for line in lines if line.startswith(sign)) for sign in ("- ", "+ "))
        name = names[function]
        return Mutant(dotted, name, after, Change(f"{path.stem}.{name}", was, becomes))

    return [
        partial(write, found)
        for found in visitor.mutations
        if found.contained_by_top_level_function in names and found.original_node not in unseen
    ]
