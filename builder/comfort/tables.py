"""Tables that scroll: a wide one gets a box of its own that the keyboard reaches."""

from builder import tree as html
from builder.tree import Node, Tree

WORDY = 40  # letters: a column with a longer cell is read as text


def _mark_wordy(table: Node) -> None:
    """Mark the heads of the columns with text, which a narrow page must not squeeze to one word a line."""
    rows = [row.css("td") for row in table.css("tbody tr")]
    for column, head in enumerate(table.css("thead th, thead td")):
        if any(len(cells[column].text().strip()) > WORDY for cells in rows if column < len(cells)):
            head.attrs["class"] = "wordy"


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
        _mark_wordy(table)
        html.wrap(table, '<div class="table-scroll" tabindex="0"></div>')
