from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests.browser.jupyter import Notebook, Server, Watch, chromium_browser, jupyter
from tests.tools import chromium

WIDE: ViewportSize = {"width": 1280, "height": 720}
TIMEOUT = 15_000  # ms; ample, for machines with much else to do

OpenNotebook = Callable[[str], Notebook]


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with jupyter(tmp_path_factory.mktemp("jupyter")) as server:
        yield server


# Not for the whole session: while Playwright runs, the thread has an event loop, which other tests do not expect.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    if chromium() is None:
        pytest.skip("no Chromium here; `python tests/tools.py --install` gets one")
    with chromium_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=WIDE, color_scheme="light")
    context.set_default_timeout(TIMEOUT)
    expect.set_options(timeout=TIMEOUT)
    yield context
    context.close()


@pytest.fixture(scope="module")
def watch(context: BrowserContext) -> Watch:
    return Watch(context)


@pytest.fixture(autouse=True)
def clean(watch: Watch) -> Iterator[None]:
    """Every test fails on an error in the console, a dialog, or a request that leaves the machine."""
    yield
    watch.check()


@pytest.fixture(scope="module")
def page(context: BrowserContext, watch: Watch) -> Page:
    return context.new_page()


@pytest.fixture(scope="module")
def open_notebook(server: Server, page: Page) -> Iterator[OpenNotebook]:
    """Opens a notebook of the server's; its kernel ends with the module."""
    opened: list[Notebook] = []

    def open_(name: str) -> Notebook:
        opened.append(server.open(page, name))
        return opened[-1]

    yield open_
    for notebook in opened:
        notebook.close()
