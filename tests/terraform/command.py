"""The door to Terraform for tests: the command, its provider, and a copy of infra/terraform to run in."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "infra" / "terraform"
PROVIDER = "registry.terraform.io/hashicorp/aws"
PLACES = ("/opt", "/usr/local/share/terraform", "/usr/share/terraform")
UNREACHABLE = ("could not connect to", "failed to query available provider", "failed to install provider")


class Terraform:
    """Runs `terraform` in a folder of a private copy of the project's configuration."""

    def __init__(self, copy: Path, environment: dict[str, str] | None = None) -> None:
        self._copy = copy
        self._environment = {
            **{name: value for name, value in os.environ.items() if name != "TF_CLI_CONFIG_FILE"},
            "CHECKPOINT_DISABLE": "1",
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
            **(environment or {}),
        }

    def run(self, folder: str, *arguments: str, timeout_s: float = 280.0) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["terraform", f"-chdir={self._copy / folder}", *arguments],
            capture_output=True,
            text=True,
            env=self._environment,
            timeout=timeout_s,
            check=False,
        )

    def init(self, folder: str) -> None:
        """Initialise with the provider that is here; skip, or fail when Terraform is required, if there is none."""
        plugins = plugin_folder()
        chosen = [f"-plugin-dir={plugins}"] if plugins else []
        done = self.run(folder, "init", "-backend=false", "-no-color", *chosen)
        if done.returncode == 0:
            return
        if not plugins and any(words in done.stderr.lower() for words in UNREACHABLE):
            missing(
                "the AWS provider: neither TF_PLUGIN_DIR nor a local mirror has it, and its registry does not answer"
            )
        raise AssertionError(done.stderr)


def plugin_folder() -> str:
    """TF_PLUGIN_DIR, else a local mirror on the disk, else nothing."""
    given = os.environ.get("TF_PLUGIN_DIR")
    if given:
        return given
    for place in PLACES:
        for found in sorted(Path(place).glob(f"*/{PROVIDER}")) if Path(place).is_dir() else ():
            return str(found.parents[2])
    return ""


def missing(what: str) -> None:
    """Skip with one line; a failure when TF_REQUIRED=1."""
    if os.environ.get("TF_REQUIRED") == "1":
        pytest.fail(f"Terraform is required, but there is no {what}")
    pytest.skip(f"no {what}")


def copied(folder: Path) -> Path:
    """A copy of the configuration, so that no run leaves anything in the checkout."""
    if shutil.which("terraform") is None:
        missing("terraform (1.11 or newer) on PATH")
    return Path(shutil.copytree(ROOT, folder / "terraform", ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*")))
