"""Write the answers again: python -m tests.reports. Review what has changed before you keep it."""

from tests.reports.cases import ANSWERS, cases, report

ANSWERS.write_text("\n".join(f"## {title}\n\n{report(case)}\n" for title, case in cases().items()), encoding="utf-8")
