"""The figures as tables."""

from typing import Any

from rich.console import Console
from rich.table import Table

from jobs.benchmark.on_paper import show_needs, show_state
from jobs.benchmark.tables import table_of

STAGES = (
    *("decode", "quality", "book", "bars", "features", "score", "label", "learn", "ensemble", "trade"),
    *("channel", "encode"),
)


def show(console: Console, found: dict[str, Any]) -> None:
    """Print whatever was measured."""
    if "throughput" in found:
        console.print(_throughput(found["throughput"]))
    if "latency" in found:
        console.print(_latency(found["latency"]))
    if "curve" in found:
        console.print(_curve(found["curve"]))
    console.print(_play(found["play"]))
    console.print(_stages(found["play"]))
    console.print(_closes(found["closes"]))
    console.print(show_state(found["state"]))
    console.print(show_needs(found["needs"]))


def _throughput(found: dict[str, Any]) -> Table:
    columns = ("frame", "job", "M ticks/s: median (min-max)", "M ticks/CPU-s", "of the operator", "rows/s", "us/frame")
    title = "Kafka → Flink (start-up and warm-up not in it); ceiling = identity in Python, no sink"
    table = table_of(title, columns)
    for size, one in found.items():
        for job in ("identity", "trade"):
            middle = one[job]["median"]
            table.add_row(
                size,
                job,
                _millions(one[job], "ticks_per_s"),
                f"{middle['ticks_per_cpu_s'] / 1e6:.2f}",
                f"{middle['ticks_per_operator_cpu_s'] / 1e6:.2f}",
                f"{middle['rows_per_s']:,.0f}",
                f"{middle['us_per_frame']:.0f}",
            )
        table.add_row("", "trade / identity", _share(one["ratio"]), "", "", "", "", end_section=True)
    return table


def _latency(found: dict[str, Any]) -> Table:
    columns = ("ms", "p50: median (min-max)", "p90", "p99", "max", "samples")
    title = "tick's intended time → decision read, 100 k ticks/s, open loop, 64-tick frames, acks=all"
    table = table_of(title, columns)
    for name, text in (("bare", "bare consume-produce loop"), ("trade", "the pipeline in Flink")):
        one = found[name]
        middle = one["median"]
        table.add_row(
            text,
            f"{middle['p50_ms']:.2f} ({one['min']['p50_ms']:.2f}-{one['max']['p50_ms']:.2f})",
            f"{middle['p90_ms']:.2f}",
            f"{middle['p99_ms']:.2f}",
            f"{one['max']['max_ms']:.1f}",
            f"{sum(run['count'] for run in one['runs']):.0f} of {sum(run['expected'] for run in one['runs']):.0f}",
        )
    middle = found["trade"]["median"]
    for name, text in (("decided_p50_ms", "  until decided"), ("decided_to_read_p50_ms", "  decided to read")):
        table.add_row(text, f"{middle[name]:.2f}", "", "", "", "")
    ratio = found["ratio"]
    p99 = found["trade"]["median"]["p99_ms"] / found["bare"]["median"]["p99_ms"]
    table.add_row("pipeline / bare", _share(ratio), "", f"{p99:.2f}", "", "")
    return table


def _curve(found: dict[str, Any]) -> Table:
    columns = ("ticks/s", "p50, ms: median (min-max)", "p99", "until decided, p50", "decided to read, p50", "samples")
    table = table_of("the pipeline's latency by load: one configuration, 64-tick frames, acks=all", columns)
    for rate, one in found.items():
        middle = one["median"]
        table.add_row(
            f"{int(rate):,}",
            f"{middle['p50_ms']:.2f} ({one['min']['p50_ms']:.2f}-{one['max']['p50_ms']:.2f})",
            f"{middle['p99_ms']:.1f}",
            f"{middle['decided_p50_ms']:.2f}",
            f"{middle['decided_to_read_p50_ms']:.2f}",
            f"{sum(run['count'] for run in one['runs']):.0f} of {sum(run['expected'] for run in one['runs']):.0f}",
        )
    return table


def _play(found: dict[str, Any]) -> Table:
    columns = (
        "exchange",
        "frame",
        "M ticks/s: median (min-max)",
        "M ticks/CPU-s",
        "rows/s",
        "us/row, whole",
        "ns/tick",
    )
    table = table_of("play() on one core", columns)
    for mode, sizes in found.items():
        for size, one in sizes.items():
            middle = one["median"]
            table.add_row(
                "in the channel" if mode == "lock-step" else "none (gateway)",
                size,
                _millions(one, "ticks_per_s"),
                f"{middle['ticks_per_cpu_s'] / 1e6:.2f}",
                f"{middle['rows_per_s']:,.0f}",
                f"{1e6 / middle['rows_per_s']:.0f}",
                f"{1e9 / middle['ticks_per_cpu_s']:.0f}",
            )
    return table


def _stages(found: dict[str, Any]) -> Table:
    """CPU by stage: us a frame, and us a row where a row is what costs."""
    sizes = found["lock-step"]
    table = table_of("play(), exchange in the channel: CPU by stage, us a frame (us a row)", ("stage", *sizes))
    for stage in STAGES:
        cells = []
        for one in sizes.values():
            parts = one["profile"]
            frame, row = parts["us_per_frame"].get(stage, 0.0), parts["us_per_row"].get(stage, 0.0)
            cells.append(f"{frame:.1f} ({row:.1f})")
        table.add_row(stage, *cells)
    sums = [sum(one["profile"]["us_per_frame"].values()) for one in sizes.values()]
    table.add_row("sum", *[f"{one:.1f}" for one in sums])
    return table


def _closes(found: dict[str, Any]) -> Table:
    """The heartbeat's wall time, and CPU by stage in us a row."""
    table = table_of("play(), a heartbeat closes the bars of all instruments: CPU, us a row", ("instruments", *found))
    for stage in (stage for stage in STAGES if stage in found[next(iter(found))]["us_per_row"]):
        table.add_row(stage, *[f"{one['us_per_row'][stage]:.1f}" for one in found.values()])
    table.add_row("sum", *[f"{sum(one['us_per_row'].values()):.1f}" for one in found.values()], end_section=True)
    closes = [f"{one['close_ms']:.2f} ({one['close_ms_max']:.2f})" for one in found.values()]
    table.add_row("heartbeat, ms of wall: median (max)", *closes)
    return table


def _millions(one: dict[str, Any], name: str) -> str:
    low, middle, high = (one[which][name] / 1e6 for which in ("min", "median", "max"))
    return f"{middle:.2f} ({low:.2f}-{high:.2f})"


def _share(ratio: dict[str, float]) -> str:
    return f"{ratio['median']:.2f} ({ratio['min']:.2f}-{ratio['max']:.2f})"
