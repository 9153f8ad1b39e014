"""One JVM that runs the measured jobs one after the other, as commands on standard input ask.

{"job": "trade" or "identity", "topic": "...", "bounded": true}      runs to the end of the log, then answers
{"job": "trade", "topic": "...", "bounded": false}                   answers when it runs; {"stop": true} ends it
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from pyflink.common import Types
from pyflink.datastream import DataStream, StreamExecutionEnvironment
from pyflink.java_gateway import get_gateway

from jobs.adapters.flink import environment
from jobs.adapters.flink_log import read_log
from jobs.benchmark.operators import Identity
from jobs.benchmark.timed import build_timed


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m jobs.benchmark.worker", description=__doc__)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--models", type=Path)
    given = parser.parse_args(arguments)
    running: Any = None
    for line in sys.stdin:
        command = json.loads(line)
        if command.get("stop"):
            running.cancel().result()
            _answer({"stopped": True})
            continue
        env = _environment(given.folder)
        _build(env, command, given)
        if command["bounded"]:
            env.execute(command["job"])
            _answer({"finished": True})
        else:
            running = env.execute_async(command["job"])
            _answer({"running": True})


def _environment(folder: Path) -> StreamExecutionEnvironment:
    settings = {
        "execution.checkpointing.dir": f"file://{folder / 'checkpoints'}",
        "python.executable": sys.executable,
        "python.client.executable": sys.executable,
    }
    env = environment(settings, [])
    env.set_parallelism(1)
    return env


def _build(env: StreamExecutionEnvironment, command: dict[str, Any], given: argparse.Namespace) -> None:
    topic, bounded = command["topic"], command["bounded"]
    if command["job"] == "identity":
        same = read_log(env, given.bootstrap, topic, bounded).process(
            Identity(given.folder), output_type=Types.PRIMITIVE_ARRAY(Types.BYTE())
        )
        _discard(same)
        return
    build_timed(env, given.bootstrap, topic, bounded, given.models, given.folder)


def _discard(stream: DataStream) -> None:
    sink = get_gateway().jvm.org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink()
    stream._j_data_stream.sinkTo(sink)


def _answer(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
