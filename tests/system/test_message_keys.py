"""Each message of a log gets its channel's key before Python sees it, whatever it looks like."""

import subprocess
import sys

import numpy as np
import pytest

from schemas.frame import Frame, encode
from schemas.records import TICK, Kind
from schemas.topics import NO_CHANNEL
from tests.system.message_keys import CHANNELS
from udfs.keys import key_of

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]


def frame(channel: int) -> bytes:
    return encode(Frame(Kind.TICKS, channel, 1, 1, 0, np.zeros(1, TICK)))


def test_a_message_has_the_key_of_its_channel() -> None:
    whole = frame(1)
    others = [
        frame(2),  # of no channel of ours
        frame(0x0101),  # its low byte is one of ours
        b"",
        whole[:5],
        b"garbage before the log",
        b"\x00" + whole[1:],  # another magic
        whole[:2] + b"\x02" + whole[3:],  # another version
    ]
    known = [(frame(channel), channel) for channel in CHANNELS] + [(whole[:6], 1)]
    expected = [key_of(channel) for _, channel in known] + [key_of(NO_CHANNEL)] * len(others)
    given = [data.hex() for data in [*(data for data, _ in known), *others]]
    command = [sys.executable, "-m", "tests.system.message_keys", *given]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert [int(line) for line in done.stdout.split()] == expected, done.stderr
