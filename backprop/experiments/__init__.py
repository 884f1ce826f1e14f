"""The experiments: one module for each result of the report, computing with NumPy alone.

Each module has a function ``run()`` that returns numbers, lists and texts, ready for JSON. `write` stores them; the
figures and the pages read what it stored.
"""

#: The experiments, in the order in which they run.
EXPERIMENTS = (
    "linear",
    "xor",
    "program",
    "worked_example",
    "vanishing",
    "collapse",
    "dead_units",
    "symmetry",
    "spread",
    "log_match",
    "learning_rates",
)

#: Experiments that take minutes: they run by name only, and their results are kept in `kept/`.
SLOW = ("log_fit",)
