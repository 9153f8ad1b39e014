"""Play the channels of a term here, without a broker: the same log and the same machines as live."""

from collections.abc import Callable, Iterator, Mapping

from jobs.adapters.capture import frames
from jobs.adapters.terms import opening_frames
from jobs.results.facts import Facts, Gathered, join, layouts
from schemas.config import FeedConfig
from schemas.control import Epoch, Term, control_frame
from schemas.frame import Frame, Records, encode, log_tag
from schemas.records import FEED_KINDS
from schemas.topics import Source
from udfs.channel import Resources
from udfs.play import play

# How a log is cut into frames changes nothing of what is decided; few frames are quicker to play.
FEED = FeedConfig(frame_ticks_max=16_384, frame_wait_us_max=1_000_000)
_TOLD_EVERY = 64  # frames

Tell = Callable[[int, int], None]  # channel, its channel time in ns


def play_channels(term: Term, ticks: Mapping[int, Records], resources: Resources, tell: Tell | None = None) -> Facts:
    """The facts of every channel, one after another; `tell` hears now and then how far one has come."""
    gathered = [play_channel(term, channel, log, resources, tell) for channel, log in sorted(ticks.items())]
    return join(term, gathered, [log for _, log in sorted(ticks.items())])


def play_channel(term: Term, channel: int, ticks: Records, resources: Resources, tell: Tell | None) -> Gathered:
    """What one channel makes of its ticks."""
    made = Gathered(layouts(term))
    for output in play(_messages(term, channel, ticks, tell), channel, resources):
        made.add(output)
    return made


def log_of(term: Term, channel: int, ticks: Records, feed: FeedConfig = FEED) -> Iterator[Frame]:
    """A channel's log from its first message: name, term, the feed's first life, its ticks and heartbeats."""
    yield from opening_frames(term, channel)
    tag = log_tag(term.log_id)
    epoch = Epoch(source=Source.FEED, epoch=1)
    yield control_frame(epoch, channel=channel, source=Source.FEED, epoch=1, sequence=0, log=tag)
    yield from frames(ticks, channel, feed, Source.FEED, 1, 1, tag)


def _messages(term: Term, channel: int, ticks: Records, tell: Tell | None) -> Iterator[bytes]:
    for place, frame in enumerate(log_of(term, channel, ticks)):
        if tell and place % _TOLD_EVERY == 0 and frame.kind in FEED_KINDS:
            tell(channel, int(frame.records["receive_ns"][0]))
        yield encode(frame)
    if tell and len(ticks):
        tell(channel, int(ticks["receive_ns"][-1]))
