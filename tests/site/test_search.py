"""Every term that a reader may bring along is found by the site's search."""

import json
from pathlib import Path

import pytest
from lunr import lunr
from lunr.index import Index

#: Terms from the indexes of well-known textbooks, each with a page that explains it.
TERMS = {
    "derivative": "derivation/gradient-descent/",
    "gradient": "derivation/gradient-descent/",
    "delta": "derivation/chain-rule/",
    "error term": "reference/terms/",
    "weighted sum": "derivation/forward-pass/",
    "pre-activation": "derivation/forward-pass/",
    "activation": "derivation/activations/",
    "element-wise": "derivation/hidden-to-hidden/",
    "Hadamard": "notation/",
    "upstream gradient": "reference/terms/",
    "local gradient": "reference/terms/",
    "chain rule": "derivation/chain-rule/",
    "total derivative": "reference/terms/",
    "Jacobian": "derivation/hidden-to-hidden/",
    "Hessian": "derivation/consequences/",
    "learning rate": "results/learning-rates/",
    "step size": "reference/terms/",
    "gradient check": "verification/gradient-checking/",
    "finite difference": "derivation/numerical-derivatives/",
    "numerical gradient": "verification/gradient-checking/",
    "analytic gradient": "verification/gradient-checking/",
    "initialisation": "consequences/symmetry/",
    "initialization": "reference/terms/",
    "vanishing gradient": "consequences/vanishing/",
    "exploding gradient": "reference/terms/",
    "dead ReLU": "consequences/dead-units/",
    "saturation": "derivation/activations/",
    "symmetry breaking": "reference/terms/",
    "plateau": "verification/loss-plateaus/",
    "linear separability": "reference/terms/",
    "decision boundary": "reference/terms/",
    "mean squared error": "derivation/loss/",
    "binary cross-entropy": "derivation/loss/",
    "epoch": "results/learning-rates/",
    "batch": "reference/terms/",
    "mini-batch": "exercises/implement/",
    "overfitting": "beyond/",
    "prediction": "derivation/loss/",
    "target": "derivation/loss/",
    "label": "derivation/loss/",
    "linearly separable": "reference/terms/",
    "final loss": "results/xor/",
    "training set": "reference/terms/",
}
#: As many results as a reader looks at, counted in pages.
LOOKED_AT = 10


@pytest.fixture(scope="module")
def index(site: Path) -> Index:
    """The entries of the search, indexed as the page's own search does it: by Lunr, titles before texts."""
    docs = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))["docs"]
    fields = [{"field_name": "title", "boost": 1000}, {"field_name": "text", "boost": 1}]
    return lunr(ref="location", fields=fields, documents=docs)


@pytest.mark.parametrize("term", TERMS)
def test_a_term_is_found(index: Index, term: str) -> None:
    """All of its words, as the page's search asks for them."""
    words = term.replace("-", " ").split()
    found = index.search(" ".join(f"+{word}" for word in words))
    pages = list(dict.fromkeys(one["ref"].partition("#")[0] for one in found))
    assert TERMS[term] in pages[:LOOKED_AT], f"{term!r} leads to {pages[:LOOKED_AT]}"
