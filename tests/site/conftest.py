"""What the tests of the site share: the site, built once, strictly, as the README's first command does; a browser."""

import contextlib
import functools
import gzip
import io
import os
import re
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from builder.beside import printed
from live import fetch
from tests.shared import Shared
from tests.site.building import ADDRESS, GIVEN, built

ROOT = Path(__file__).parents[2]
#: Milliseconds: the machine that tests may be busy.
PATIENCE = 60_000

#: Compile scripts and WebAssembly quickly and never optimise them, because these pages run them for a few seconds only.
COMPILED_ONCE = "--js-flags=--liftoff-only --no-maglev --no-opt"

#: The addresses of what a policy governs: documents, and the scripts of workers.
GOVERNED = re.compile(r"/(\?.*)?$|\.m?js$")

Open = Callable[..., Any]
MEASURED = (".html", ".css", ".js", ".json", ".svg", ".xml")


class Served(NamedTuple):
    folder: Path
    address: str


class Handler(SimpleHTTPRequestHandler):
    """Serve as public hosts do: text compressed, 404.html where there is no page."""

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def send_error(self, code: int, *args: Any) -> None:
        page = Path(self.directory, "404.html").read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def send_head(self) -> Any:
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() and self.path.partition("?")[0].endswith("/") else path
        if path.suffix not in MEASURED or not path.is_file():
            return super().send_head()
        body = compressed(path)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)) + "; charset=utf-8")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return io.BytesIO(body)


@functools.cache
def compressed(path: Path) -> bytes:
    return gzip.compress(path.read_bytes(), 6)


#: Tests of the site that take long, which come first of them.
LONG = {"test_citing", "test_firefox", "test_listings", "test_live", "test_microscope"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests of the site last, so that it can be built while others run.

    All tests of a page stand together, as one process answers all of them. What asks for every page comes
    near the end, and what measures the speed of the page at the end, where little runs beside it.
    """
    here = Path(__file__).parent

    def order(item: pytest.Item) -> tuple[int, str]:
        if GIVEN and item.name.startswith("test_a_published_version"):  # it takes longest
            return -1, ""
        if here not in item.path.parents:
            return 0, ""
        if item.name.startswith("test_training_is_fast_"):
            return 4, ""
        if item.path.stem in LONG:
            return 1, ""
        values = item.callspec.params if hasattr(item, "callspec") else {}
        return (3, "") if "url" not in values or "every_link" in item.name else (2, values["url"])

    items.sort(key=order)


@pytest.fixture(scope="session")
def site(shared: Shared) -> Path:
    """The built site, one for all processes of this run; with BUILT_SITE in the environment, the one that is there."""
    if GIVEN:
        folder = ROOT / GIVEN
        home = (folder / "index.html").read_text(encoding="utf-8")
        assert f'<link rel="canonical" href="{ADDRESS}">' in home, f"{folder} was not built for {ADDRESS}"
        assert printed.browser() is None or (folder / "backprop.pdf").is_file(), f"{folder} has no printed edition"
        return folder
    failure = built(shared)
    assert not failure, failure
    return shared.folder / "site"


@pytest.fixture(scope="session")
def port() -> int:
    """A free port for the server of this process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found: int = free.getsockname()[1]
    return found


@contextlib.contextmanager
def serving(folder: Path, handler: type[SimpleHTTPRequestHandler] = Handler, port: int = 0) -> Iterator[str]:
    """Serve a folder on this machine, and give its address; port 0 is any that is free."""
    server = ThreadingHTTPServer(("127.0.0.1", port), functools.partial(handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def served(site: Path, port: int) -> Iterator[Served]:
    with serving(site, port=port):
        yield Served(site, ADDRESS)


@pytest.fixture(scope="session")
def start(port: int) -> Iterator[Callable[..., Any]]:
    """Start a browser with further options; without one the test is skipped, or fails where CI demands one."""
    path = printed.browser()
    if path is None:
        reason = f"no browser: none of {', '.join(printed.BROWSERS)} is on the search path"
        if os.environ.get("BROWSER_TESTS") == "required":
            pytest.fail(reason)
        pytest.skip(f"{reason}; the pages were not looked at")
    from playwright.sync_api import sync_playwright

    led = f"--host-resolver-rules=MAP {ADDRESS.split('/')[2]} 127.0.0.1:{port}"
    with sync_playwright() as playwright:
        yield lambda *more: playwright.chromium.launch(executable_path=path, args=[*printed.ARGUMENTS, led, *more])


@pytest.fixture(scope="session")
def chromium(start: Callable[..., Any]) -> Iterator[Any]:
    """A browser for all tests but those of speed."""
    browser = start(COMPILED_ONCE)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def ready(served: Served) -> Served:
    """The site with the files that run Python beside it; without them the tests are skipped, or fail in CI."""
    if not (served.folder / "assets/live/pyodide").is_dir():
        reason = "the files that run Python are not there; python -m live.fetch gets them"
        if os.environ.get("BROWSER_TESTS") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    return served


@pytest.fixture(scope="module")
def compiled(ready: Served) -> None:
    """Where there was no Node, the site has Pyodide's own archives, and what is said of others is not tested."""
    if not all(fetch.compiled(fetch.cache(), name).is_file() for name in fetch.COMPILED):
        reason = "the library and NumPy are not compiled; python -m live.fetch does it where there is Node"
        if os.environ.get("BROWSER_TESTS") == "required":
            pytest.fail(reason)
        pytest.skip(reason)


def open_in(context: Any, address: str) -> Any:
    """Open a page in a browser profile; what it asked for is in `tab.requests`."""
    context.set_default_timeout(PATIENCE)
    tab = context.new_page()
    tab.requests = []
    tab.on("request", lambda request: tab.requests.append(request.url))
    tab.goto(address, wait_until="networkidle")
    return tab


@pytest.fixture
def visit(chromium: Any, ready: Served, port: int) -> Iterator[Open]:
    """Open a page in a fresh browser profile."""
    contexts = []

    def opened(url: str, script: str = "", policy: str = "", **options: Any) -> Any:
        context = chromium.new_context(**options)
        contexts.append(context)
        if script:
            context.add_init_script(script)
        if policy:

            def with_policy(route: Any) -> None:
                there = route.request.url.replace(ready.address, f"http://127.0.0.1:{port}/")
                got = route.fetch(url=there)  # which is not led as the browser is
                route.fulfill(response=got, headers=got.headers | {"content-security-policy": policy})

            context.route(GOVERNED, with_policy)
        return open_in(context, ready.address + url)

    yield opened
    for context in contexts:
        context.unroute_all(behavior="ignoreErrors")
        context.close()
