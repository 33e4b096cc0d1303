"""The rules that hold for the whole tree."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import crnwidgets

PACKAGE = Path(crnwidgets.__file__).parent
ROOT = Path(__file__).parents[1]
# A module imports only from those above it.
LAYERS = [
    "rules",
    "network",
    "chambers",
    "palette",
    "export",
    "dynamics",
    "learning",
    "tasks",
    "neural",
    "zoo",
    "runner",
    "examiner",
    "widgets",
    "cli",
]
CORE = LAYERS[: LAYERS.index("widgets")]
NOT_MODULES = {"__init__", "__pycache__", "tutorials"}
MODULES = {path.stem for path in PACKAGE.iterdir() if path.is_dir() or path.suffix == ".py"} - NOT_MODULES
WIDGET_LIBRARIES = ("anywidget", "bqplot", "ipywidgets")


def nodes(tree):
    """What a module does on its own account: all but imports for types alone and what a notebook calls to show it."""
    for node in ast.iter_child_nodes(tree):
        for_types = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for_display = isinstance(node, ast.FunctionDef) and node.name.startswith("_repr_")
        if not (for_types or for_display):
            yield node
            yield from nodes(node)


def imports(path):
    """The layers that a file imports from, with the line of each."""
    package = ["crnwidgets", *path.relative_to(PACKAGE).parts[:-1]]
    for node in nodes(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else []
            names = [".".join([*above, *filter(None, [node.module]), alias.name]) for alias in node.names]
        else:
            continue
        for name in names:
            if name.startswith("crnwidgets."):
                yield name.split(".")[1], node.lineno


def test_every_module_has_its_layer():
    assert set(LAYERS) >= MODULES


@pytest.mark.parametrize("layer", [name for name in LAYERS if name in MODULES])
def test_modules_import_only_from_above(layer):
    # The package's own version is no module.
    allowed = {*LAYERS[: LAYERS.index(layer) + 1], "__version__"}
    files = [PACKAGE / f"{layer}.py", *(PACKAGE / layer).rglob("*.py")]
    wrong = [
        f"{path.relative_to(PACKAGE)}:{line} imports {name}"
        for path in files
        if path.exists() and "node_modules" not in path.parts
        for name, line in imports(path)
        if name not in allowed
    ]
    assert not wrong


@pytest.mark.parametrize("name", ["", *(f".{name}" for name in CORE if name in MODULES)])
def test_core_loads_no_widget_library(name):
    unwanted = [*WIDGET_LIBRARIES, *(["jax"] if name in ("", ".rules", ".network") else [])]
    code = f"import sys, crnwidgets{name}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not set(unwanted) & set(loaded)


def test_public_names_exist_and_are_documented():
    for name in crnwidgets.__all__:
        value = getattr(crnwidgets, name)
        assert isinstance(value, str) or value.__doc__, name


@pytest.mark.parametrize("path", sorted(ROOT.glob("notebooks/*.ipynb")), ids=lambda path: path.name)
def test_notebooks_are_committed_without_outputs(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert cells
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells)
    assert "widgets" not in notebook["metadata"]


@pytest.mark.parametrize("folder", ["frontend/src", "static"])
def test_browser_code_names_no_host(folder):
    files = [path for path in (PACKAGE / "widgets" / folder).rglob("*") if path.suffix in (".css", ".js")]
    assert files
    for path in files:
        # Names of XML namespaces look like addresses and are never loaded.
        found = re.findall(r"(?:https?|wss?)://(?!www\.w3\.org/)[^\s\"'`]*", path.read_text(encoding="utf-8"))
        assert not found, path.name
