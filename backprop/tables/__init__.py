"""The tables of the pages: each is defined once, as columns that are filled from stored results.

Each module has a list ``TABLES``. A page names a table, ``[=table:NAME=]``; the build writes it as Markdown and, with
all digits, as a CSV file. The definitions do not stand in the modules of the experiments, because a stored result
holds only as long as the code that made it is unchanged, and a new heading is no reason to train again.
"""

from collections.abc import Mapping
from types import MappingProxyType

from backprop.tables import consequences, discussions, log_fit, results, speed, verification, worked_example
from backprop.tables.table import Table

_MODULES = (worked_example, results, discussions, log_fit, consequences, verification, speed)

#: Every table by its name.
TABLES: Mapping[str, Table] = MappingProxyType({table.name: table for module in _MODULES for table in module.TABLES})
