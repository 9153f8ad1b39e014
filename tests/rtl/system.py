"""Packets through the simulated block, and through the Python adapter: the same records, frames and features?

`make rtl-system`. The packets go into `packet_top` in the simulator, whose records the host cuts into frames; the
same packets, as a pcap file, go through `jobs.adapters.itch` and `udfs.features.preprocess`. Frames are compared byte
for byte. Then both are played through the job's pipeline: ticks whose columns the job computes, and the block's.
"""

import os
import sys
from pathlib import Path

import msgspec
import numpy as np

from jobs.adapters.capture import frames
from jobs.adapters.itch import read_itch
from jobs.adapters.offload import read_records
from schemas.config import FeaturesConfig, FeedConfig
from schemas.control import Term
from schemas.feature_sets import chosen
from schemas.features import PREPROCESSING
from schemas.frame import Records, encode
from schemas.instrument import Universe
from tests.builders import demo_term, log
from tests.itch import pcap
from tests.rtl.run import BUILD, simulate
from tests.rtl.session import Session, system_session, universe
from udfs.channel import Resources
from udfs.features.preprocess import STATE, preprocess
from udfs.machine import Pipeline
from udfs.pipeline import market
from udfs.play import canonical_bytes, play

SIZES = {"INSTRUMENT_W": 3, "LOCATE_W": 6, "SET_W": 9, "WAYS": 4, "LEVEL_W": 8, "DEPTH_W": 7}
CHANNELS = 2


def through_block(messages: int, universe_: Universe, folder: Path) -> dict[int, Records]:
    """The records of each channel as the simulated block makes them."""
    path = folder / "session.records"
    simulate("packet_top", "packets_bench", "records", SIZES, MESSAGES=messages, RECORDS=path)
    return dict(read_records(path, universe_))


def through_python(
    session: Session, universe_: Universe, folder: Path
) -> tuple[dict[int, Records], dict[int, Records]]:
    """Ticks and records of each channel by the adapter and the kernel."""
    path = folder / "session.pcap"
    path.write_bytes(pcap(session.packets, session.stamps))
    ticks = read_itch(path, universe_)
    return dict(ticks), {
        channel: preprocess(own, np.zeros(len(universe_.instruments), STATE)) for channel, own in ticks.items()
    }


def compare(messages: int, folder: Path) -> tuple[int, int, bool]:
    """Records, how many of them differ, and whether everything behind them is the same."""
    session = system_session(messages)
    universe_ = universe([f"S{locate}" for locate in session.members], CHANNELS)
    made = through_block(messages, universe_, folder)
    ticks, wanted = through_python(session, universe_, folder)
    total, differ, is_same = 0, 0, True
    term = _term(universe_)
    for channel, own in wanted.items():
        total += len(own)
        differ += abs(len(own) - len(made[channel]))
        differ += int((own[: len(made[channel])] != made[channel][: len(own)]).sum())
        is_same &= _frames(made[channel], channel) == _frames(own, channel)
        features = [_features(one, term, channel) for one in (ticks[channel], made[channel])]
        is_same &= len(features[0]["features.v1"]) > 0 and features[0] == features[1]
    return total, differ, is_same


def _frames(records: Records, channel: int) -> list[bytes]:
    return [encode(one) for one in frames(records, channel, FeedConfig(), 1, 1, 1)]


def _features(records: Records, term: Term, channel: int) -> dict[str, bytes]:
    build = Resources(lambda term_, number: Pipeline(market(term_, number)))
    return canonical_bytes(play([encode(one) for one in log(records, term, channel)], channel, build))


def _term(universe_: Universe) -> Term:
    names = ("spread", "order_flow_imbalance_1s", *(feature.name for feature in PREPROCESSING))
    return msgspec.structs.replace(
        demo_term(),
        universe=universe_,
        features=FeaturesConfig(names=names),
        feature_hash=chosen(names).hash,
        models=(),
    )


if __name__ == "__main__":
    BUILD.mkdir(parents=True, exist_ok=True)
    count, differing, same = compare(int(os.environ.get("MESSAGES", "10000")), BUILD)
    print(f"{count} records, {differing} differ")
    print(f"frames and features behind them: {'the same bytes' if same else 'OTHER BYTES'}")
    sys.exit(0 if not differing and same else 1)
