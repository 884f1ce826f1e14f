"""Write the answers again, after the site was built: python -m tests.reports. Review what has changed."""

from backprop.experiments.store import read_all
from tests.conftest import ROOT
from tests.reports.cases import ANSWERS, REASONS, cases, reasons, report

ANSWERS.write_text("\n".join(f"## {title}\n\n{report(case)}\n" for title, case in cases().items()), encoding="utf-8")
REASONS.write_text(reasons(read_all(ROOT / "build" / "results")), encoding="utf-8")
