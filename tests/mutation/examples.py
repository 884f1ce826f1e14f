"""The examples of the docstrings as tests, one for each step.

pytest finds them by itself in the modules. In a mutated module it would find them again in every mutant, so there they
are taken from the steps' docstrings. The name of this file keeps it out of the ordinary run.
"""

import doctest
import inspect

import pytest

from backprop import derivation


@pytest.mark.parametrize("name", sorted(set(derivation.__all__) - {"CHAPTERS"}))
def test_examples(name: str) -> None:
    text = inspect.getdoc(getattr(derivation, name)) or ""
    examples = doctest.DocTestParser().get_doctest(text, {}, name, None, None)
    assert examples.examples
    assert doctest.DocTestRunner().run(examples).failed == 0
