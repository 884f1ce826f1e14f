"""The benchmark of the open world: python -m benchmarks.open_world.

Correct programs in the shapes that people write are changed one small thing at a time, and what they compute is handed
to the diagnosis. The truth about each change is known without the package: the loss is differentiated by complex steps.
"""
