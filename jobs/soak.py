"""`soak`: the whole path under a steady load for minutes or hours; does anything grow, fall behind or stop?

Broker, exchange, gateway, archive and trade are the real processes. Of each its resident memory is measured, less
pages of files and shared ones; of the JVMs, whose heaps are touched at the start and cannot grow, also what is alive in
the heap after a full collection. The warm-up is not measured: kernels, models, JIT, caches.
"""

import signal
import time
from pathlib import Path

from rich.console import Console
from rich.live import Live

from jobs.adapters.source import demo_config, find_capture
from jobs.endurance.drift import BLOCKS
from jobs.endurance.flow import Flow, behind_s, fault
from jobs.endurance.record import Record
from jobs.endurance.report import Outcome, live_table, tell
from jobs.endurance.stage import Stage

LIMIT_BYTES_PER_HOUR = 64 << 20  # half a GiB in a trading day of eight hours
WARM_UP_S_MIN = 120.0  # the broker takes the longest
WARM_UP_SHARE = 0.2  # of the measurement
ROUND_S_MAX, HEAP_S_MAX = 1.0, 10.0
KEEPS_UP_S = 5.0  # what waits in memory while trade is further behind is backlog, and has a bound of its own


def soak(minutes: float, rate: float, data: Path | None, inject: str | None, folder: Path) -> int:
    """Measure for `minutes` after the warm-up; 1 when something grows, falls behind or has stopped."""
    signal.signal(signal.SIGTERM, _end)  # as Ctrl-C: nothing is left running
    console, stage = Console(), Stage(folder / "soak", demo_config())
    try:
        with console.status("broker, exchange, gateway, archive, Flink: a minute"):
            stage.open(data or find_capture(), rate, inject)
        outcome = _observe(stage, minutes * 60, console)
    finally:
        stage.close()
    tell(outcome, stage.folder)
    if outcome.holds:
        stage.forget()
    return 0 if outcome.holds else 1


def _observe(stage: Stage, seconds: float, console: Console) -> Outcome:
    """Warm up, then measure, until the time is over or something is wrong."""
    warm_up_s = max(WARM_UP_S_MIN, WARM_UP_SHARE * seconds)
    flow = Flow(stage)
    try:
        with Live(console=console, auto_refresh=False, transient=True) as live:
            warm = Record(stage.roles())
            wrong = _follow(stage, flow, warm, -warm_up_s, 0.0, live)
            record = Record(stage.roles())
            first = len(flow.moments) - 1
            wrong = wrong or _follow(stage, flow, record, 0.0, seconds, live)
    finally:
        flow.close()
    moments = flow.moments[first:]
    begin, end = moments[0], moments[-1]
    return Outcome(
        measured_s=end.at_s - begin.at_s,
        warm_up_s=warm_up_s,
        limit_bytes_per_hour=LIMIT_BYTES_PER_HOUR,
        ticks_per_s=(end.sent.ticks - begin.sent.ticks) / max(end.at_s - begin.at_s, ROUND_S_MAX),
        behind_s_max=max(behind_s(moments, place) for place in range(len(moments))),
        messages=end.read - begin.read,
        decisions=end.decided - begin.decided,
        orders=end.asked - begin.asked,
        fault=wrong,
        rows=tuple(record.judged(LIMIT_BYTES_PER_HOUR)),
        series=tuple(record.series.values()),
    )


def _follow(stage: Stage, flow: Flow, record: Record, begin_s: float, end_s: float, live: Live) -> str:
    """Look again and again, from one time to another; what went wrong, or empty."""
    zero = time.monotonic() - begin_s
    round_s, heap_s = min(ROUND_S_MAX, (end_s - begin_s) / BLOCKS / 4), min(HEAP_S_MAX, (end_s - begin_s) / BLOCKS / 2)
    heap_due = begin_s
    while (at_s := time.monotonic() - zero) < end_s:
        stage.check()
        flow.look(at_s)
        if behind_s(flow.moments) < KEEPS_UP_S:
            record.memory(at_s)
            if at_s >= heap_due:
                record.heaps(at_s)
                heap_due = at_s + heap_s
        if at_s >= 0 and (wrong := fault(flow.moments)):
            return wrong
        state = "warming up" if begin_s < 0 else f"{at_s / 60:.1f} of {end_s / 60:.1f} minutes"
        live.update(live_table(record.series, flow.moments, state), refresh=True)
        time.sleep(max(0.0, round_s - (time.monotonic() - zero - at_s)))
    return ""


def _end(number: int, frame: object) -> None:
    raise SystemExit(128 + number)
