"""Citing: the facts are the same everywhere, and real parsers read what is written."""

import json
import os
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import backprop
from backprop import citing
from backprop.__main__ import main
from builder import tree
from builder.beside.citations import add_box, add_tags, check_facts, description, files
from builder.errors import SiteError
from builder.home import checked_address, home_of
from builder.source.equations import equations

ROOT = Path(__file__).parents[2]
ADDRESS = "https://example.org/backprop/0.1.0/"
PARTS = [None, citing.equation_part("8.4"), citing.page_part("results/xor/"), citing.Part("50 % & σ′_1", "x/#a_b")]
EVERY = pytest.mark.parametrize(
    ("part", "root"), [(part, root) for part in PARTS for root in (None, ADDRESS)], ids=lambda v: str(v)[:30]
)


def where(part: citing.Part | None) -> str:
    return "" if part is None else part.place


def test_the_facts_are_those_of_the_file() -> None:
    check_facts(ROOT / "CITATION.cff")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda text: re.sub(r"^version.*\n", "", text, flags=re.M), r"CITATION\.cff:1: no version"),
        (lambda text: re.sub(r"^date-released.*\n", "", text, flags=re.M), r"CITATION\.cff:1: no date-released"),
        (
            lambda text: re.sub(r"^version.*", "version: 9.9.9", text, flags=re.M),
            r"\.cff:\d+: version is '9\.9\.9', but",
        ),
        (lambda text: text.replace('title: "', 'title: "The '), r"\.cff:\d+: title is"),
        (lambda text: text.replace("- name: ", "- name: A "), r"\.cff:\d+: authors is"),
        (
            lambda text: re.sub(r"^url.*\n", "", text, flags=re.M) + "url: example.org\n",
            r"\.cff:\d+: url is 'example.org'; exp",
        ),
        (lambda text: re.sub(r"^url.*\n", "", text, flags=re.M) + "url: https://x.example/a\n", r"\.cff:\d+: url is"),
        (lambda text: re.sub(r"^url.*\n", "", text, flags=re.M) + "url: https://x.example/\n", r"ADDRESS says"),
    ],
)
def test_a_wrong_file_stops_the_build_with_its_line(tmp_path: Path, wrong: Callable[[str], str], words: str) -> None:
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    (tmp_path / "CITATION.cff").write_text(wrong(text), encoding="utf-8")
    with pytest.raises(SiteError, match=words):
        check_facts(tmp_path / "CITATION.cff")


def test_the_package_finds_every_equation_where_the_site_shows_it() -> None:
    for equation in equations(ROOT / "backprop" / "derivation", ROOT / "docs").values():
        assert citing.equation_part(equation.tag) == citing.Part(f"Equation ({equation.tag})", equation.place)


@EVERY
def test_bibtex_is_read_by_a_parser(part: citing.Part | None, root: str | None) -> None:
    from bibtexparser.entrypoint import parse_string
    from bibtexparser.middlewares import LatexDecodingMiddleware

    library = parse_string(citing.cite("bibtex", part, root), append_middleware=[LatexDecodingMiddleware()])
    assert not library.failed_blocks
    (entry,) = library.entries
    fields = {field.key: field.value for field in entry.fields}
    assert fields["author"] == "The backprop contributors"
    assert fields["title"] == (citing.TITLE if part is None else part.title)
    assert fields["year"] == citing.DATE[:4]
    assert backprop.__version__ in fields["note"]
    if root is None:
        assert "url" not in fields
        assert where(part) in fields["note"]
    else:
        assert fields["url"] == root + where(part)


@EVERY
def test_csl_json_is_read_by_a_citation_processor(part: citing.Part | None, root: str | None) -> None:
    with warnings.catch_warnings(action="ignore"):  # the library's own, about fields it does not set
        from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
        from citeproc.source.json import CiteProcJSON

        items = json.loads(citing.cite("csl-json", part, root))
        style = CitationStylesStyle("harvard-cite-them-right", validate=False)
        bibliography = CitationStylesBibliography(style, CiteProcJSON(items), formatter.plain)
        bibliography.register(Citation([CitationItem(items[0]["id"])]))
        line = str(bibliography.bibliography()[0])
    assert "The backprop contributors" in line
    assert citing.DATE[:4] in line
    assert (citing.TITLE if part is None else part.title).split()[0].lower() in line.lower()
    assert items[0]["version"] == backprop.__version__
    assert items[0].get("URL") == (None if root is None else root + where(part))


@EVERY
def test_ris_is_read_by_a_parser(part: citing.Part | None, root: str | None) -> None:
    import rispy

    (entry,) = rispy.loads(citing.cite("ris", part, root))
    assert entry["authors"] == ["The backprop contributors"]
    assert entry["title"] == (citing.TITLE if part is None else part.title)
    assert entry["year"] == citing.DATE[:4]
    assert entry["edition"] == backprop.__version__
    assert entry.get("urls") == (None if root is None else [root + where(part)])


@EVERY
def test_a_line_in_apas_style_has_everything(part: citing.Part | None, root: str | None) -> None:
    line = citing.cite("apa", part, root)
    assert line.startswith("The backprop contributors. (2026). ")
    for words in (citing.TITLE, f"(Version {backprop.__version__})", (root or "") + where(part)):
        assert words in line
    assert "\n" not in line


def test_an_address_in_the_package_carries_the_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(citing, "ADDRESS", "https://example.org/backprop/")
    line = backprop.citation(equation="8.4")
    assert line.endswith(
        f"https://example.org/backprop/{backprop.__version__}/derivation/hidden-to-hidden/#eq-hidden-delta"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--equation", "99.9"], "equation is '99.9'; expected the number of an equation"),
        (["--equation", ""], "equation is ''; expected"),
        (["--page", "../x"], "page is '../x'; expected an address below"),
        (["--page", "x/", "--equation", "8.4"], "equation and page are both given"),
        (["--format", "word"], "form is 'word'; expected one of 'apa'"),
    ],
)
def test_a_wrong_command_is_told_in_one_line(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cite", *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"backprop: {said}")
    assert err.count("\n") == 1


def test_the_command_prints_what_the_function_returns(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cite", "--format", "bibtex", "--equation", "8.4"]) == 0
    assert capsys.readouterr().out == backprop.citation("bibtex", equation="8.4") + "\n"


# The site


@pytest.mark.parametrize(
    ("address", "root"),
    [(None, None), ("http://127.0.0.1:8000/", None), ("http://localhost/x/", None), (ADDRESS[:-1], ADDRESS)],
)
def test_the_readers_own_machine_is_no_address(address: str | None, root: str | None) -> None:
    assert home_of(address) == root


def test_the_box_and_the_tags_of_a_page() -> None:
    part, page = citing.Part("3 Loss", "derivation/loss/"), "<head></head><article><h1>3 Loss</h1></article>"

    def boxed(root: str | None) -> str:
        read = tree.page(page)
        add_box(read, part, root)
        return tree.written(read)

    def tagged(words: str, root: str | None) -> str:
        read = tree.page(page)
        build: Any = SimpleNamespace(home=root, words={"derivation/loss/": words}, edition=True, files={})
        add_tags(read, build, "derivation/loss/", "3 Loss", True)
        return tree.written(read)

    html = boxed(ADDRESS)
    assert html.index("Cite this page") < html.index("</article>")
    assert f"{ADDRESS}derivation/loss/" in html
    assert "has not been published" not in html
    assert "has not been published" in boxed(None)
    assert files(part, ADDRESS)["citation.bib"].startswith("@misc{backprop-derivation-loss,")
    tags = tagged('One "number".', ADDRESS)
    assert f'<meta name="citation_public_url" content="{ADDRESS}derivation/loss/">' in tags
    assert f'<meta name="citation_pdf_url" content="{ADDRESS}backprop.pdf">' in tags
    assert 'content="One &quot;number&quot;."' in tags
    assert "citation_public_url" not in tagged("", None)


def test_a_description_is_short_and_ends_with_a_word() -> None:
    assert description(tree.fragment("<p>" + "word " * 100 + "</p>")).endswith("word …")
    assert description(tree.fragment("<h1>nothing</h1>")) == ""


def test_every_page_of_the_derivation_can_be_cited(site: Path) -> None:
    pages = sorted((site / "derivation").rglob("index.html"))
    assert len(pages) > 10
    for page in [*pages, *(site / "results").rglob("index.html")]:
        html = page.read_text(encoding="utf-8")
        assert "Cite this page" in html, page
        assert 'name="citation_title"' in html, page
        assert f'name="citation_version" content="{backprop.__version__}"' in html, page
        for name in ("citation.bib", "citation.ris", "citation.json"):
            assert (page.parent / name).stat().st_size > 100


def test_a_published_version_carries_its_address_everywhere(site: Path, tmp_path: Path) -> None:
    """Publish as the workflow does, into a branch of a copy of the repository."""
    if sys.platform == "win32" or shutil.which("git") is None:
        pytest.skip("publishing needs bash and git")
    copy = tmp_path / "copy"
    wanted = shutil.ignore_patterns(".git", ".venv", "site", "node_modules", "__pycache__", ".*_cache")
    shutil.copytree(ROOT, copy, ignore=wanted)
    assert (copy / "build" / "figures").is_dir(), "the given site was not built here: there are no figures"

    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(copy),
        "PRINTED_EDITION": "false",
        "LIVE": "off",
        "NO_MKDOCS_2_WARNING": "1",
    }

    def run(*command: str, status: int = 0) -> str:
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    run("git", "init", "-q")
    run("git", "config", "user.name", "test")
    run("git", "config", "user.email", "test@example.org")
    run("git", "commit", "-q", "--allow-empty", "-m", "nothing")
    assert "CITATION.cff has no url" in run("bash", ".ci/publish", status=1)
    cff, module = copy / "CITATION.cff", copy / "backprop" / "citing.py"
    cff.write_text(cff.read_text(encoding="utf-8") + "url: https://example.org/backprop/\n", encoding="utf-8")
    text = module.read_text(encoding="utf-8")
    module.write_text(text.replace("str | None = None  #", 'str | None = "https://example.org/backprop/"  #'))
    for part in ("experiments", "figures"):  # their results are there already, and no concern of this test
        (copy / "backprop" / part / "__main__.py").write_text("")
    run("bash", ".ci/publish")
    html = run("git", "show", f"gh-pages:{backprop.__version__}/derivation/loss/index.html")
    address = f"https://example.org/backprop/{backprop.__version__}/derivation/loss/"
    assert f'<link rel="canonical" href="{address}">' in html
    assert f'<meta name="citation_public_url" content="{address}">' in html
    cards = set(run("git", "ls-tree", "--name-only", f"gh-pages:{backprop.__version__}/assets/cards").split())
    shown = re.findall(r'<meta property="og:image" content="([^"]*)">', html)
    assert shown == [f"https://example.org/backprop/{backprop.__version__}/assets/cards/derivation-loss.png"]
    pages = run("git", "ls-tree", "-r", "--name-only", f"gh-pages:{backprop.__version__}").split()
    assert len(cards) == sum(page.endswith("index.html") for page in pages) > 40
    assert "derivation-loss.png" in cards
    assert json.loads(run("git", "show", "gh-pages:versions.json"))[0]["aliases"] == ["latest"]
    assert "published already" in run("bash", ".ci/publish", status=1)


@pytest.mark.parametrize(
    "wrong",
    [
        "example.org",
        "/backprop/",
        "https://",
        "https:///x/",
        "ftp://example.org/",
        "https://exam ple.org/",
        "https://example.org/a b/",
        "https://example.org/?v=1",
        "8000",
    ],
)
def test_a_wrong_address_is_refused(wrong: str) -> None:
    with pytest.raises(SiteError, match=re.escape(f"SITE_URL is '{wrong}'; expected an address such as 'https://")):
        checked_address(wrong)


def test_a_wrong_address_stops_the_build_with_file_and_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1", "SITE_URL": "example.org"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").splitlines()
    line = next(number for number, text in enumerate(settings, start=1) if "SITE_URL" in text)
    said = f"mkdocs.yml:{line}: SITE_URL is 'example.org'; expected an address such as 'https://example.org/backprop/'"
    assert [entry for entry in done.stderr.splitlines() if "SITE_URL" in entry] == [f"ERROR   -  {said}"]
    assert not (tmp_path / "site").exists()


def test_the_changes_name_the_version_and_its_date() -> None:
    changes = (Path(__file__).parents[2] / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.*)$", changes, re.MULTILINE)[0] == f"{citing.VERSION} ({citing.DATE})"
