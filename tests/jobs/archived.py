"""A small run in a warehouse: generated ticks, played by the real pipeline, archived by the real archive."""

from pathlib import Path

from msgspec.structs import replace

from jobs.adapters.clickhouse import open_store
from jobs.warehouse.archive import Archive
from schemas.frame import encode
from schemas.topics import ORDERS, TICKS, TOPICS
from schemas.trading import Stamps, order_message
from tests.builders import demo_resources, demo_term, generated, log, messages
from tests.jobs.warehouse.lists import Topics, readers
from udfs.play import play

SECONDS = 100
STAMPS = Stamps(published_ns=1_000_000, received_ns=3_000_000, decided_ns=9_000_000)


def played_topics(seconds: int = SECONDS) -> Topics:
    """Every topic as `trade` would have left it."""
    term = demo_term()
    topics: Topics = {topic.name: {channel: [] for channel in (0, 1)} for topic in TOPICS}
    for channel in (0, 1):
        topics[TICKS.name][channel] = messages(log(generated(channel, seconds, seed=channel), term, channel))
        for output in play(topics[TICKS.name][channel], channel, demo_resources()):
            for topic, frame in output.frames:
                topics[topic.name][channel].append(encode(replace(frame, publish_ns=5)))
            topics[ORDERS.name][channel] += [order_message(order, STAMPS) for order in output.orders]
    return topics


def archive(topics: Topics, folder: Path) -> None:
    """Put the topics into the warehouse of a run's folder."""
    with open_store(f"chdb://{folder / 'warehouse'}") as store:
        store.create()
        taken = Archive(store)
        taken.run_to_end(readers(topics, taken))
