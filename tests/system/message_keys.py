"""The keys that our Java class gives to messages, in a JVM: `python -m tests.system.message_keys HEX…`."""

import sys

from jobs.adapters.flink import environment
from jobs.adapters.flink_log import keyed_messages
from jobs.adapters.java import find_jars

CHANNELS = (0, 1, 127)


def main(texts: list[str]) -> None:
    environment({}, [*find_jars("flink").glob("*.jar")])  # starts a JVM with them
    made = keyed_messages(CHANNELS)
    for text in texts:
        print(made.keyOf(bytes.fromhex(text)))


if __name__ == "__main__":
    main(sys.argv[1:])
