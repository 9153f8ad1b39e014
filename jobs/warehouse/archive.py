"""The archive's loop: messages of all topics into blocks, blocks into the warehouse, until the end is reached."""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Protocol

from jobs.adapters.clickhouse import Store
from jobs.warehouse.block import Block
from jobs.warehouse.intake import Intake, Taken
from jobs.warehouse.resume import heal, known_orders, next_offsets, resume
from schemas.errors import SetupError

BLOCK_ROWS_MAX = 262_144  # a block is written when it holds so many records,
BLOCK_MESSAGES_MAX = 20_000  # or so many messages,
BLOCK_BYTES_MAX = 32 << 20  # or so many bytes,
BLOCK_S_MAX = 2.0  # or is this old: what people ask about is no older
POLL_MESSAGES_MAX = 100  # from one topic, then the next topic has its turn
IDLE_S = 0.05
STALL_S_MAX = 20.0  # without any message on the way to the end


class Message(Protocol):
    """One message of a topic."""

    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def value(self) -> bytes: ...
    @property
    def timestamp_ms(self) -> int: ...


class Reader(Protocol):
    """A topic read in the order of its partitions."""

    def poll(self, timeout_s: float, count_max: int) -> Sequence[Message]: ...
    def high_watermarks(self) -> Mapping[int, int]: ...


class Archive:
    """Writes what the readers give into the store; a crash at any place loses nothing and doubles nothing."""

    def __init__(
        self, store: Store, block_messages_max: int = BLOCK_MESSAGES_MAX, tell: Callable[[Taken], None] | None = None
    ) -> None:
        """`tell` hears of every message that is taken."""
        self._store, self._block_messages_max, self._tell = store, block_messages_max, tell
        self._intake = Intake()
        self._begun_s = 0.0
        self._block = self._new_block()
        self.next = next_offsets(store)  # of what is archived or in the block
        self.healed = heal(store, self.next)
        self.archived = 0  # messages, by this process
        resume(store, self._intake)

    @property
    def gaps(self) -> Mapping[int, int]:
        """How often numbers of a writer are missing in the channels' logs, as far as this process has read them."""
        return self._intake.gaps

    def step(self, readers: Mapping[str, Reader]) -> int:
        """Take what has come and write the block when it is due; the number of messages taken."""
        taken = sum(self._take(topic, reader.poll(0, POLL_MESSAGES_MAX)) for topic, reader in readers.items())
        if self._is_due():
            self.flush()
        return taken

    def run_to_end(self, readers: Mapping[str, Reader]) -> None:
        """Archive up to the high watermarks of this moment; SetupError when the messages stop coming."""
        ends = {topic: dict(reader.high_watermarks()) for topic, reader in readers.items()}
        progress = time.monotonic()
        while missing := self._missing(ends):
            if self.step(readers):
                progress = time.monotonic()
                continue
            if time.monotonic() - progress > STALL_S_MAX:
                self.flush()
                raise SetupError(
                    f"archive: {missing} messages have not come for {STALL_S_MAX:.0f} s; what came is archived: "
                    "start the broker and the archive again"
                )
            time.sleep(IDLE_S / 10)
        self.flush()

    def flush(self) -> None:
        """Write the block, if there is anything in it."""
        block, self._block = self._block, self._new_block()
        if not len(block):
            return
        for table, rows in block.tables():
            self._store.insert(table, rows)
        self.archived += len(block)

    def _take(self, topic: str, messages: Sequence[Message]) -> int:
        offsets = self.next.setdefault(topic, {})
        for one in messages:
            expected = offsets.get(one.partition, one.offset)
            if one.offset != expected:
                raise SetupError(f"archive: {topic}[{one.partition}] gave offset {one.offset}, expected {expected}")
            if not len(self._block):
                self._begun_s = time.monotonic()
            taken = self._intake.take(topic, one.partition, one.offset, one.value, one.timestamp_ms)
            self._block.add(taken)
            if self._tell is not None:
                self._tell(taken)
            offsets[one.partition] = one.offset + 1
        return len(messages)

    def _is_due(self) -> bool:
        block = self._block
        if block.rows >= BLOCK_ROWS_MAX or len(block) >= self._block_messages_max or block.bytes >= BLOCK_BYTES_MAX:
            return True
        return len(block) > 0 and time.monotonic() - self._begun_s > BLOCK_S_MAX

    def _missing(self, ends: Mapping[str, Mapping[int, int]]) -> int:
        return sum(
            max(0, end - self.next.get(topic, {}).get(partition, 0))
            for topic, partitions in ends.items()
            for partition, end in partitions.items()
        )

    def _new_block(self) -> Block:
        return Block(partial(known_orders, self._store))
