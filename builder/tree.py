"""HTML as a tree: read once for each stage of a page, changed by plain functions, written once."""

from collections.abc import Callable, Collection, Iterator
from typing import Any, TypeGuard

from selectolax.lexbor import LexborHTMLParser, LexborNode

Tree = LexborHTMLParser
Node = LexborNode


def page(html: str) -> Tree:
    """Read a whole page."""
    return Tree(html)


def fragment(html: str) -> Tree:
    """Read a part of a page."""
    return Tree(html, is_fragment=True)


def written(tree: Tree | Node) -> str:
    """Write a tree, or a part of it, as HTML."""
    return tree.html or ""


def through(html: str, *steps: Callable[[Tree], Any]) -> str:
    """Lead a part of a page through steps that change its tree.

    Examples:
        >>> through("<p>One<br>Two</p>", lambda tree: replace(tree.css_first("br"), " and <b>"))
        '<p>One and <b></b>Two</p>'
    """
    tree = fragment(html)
    for step in steps:
        step(tree)
    return written(tree)


def parts(html: str) -> list[Node]:
    """Read HTML as the elements and texts that stand beside each other in it."""
    root = fragment(html).root
    return [] if root is None else list(root.iter(include_text=True))


def put_before(node: Node, html: str) -> None:
    """Put HTML before a node."""
    for part in parts(html):
        node.insert_before(part)


def put_last(node: Node | None, html: str) -> None:
    """Put HTML at the end of what is in a node; nowhere if there is none, such as the head of a fragment."""
    if node is not None:
        for part in parts(html):
            node.insert_child(part)


def put_first(node: Node | None, html: str) -> None:
    """Put HTML at the beginning of what is in a node; nowhere if there is none."""
    if node is None or node.first_child is None:
        put_last(node, html)
    else:
        put_before(node.first_child, html)


def replace(node: Node, html: str) -> None:
    """Put HTML in a node's place."""
    put_before(node, html)
    node.decompose()


def wrap(node: Node, html: str) -> None:
    """Put a node into an element that is written as HTML, opened and closed.

    Examples:
        >>> through("a <b>c</b>", lambda tree: wrap(tree.css_first("b"), '<i class="d"></i>'))
        'a <i class="d"><b>c</b></i>'
    """
    put_before(node, html)
    if node.prev is not None:
        node.prev.insert_child(node, move=True)


def element_after(node: Node) -> Node | None:
    """Find the next element beside a node, beyond texts such as blanks."""
    after = node.next
    while after is not None and after.tag == "-text":
        after = after.next
    return after


def classed(node: Node | None, name: str) -> TypeGuard[Node]:
    """Tell whether there is a node with a class; the parser's `css_matches` would look below it as well."""
    return node is not None and name in node.attrs.sget("class").split()


def texts(node: Node | None, skipped: Collection[str]) -> Iterator[Node]:
    """Find the pieces of text in a node that stand in no element with a skipped tag, in the order of reading.

    Examples:
        >>> [text.text() for text in texts(fragment("a <b>c<pre>d</pre></b>").root, {"pre"})]
        ['a ', 'c']
    """
    for child in [] if node is None else node.iter(include_text=True):
        if child.tag == "-text":
            yield child
        elif child.tag not in skipped:
            yield from texts(child, skipped)


def rewrite(tree: Tree, skipped: Collection[str], change: Callable[[str], str]) -> None:
    """Change the pieces of text that stand in no element with a skipped tag, each as HTML, but for blanks."""
    for text in list(texts(tree.root, skipped)):
        before = written(text)
        if before.strip() and (after := change(before)) != before:
            replace(text, after)
