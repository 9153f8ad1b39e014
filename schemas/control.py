"""Controls: the documents that configure and stop a channel. Nothing else configures a decision."""

import msgspec

from schemas.config import ExchangeConfig, FeaturesConfig, LearnConfig, Limits, StrategyConfig, hash_of
from schemas.errors import BadFrame, ConfigError, Fault
from schemas.feature_sets import FeatureSet, chosen
from schemas.frame import Frame, document, text_of
from schemas.instrument import Universe
from schemas.records import Kind


class _Control(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="control"):
    pass


class ModelRef(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A model by content; rows whose label overlaps the training data are in-sample."""

    name: str
    sha256: str
    feature_hash: str
    trained_from_ns: int
    trained_to_ns: int


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A strategy's position at the start of a term."""

    strategy: str
    instrument: int
    size: int
    cost: int  # money of the settle currency


class Genesis(_Control, frozen=True, tag="GENESIS"):
    """The first control of a partition: which log this is."""

    log_id: str


class Term(_Control, frozen=True, tag="TERM"):
    """From here on the channel decides by exactly this."""

    number: int
    log_id: str
    code_version: str
    cpu_class: str
    feature_hash: str
    universe: Universe
    limits: Limits
    exchange: ExchangeConfig
    strategies: tuple[StrategyConfig, ...]
    learn: LearnConfig
    models: tuple[ModelRef, ...]
    opening: tuple[Opening, ...] = ()
    features: FeaturesConfig = FeaturesConfig()  # without the field, as in older logs: the default set

    @property
    def feature_set(self) -> FeatureSet:
        return chosen(self.features.names)

    def hashes(self) -> dict[str, str]:
        """What a summary and a comparison show of a term."""
        parts = {
            name: getattr(self, name) for name in ("universe", "limits", "exchange", "strategies", "learn", "models")
        }
        return {"feature_hash": self.feature_hash, **{name: hash_of(part) for name, part in parts.items()}}


class Epoch(_Control, frozen=True, tag="EPOCH"):
    """A writer announces its new epoch; frames of its lower epochs are refused from here on."""

    source: int
    epoch: int


class Halt(_Control, frozen=True, tag="HALT"):
    """No order leaves the channel from here on."""

    by: str
    reason: str


class Resume(_Control, frozen=True, tag="RESUME"):
    """Lifts a HALT control; a halt by fault stays."""

    by: str


class NewLimits(_Control, frozen=True, tag="LIMITS"):
    """Other limits from here on."""

    limits: Limits


class NewModel(_Control, frozen=True, tag="MODEL"):
    """Another model of the same features from here on."""

    model: ModelRef


Control = Genesis | Term | Epoch | Halt | Resume | NewLimits | NewModel
_DECODER: msgspec.json.Decoder[Control] = msgspec.json.Decoder(Control)


def control_frame(
    control: Control, *, channel: int, source: int, epoch: int, sequence: int, publish_ns: int = 0, log: int = 0
) -> Frame:
    """The frame that carries a control.

    >>> frame = control_frame(Halt(by="test", reason="drill"), channel=0, source=3, epoch=1, sequence=0)
    >>> read_control(frame)
    Halt(by='test', reason='drill')
    """
    records = document(msgspec.json.encode(control))
    return Frame(Kind.CONTROL, channel, source, epoch, sequence, records, publish_ns, log=log)


def read_control(frame: Frame) -> Control:
    """The control in a frame; raises BadFrame when the document is not one we know."""
    try:
        return _DECODER.decode(text_of(frame.records))
    except (msgspec.DecodeError, msgspec.ValidationError, ValueError, ConfigError) as error:
        raise BadFrame(Fault.BAD_DOCUMENT, f"control {frame.source}/{frame.epoch}/{frame.sequence}: {error}") from error


class Quarantined(msgspec.Struct, frozen=True, kw_only=True):
    """What a QUARANTINE frame says: which bytes were refused, where, and why."""

    fault: str
    message: str
    position: int  # of the channel when it happened
    source: int
    epoch: int
    sequence: int  # of the first record concerned
    kind: int
    count: int  # records refused
    places: tuple[int, ...]  # their places in the frame, the first 64
    size: int  # bytes of the message
    sha256: str  # of the message
    head: bytes  # its first 256 bytes, or the first refused record


def read_quarantined(frame: Frame) -> Quarantined:
    return msgspec.json.decode(text_of(frame.records), type=Quarantined)
