"""The tests; `pytest` from the root runs them and every doctest."""
