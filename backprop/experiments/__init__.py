"""Compute the results of the report, one module for each, with NumPy alone.

Each module has a function ``run()`` that returns numbers, lists and texts, ready for JSON. `write` stores them; the
figures and the pages read what it stored.
"""

#: The experiments, each with the seconds that it took on one machine. The time left is estimated from these, and the
#: longest experiments run first.
EXPERIMENTS = {
    "linear": 0.7,
    "xor": 0.7,
    "plateau": 1.0,
    "program": 1.4,
    "worked_example": 0.2,
    "vanishing": 0.6,
    "collapse": 1.5,
    "dead_units": 2.0,
    "symmetry": 1.4,
    "spread": 20.0,
    "log_reproduction": 0.3,
    "learning_rates": 4.0,
    "thresholds": 0.2,
    "hidden_units": 5.0,
    "timing": 8.0,
    "no_activation": 8.5,
    "two_hidden": 11.5,
    "relu": 14.5,
    "activations": 4.0,
    "start_weights": 1.0,
    "step_size": 0.7,
    "stuck": 1.2,
    "mistakes": 12.5,
    "diagnoses": 0.2,
}

#: Experiments that measure time: nothing runs beside them.
ALONE = ("timing",)

#: Experiments that take minutes: they run by name only, and their results are kept in `kept/`.
SLOW = ("log_fit", "log_alternatives", "confusion")

#: Measurements that are not experiments but are kept there as well, each with its command.
MEASURED = {
    "speed": "python -m benchmarks --out backprop/experiments/kept",
    "open_world": "python -m benchmarks.open_world --sample 1000 --out backprop/experiments/kept/open_world.json",
}
