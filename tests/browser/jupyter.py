"""A JupyterLab server on loopback and notebooks open in Chromium: what browser tests and benchmarks stand on."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import nbformat
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Locator, Page, Request, sync_playwright

from tests.awake import awake
from tests.tools import chromium

SCREENSHOTS = Path(__file__).parents[1] / "screenshots"
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"

_TOKEN = "crnwidgets"
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]

# What JupyterLab itself writes to the console as an error, each with the reason why it is none of ours.
_NOISE = {
    "Could not restore the debugger state: Canceled future": "its debugger asks a kernel that is being ended",
    r"\[anywidget\] Failed to initialize model": "a slow machine took longer to load it than anywidget waits",
}


@contextmanager
def jupyter(folder: Path) -> Iterator[Server]:
    """A running JupyterLab whose files, settings and history are in a folder of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = folder / "settings"
    notifications = settings / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    notifications.parent.mkdir(parents=True)
    notifications.write_text('{"fetchNews": "false", "checkForUpdates": false}')
    root = folder / "root"
    root.mkdir()
    environment = os.environ | {
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(settings),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "IPYTHONDIR": str(folder / "ipython"),
    }
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}"),
        *("--ServerApp.port_retries=0", f"--ServerApp.root_dir={root}", f"--IdentityProvider.token={_TOKEN}"),
        *("--LabApp.expose_app_in_browser=True", "--LabApp.extension_manager=readonly"),
    ]
    log = folder / "jupyterlab.log"
    with log.open("w") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output, cwd=root)
    try:
        server = Server(f"http://127.0.0.1:{port}", root)
        server.wait(process, log)
        with awake(folder / "runtime"):
            yield server
    finally:
        process.terminate()  # JupyterLab then ends its kernels
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Server:
    """A running JupyterLab: its address, and the folder it serves."""

    def __init__(self, address: str, root: Path) -> None:
        self.address = address
        self.root = root

    def wait(self, process: subprocess.Popen[bytes], log: Path) -> None:
        """Return once the server answers; raises RuntimeError with its log where it does not."""
        for _ in range(600):
            try:
                with urllib.request.urlopen(f"{self.address}/api?token={_TOKEN}", timeout=5):
                    return
            except OSError:
                if process.poll() is not None:
                    break
                time.sleep(0.1)
        raise RuntimeError(f"JupyterLab does not answer:\n{log.read_text()[-4000:]}")

    def write(self, name: str, cells: Sequence[str]) -> str:
        """Write a notebook of these code cells, and return its name."""
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        nbformat.write(notebook, self.root / name)
        return name

    def copy(self, original: Path) -> str:
        """Copy a notebook into the served folder, and return its name."""
        shutil.copyfile(original, self.root / original.name)
        return original.name

    def open(self, page: Page, name: str) -> Notebook:
        """Open a notebook and wait for its kernel."""
        page.goto(f"{self.address}/lab/tree/{name}?token={_TOKEN}&reset")
        notebook = Notebook(page)
        notebook.wait_for_kernel()
        return notebook


@contextmanager
def chromium_browser(*flags: str) -> Iterator[Browser]:
    """The system's Chromium; raises RuntimeError where there is none."""
    program = chromium()
    if program is None:
        raise RuntimeError("There is no Chromium; `python tests/tools.py --install` gets one.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*_FLAGS, *flags])
        yield browser
        browser.close()


class Watch:
    """Notes all that a page must not do: errors, dialogs, requests to another machine."""

    def __init__(self, context: BrowserContext, *, offline: bool = False) -> None:
        self.problems: list[str] = []
        self._offline = offline
        context.on("console", self._console)
        context.on("weberror", lambda error: self._note(f"uncaught: {error.error.stack or error.error}"))
        context.on("dialog", self._dialog)
        context.on("request", self._request)
        context.on("page", lambda page: page.on("websocket", lambda socket: self._address(socket.url)))

    def check(self) -> None:
        """Fail with what was noted, and forget it."""
        problems, self.problems = self.problems, []
        assert not problems, "\n".join(problems)

    def _note(self, problem: str) -> None:
        if not any(re.search(pattern, problem) for pattern in _NOISE):
            self.problems.append(problem)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._note(f"console: {message.text} ({message.location.get('url', '')})")

    def _dialog(self, dialog: Dialog) -> None:
        if dialog.type == "beforeunload":  # JupyterLab's, for a notebook that is not saved
            dialog.accept()
            return
        self._note(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Request) -> None:
        self._address(request.url)

    def _address(self, url: str) -> None:
        parts = urlsplit(url)
        here = parts.scheme in {"blob", "data", "about"}
        loopback = parts.hostname == "127.0.0.1" and not self._offline
        if not (here or loopback or (parts.scheme == "file" and self._offline)):
            self._note(f"request: {url}")


_CONNECTED = """() => {
  const kernel = window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel;
  return kernel?.connectionStatus === "connected" && kernel.status === "idle";
}"""

# Whatever a test waits for, it must not wait for ever.
_LIMITED = """async (work) => {
  let limit;
  const patience = new Promise((_, reject) => {
    limit = setTimeout(() => reject(new Error("this was not done within two minutes")), 120000);
  });
  try {
    return await Promise.race([work(), patience]);
  } finally {
    clearTimeout(limit);
  }
}"""

_COMMAND = f"""([name, args]) => ({_LIMITED})(() => jupyterapp.commands.execute(name, args).then(() => null))"""

_EXECUTE = f"""async (request) => {{
  const {{ kernel }} = jupyterapp.shell.currentWidget.sessionContext.session;
  return (await ({_LIMITED})(() => kernel.requestExecute(request).done)).content;
}}"""

# An expression of the kernel's, as JSON; the comm messages that were sent before are handled before.
_ASK = f"""async (code) => {{
  const expression = `__import__("json").dumps(${{code}})`;
  const request = {{ code: "", silent: true, user_expressions: {{ answer: expression }} }};
  return (await ({_EXECUTE})(request)).user_expressions.answer;
}}"""

_DO = f"""async (code) => {{
  const content = await ({_EXECUTE})({{ code, store_history: false }});
  // What the code sent to the widgets came before its end; they show it in the frame after.
  for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
  return content.status === "ok" ? "" : `${{content.ename}}: ${{content.evalue}}`;
}}"""

_ERRORS = """() => jupyterapp.shell.currentWidget.content.widgets.flatMap((cell) => {
  const outputs = cell.model.sharedModel.toJSON().outputs ?? [];
  return outputs.filter((o) => o.output_type === "error").map((o) => `${o.ename}: ${o.evalue}`);
})"""

_SHOW = """(text) => {
  const { content } = jupyterapp.shell.currentWidget;
  const index = content.widgets.findIndex((cell) => cell.model.sharedModel.getSource().includes(text));
  content.activeCellIndex = index;
  return content.scrollToItem(index, "start");
}"""


class Notebook:
    """A notebook open in JupyterLab."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def wait_for_kernel(self) -> None:
        # The toolbar says idle too early: before the connection stands.
        self.page.wait_for_function(_CONNECTED, timeout=60_000)
        self.do("")

    def command(self, name: str, **arguments: Any) -> None:
        """Execute a command of JupyterLab's and wait for its end."""
        self.page.evaluate(_COMMAND, [name, arguments])

    def theme(self, name: str) -> None:
        """Have JupyterLab's theme "JupyterLab Light" or "JupyterLab Dark"."""
        self.command("apputils:change-theme", theme=name)
        # JupyterLab takes away a splash screen 200 ms later, and fails where another one has come and gone before.
        self.page.wait_for_function("() => !document.getElementById('jupyterlab-splash')")

    def run_all(self) -> None:
        """Run all cells; fails where one raises."""
        self.command("notebook:run-all-cells")
        errors = self.page.evaluate(_ERRORS)
        assert not errors, errors

    def show(self, text: str) -> None:
        """Scroll to the first cell whose source contains this text: JupyterLab renders only what is near."""
        self.page.evaluate(_SHOW, text)

    def ask(self, expression: str) -> Any:
        """The value of a Python expression in the kernel, by way of JSON."""
        answer = self.page.evaluate(_ASK, expression)
        assert answer["status"] == "ok", f"{expression}: {answer.get('ename')}: {answer.get('evalue')}"
        return json.loads(ast.literal_eval(answer["data"]["text/plain"]))

    def do(self, code: str) -> None:
        """Execute statements in the kernel; fails where they raise."""
        problem = self.page.evaluate(_DO, code)
        assert not problem, f"{code}\n{problem}"

    def until(self, expression: str, timeout: float = 10.0) -> Any:
        """Wait until an expression is true in the kernel, and return its value."""
        deadline = time.monotonic() + timeout
        while not (value := self.ask(expression)):
            assert time.monotonic() < deadline, f"still not so after {timeout:g} s: {expression}"
            self.page.wait_for_timeout(20)
        return value

    def close(self) -> None:
        """End the kernel and close the page."""
        self.page.evaluate("() => jupyterapp.shell.currentWidget?.sessionContext.shutdown()")
        self.page.close()


def picture(target: Page | Locator, name: str) -> None:
    """Leave a screenshot in tests/screenshots, where a person can look at it."""
    SCREENSHOTS.mkdir(exist_ok=True)
    target.screenshot(path=SCREENSHOTS / f"{name}.png", animations="disabled")


def pictures(page: Page, root: Locator, name: str) -> None:
    """Pictures in the light, in the dark and in a narrow window, in which nothing may stick out."""
    light = root.evaluate("(e) => getComputedStyle(e).backgroundColor")
    picture(page, f"{name}-light")
    page.emulate_media(color_scheme="dark")
    assert root.evaluate("(e) => getComputedStyle(e).backgroundColor") != light
    picture(page, f"{name}-dark")
    page.emulate_media(color_scheme="light")
    before = page.viewport_size
    assert before is not None
    page.set_viewport_size({"width": 360, "height": 900})
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    picture(page, f"{name}-narrow")
    page.set_viewport_size(before)
