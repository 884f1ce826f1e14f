"""What the tests of the site share: the site, built once, strictly, as the README's first command does; a browser."""

import functools
import gzip
import io
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from builder.beside import printed

ROOT = Path(__file__).parents[2]
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


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("site")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}/"  # the address is known to the site: the theme's previews depend on it
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1", "SITE_URL": address}
    environment["PRINTED_EDITION"] = "false" if printed.browser() is None else "true"
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    server = ThreadingHTTPServer(("127.0.0.1", port), functools.partial(Handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Served(folder, address)
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def site(served: Served) -> Path:
    return served.folder


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A browser; without one the test is skipped, or fails where CI demands one."""
    path = printed.browser()
    if path is None:
        reason = f"no browser: none of {', '.join(printed.BROWSERS)} is on the search path"
        if os.environ.get("BROWSER_TESTS") == "required":
            pytest.fail(reason)
        pytest.skip(f"{reason}; the pages were not looked at")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()
