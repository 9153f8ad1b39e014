"""What the feed tells: what it has written, how late, and whether the broker takes it."""

import time

from jobs.adapters.clock import wall_ns
from jobs.adapters.kafka import Producer
from jobs.observation.observer import Observer
from schemas import metrics
from schemas.frame import Frame
from schemas.records import Kind

__all__ = ["FeedPage"]

QUEUE = "the producer's queue"


class FeedPage:
    """Counts frames as they leave; the feed does its work while the broker acknowledges what it has been sent."""

    def __init__(self, observer: Observer, producer: Producer, refused: int) -> None:
        self._observer, self._producer = observer, producer
        observer.page.set(metrics.FEED_REFUSED, refused)
        observer.started()

    def wrote(self, frame: Frame, due_ns: int) -> None:
        """A frame has left that was due at a wall time; 0 = at once."""
        page = self._observer.page
        page.add(metrics.FEED_FRAMES, 1, frame.channel)
        if frame.kind == Kind.TICKS:
            page.add(metrics.FEED_TICKS, len(frame), frame.channel)
        if due_ns:
            page.observe(metrics.FEED_DELAY, max(0, wall_ns() - due_ns) / 1e9)
        self.round()

    def round(self) -> None:
        self._observer.round(self._fill)

    def _fill(self) -> None:
        delivered = self._producer.delivered
        self._observer.progress.reached(QUEUE, {0: delivered})
        self._observer.progress.ends(QUEUE, {0: delivered + len(self._producer)}, time.monotonic())
