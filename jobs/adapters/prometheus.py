"""The door to a Prometheus on this machine: its programs, a configuration of ours, and what it says."""

import json
import os
import shutil
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jobs
from jobs.adapters.endpoints import LOCALHOST
from schemas.errors import SetupError

__all__ = ["RULES", "Alert", "Server", "find_program"]

ROOT = Path(jobs.__file__).parents[1]
RULES = ROOT / "infra" / "prometheus"
UNPACKED = ROOT / ".prometheus" / "usr" / "bin"
ANSWER_S_MAX = 5.0
CONFIG = """\
global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
rule_files: [{rules}]
scrape_configs:
  - job_name: penstock
    file_sd_configs: [{{files: [{targets}], refresh_interval: 1s}}]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert as Prometheus has it now; `state` is pending or firing."""

    name: str
    state: str
    labels: dict[str, str]
    summary: str
    action: str


class Server:
    """A Prometheus that scrapes the processes of one run every second; the caller starts `command` and ends it."""

    def __init__(self, folder: Path, run: Path, port: int) -> None:
        self.address = f"{LOCALHOST}:{port}"
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "prometheus.yml"
        rules, targets = RULES / "rules" / "*.yml", run.resolve() / "metrics" / "*.json"
        config.write_text(CONFIG.format(rules=json.dumps(str(rules)), targets=json.dumps(str(targets))))
        self.command = [
            str(find_program("prometheus")),
            f"--config.file={config}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={self.address}",
        ]

    def alerts(self) -> list[Alert]:
        """Those that are pending or fire; empty while it does not answer yet."""
        found = self._ask("/api/v1/alerts")
        return [_alert(one) for one in found["alerts"]] if found else []

    def value(self, query: str) -> float | None:
        """The only sample that an expression has now; None when it has none."""
        found = self._ask("/api/v1/query?" + urllib.parse.urlencode({"query": query}))
        return float(found["result"][0]["value"][1]) if found and found["result"] else None

    def _ask(self, path: str) -> Any:
        try:
            with urllib.request.urlopen(f"http://{self.address}{path}", timeout=ANSWER_S_MAX) as answer:
                return json.load(answer)["data"]
        except OSError:
            return None


def find_program(name: str) -> Path:
    """`prometheus` or `promtool`: of PATH, or what infra/setup/prometheus.sh unpacked; SetupError without it."""
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", os.defpath), str(UNPACKED)]))
    if found is None:
        raise SetupError(f"{name} is missing: infra/setup/prometheus.sh, or sudo apt-get install -y prometheus")
    return Path(found)


def _alert(one: dict[str, Any]) -> Alert:
    labels = {name: value for name, value in one["labels"].items() if name != "alertname"}
    told = one["annotations"]
    return Alert(
        name=one["labels"]["alertname"],
        state=one["state"],
        labels=labels,
        summary=told["summary"],
        action=told["action"],
    )
