"""The way of a page: what one build knows is not known to the next, and what is done to the whole page is done once."""

import ast
import importlib
import os
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

import builder
from builder import tree
from builder.beside import files, search
from builder.comfort import names, speed
from builder.comfort.tables import scroll_tables
from builder.errors import SiteError
from builder.insert import equation_index
from builder.source import results
from builder.state import read
from builder.typeset import glossary, mathematics
from builder.typeset.typography import keep_together

ROOT = Path(__file__).parents[2]
PACKAGE = Path(builder.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
#: The stages in the order of the way; none knows a later one.
WAY = ["source", "insert", "typeset", "comfort", "beside"]


def test_two_builds_share_nothing_that_changes() -> None:
    first, second = read(ROOT, None), read(ROOT, None)
    first.titles["x/"], first.words["x/"], first.latex["x"], first.files["x"] = "X", "x", "x", "x"
    assert [second.titles, second.words, second.latex, second.files, second.printed] == [{}, {}, {}, {}, []]
    assert first.equations == second.equations


def kept_by_modules() -> dict[str, str]:
    """Write down everything outside functions that could change."""
    found = {}
    for path in MODULES:
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for key, value in vars(importlib.import_module(name)).items():
            if isinstance(value, dict | list | set) and not key.startswith("__"):
                found[f"{name}.{key}"] = repr(value)
    return found


def test_no_module_keeps_anything_from_a_build() -> None:
    before = kept_by_modules()
    build = read(ROOT, None)
    html = equation_index.index(build)
    read_html = tree.fragment(html)
    mathematics.typeset(read_html, build.equations, "", build.latex)
    glossary.explain(read_html, build.glossary)
    assert len(build.latex) > 40
    assert kept_by_modules() == before
    for path in MODULES:
        source = ast.parse(path.read_text(encoding="utf-8"))
        assert not [node for node in ast.walk(source) if isinstance(node, ast.Global)]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_stage_knows_a_later_one(path: Path) -> None:
    stage = path.relative_to(PACKAGE).parts[0]
    if stage not in WAY:
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("builder."):
            known = str(node.module).split(".")[1]
            assert known not in WAY[WAY.index(stage) + 1 :], node.module


def test_html_survives_being_read_and_written() -> None:
    html = (
        '<p>a &amp; b &lt; c&nbsp;d</p><svg viewBox="0 0 1 1"><linearGradient id="a"></linearGradient></svg>'
        '<math display="block"><mo lspace="0">&lt;</mo></math><script>if (a < b && c) {}</script><pre>x\n\ny</pre>'
    )
    assert tree.through(html) == html
    assert tree.through("<svg><path d='M0'/><path/></svg>") == '<svg><path d="M0"></path><path></path></svg>'


def test_a_class_of_a_child_is_not_ones_own() -> None:
    read = tree.fragment('<p class="a b"><i class="c">x</i></p>')
    paragraph = read.css_first("p")
    assert tree.classed(paragraph, "b")
    assert not tree.classed(paragraph, "c")
    assert not tree.classed(None, "c")


# Comfort


def test_sections_of_the_navigation_are_named_by_their_titles() -> None:
    nav = (
        '<nav class="md-nav" aria-label="Navigation"></nav><nav class="md-nav" aria-labelledby="__nav_2_label">'
        '<label class="md-nav__title" for="__nav_2"><span></span>\n Derivation </label></nav>'
    )
    html = tree.through(nav, names.name_sections)
    assert html.startswith('<nav class="md-nav" role="presentation"></nav><nav class="md-nav" aria-label="Derivation">')


def test_listings_get_buttons_in_their_order_and_no_empty_marks() -> None:
    html = tree.through(
        "<article><pre><span></span><code>a</code></pre><pre><code>b</code></pre></article>", names.name_listings
    )
    assert 'data-clipboard-target="#code-1" aria-label="Copy this listing"></button><code id="code-1" tab' in html
    assert '<code id="code-2" tabindex="0">b</code>' in html
    assert "<span>" not in html
    assert "button" not in tree.through("<pre><code>outside</code></pre>", names.name_listings)


def test_a_corner_that_heads_nothing_is_a_plain_cell() -> None:
    table = '<article><table><thead><tr><th style="x"></th><th>b</th></tr></thead></table></article>'
    html = tree.through(table, scroll_tables)
    assert '<td style="x"></td><th>b</th>' in html
    assert html.startswith('<article><div class="table-scroll" tabindex="0"><table class="data"><thead>')


def test_no_line_ends_within_a_fraction() -> None:
    assert tree.through("∂C/∂z, 1/2", keep_together) == "∂C/\u2060∂z, 1/2"


@pytest.mark.parametrize(
    ("cells", "stacked"),
    [
        ((f"<td>{'word ' * 12}</td>", "<td>b</td>", "<td>c</td>"), True),
        (("<td>a</td>", "<td>b</td>", "<td>c</td>"), False),
        ((f"<td>{'word ' * 12}</td>", "<td>b</td>"), False),
        ((f"<td>{'word ' * 12}</td>", '<td style="text-align: right;">1</td>', "<td>c</td>"), False),
    ],
)
def test_long_rows_of_text_can_be_blocks_whose_cells_are_named(cells: tuple[str, ...], stacked: bool) -> None:
    heads = "".join(f"<th>head {n}</th>" for n, _ in enumerate(cells))
    table = f"<thead><tr>{heads}</tr></thead><tbody><tr>{''.join(cells)}</tr></tbody>"
    html = tree.through(f"<article><table>{table}</table></article>", scroll_tables)
    assert ('class="data stacked"' in html) == stacked
    assert ('<td data-column="head 1">b</td><td data-column="head 2">c</td>' in html) == stacked
    assert 'data-column="head 0"' not in html


def test_a_page_shows_early(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "backprop.css").write_text('/* why */ a { b: url("fonts/x"); }\n')
    links = "".join(f'<link rel="stylesheet" href="../{name}">' for name in speed.SMALL)
    page = tree.page(f'<head>{links}</head><body><p>x</p><script src="../javascripts/bundle.js"></script></body>')
    speed.preload(page, "../")
    speed.inline_styles(page, tmp_path, "../")
    speed.script_after_text(page)
    html = tree.written(page)
    assert '<style>a { b: url("../assets/fonts/x"); }</style>' in html
    assert '<link rel="stylesheet" href="../assets/_mkdocstrings.css">' in html  # it is not there, so it stays a link
    assert [html.count(f"../assets/fonts/{name}.woff2") for name in speed.FONTS] == [1, 1]
    assert html.index(speed.EARLY) < html.index("preload") < html.index(speed.DARK) < html.index("<p>")
    assert 'script.src = "../javascripts/bundle.js"' in html
    assert '<script src="' not in html


# Source


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note which programs are started, instead of starting them."""
    modules: list[str] = []

    def run(root: Path, module: str, *arguments: str) -> None:
        modules.append(module)
        (tmp_path / "made" / "results").mkdir(parents=True, exist_ok=True)
        (tmp_path / "made" / "results" / "xor.json").write_text("{}")

    monkeypatch.setattr(results, "run", run)
    (tmp_path / "backprop").mkdir()
    (tmp_path / "backprop" / "xor.py").write_text("x = 1\n")
    return modules


def test_programs_are_started_only_if_something_has_changed(started: list[str], tmp_path: Path) -> None:
    def refresh(quick: bool = False) -> int:
        before = len(started)
        results.refresh(tmp_path, tmp_path / "made", quick)()
        return len(started) - before

    assert refresh() == 2
    assert refresh() == 0
    (tmp_path / "backprop" / "xor.py").write_text("x = 2\n")
    assert refresh() == 2
    assert refresh() == 0
    (tmp_path / "made" / "results" / "xor.json").unlink()
    assert refresh() == 2
    assert refresh(quick=True) == 2
    assert refresh() == 2  # what a quick build kept may be old


def test_figures_that_cannot_be_drawn_stop_the_build_when_they_are_needed(
    started: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = results.run

    def only_experiments(root: Path, module: str, *arguments: str) -> None:
        run(root, module, *arguments)
        if module == "backprop.figures":
            raise SiteError("no ink")

    monkeypatch.setattr(results, "run", only_experiments)
    for _ in range(2):  # what failed is tried again
        wait = results.refresh(tmp_path, tmp_path / "made", quick=False)
        with pytest.raises(SiteError, match="no ink"):
            wait()
    assert started == ["backprop.experiments", "backprop.figures"] * 2


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("raise SystemExit(3)", "failed with status 3"),
        ("import os; os.kill(os.getpid(), 9)", "was ended by signal 9; what it had stored before is intact"),
    ],
)
def test_a_program_that_fails_is_named(tmp_path: Path, body: str, words: str) -> None:
    if sys.platform == "win32":
        pytest.skip("signals")
    (tmp_path / "broken.py").write_text(body)
    with pytest.raises(SiteError, match=f"python -m broken {words}"):
        results.run(tmp_path, "broken")


def test_a_program_does_not_see_the_address_of_the_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SITE_URL", "https://example.org/")
    (tmp_path / "seen.py").write_text(
        "import os, pathlib; pathlib.Path('seen').write_text(repr(os.getenv('SITE_URL')))"
    )
    results.run(tmp_path, "seen")
    assert (tmp_path / "seen").read_text() == "None"


def test_pages_are_dropped_when_what_they_are_made_from_has_changed(tmp_path: Path) -> None:
    page, code = tmp_path / "site" / "index.html", tmp_path / "backprop" / "xor.py"
    for path in (page, code):
        path.parent.mkdir()
        path.write_text("x")
    os.utime(code, (1, 1))
    results.drop_outdated(tmp_path / "site", [tmp_path / "backprop"])
    assert page.exists()
    os.utime(page, (0, 0))
    results.drop_outdated(tmp_path / "site", [tmp_path / "backprop"])
    assert not page.exists()


# Beside


def test_files_are_written_where_their_addresses_lead(tmp_path: Path) -> None:
    files.write(tmp_path, {"a/b.txt": "δ", "c.bin": b"\0"})
    assert (tmp_path / "a" / "b.txt").read_text(encoding="utf-8") == "δ"
    assert (tmp_path / "c.bin").read_bytes() == b"\0"


def test_the_search_index_has_equations_and_no_listings(tmp_path: Path) -> None:
    build = read(ROOT, None)
    index = tmp_path / "search_index.json"
    index.write_text(
        '{"docs": [{"location": "a/", "title": "A", "text": "<p>a\xa0b</p><pre>c</pre>"}]}', encoding="utf-8"
    )
    search.complete(index, build.equations)
    text = index.read_text(encoding="utf-8")
    assert '"text":"a\xa0b"' in text
    assert text.count('"title":"Equation ') == len(build.equations)


def test_the_package_that_is_installed_has_no_builder() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = settings["tool"]["setuptools"]["packages"]["find"]["include"]
    packages = {".".join(path.parent.relative_to(ROOT).parts) for path in ROOT.glob("b*/**/__init__.py")}
    installed = {name for name in packages if any(fnmatch(name, pattern) for pattern in wanted)}
    assert {"backprop", "backprop.derivation"} <= installed
    assert "builder.insert" in packages
    assert {name.split(".")[0] for name in installed} == {"backprop"}


def test_a_mistake_in_a_page_stops_the_build_with_file_and_line(tmp_path: Path) -> None:
    """Through mkdocs, in a small site of its own, with the builder as it is."""
    program = (
        "from types import SimpleNamespace as N; from pathlib import Path; from builder import site; import sys\n"
        "page = N(file=N(abs_src_path=str(site.ROOT / 'docs' / 'index.md')), url='')\n"
        "words = (site.ROOT / 'docs' / 'index.md').read_text(encoding='utf-8').splitlines()[0]\n"
        "def wrong(page): raise site.SiteError('it is wrong', words)\n"
        "site.guarded(wrong)(page=page)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr.strip().splitlines()[-1].endswith("docs/index.md:1: it is wrong")
