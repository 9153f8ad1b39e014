"""The tables of infra/prometheus/README.md, from schemas/metrics.py and the rules; run as a module, it writes them."""

import re

import yaml

from jobs.adapters.prometheus import RULES
from schemas.metrics import METRICS

README = RULES / "README.md"
MARKS = {
    "metrics": ("<!-- metrics -->\n", "<!-- end of metrics -->\n"),
    "alerts": ("<!-- alerts -->\n", "<!-- end of alerts -->\n"),
}


def written() -> str:
    """The README with its tables as they should be."""
    text = README.read_text()
    for name, table in (("metrics", _metrics()), ("alerts", _alerts())):
        begin, end = MARKS[name]
        text = re.sub(f"(?s){begin}.*?{end}", lambda _, begin=begin, end=end, table=table: begin + table + end, text)
    return text


def _metrics() -> str:
    lines = ["| metric | type | labels | by | what |", "|---|---|---|---|---|"]
    for one in METRICS:
        labels, by = ", ".join(one.labels), "all" if len(one.by) == 5 else ", ".join(one.by)
        lines.append(f"| `{one.name}` | {one.kind} | {labels} | {by} | {one.what} |")
    return "\n".join(lines) + "\n"


def _alerts() -> str:
    lines = ["| alert | severity | when | for |", "|---|---|---|---|"]
    groups = yaml.safe_load((RULES / "rules" / "alerts.yml").read_text())["groups"]
    for rule in (rule for group in groups for rule in group["rules"]):
        when = rule["expr"].replace("|", "\\|")
        lines.append(f"| `{rule['alert']}` | {rule['labels']['severity']} | `{when}` | {rule.get('for', '')} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    README.write_text(written())
