"""Tables that fit a narrow page: a row of text becomes a block, numbers stand side by side in a box that scrolls."""

from builder import tree as html
from builder.tree import Node, Tree

ROW = 42  # letters: what fits on one line of a phone


def _stack(table: Node) -> None:
    """Let the rows of a table of text stand as blocks on a narrow page, each cell under the name of its column."""
    heads = [head.text().strip() for head in table.css("thead th, thead td")]
    rows = [row.css("td") for row in table.css("tbody tr")]
    lengths = [max(len(cell.text().strip()) for cell in column) for column in zip(*rows, strict=True)]
    if len(heads) < 3 or sum(lengths) <= ROW or "text-align: right" in html.written(table):
        return
    table.attrs["class"] = "data stacked"
    for row in rows:
        for head, cell in zip(heads[1:], row[1:], strict=True):
            cell.attrs["data-column"] = head


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
        _stack(table)
        html.wrap(table, '<div class="table-scroll" tabindex="0"></div>')
