"""Whole reports: what the diagnosis says about each planted mistake and each odd submission, word for word."""
