import re
from pathlib import Path

import pytest
from jupyterlab import labapp

from crnwidgets import cli

TUTORIALS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


@pytest.fixture
def launched(monkeypatch):
    """The arguments with which JupyterLab was started."""
    calls = []
    monkeypatch.setattr(labapp, "main", calls.append)
    return calls


def test_lab_copies_every_tutorial_and_opens_the_first(tmp_path, launched, capsys):
    folder = tmp_path / "new" / "lessons"
    cli.main(["lab", str(folder)])
    assert [path.read_bytes() for path in sorted(folder.iterdir())] == [path.read_bytes() for path in TUTORIALS]
    assert launched == [[str(folder / TUTORIALS[0].name)]]
    assert str(folder) in capsys.readouterr().out


def test_folder_has_a_default(tmp_path, launched, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cli.main(["lab"])
    assert launched == [[str(tmp_path / "crnwidgets-tutorials" / TUTORIALS[0].name)]]


def test_changed_file_is_kept_and_named(tmp_path, launched, capsys):
    cli.copy_tutorials(tmp_path)
    changed, removed = tmp_path / TUTORIALS[0].name, tmp_path / TUTORIALS[-1].name
    removed.unlink()
    changed.write_text("mine")
    cli.main(["lab", str(tmp_path)])
    assert changed.read_text() == "mine"
    assert re.findall(r"(\S+) is kept", capsys.readouterr().out) == [changed.name]
    assert changed == removed or removed.exists()


@pytest.mark.parametrize("folder", [[], ["here"]])
def test_what_follows_two_dashes_is_jupyterlabs(folder, tmp_path, launched, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cli.main(["lab", *folder, "--", "--no-browser", "--port", "9999"])
    assert launched[0][1:] == ["--no-browser", "--port", "9999"]
    assert Path(launched[0][0]).parent.name == (folder or ["crnwidgets-tutorials"])[0]


def test_unknown_option_is_an_error(launched, capsys):
    with pytest.raises(SystemExit):
        cli.main(["lab", "--no-browser"])
    assert "--no-browser" in capsys.readouterr().err
    assert not launched


def test_package_without_tutorials_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(cli, "__file__", str(tmp_path / "crnwidgets" / "cli.py"))
    with pytest.raises(FileNotFoundError, match="has no tutorials"):
        cli.copy_tutorials(tmp_path)


def test_version_and_help(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    assert re.fullmatch(r"crnwidgets \d+\.\d+\.\d+\n", capsys.readouterr().out)
    cli.main([])
    assert "open the tutorials in JupyterLab" in capsys.readouterr().out
