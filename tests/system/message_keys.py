"""The keys that our Java class gives to messages, in a JVM: `python -m tests.system.message_keys HEX…`."""

import sys

from pyflink.common import Configuration
from pyflink.datastream import StreamExecutionEnvironment

from jobs.adapters.flink_log import keyed_messages
from jobs.adapters.java import find_jars

CHANNELS = (0, 1, 127)


def main(texts: list[str]) -> None:
    configuration = Configuration()
    configuration.set_string("pipeline.jars", ";".join(f"file://{jar}" for jar in find_jars("flink").glob("*.jar")))
    StreamExecutionEnvironment.get_execution_environment(configuration)
    made = keyed_messages(CHANNELS)
    for text in texts:
        print(made.keyOf(bytes.fromhex(text)))


if __name__ == "__main__":
    main(sys.argv[1:])
