"""Tables that scroll: a wide one gets a box of its own that the keyboard reaches."""

from builder import tree as html
from builder.tree import Tree


def scroll_tables(tree: Tree) -> None:
    """Put the tables of the text into boxes that scroll, and make a corner that heads nothing a plain cell.

    Examples:
        >>> html.through("<article><table></table></article>", scroll_tables)
        '<article><div class="table-scroll" tabindex="0"><table class="data"></table></div></article>'
    """
    for corner in tree.css("article th:empty"):
        cell = tree.create_node("td")
        for name, value in corner.attributes.items():
            cell.attrs[name] = value
        corner.insert_before(cell)
        corner.decompose()
    for table in tree.css("article table:not([class])"):
        table.attrs["class"] = "data"
        html.wrap(table, '<div class="table-scroll" tabindex="0"></div>')
