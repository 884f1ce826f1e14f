"""Draw the figures from stored results and from the network's own objects.

This is the only place that uses matplotlib. Each module has functions that return a `style.Figure`; ``python -m
backprop.figures`` draws them all.
"""
