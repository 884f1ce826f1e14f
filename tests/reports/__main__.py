"""Write the answers again, after the site was built: python -m tests.reports. Review what has changed."""

from backprop.experiments.store import read_all
from tests.conftest import ROOT
from tests.reports import steps
from tests.reports.cases import ANSWERS, REASONS, REFUSALS, cases, reasons, refusals, report


def main() -> None:
    """Write them."""
    texts = (f"## {title}\n\n{report(case)}\n" for title, case in cases().items())
    ANSWERS.write_text("\n".join(texts), encoding="utf-8")
    REASONS.write_text(reasons(read_all(ROOT / "build" / "results")), encoding="utf-8")
    REFUSALS.write_text(refusals(), encoding="utf-8")
    texts = (f"## {title}\n\n{steps.report(case)}\n" for title, case in steps.cases().items())
    steps.ANSWERS.write_text("\n".join(texts), encoding="utf-8")


if __name__ == "__main__":
    main()
