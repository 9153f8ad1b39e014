"""What a large installation would need, on paper: measured unit costs times its size."""

from pathlib import Path
from typing import Any

from jobs.adapters.resources import open_resources
from jobs.benchmark.closes import wide_term
from schemas.records import DECISION, FEATURE, TICK

INSTRUMENTS, TICKS_PER_S = 1_000, 10_000_000
_FEW, _MANY = 10, 110
_CLOSES = "500"  # the row's cost where a heartbeat closes many
_DAY_S = 86_400


def state_bytes(models: Path | None) -> dict[str, float]:
    """Bytes of state an instrument, by machine: the default feature set, one channel, the exchange in it."""
    sizes = []
    for count in (_FEW, _MANY):
        machines = open_resources(models).build(wide_term(count, models), 0).machines
        sizes.append({machine.name: len(machine.dump(machine.initial())) for machine in machines})
    few, many = sizes
    return {name: (many[name] - few[name]) / (_MANY - _FEW) for name in few}


def needs(found: dict[str, Any]) -> dict[str, float]:
    """Cores, memory and bytes for INSTRUMENTS at TICKS_PER_S, one decision row an instrument and second.

    A tick costs what the quickest frames' play() takes without its rows, a row what it does in a heartbeat that closes
    500; with Flink, every tick costs what the whole process (JVM, fetcher, sinks) took for one.
    """
    sizes = found["play"]["lock-step"]
    tick_ns = min(_tick_ns(one) for one in sizes.values())
    row_us = sum(found["closes"][_CLOSES]["us_per_row"].values())
    made = {
        "tick_ns": tick_ns,
        "row_us": row_us,
        "cores_decisions": TICKS_PER_S * tick_ns / 1e9 + INSTRUMENTS * row_us / 1e6,
        "state_mb": INSTRUMENTS * sum(found["state"].values()) / 1e6,
        "log_mb_per_s": TICKS_PER_S * TICK.itemsize / 1e6,
        "log_tb_per_day": TICKS_PER_S * TICK.itemsize * _DAY_S / 1e12,
        "out_mb_per_s": INSTRUMENTS * (FEATURE.itemsize + 2 * DECISION.itemsize) / 1e6,
    }
    if "throughput" in found:
        rates = [one["trade"]["median"]["ticks_per_cpu_s"] for one in found["throughput"].values()]
        operators = [one["trade"]["median"]["ticks_per_operator_cpu_s"] for one in found["throughput"].values()]
        made["cores_flink"] = TICKS_PER_S / max(rates)
        made["taskmanagers"] = TICKS_PER_S / max(operators)
    return made


def _tick_ns(one: dict[str, Any]) -> float:
    """CPU of a tick by the stages that every tick passes, and the channel around them."""
    stages = ("decode", "quality", "book", "bars", "channel")
    return float(sum(one["profile"]["ns_per_tick"].get(stage, 0.0) for stage in stages))
