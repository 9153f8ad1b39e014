"""The door to Kafka and the writer of frames, against a real broker."""

import time
from collections.abc import Iterator

import numpy as np
import pytest

from jobs.adapters.broker import Broker
from jobs.adapters.endpoints import free_port
from jobs.adapters.kafka import Producer, Reader, create_topics, read_all, topics_exist
from jobs.adapters.writer import Writer
from schemas.control import Epoch, Genesis, control_frame, read_control
from schemas.errors import SetupError, Unsafe
from schemas.frame import Frame, decode, encode, log_tag
from schemas.records import TICK, Kind
from schemas.topics import TICKS, TOPICS, Source

system = [pytest.mark.system, pytest.mark.timeout(120)]
TOPIC = TICKS.name
CHANNELS = tuple(range(12))  # a test takes a channel for itself


@pytest.fixture(scope="module")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    broker = Broker(tmp_path_factory.mktemp("broker"))
    broker.start()
    create_topics(broker.bootstrap, CHANNELS)
    yield broker.bootstrap
    broker.stop()


def ticks(count: int, first: int = 0) -> np.ndarray:
    records = np.zeros(count, TICK)
    records["price"] = np.arange(first, first + count)
    return records


def frames(bootstrap: str, channel: int) -> list[Frame]:
    return [decode(message.value) for message in read_all(bootstrap, TOPIC, channel)]


@pytest.mark.parametrize("client", [Producer, topics_exist, lambda at: Reader(at, TOPIC, [0], "beginning")])
def test_missing_broker_is_one_message_within_seconds(client, capfd):
    began = time.monotonic()
    with pytest.raises(SetupError, match=r"no Kafka broker answers at 127\.0\.0\.1"):
        client(f"127.0.0.1:{free_port()}")
    assert time.monotonic() - began < 20  # 4 s and what a busy machine adds; the client's own patience is a minute
    assert capfd.readouterr().err == ""


class TestTopics:
    pytestmark = system

    def test_are_made_once(self, bootstrap):
        create_topics(bootstrap, CHANNELS)
        assert topics_exist(bootstrap)
        assert len(TOPICS) >= 9

    def test_another_number_of_partitions_is_refused(self, bootstrap):
        with pytest.raises(SetupError, match=rf"has {len(CHANNELS)} partitions, the universe needs 2"):
            create_topics(bootstrap, (0, 1))


class TestProducerAndReader:
    pytestmark = system

    def test_messages_arrive_in_order_with_their_offsets(self, bootstrap):
        producer = Producer(bootstrap)
        for n in range(5000):
            producer.send(TOPIC, 0, b"%d" % n)
        producer.flush()
        assert len(producer) == 0
        found = list(read_all(bootstrap, TOPIC, 0))
        assert [int(message.value) for message in found] == list(range(5000))
        assert [message.offset for message in found] == list(range(5000))

    def test_reader_starts_where_told(self, bootstrap):
        producer = Producer(bootstrap)
        for n in range(10):
            producer.send(TOPIC, 1, b"%d" % n)
        producer.flush()
        assert [m.value for m in poll_all(bootstrap, 1, {1: 7}, 3)] == [b"7", b"8", b"9"]
        end = Reader(bootstrap, TOPIC, [1], "end")
        assert end.high_watermarks() == {1: 10}
        producer.send(TOPIC, 1, b"10")
        producer.flush()
        assert [m.value for m in end.poll(10)] == [b"10"]
        assert end.poll(0.05) == []
        end.close()

    @pytest.mark.parametrize("offset", [-1, 1, 1_000_000])
    def test_an_offset_that_is_not_there_is_an_error(self, bootstrap, offset):
        with pytest.raises(SetupError, match="is not between 0 and 0"):
            Reader(bootstrap, TOPIC, [2], {2: offset})

    def test_unknown_topic_and_partition(self, bootstrap):
        with pytest.raises(SetupError, match=r"nosuch|[Uu]nknown"):
            Reader(bootstrap, "nosuch.v1", [0], "beginning")
        with pytest.raises(SetupError, match=r"[Uu]nknown"):
            Reader(bootstrap, TOPIC, [99], "beginning")

    def test_a_message_that_cannot_be_delivered_stops_the_producer(self, bootstrap):
        producer = Producer(bootstrap)
        producer.send("nosuch.v1", 0, b"lost")
        with pytest.raises(Unsafe, match=r"nosuch\.v1"):
            producer.flush()
        with pytest.raises(Unsafe, match=r"nosuch\.v1"):
            producer.send(TOPIC, 3, b"next")

    def test_too_large_a_message_is_refused_at_once(self, bootstrap):
        with pytest.raises(Unsafe, match="too large"):
            Producer(bootstrap).send(TOPIC, 3, bytes(5 << 20))


def poll_all(bootstrap, partition, offsets, count):
    reader = Reader(bootstrap, TOPIC, [partition], offsets)
    found = []
    deadline = time.monotonic() + 10
    while len(found) < count and time.monotonic() < deadline:
        found += reader.poll(0.2, 2)
    reader.close()
    return found


class TestWriter:
    pytestmark = system

    def test_first_run_announces_epoch_one(self, bootstrap):
        producer = Producer(bootstrap)
        writer = Writer(producer, bootstrap, TOPIC, 4, Source.FEED)
        assert (writer.epoch, writer.sequence, writer.written, writer.log) == (1, 1, 0, 0)
        writer.write(Kind.TICKS, ticks(3))
        writer.write(Kind.HEARTBEAT, ticks(1))
        producer.flush()
        found = frames(bootstrap, 4)
        assert read_control(found[0]) == Epoch(source=Source.FEED, epoch=1)
        assert [(f.kind, f.sequence, len(f)) for f in found] == [
            (Kind.CONTROL, 0, 1),
            (Kind.TICKS, 1, 3),
            (Kind.HEARTBEAT, 4, 1),
        ]
        assert all(f.publish_ns > 10**18 for f in found)

    def test_next_run_goes_on_where_the_last_one_stopped(self, bootstrap):
        producer = Producer(bootstrap)
        Writer(producer, bootstrap, TOPIC, 5, Source.FEED).write(Kind.TICKS, ticks(7))
        other = Writer(producer, bootstrap, TOPIC, 5, Source.GATEWAY)
        other.write(Kind.TICKS, ticks(100))
        writer = Writer(producer, bootstrap, TOPIC, 5, Source.FEED)
        assert (writer.epoch, writer.sequence, writer.written) == (2, 9, 7)
        writer.write(Kind.TICKS, ticks(1))
        third = Writer(producer, bootstrap, TOPIC, 5, Source.FEED)
        assert (third.epoch, third.sequence, third.written) == (3, 11, 8)

    def test_zombies_strangers_and_garbage_do_not_count(self, bootstrap):
        producer = Producer(bootstrap)
        zombie = Writer(producer, bootstrap, TOPIC, 6, Source.FEED)
        zombie.write(Kind.TICKS, ticks(5))
        Writer(producer, bootstrap, TOPIC, 6, Source.FEED).write(Kind.TICKS, ticks(2))
        zombie.write(Kind.TICKS, ticks(1000))
        unannounced = Frame(Kind.TICKS, 6, Source.FEED, 99, 0, ticks(1))
        for value in (b"", b"garbage", encode(unannounced), encode(unannounced)[:-1]):
            producer.send(TOPIC, 6, value)
        stranger = Epoch(source=Source.FEED, epoch=50)
        producer.send(TOPIC, 6, encode(control_frame(stranger, channel=6, source=4, epoch=50, sequence=0)))
        producer.flush()
        writer = Writer(producer, bootstrap, TOPIC, 6, Source.FEED)
        assert (writer.epoch, writer.written) == (3, 7)

    def test_the_tail_is_found_behind_many_messages_of_others(self, bootstrap):
        producer = Producer(bootstrap)
        Writer(producer, bootstrap, TOPIC, 7, Source.FEED).write(Kind.TICKS, ticks(2))
        other = Writer(producer, bootstrap, TOPIC, 7, Source.GATEWAY)
        for _ in range(3500):
            other.write(Kind.HEARTBEAT, ticks(1))
        producer.flush()
        writer = Writer(producer, bootstrap, TOPIC, 7, Source.FEED)
        assert (writer.epoch, writer.written) == (2, 2)

    def test_frames_name_the_log_of_the_genesis(self, bootstrap):
        producer = Producer(bootstrap)
        genesis = control_frame(Genesis(log_id="abc"), channel=8, source=Source.TERM, epoch=1, sequence=0)
        producer.send(TOPIC, 8, encode(genesis))
        producer.flush()
        writer = Writer(producer, bootstrap, TOPIC, 8, Source.FEED)
        writer.write(Kind.TICKS, ticks(1))
        producer.flush()
        assert [f.log for f in frames(bootstrap, 8)] == [0, log_tag("abc"), log_tag("abc")]

    def test_two_at_once_are_noticed(self, bootstrap, monkeypatch):
        producer = Producer(bootstrap)
        rival = control_frame(
            Epoch(source=Source.FEED, epoch=1), channel=9, source=Source.FEED, epoch=1, sequence=0, publish_ns=1
        )
        announce = Writer._announce

        def late(self, reader, tail):
            producer.send(TOPIC, 9, encode(rival))
            announce(self, reader, tail)

        monkeypatch.setattr(Writer, "_announce", late)
        with pytest.raises(Unsafe, match="another process"):
            Writer(producer, bootstrap, TOPIC, 9, Source.FEED)
