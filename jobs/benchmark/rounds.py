"""One round of each latency measurement."""

import subprocess
import sys

from jobs.benchmark import echo
from jobs.benchmark.broker import Worker, make_topic, preload
from jobs.benchmark.latency import (
    DRAIN_S_MAX,
    Listener,
    Load,
    decided,
    dense_end,
    echoed,
    has_reached,
    opening_end,
    send,
    summary,
)
from jobs.benchmark.log import Log
from schemas.errors import SetupError
from schemas.topics import DECISIONS

START_S_MAX = 60.0  # of a job, until the first decision


def bare_round(bootstrap: str, name: str, load: Load) -> dict[str, float]:
    """The bare consume-produce loop under the load."""
    source, target = f"bench.{name}.in", f"bench.{name}.out"
    make_topic(bootstrap, source)
    make_topic(bootstrap, target)
    command = [sys.executable, "-P", "-m", "jobs.benchmark.echo"]
    command += ["--bootstrap", bootstrap, "--source", source, "--target", target]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    listener = Listener(bootstrap, target)
    try:
        assert process.stdout is not None
        if process.stdout.readline().strip() != echo.READY:
            raise SetupError("the bare loop did not start")
        start_ns, late_ms = send(bootstrap, source, load)
        listener.wait(lambda: len(listener.heard) == len(load.frames), DRAIN_S_MAX)
    finally:
        process.kill()
        process.wait()
        listener.close()
    found = summary(echoed(listener.heard, load, start_ns), len(load.closing))
    return {**found, "sent_late_ms_max": late_ms}


def trade_round(bootstrap: str, name: str, load: Load, worker: Worker) -> dict[str, float]:
    """The whole pipeline in Flink under the load; the openings are written and read before."""
    topic = f"bench.{name}"
    preload(bootstrap, topic, [Log(log.messages[: log.dense], 0, log.position[: log.dense + 1]) for log in load.logs])
    listener = Listener(bootstrap, DECISIONS.name)
    try:
        worker.ask(job="trade", topic=topic, bounded=False)
        opened = {channel: opening_end(log) for channel, log in enumerate(load.logs)}
        listener.wait(lambda: has_reached(listener.heard, opened), START_S_MAX)
        listener.heard.clear()
        start_ns, late_ms = send(bootstrap, topic, load)
        ends = dense_end(load)
        listener.wait(lambda: has_reached(listener.heard, ends), DRAIN_S_MAX)
        worker.ask(stop=True)
    finally:
        listener.close()
    whole, after = decided(listener.heard, load, start_ns)
    found = summary(whole, len(load.closing))
    hops = {"decided_p50_ms": whole - after, "decided_to_read_p50_ms": after}
    middles = {name: summary(times, len(load.closing))["p50_ms"] for name, times in hops.items()}
    return {**found, **middles, "sent_late_ms_max": late_ms}
