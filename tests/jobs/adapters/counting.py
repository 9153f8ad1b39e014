"""A job for the cluster's tests: counts a hundred a second in keyed state, until it is stopped."""

import sys
import time
from pathlib import Path

from pyflink.common import Types, WatermarkStrategy
from pyflink.datastream import KeyedProcessFunction, RuntimeContext, StreamExecutionEnvironment
from pyflink.datastream.connectors.number_seq import NumberSequenceSource
from pyflink.datastream.state import ValueStateDescriptor


class Count(KeyedProcessFunction):
    """Appends `number, count` to a file: after a restore the count goes on, and stays one more than the number."""

    def __init__(self, path: str) -> None:
        self._path = path

    def open(self, runtime_context: RuntimeContext) -> None:
        import udfs  # noqa: F401  (our packages must be importable on a TaskManager)

        self._count = runtime_context.get_state(ValueStateDescriptor("count", Types.LONG()))

    def process_element(self, value: int, ctx: KeyedProcessFunction.Context):
        count = (self._count.value() or 0) + 1
        self._count.update(count)
        with Path(self._path).open("a") as file:
            file.write(f"{value} {count}\n")
        return ()


def slowly(number: int) -> int:
    """Chained to the source, so that no buffer fills up before it and delays checkpoints."""
    time.sleep(0.01)
    return number


def main(path: str) -> None:
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    numbers = env.from_source(NumberSequenceSource(0, 10**9), WatermarkStrategy.no_watermarks(), "numbers").uid(
        "numbers"
    )
    slow = numbers.map(slowly, Types.LONG()).uid("slowly")
    slow.key_by(lambda _: 0, Types.LONG()).process(Count(path), Types.LONG()).uid("count").print().uid("print")
    env.execute("counting")


if __name__ == "__main__":
    main(sys.argv[1])
