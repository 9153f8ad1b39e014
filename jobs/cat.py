"""`penstock cat TOPIC`: what lies in a topic, a line a record; from the archive, or from a broker."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from jobs.results.store import Store, open_archive, read_term
from jobs.results.told import lines_of
from schemas.errors import BadFrame, DataError
from schemas.frame import decode
from schemas.instrument import Universe
from schemas.topics import ORDERS, TOPICS, Topic

Line = tuple[int, int, str]  # channel, offset, text


def cat(
    name: str,
    channel: int | None,
    begin: int,
    limit: int,
    bootstrap: str | None,
    folder: Path,
    warehouse: str | None = None,
) -> None:
    """Print at most `limit` records of each channel, from the offset `begin` on."""
    topic = find_topic(name)
    if bootstrap is not None:
        _print(_from_broker(bootstrap, topic, channel, begin, limit))
        return
    with open_archive(folder, warehouse) as store:
        _print(_from_archive(store, topic, channel, begin, limit))


def find_topic(name: str) -> Topic:
    """The topic of a name, with or without its version; DataError lists them all."""
    for topic in TOPICS:
        if name in (topic.name, topic.name.partition(".")[0]):
            return topic
    raise DataError(f"{name} is not a topic; there are {', '.join(topic.name for topic in TOPICS)}")


def _from_archive(store: Store, topic: Topic, channel: int | None, begin: int, limit: int) -> Iterator[Line]:
    universe = read_term(store).universe
    for one in store.channels() if channel is None else [channel]:
        messages = store.messages(topic, one, begin=begin)
        found = ((one, message.offset, text) for message in messages for text in told(topic, message.data, universe))
        yield from islice(found, limit)


def _from_broker(bootstrap: str, topic: Topic, channel: int | None, begin: int, limit: int) -> Iterator[Line]:
    from jobs.adapters.kafka import Reader, partition_count
    from jobs.adapters.openings import read_term as begun

    for one in range(partition_count(bootstrap, topic.name)) if channel is None else [channel]:
        term = begun(bootstrap, one)
        universe = term.universe if term else Universe(())
        reader = Reader(bootstrap, topic.name, [one], "beginning")
        try:
            low, high = reader.watermarks(one)
            messages = reader.range(one, max(low, begin), high)
            found = ((one, item.offset, text) for item in messages for text in told(topic, item.value, universe))
            yield from islice(found, limit)
        finally:
            reader.close()


def told(topic: Topic, data: bytes, universe: Universe) -> list[str]:
    """The lines of one message; what cannot be read says why."""
    if topic is ORDERS:
        return [data.decode(errors="replace").replace("\n", "  ")]
    try:
        return lines_of(decode(data), universe)
    except BadFrame as refusal:
        return [f"{refusal.fault.name} {len(data)} bytes: {refusal}"]


def _print(lines: Iterator[Line]) -> None:
    for channel, offset, text in lines:
        print(f"{channel}:{offset}  {text}")
