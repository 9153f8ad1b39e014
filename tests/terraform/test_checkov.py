"""checkov over the modules: nothing fails, and what is suppressed says why in the line itself."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.terraform.command import ROOT

CHECKOV = Path(__file__).parents[2] / ".checkov" / "bin" / "checkov"
SKIP = re.compile(r"#\s*checkov:skip=(\w+)(?::\s*(.*))?")


def results(*targets: str) -> dict[str, Any]:
    if not CHECKOV.exists():
        pytest.skip("no checkov (infra/setup/checkov.sh fetches it)")
    command = [CHECKOV, *targets, "--framework", "terraform", "--skip-download", "--output", "json", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    "targets",
    [["-d", str(ROOT / "modules")], ["-f", *map(str, sorted((ROOT / "stacks" / "pipeline").glob("*.tf")))]],
    ids=["modules", "stack"],
)
def test_nothing_fails(targets: list[str]) -> None:
    found = results(*targets)
    assert found["summary"]["passed"] > 0 and found["summary"]["parsing_errors"] == 0
    assert [(one["check_id"], one["resource"]) for one in found.get("results", {}).get("failed_checks", [])] == []


def test_what_is_suppressed_says_why() -> None:
    for path in ROOT.rglob("*.tf"):
        for check, reason in SKIP.findall(path.read_text()):
            assert len(reason.split()) >= 4, f"{path}: {check} is suppressed without a reason"


def test_a_bucket_in_the_open_is_found(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('resource "aws_s3_bucket" "open" {\n  bucket = "open"\n}\n')
    assert results("-d", str(tmp_path))["summary"]["failed"] > 3
