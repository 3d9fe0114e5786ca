"""Which bubblewrap is new enough: doctor says so, and so does what prepares a sandbox. A bwrap is played on PATH."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from attn_classroom import apart, bubblewrap
from attn_classroom.__main__ import app
from attn_classroom.doctor import examine
from attn_classroom.isolation import IsolationError, Walls, command, mounts
from attn_classroom.limits import Limits
from attn_classroom.releasing import notebook

OLD = "bubblewrap 0.8 or newer is needed, this is 0.6.1: Debian 12 and Ubuntu 24.04 have one, Ubuntu 22.04 has not"


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bwrap before all others on PATH, that says it is that of Ubuntu 22.04 and counts how often it is asked."""
    program = tmp_path / "bin" / "bwrap"
    program.parent.mkdir()
    play(program, "bubblewrap 0.6.1")
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return program


def play(program: Path, says: str, status: int = 0) -> None:
    program.write_text(f"#!/bin/sh\necho \"$@\" >> {program}.asked\necho '{says}'\nexit {status}\n")
    program.chmod(0o755)


def test_doctor_says_that_an_old_one_is_too_old(played: Path) -> None:
    (only,) = examine(Limits())
    assert (only.what, only.good) == ("a sandbox starts", False)
    assert only.detail.startswith(OLD)
    assert "apt-get install" not in only.detail  # which would change nothing
    result = CliRunner().invoke(app, ["doctor"], env={"COLUMNS": "200"})
    assert result.exit_code == 1
    assert result.output.startswith(f"FAILS a sandbox starts ({OLD}")


def test_no_sandbox_is_prepared_with_an_old_one(played: Path) -> None:
    with pytest.raises(IsolationError, match=f"^{OLD}"):
        mounts()


def test_grading_stops_with_what_to_do(
    played: Path, toy, toy_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "_walls", mounts)  # another test's may be remembered
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "s1.ipynb").write_text(notebook(toy, solved=True))
    line = ["grade", str(toy_folder), str(tmp_path / "class"), "-o", str(tmp_path / "out")]
    result = CliRunner().invoke(app, line, env={"COLUMNS": "400"})
    assert result.exit_code == 2
    assert OLD in result.output


@pytest.mark.parametrize(
    ("says", "version", "old"),
    [
        ("bubblewrap 0.6.1", "0.6.1", True),
        ("bubblewrap 0.7.9", "0.7.9", True),
        ("bubblewrap 0.8.0", "0.8.0", False),
        ("bubblewrap 0.11.0", "0.11.0", False),
        ("bubblewrap 0.8", "0.8", False),
        ("bubblewrap 1.0", "1.0", False),
        ("something else", "", False),  # whether it will do, the sandbox says when it starts
    ],
)
def test_versions_are_compared_as_numbers(played: Path, says: str, version: str, old: bool) -> None:
    play(played, says)
    assert bubblewrap.version() == version
    assert bool(bubblewrap.too_old()) is old


def test_one_that_does_not_run_has_no_version(played: Path) -> None:
    play(played, "bubblewrap 0.6.1", status=127)
    assert bubblewrap.version() == ""
    played.write_text("#!/no/such/shell\n")
    assert bubblewrap.version() == ""


def test_none_at_all_has_no_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert bubblewrap.version() == ""
    assert bubblewrap.too_old() == ""


def test_the_one_of_this_machine_is_named(walls: Walls) -> None:
    assert walls
    first = next(iter(examine(Limits())))
    assert (first.what, first.good, first.detail) == ("a sandbox starts", True, f"bubblewrap {bubblewrap.version()}")
    assert bubblewrap.version()


def test_it_is_asked_once_and_not_for_every_sandbox(played: Path) -> None:
    play(played, "bubblewrap 0.9.0")
    held = mounts()
    for uid in (2_000_001, 2_000_002, 2_000_003):
        command(3, Limits(), held, uid)
    assert Path(f"{played}.asked").read_text() == "--version\n"


def test_the_guide_names_the_version_that_is_needed() -> None:
    guide = (Path(__file__).parents[2] / "assignments" / "README.md").read_text(encoding="utf-8")
    needed = ".".join(map(str, bubblewrap.NEEDED))
    assert f"bubblewrap {needed} or newer" in guide
