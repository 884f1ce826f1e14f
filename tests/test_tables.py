"""The tables of the pages: defined once, filled from results, and never written by hand."""

import csv
import io
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from backprop.experiments import EXPERIMENTS, MEASURED, SLOW
from backprop.tables import TABLES, consequences, discussions, log_fit, results, speed, verification, worked_example
from backprop.tables.table import Column, Table, TableError, lookup
from builder import tree
from builder.beside import files
from builder.errors import SiteError, place_of
from builder.insert import placeholders, tables

ROOT = Path(__file__).parents[1]
PAGES = sorted(ROOT.glob("docs/**/*.md"))
HAND_MADE = re.compile(r"^\|.*\[=.*\[=.*\[=", re.MULTILINE)
DEMO = Table(
    "demo",
    ("run",),
    (
        Column("learning rate η", "eta", "g"),
        Column("seeds, of {seeds}", "solved", ","),
        Column("loss", "loss.median.0", ".1e", missing="none"),
        Column("all digits", "exact"),
        Column("unit", "unit"),
    ),
    rows="rates",
)


def result() -> dict[str, Any]:
    first = {"eta": 1e-5, "solved": 1200, "loss": {"median": [-7.08e-5]}, "exact": 0.1 + 0.2, "unit": "$w_1$"}
    second = {"eta": 0.1, "solved": 0, "loss": {"median": [None]}, "exact": 1.0, "unit": "`b`"}
    return {"seeds": 2000, "rates": [first, second]}


def hand_made(text: str) -> list[str]:
    return HAND_MADE.findall(text)


def fill(markdown: str, root: Path, made: Path) -> str:
    build: Any = SimpleNamespace(root=root, made=made)
    return placeholders.fill(markdown, build, {})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tables, "TABLES", {"demo": DEMO})
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "run.json").write_text(json.dumps(result()))
    return tmp_path


def test_a_table_is_put_into_a_page_with_a_mark_below_it(folder: Path) -> None:
    assert fill("Before.\n\n[=table:demo=]\n\nAfter.", ROOT, folder).split("\n") == [
        "Before.",
        "",
        "| learning rate η | seeds, of 2000 | loss | all digits | unit |",
        "|---:|---:|---:|---|---|",
        "| 1\xa0×\xa010⁻⁵ | 1,200 | −7.1\xa0×\xa010⁻⁵ | 0.30000000000000004 | $w_1$ |",
        "| 0.1 | 0 | none | 1.0 | `b` |",
        "",
        '<div data-table="demo"></div>',
        "",
        "After.",
    ]


def test_the_line_below_offers_the_file_and_says_where_the_numbers_come_from() -> None:
    marked = '<table></table><div data-table="xor-log"></div>'
    html = tree.through(marked, lambda read: tables.insert_sources(read, "../../"))
    assert html == (
        '<table></table><p class="figure-source">Download: '
        '<a href="../../assets/tables/xor-log.csv" download="">data (CSV)</a>; computed by '
        "<code>python -m backprop.experiments xor spread --out build/results</code>.</p>"
    )
    assert "--out backprop/experiments/kept" in tables.made_by(TABLES["log-alternatives"].experiments)
    assert "python -m benchmarks" in tables.made_by(TABLES["speed-rewritings"].experiments)


def test_the_file_has_all_digits_and_no_markup(folder: Path) -> None:
    files.write(folder, tables.files(folder / "results"))
    assert (folder / tables.FOLDER / "demo.csv").read_text(encoding="utf-8").split("\n") == [
        'learning rate η,"seeds, of 2000",loss,all digits,unit',
        "1e-05,1200,-7.08e-05,0.30000000000000004,w_1",
        "0.1,0,,1.0,b",
        "",
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"columns": (Column("loss", "loss.mean.0"),)}, r"column 'loss', row 0: there is no 'mean' in the key"),
        ({"columns": (Column("loss", "loss.median.1"),)}, r"column 'loss', row 0: there is no '1' in the key"),
        ({"columns": (Column("η", "eta.x"),)}, r"column 'η', row 0: there is no 'x' in the key"),
        ({"columns": (Column("η", "eta"), Column("η", "solved"))}, "two columns have the same heading"),
        ({"columns": (Column("of {gone}", "eta"),)}, "heading 'of {gone}': KeyError: 'gone'"),
        ({"columns": (Column("unit", "unit", ".2f"),)}, r"column 'unit': '\$w_1\$' cannot be shown"),
        ({"rows": "gone"}, "its rows cannot be made: KeyError: 'gone'"),
        ({"rows": lambda run: [run["gone"]]}, "its rows cannot be made: KeyError: 'gone'"),
        ({"rows": lambda run: []}, "it has no rows"),
    ],
)
def test_a_table_that_cannot_be_filled_stops_the_build_with_file_and_line(
    change: dict[str, Any], words: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = {"name": "demo", "experiments": ("run",), "columns": DEMO.columns, "rows": "rates"}
    broken = Table(**(parts | change))
    with pytest.raises(TableError, match=words):
        broken.filled(result())
    monkeypatch.setattr(tables, "TABLES", {"demo": broken})
    page = folder / "page.md"
    page.write_text("# Page\n\n[=table:demo=]\n")
    with pytest.raises(SiteError, match=rf"\[=table:demo=\]: .*{words}") as stopped:
        fill(page.read_text(), ROOT, folder)
    assert place_of(stopped.value.snippet, [page]) == f"{page}:3"


@pytest.mark.parametrize("mark", ["[=table:gone=]", "[=mistakes:rates=]"])
def test_a_name_that_is_no_table_stops_the_build_with_file_and_line(mark: str, folder: Path) -> None:
    page = folder / "page.md"
    page.write_text(f"# Page\n\n{mark}\n")
    with pytest.raises(SiteError) as stopped:
        fill(page.read_text(), ROOT, folder)
    assert place_of(stopped.value.snippet, [page]) == f"{page}:3"


def test_a_missing_result_stops_the_build(folder: Path) -> None:
    (folder / "results" / "run.json").unlink()
    with pytest.raises(SiteError, match=r"run\.json is missing"):
        fill("[=table:demo=]", ROOT, folder)


@pytest.mark.parametrize("key", ["a.2", "a.x", "b.0.1", "c", ""])
def test_a_key_that_leads_nowhere_is_a_key_error(key: str) -> None:
    with pytest.raises(KeyError):
        lookup({"a": [1, 2], "b": [3]}, key)


def test_every_table_has_one_name_and_stands_on_one_page() -> None:
    modules = (worked_example, results, discussions, log_fit, consequences, verification, speed)
    assert sorted(TABLES) == sorted(table.name for module in modules for table in module.TABLES)
    shown = re.findall(r"\[=table:([\w-]+)=\]", "\n".join(page.read_text(encoding="utf-8") for page in PAGES))
    assert sorted(shown) == sorted(TABLES)


def test_every_table_names_experiments_of_one_kind() -> None:
    for table in TABLES.values():
        assert any(set(table.experiments) <= set(kind) for kind in (EXPERIMENTS, SLOW, MEASURED)), table.name


def test_no_row_of_the_pages_is_written_by_hand() -> None:
    pages = [*PAGES, *ROOT.glob("*.md")]
    assert len(pages) > 40
    assert [page.name for page in pages if hand_made(page.read_text(encoding="utf-8"))] == []


def test_a_row_written_by_hand_is_seen() -> None:
    assert hand_made("text\n| [=a.b=] | [=a.c:.1f=], [=a.d=] |\n")
    assert not hand_made("| [=a.b=] | [=a.c=] |\n| [=a.d=] | 1 |\ntext [=a.e=] [=a.f=] [=a.g=]\n")


@pytest.mark.usefixtures("results")
def test_every_table_is_filled_and_its_file_has_the_same_rows(tmp_path: Path) -> None:
    stored = ROOT / "build" / "results"
    files.write(tmp_path, tables.files(stored))
    for name in TABLES:
        filled = tables.filled(name, stored)
        assert all(heading.strip() for heading in filled.headings), name
        assert not any("|" in text or "\n" in text for row in filled.texts for text in row), name
        assert not any(re.search(r"\d[eE][+-]?\d|\bnan\b|\bNone\b", text) for row in filled.texts for text in row), name
        read = list(csv.reader(io.StringIO((tmp_path / tables.FOLDER / f"{name}.csv").read_text(encoding="utf-8"))))
        assert [len(row) for row in read] == [len(filled.headings)] * (1 + len(filled.texts)), name
        for numbers, row in zip(filled.values, read[1:], strict=True):
            for value, text in zip(numbers, row, strict=True):
                if isinstance(value, float):
                    assert float(text) == value, name


def test_the_tables_show_what_the_results_hold(results: dict[str, dict[str, Any]]) -> None:
    def texts(name: str) -> list[list[str]]:
        return TABLES[name].filled(*(results[experiment] for experiment in TABLES[name].experiments)).texts

    one = results["xor"]["one"]
    first = ["2-4-1", f"{one['initial_loss']:.4f}", f"{one['final_loss']:.4f}", f"{one['epoch_below_0_05']:,}", "100%"]
    assert texts("xor-runs")[0] == first
    fast = results["relu"]["linear"]["two"][-1]
    losses = f"{fast['losses']['median'][-1]:.3f}", f"{fast['hidden_dead']:.0%}", f"{fast['layers'][2]['end']:.0%}"
    assert texts("relu")[-1] == ["2-4-4-1", "linear", "1", *losses]
    report = dict(results["xor"]["report"])
    assert [row[3] for row in texts("xor-log")] == [str(report.get(e, "(missing)")) for e in range(0, 10_000, 500)]
    example = results["worked_example"]
    assert texts("worked-example-forward")[3][2] == (
        rf"${example['a'][0][0]:.4f}\cdot({example['w'][1][0][1]:g}) + "
        rf"{example['a'][0][1]:.4f}\cdot({example['w'][1][1][1]:g})$"
    )
    after = texts("worked-example-update")[6]
    assert after[0] == "$w_{21}$ of $W_2$"
    assert after[4] == f"${example['new_w'][1][1][0]:.4f}$"
