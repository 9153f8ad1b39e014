"""The bare loop that a latency is compared with: consume a message, produce it again, in one process of its own."""

import argparse
import sys

from jobs.adapters.kafka import Producer, Reader
from jobs.benchmark.log import CHANNELS

READY = "echo is running"


def main(arguments: list[str]) -> None:
    """Copy what comes to `source` from now on to `target`, partition by partition, until the process is ended."""
    parser = argparse.ArgumentParser(prog="python -m jobs.benchmark.echo", description=__doc__)
    for name in ("bootstrap", "source", "target"):
        parser.add_argument(f"--{name}", required=True)
    given = parser.parse_args(arguments)
    reader = Reader(given.bootstrap, given.source, range(CHANNELS), "end")
    producer = Producer(given.bootstrap, linger_ms=0)
    print(READY, flush=True)
    while True:
        for message in reader.poll(0.1):
            producer.send(given.target, message.partition, message.value)


if __name__ == "__main__":
    main(sys.argv[1:])
