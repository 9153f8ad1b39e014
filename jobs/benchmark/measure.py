"""The measurements, each as a dictionary of runs; ratios are of runs that stand next to each other."""

from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from jobs.benchmark.broker import Worker, preload
from jobs.benchmark.closes import INSTRUMENTS, measure_closes
from jobs.benchmark.latency import make_load
from jobs.benchmark.log import CHANNELS, Log, bench_term, dense_ticks, make_log
from jobs.benchmark.plain import profile, throughput
from jobs.benchmark.plan import SMALL_FRAME_TICKS, Plan
from jobs.benchmark.rounds import bare_round, trade_round
from jobs.benchmark.throughput import rates

Say = Callable[[str], None]
Runs = list[dict[str, float]]


def measure_play(plan: Plan, models: Path | None, say: Say) -> dict[str, Any]:
    """`play()` of channel 0, with the exchange in the channel and with orders left to a gateway."""
    found: dict[str, Any] = {}
    for mode in ("lock-step", "gateway"):
        for size in plan.frame_ticks:
            say(f"play(), frames of {size}, {mode}")
            ticks = dense_ticks(0, _count(plan.play_ticks, size))
            log = make_log(bench_term(models, mode), 0, ticks, size)
            runs = [throughput(log, 0, models) for _ in range(max(plan.runs, 3))]
            found.setdefault(mode, {})[str(size)] = {"runs": runs, **spread(runs), "profile": profile(log, 0, models)}
    return found


def measure_heartbeats(plan: Plan, models: Path | None, say: Say) -> dict[str, Any]:
    """What the end of a second costs, by the number of instruments in the channel."""
    found = {}
    for instruments in INSTRUMENTS:
        say(f"a heartbeat that closes {instruments} bars")
        found[str(instruments)] = measure_closes(instruments, max(plan.closed_bars // instruments, 10), models)
    return found


def measure_throughput(plan: Plan, models: Path | None, worker: Worker, bootstrap: str, say: Say) -> dict[str, Any]:
    """Kafka to identity, and Kafka to the whole pipeline and back to Kafka, in turn; the first pair only warms up."""
    logs: dict[int, list[Log]] = {}
    for size in plan.frame_ticks:
        say(f"writing the log in frames of {size}")
        logs[size] = throughput_logs(models, _count(plan.ticks, size), size)
        preload(bootstrap, _topic(size), logs[size])
    for job in ("identity", "trade"):
        say(f"warming up {job}")
        worker.run(job, _topic(plan.frame_ticks[0]))
    made: dict[str, dict[str, Runs]] = {str(size): {"identity": [], "trade": []} for size in plan.frame_ticks}
    for run in range(plan.runs):
        for size in plan.frame_ticks:
            for job in ("identity", "trade"):
                say(f"{job}, frames of {size}, run {run + 1} of {plan.runs}")
                made[str(size)][job].append(rates(worker.run(job, _topic(size)), logs[size]))
    return {size: _beside(both, "ticks_per_s", "identity", "trade") for size, both in made.items()}


def throughput_logs(models: Path | None, ticks: int, frame_ticks: int) -> list[Log]:
    term = bench_term(models)
    return [make_log(term, channel, dense_ticks(channel, ticks), frame_ticks) for channel in range(CHANNELS)]


def measure_latency(plan: Plan, models: Path | None, worker: Worker, bootstrap: str, say: Say) -> dict[str, Any]:
    """The bare loop and the pipeline in turn."""
    load = make_load(bench_term(models), plan.latency_s)
    both: dict[str, Runs] = {"bare": [], "trade": []}
    for run in range(plan.runs):
        say(f"latency of the bare loop, run {run + 1} of {plan.runs}")
        both["bare"].append(bare_round(bootstrap, f"bare{run}", load))
        say(f"latency of the pipeline, run {run + 1} of {plan.runs}")
        both["trade"].append(trade_round(bootstrap, f"trade{run}", load, worker))
    return _beside(both, "p50_ms", "bare", "trade")


def measure_curve(plan: Plan, models: Path | None, worker: Worker, bootstrap: str, say: Say) -> dict[str, Any]:
    """The pipeline's latency at rising rates, all else equal: production's acks, journal and checkpoints."""
    found = {}
    for rate in plan.curve:
        load, runs = make_load(bench_term(models), plan.curve_s, rate), []
        for run in range(plan.runs):
            say(f"latency at {rate:,} ticks a second, run {run + 1} of {plan.runs}")
            runs.append(trade_round(bootstrap, f"curve{rate}.{run}", load, worker))
        found[str(rate)] = {"runs": runs, **spread(runs)}
    return found


def spread(runs: Sequence[dict[str, float]]) -> dict[str, dict[str, float]]:
    """Median, least and most of every figure."""
    columns = {name: [run[name] for run in runs] for name in runs[0]}
    return {
        "median": {name: median(values) for name, values in columns.items()},
        "min": {name: min(values) for name, values in columns.items()},
        "max": {name: max(values) for name, values in columns.items()},
    }


def ratio(base: Runs, other: Runs, figure: str) -> dict[str, Any]:
    """Of a figure, `other` to `base`, pair by pair: every run, median, least and most."""
    ratios = [mine[figure] / theirs[figure] for theirs, mine in zip(base, other, strict=True)]
    return {"runs": ratios, "median": median(ratios), "min": min(ratios), "max": max(ratios)}


def _beside(both: dict[str, Runs], figure: str, base: str, other: str) -> dict[str, Any]:
    """Both, and the ratio of `other` to `base`, pair by pair."""
    made: dict[str, Any] = {name: {"runs": runs, **spread(runs)} for name, runs in both.items()}
    return {**made, "ratio": ratio(both[base], both[other], figure)}


def _count(ticks: int, frame_ticks: int) -> int:
    return ticks // 8 if frame_ticks < SMALL_FRAME_TICKS else ticks


def _topic(size: int) -> str:
    return f"bench.{size}"
