"""Follows binder/ in a fresh environment as repo2docker does, on a machine that has no Node.js."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.tools import copy_checkout, path_without_node

ROOT = Path(__file__).parents[1]
TUTORIALS = sorted(path.name for path in ROOT.glob("notebooks/*.ipynb"))


@pytest.fixture(scope="module")
def binder(tmp_path_factory):
    """Builds the environment, in the order of repo2docker; returns the clone, its programs and its variables."""
    clone = copy_checkout(tmp_path_factory.mktemp("clone"))
    home = tmp_path_factory.mktemp("home")
    programs = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", programs], check=True)
    path = os.pathsep.join([str(programs / "bin"), path_without_node(tmp_path_factory.mktemp("bin"))])
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "PYTHON"))}
    variables["PATH"] = path

    def run(*command, **changes):
        subprocess.run(command, cwd=clone, env={**variables, **changes}, stdin=subprocess.DEVNULL, check=True)

    run("pip", "install", "-r", "binder/requirements.txt")
    run("./binder/postBuild", HOME=str(home))
    return clone, programs / "bin", {**variables, "HOME": str(home)}


def output(binder, program, *arguments):
    clone, programs, variables = binder
    command = [programs / program, *arguments]
    # In notebooks, where the kernel of a tutorial starts, the package can only be the installed one.
    done = subprocess.run(command, cwd=clone / "notebooks", env=variables, capture_output=True, text=True, check=True)
    return done.stdout + done.stderr


def test_python_is_one_that_the_package_supports():
    version = re.fullmatch(r"python-3\.(\d+)\n", (ROOT / "binder/runtime.txt").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    oldest = re.fullmatch(r">=3\.(\d+)", project["requires-python"])
    assert int(version[1]) >= int(oldest[1])


def test_nothing_takes_the_place_of_the_requirements():
    assert sorted(path.name for path in (ROOT / "binder").iterdir()) == ["postBuild", "requirements.txt", "runtime.txt"]
    assert not (ROOT / ".binder").exists()


def test_installation_is_complete_and_leaves_no_build_files(binder):
    clone, _, _ = binder
    code = "import crnwidgets; print(crnwidgets.__file__); from crnwidgets.cli import tutorials; print(tutorials()[0])"
    package, first = map(Path, output(binder, "python", "-c", code).split("\n")[:2])
    assert not package.is_relative_to(clone)
    assert first == package.parent / "tutorials" / TUTORIALS[0]
    assert list((package.parent / "widgets/static").glob("*.js"))
    assert not (clone / "crnwidgets/widgets/frontend/node_modules").exists()


def test_widget_extensions_are_enabled(binder):
    listed = output(binder, "jupyter", "labextension", "list")
    for name in ("@jupyter-widgets/jupyterlab-manager", "anywidget", "bqplot"):
        assert re.search(rf"{name} v\S+.*enabled.*OK", listed), listed


def test_server_opens_the_first_tutorial(binder):
    clone, programs, variables = binder
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    options = ["--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={address.rpartition(':')[2]}"]
    command = [programs / "jupyter", "lab", *options, "--IdentityProvider.token=t"]
    server = subprocess.Popen(command, cwd=clone, env=variables, stdin=subprocess.DEVNULL)
    try:
        page = get(f"{address}/lab/tree/notebooks/{TUTORIALS[0]}?token=t", server)
        assert "<title>JupyterLab</title>" in page
        notebook = json.loads(get(f"{address}/api/contents/notebooks/{TUTORIALS[0]}?token=t", server))
        assert notebook["type"] == "notebook"
    finally:
        server.terminate()
        server.wait(30)


def get(url, server, patience=60):
    """What a server answers, waiting until it is up."""
    end = time.monotonic() + patience
    while True:
        try:
            with urllib.request.urlopen(url, timeout=patience) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError:
            raise
        except OSError:
            if server.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.2)


def test_there_are_digits_to_learn_from(binder):
    code = "import crnwidgets; print(crnwidgets.neural.digits()[0].shape)"
    assert output(binder, "python", "-c", code).splitlines()[0] == "(1797, 64)"


def test_first_tutorial_runs(binder):
    output(binder, "jupyter", "execute", TUTORIALS[0])
