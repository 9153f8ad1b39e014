"""Packets through the simulated block and through the Python adapter: the same records, and the same decisions?

`make rtl-system`. The packets go into `packet_top` in the simulator, and its records lie in a file; the same packets
lie in a pcap file. Records are compared byte for byte with what `jobs.adapters.itch` and `udfs.features.preprocess`
make. Then each file goes through the feed into a real broker and from there through the real Flink job, which computes
the columns of ticks and takes those of the block; every record that it writes is compared. Without Java the job's
pipeline is played instead.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np

from jobs.adapters.itch import read_itch
from jobs.adapters.offload import SUFFIX, read_records
from schemas.config import Config
from schemas.frame import Records
from schemas.instrument import Universe
from tests.itch import pcap
from tests.rtl.legs import Outputs, configuration, differing, through_job, through_play
from tests.rtl.run import BUILD, simulate
from tests.rtl.session import SIZES, Session, system_session, universe
from tests.system.rig import Rig, java_is_missing
from udfs.features.preprocess import STATE, preprocess

CHANNELS = 2
Leg = Callable[[Path, Config], Outputs]
Differing = dict[str, tuple[int, int]]  # by name: how many records, and how many of them differ


def prepare(messages: int, folder: Path) -> tuple[Path, Path, Config]:
    """The file of the packets, the file of what the simulated block makes of them, and the configuration."""
    session = system_session(messages)
    packets, records = folder / "session.pcap", folder / f"session{SUFFIX}"
    packets.write_bytes(pcap(session.packets, session.stamps))
    simulate("packet_top", "packets_bench", "records", SIZES, MESSAGES=messages, RECORDS=records)
    return packets, records, configuration(_universe(session))


def compare_records(packets: Path, records: Path, universe_: Universe) -> Differing:
    """The block's records against the adapter's ticks with the kernel's columns."""
    made, ticks = read_records(records, universe_), read_itch(packets, universe_)
    return differing(
        {("records", channel): _each(preprocess(own, _state(universe_))) for channel, own in ticks.items()},
        {("records", channel): _each(own) for channel, own in made.items()},
    )


def compare(messages: int, folder: Path, leg: Leg) -> Differing:
    """The records, then every topic that the job writes."""
    packets, records, config = prepare(messages, folder)
    outputs = [leg(data, config) for data in (packets, records)]
    return {**compare_records(packets, records, config.universe), **differing(*outputs)}


def _universe(session: Session) -> Universe:
    return universe([f"S{locate}" for locate in session.members], CHANNELS)


def _state(universe_: Universe) -> Records:
    return np.zeros(len(universe_.instruments), STATE)


def _each(records: Records) -> list[bytes]:
    return [record.tobytes() for record in records]


def main() -> int:
    messages = int(os.environ.get("MESSAGES", "10000"))
    BUILD.mkdir(parents=True, exist_ok=True)
    if missing := java_is_missing():
        print(f"SKIP: the broker and Flink: {missing}; the pipeline is played instead")
        found = compare(messages, BUILD, through_play)
    else:
        with tempfile.TemporaryDirectory() as folder, closing(Rig(Path(folder))) as rig:
            found = compare(messages, BUILD, partial(through_job, rig))
    for name, (count, differ) in found.items():
        print(f"{name:<16} {count:>8,} records, {differ} differ")
    total, differ = (sum(column) for column in zip(*found.values(), strict=True))
    print(f"{total:,} records, {differ} differ")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
