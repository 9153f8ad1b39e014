"""Which term is in force, read from the ends of the topics of a real broker."""

from collections.abc import Iterator

import msgspec
import numpy as np
import pytest

from jobs.adapters.broker import Broker
from jobs.adapters.kafka import Producer, create_topics
from jobs.adapters.terms import opening_frames
from jobs.execution.in_force import BLOCK, Newest, newest_term
from schemas.control import control_frame
from schemas.frame import Frame, encode, log_tag
from schemas.records import PROGRESS as RECORD
from schemas.records import Kind
from schemas.topics import PROGRESS, TICKS, Source
from tests.builders import LOG_ID, demo_term
from tests.jobs.adapters.captures import demo

pytestmark = [pytest.mark.system, pytest.mark.timeout(60)]


@pytest.fixture(scope="module")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    broker = Broker(tmp_path_factory.mktemp("broker"))
    yield broker.start()
    broker.stop()


def progress(term: int) -> bytes:
    return encode(Frame(Kind.PROGRESS, 0, Source.TRADE, term, 0, np.zeros(1, RECORD), log=log_tag(LOG_ID)))


def test_the_newest_term_is_told_by_progress_and_found_from_behind(bootstrap: str) -> None:
    create_topics(bootstrap, demo().universe.channels)
    first = demo_term()
    second = msgspec.structs.replace(first, number=2, models=())
    producer, newest = Producer(bootstrap), Newest(bootstrap, (0, 1))
    assert newest() == 1
    told = control_frame(second, channel=0, source=Source.TERM, epoch=1, sequence=3, log=log_tag(LOG_ID))
    garbage = [b"no frame"] * (BLOCK + 3)
    for data in (*map(encode, opening_frames(first, 0)), encode(told), *garbage):
        producer.send(TICKS.name, 0, data)
    for data in (progress(1), b"no frame", progress(2)):
        producer.send(PROGRESS.name, 0, data)
    producer.flush()
    while newest() != 2:
        pass
    newest.close()
    after = Newest(bootstrap, (0, 1))
    while after() != 2:
        pass
    after.close()
    assert newest_term(bootstrap, 0, 1) == first and newest_term(bootstrap, 0, 2) == second
    assert newest_term(bootstrap, 1, 2) is None
