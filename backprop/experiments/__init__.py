"""The experiments: one module for each result of the report, computing with NumPy alone.

Each module has a function ``run()`` that returns numbers, lists and texts, ready for JSON. `write` stores them; the
figures and the pages read what it stored.
"""

#: The experiments, in the order in which they run, each with the seconds it takes where it was measured: from these the
#: time left is estimated.
EXPERIMENTS = {
    "linear": 0.7,
    "xor": 0.5,
    "plateau": 3.0,
    "program": 0.5,
    "worked_example": 0.1,
    "vanishing": 0.3,
    "collapse": 1.0,
    "dead_units": 2.0,
    "symmetry": 1.0,
    "spread": 20.0,
    "log_match": 0.3,
    "learning_rates": 10.0,
    "thresholds": 0.1,
    "hidden_units": 11.0,
    "timing": 18.0,
    "no_activation": 10.0,
    "two_hidden": 12.0,
    "relu": 22.0,
    "activations": 6.0,
    "start_weights": 4.0,
    "step_size": 2.0,
    "stuck": 2.0,
    "mistakes": 25.0,
    "diagnoses": 0.2,
}

#: Experiments that take minutes: they run by name only, and their results are kept in `kept/`.
SLOW = ("log_fit", "log_rivals", "confusion")

#: Kept there as well, and no experiments: what was measured, each with its command.
MEASURED = {
    "speed": "python -m benchmarks --out backprop/experiments/kept",
    "open_world": "python -m benchmarks.open_world --sample 1000 --out backprop/experiments/kept/open_world.json",
}
