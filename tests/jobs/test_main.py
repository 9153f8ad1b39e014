"""The command: its story, its errors, what it imports, what it refuses to be mixed up with."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import jobs.main
import jobs.summary
from jobs.cli.failure import explained, find_shadowing
from jobs.main import Options, app, main

STORY = (
    *("Start here", "try", "backtest", "doctor", "run", "term"),
    *("Look", "summary", "status", "sql", "explain", "features", "cat", "quality"),
    *("Trust", "replay", "reconcile", "soak", "chaos", "demo", "Stop", "halt", "resume"),
    *("Deploy", "provision", "begin", "submit", "upgrade"),
    *("Parts", "feed", "trade", "gateway", "exchange", "archive", "bench", "train", "cluster"),
)
COMMANDS = [one for one in STORY if one[0].islower()]
ROOT = Path(jobs.main.__file__).parents[1]


def penstock(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("penstock")), *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=os.environ | environment, timeout=60)


def test_help_tells_the_story_in_order() -> None:
    text = CliRunner().invoke(app, ["--help"], obj=Options(), env={"COLUMNS": "100"}).output
    words = [line.strip("│╭ ─").split("  ")[0].split(" ─")[0].strip() for line in text.splitlines()]
    found = [word for word in words if word in STORY]
    assert found == list(STORY)


@pytest.mark.parametrize(
    "command", [*COMMANDS, "demo kill", "demo alerts", "cluster up", "cluster down", "cluster status"]
)
def test_every_command_has_help(command: str) -> None:
    found = CliRunner().invoke(app, [*command.split(), "--help"], obj=Options())
    assert found.exit_code == 0, found.output
    assert "--help" in found.output


def test_the_command_alone_is_light() -> None:
    heavy = "('numpy', 'numba', 'pyarrow', 'pyflink', 'confluent_kafka', 'chdb', 'river', 'onnxruntime')"
    code = f"import sys, jobs.main; print([one for one in {heavy} if one in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert found.stdout.strip() == "[]"


def test_a_stated_error_is_one_line_and_debug_shows_more(tmp_path: Path) -> None:
    found = penstock("summary", "--folder", str(tmp_path), cwd=tmp_path)
    assert found.returncode == 1
    assert found.stderr.startswith("penstock: summary ")
    assert len(found.stderr.splitlines()) == 1
    assert "Traceback" in penstock("--debug", "summary", "--folder", str(tmp_path), cwd=tmp_path).stderr


def test_a_disk_that_refuses_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = penstock("halt", "--folder", str(tmp_path / "file"), cwd=tmp_path)
    assert found.returncode == 1
    assert found.stderr.startswith(f"penstock: {tmp_path / 'file'}: ")
    assert len(found.stderr.splitlines()) == 1


def test_wrong_usage_is_2(tmp_path: Path) -> None:
    assert penstock("no-such-command", cwd=tmp_path).returncode == 2
    assert penstock("backtest", cwd=tmp_path).returncode == 2


def test_an_interrupt_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(jobs.summary, "summary", interrupted)
    monkeypatch.setattr(sys, "argv", ["penstock", "summary"])
    with pytest.raises(SystemExit) as status:
        sys.exit(main())
    assert status.value.code == 130


@pytest.mark.parametrize("kind", ["package", "module"])
def test_a_folder_that_shadows_ours_is_told(tmp_path: Path, kind: str) -> None:
    if kind == "package":
        (tmp_path / "models").mkdir()
        (tmp_path / "models" / "__init__.py").touch()
    else:
        (tmp_path / "models.py").touch()
    found = penstock("summary", cwd=tmp_path, PYTHONPATH=str(tmp_path))
    assert found.returncode == 1
    assert "'models'" in found.stderr
    assert "PYTHONPATH" in found.stderr


def test_a_folder_beside_the_user_shadows_nothing(tmp_path: Path) -> None:
    for name in ("schemas", "models", "udfs", "jobs"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('not ours')")
    assert penstock("--help", cwd=tmp_path).returncode == 0


def test_our_packages_are_where_they_belong() -> None:
    assert find_shadowing(("schemas", "jobs")) is None
    assert "not at" in str(find_shadowing(("json",)))


def test_a_missing_library_names_its_extra() -> None:
    found = explained(ModuleNotFoundError("No module named 'chdb'", name="chdb.session"))
    assert "penstock[pipeline]" in str(found)
    assert explained(ModuleNotFoundError("No module named 'jobs.nothing'", name="jobs.nothing")) is None


def test_halt_writes_its_flag_before_anything_heavy(tmp_path: Path) -> None:
    code = (
        "import sys, jobs.execution.flag as flag\n"
        "write = flag.Flag.write\n"
        "def told(self, state):\n"
        "    write(self, state)\n"
        "    print([one for one in ('numpy', 'confluent_kafka') if one in sys.modules], state.reason)\n"
        "flag.Flag.write = told\n"
        "from jobs.main import main\n"
        f"sys.argv = ['penstock', 'halt', '--reason', 'drill', '--folder', {str(tmp_path)!r}]\n"
        "main()\n"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert found.stdout.splitlines()[0] == "[] drill"
    assert (tmp_path / "halt.json").exists()
