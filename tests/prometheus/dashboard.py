"""infra/grafana/penstock.json, from the rows below; run as a module, it writes the file."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jobs.adapters.prometheus import RULES

FILE = RULES.parent / "grafana" / "penstock.json"
COLUMNS = 24
SOURCE = {"type": "prometheus", "uid": "${source}"}


@dataclass(frozen=True, slots=True)
class Panel:
    """One question; `legend` names its lines by their labels. A stat shows the newest value, red from `red` on."""

    title: str
    query: str
    legend: str = ""
    unit: str = "short"
    red: float | None = None


ROWS = (  # the height of each row of panels, and these
    (
        4,
        (
            Panel("not ready", "penstock_ready == 0", "{{process}}", red=0),
            Panel("halted", "max by (channel) (penstock_halted) > 0", "channel {{channel}}", red=1),
            Panel("loss, share of its limit", "penstock_loss_ratio", "{{currency}}", "percentunit", 0.5),
            Panel("replicas differ", "sum(increase(penstock_replica_divergence_total[15m]))", red=1),
            Panel("values that SQL computes differently", "penstock_parity_differences", red=1),
            Panel("orders in flight", "penstock_orders_in_flight"),
        ),
    ),
    (
        7,
        (
            Panel("ticks a second", "channel:penstock_ticks:rate1m", "channel {{channel}}"),
            Panel("order latency by hop, p99", "hop:penstock_order_latency_seconds:p99_5m", "{{hop}}", "s"),
            Panel("messages that wait", "max by (process, topic) (penstock_lag_messages)", "{{process}} {{topic}}"),
        ),
    ),
    (
        7,
        (
            Panel("orders a second", "verdict:penstock_orders:rate5m > 0", "{{verdict}} {{reason}}"),
            Panel("decisions a second", "verdict:penstock_decisions:rate5m > 0", "{{verdict}} {{reason}}"),
            Panel(
                "accuracy in the last hour",
                "member:penstock_model_accuracy:ratio1h",
                "{{member}} {{sample}}",
                "percentunit",
            ),
        ),
    ),
    (
        6,
        (
            Panel(
                "quarantined a second", "sum by (reason) (rate(penstock_quarantined_records_total[5m]))", "{{reason}}"
            ),
            Panel(
                "gaps in five minutes", "sum by (channel) (increase(penstock_gaps_total[5m]))", "channel {{channel}}"
            ),
            Panel("checkpoint's age", "penstock_checkpoint_age_seconds", "{{instance}}", "s"),
            Panel(
                "position, share of its limit",
                "penstock_position_notional_ratio",
                "instrument {{instrument}}",
                "percentunit",
            ),
        ),
    ),
)


def written() -> str:
    """The dashboard as Grafana imports it, which then asks for its Prometheus."""
    dashboard = {
        "uid": "penstock",
        "title": "Penstock",
        "schemaVersion": 39,
        "editable": False,
        "refresh": "10s",
        "time": {"from": "now-30m", "to": "now"},
        "templating": {"list": [{"name": "source", "type": "datasource", "query": "prometheus"}]},
        "panels": list(_panels()),
    }
    return json.dumps(dashboard, indent=1) + "\n"


def _panels() -> Iterator[dict[str, Any]]:
    number, top = 0, 0
    for height, row in ROWS:
        width = COLUMNS // len(row)
        for place, one in enumerate(row):
            number += 1
            yield _panel(one, number, {"x": place * width, "y": top, "w": width, "h": height}, is_stat=top == 0)
        top += height


def _panel(one: Panel, number: int, place: dict[str, int], *, is_stat: bool) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if one.red is not None:
        steps.append({"color": "red", "value": one.red})
    defaults = {"unit": one.unit, "thresholds": {"mode": "absolute", "steps": steps}, "noValue": "none"}
    return {
        "id": number,
        "type": "stat" if is_stat else "timeseries",
        "title": one.title,
        "datasource": SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "targets": [{"refId": "A", "datasource": SOURCE, "expr": one.query, "legendFormat": one.legend or one.title}],
    }


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(written())
