"""Questions to the broker, and how long they may take."""

import time
from collections.abc import Callable
from typing import Any

from confluent_kafka import KafkaError, KafkaException

from schemas.errors import SetupError

ANSWER_S_MAX = 4.0  # for a broker's first answer, and for each request about topics and offsets
STALL_S_MAX = 20.0  # without any progress, before a send, a flush or a bounded read gives up
MESSAGE_BYTES_MAX = 4 << 20
QUIET = {"log_level": 2, "log.connection.close": False}  # what goes wrong is raised, once, by us
_NOBODY = (KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT, KafkaError._RESOLVE)
_LEADERLESS = (  # for a moment, after a start
    *(KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE),
    *(KafkaError.NOT_COORDINATOR, KafkaError.COORDINATOR_NOT_AVAILABLE, KafkaError.COORDINATOR_LOAD_IN_PROGRESS),
)


def answer(ask: Callable[[float], Any], bootstrap: str) -> Any:
    """What the broker says; SetupError when it does not, or does not know what was asked for."""
    deadline = time.monotonic() + ANSWER_S_MAX
    while True:
        try:
            return ask(max(deadline - time.monotonic(), 0.1))
        except KafkaException as error:
            if error.args[0].code() in _LEADERLESS and time.monotonic() < deadline:
                time.sleep(0.05)
                continue
            if error.args[0].code() in _NOBODY:
                remedy = "start it with `penstock run`, or check the address"
                raise SetupError(f"no Kafka broker answers at {bootstrap}: {remedy}") from error
            raise SetupError(f"Kafka at {bootstrap}: {error.args[0].str()}") from error
