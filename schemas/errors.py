"""Every error that Penstock raises on purpose, drawn once.

    PenstockError                    who raises it, and what happens then
    ├── BadFrame                     schemas.frame      the bytes go to quarantine with the reason
    ├── BadText                      schemas.decimal_text, adapters    the message goes to quarantine
    ├── ConfigError                  schemas.config     the process does not start
    ├── SetupError                   jobs.adapters      something on this machine is missing; names the remedy
    ├── DataError                    jobs.adapters, models    the user's data cannot be used; says where
    ├── ModelError                   models             the model cannot be loaded or does not fit the features
    ├── StateError                   udfs               a state's bytes are not of this machine and version
    ├── BrokerRefused                jobs.adapters      the broker said no: a value, reported to the channel
    └── Unsafe                       udfs.risk, jobs.gateway    we are wrong: halt, no further order

What the world may do is a value, a veto or quarantine; what we did wrong stops the process.
"""

from enum import IntEnum


class PenstockError(Exception):
    """The root: the command prints the message without a traceback and exits with 1."""


class Fault(IntEnum):
    """Why bytes or a record went to quarantine; stands in the record and is counted by name."""

    TRUNCATED = 1  # fewer bytes than a header, or than its count says
    EXTENDED = 2  # more bytes than its count says
    FOREIGN = 3  # the magic is not ours
    UNKNOWN_VERSION = 4
    UNKNOWN_KIND = 5
    UNKNOWN_SCHEMA = 6  # the record layout is not the one of this kind
    TOO_MANY = 7  # count above the bound
    CORRUPT = 8  # the checksum does not match
    ZOMBIE = 9  # an epoch that a later writer has ended
    UNANNOUNCED_EPOCH = 10
    UNKNOWN_SOURCE = 11
    NO_TERM = 12  # data before the first TERM
    WRONG_CHANNEL = 13
    UNKNOWN_INSTRUMENT = 14
    OFF_STEP_PRICE = 15  # not a multiple of the tick size in force
    BAD_PRICE = 16  # zero or negative where a price must be positive, or beyond the range
    BAD_SIZE = 17
    BAD_KIND = 18
    BAD_TIME = 19  # before 1970 or so far ahead that it would carry channel time away
    BAD_DOCUMENT = 20  # a control that does not parse
    RAISED = 21  # a machine raised on this frame: the channel is halted
    BAD_MESSAGE = 22  # a venue's message that its parser refuses
    GENESIS = 23  # a second GENESIS: the log is not the one this state belongs to
    WRONG_TERM = 24  # a TERM that does not follow the one in force
    BAD_SIDE = 25
    WRONG_LOG = 26  # the frame names another log than the state's: the channel is halted
    WRITER_GAP = 27  # reports or controls are missing: the channel is halted
    LOST_CONTROL = 28  # a control of the operator or the term that does not parse: the channel is halted


class BadFrame(PenstockError):
    """Bytes that are not a frame we know."""

    def __init__(self, fault: Fault, message: str) -> None:
        super().__init__(message)
        self.fault = fault


class BadText(PenstockError):
    """Text that is not the exact number or message it should be."""


class ConfigError(PenstockError):
    """A configuration that is missing, unknown or contradictory."""


class SetupError(PenstockError):
    """Something on this machine is missing; the message names the command that provides it."""


class DataError(PenstockError):
    """The user's data cannot be used; the message says which file, row and column."""


class ModelError(PenstockError):
    """A model that cannot be loaded, or was made for other features."""


class StateError(PenstockError):
    """Bytes that are not a state of this machine and version."""


class BrokerRefused(PenstockError):
    """The broker refused an order: a value for the ledger, never a reason to stop."""


class Unsafe(PenstockError):
    """Something that must never happen did: no further order leaves."""
