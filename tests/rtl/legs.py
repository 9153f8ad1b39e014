"""The two legs of the system test: a file of data through the feed, a real broker and the real job; or played, without.

The job is the whole pipeline with the shipped model of the preprocessing columns and both shipped strategies.
"""

from collections import Counter, defaultdict
from pathlib import Path

import msgspec

from jobs.adapters.resources import open_resources
from jobs.adapters.source import read_data
from jobs.adapters.terms import make_term
from jobs.begin import begin
from jobs.feed import feed
from models.registry import Registry, reference
from schemas.config import Config, FeaturesConfig, Fees, StrategyConfig
from schemas.feature_sets import SETS, chosen
from schemas.frame import encode
from schemas.instrument import Universe
from schemas.topics import ORDERS, TOPICS
from schemas.trading import canonical_order
from tests.builders import LOG_ID, demo, log
from tests.system.rig import Rig
from udfs.play import play

MODEL = "direction-columns"
Outputs = dict[tuple[str, int], list[bytes]]  # by topic and channel: the bytes of each record, of each order


def configuration(universe: Universe) -> Config:
    """The demonstration's, for stocks in dollars, features from the block's columns and a model that scores them."""
    replace, plain = msgspec.structs.replace, demo()
    limits, own = (
        replace(one, money=tuple(replace(money, currency="USD") for money in one.money))
        for one in (plain.limits, plain.gateway.limits)
    )
    return replace(
        plain,
        universe=universe,
        limits=limits,
        gateway=replace(plain.gateway, limits=own),
        exchange=replace(plain.exchange, fees=(Fees("nasdaq", 0, 1),)),
        features=FeaturesConfig(names=SETS["columns"]),
        strategies=(
            StrategyConfig("model", "threshold", {"confidence_bp_min": 5100}),
            StrategyConfig("probe", "probe", {"round_trip_ns": 30_000_000_000}),
        ),
    )


def through_job(rig: Rig, data: Path, config: Config) -> Outputs:
    """What the job writes of a file that the feed brings into fresh logs; nothing of it may be refused."""
    rig.empty(*TOPICS)
    begin(rig.bootstrap, config, None, MODEL)
    feed(rig.bootstrap, config, data)
    rig.trade()
    refused = [one for channel in config.universe.channels for one in rig.quarantined(channel)]
    assert not refused, refused[0]
    return {
        (topic, channel): records
        for channel in config.universe.channels
        for topic, records in rig.records(channel).items()
    }


def through_play(data: Path, config: Config) -> Outputs:
    """The same without a broker and Flink: the plain runner over the frames that the feed would write."""
    model = reference(Registry().find(MODEL, chosen(config.features.names)))
    term, made = make_term(config, model, LOG_ID), defaultdict(list)
    for channel, ticks in read_data(data, config.universe).items():
        messages = map(encode, log(ticks, term, channel))
        for output in play(messages, channel, open_resources(None)):
            for topic, frame in output.frames:
                made[topic.name, channel] += [record.tobytes() for record in frame.records]
            made[ORDERS.name, channel] += [canonical_order(order) + b"\n" for order in output.orders]
    return dict(made)


def differing(wanted: Outputs, found: Outputs) -> dict[str, tuple[int, int]]:
    """By topic: how many records, and how many of them differ."""
    counts: Counter[str] = Counter()
    differ: Counter[str] = Counter()
    for key in wanted.keys() | found.keys():
        left, right = wanted.get(key, []), found.get(key, [])
        counts[key[0]] += max(len(left), len(right))
        differ[key[0]] += abs(len(left) - len(right)) + sum(map(bytes.__ne__, left, right))
    return {topic: (counts[topic], differ[topic]) for topic in sorted(counts)}
