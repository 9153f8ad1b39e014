"""The same log through play() and through real Flink gives the same canonical bytes."""

from collections import Counter

import pytest

from tests.builders import captured, demo_resources, demo_term, log, messages
from tests.system.rig import CANONICAL, CHANNELS, Rig
from udfs.play import canonical_bytes, play

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]


def test_flink_and_play_write_the_same_bytes(rig: Rig) -> None:
    term, played = demo_term(), {}
    for channel in CHANNELS:
        written = messages(log(captured(channel, 120), term, channel))
        rig.write(channel, [b"garbage before the log", None, *written])
        played[channel] = canonical_bytes(play(written, channel, demo_resources()))
    rig.trade()
    for channel in CHANNELS:
        expected = {name: data for name, data in played[channel].items() if name != "quarantine.v1"}
        assert expected.keys() == {topic.name for topic in CANONICAL} | {"orders.v1"}
        assert rig.canonical(channel) == expected
    assert Counter(one.fault for one in rig.quarantined(0)) == {"TRUNCATED": 4}  # two messages a log
