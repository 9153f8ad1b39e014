"""Who may write what into a channel's log, and which refusals mean that nothing can be trusted any more."""

from schemas.control import Control, Epoch, Genesis, Halt, NewLimits, NewModel, Resume, Term, read_control
from schemas.errors import BadFrame, Fault
from schemas.frame import Frame
from schemas.records import Kind
from schemas.topics import Source

SOURCES = frozenset(int(source) for source in Source)
ALLOWED: dict[int, frozenset[int]] = {
    Kind.TICKS: frozenset({Source.FEED}),
    Kind.PREPROCESSED: frozenset({Source.FEED}),
    Kind.HEARTBEAT: frozenset({Source.FEED}),
    Kind.REPORTS: frozenset({Source.GATEWAY}),
    Kind.CONTROL: SOURCES,
}
# Who may give which control.
SPEAKERS: dict[type, set[Source]] = {
    Epoch: set(Source),
    Genesis: {Source.TERM},
    Term: {Source.TERM},
    Halt: set(Source),
    Resume: {Source.OPERATOR},
    NewLimits: {Source.OPERATOR, Source.ALLOCATE},
    NewModel: {Source.OPERATOR, Source.ALLOCATE},
}
# After one of these nothing that the channel would decide can be trusted: it ignores the rest of its log.
HALTING = {
    *(Fault.RAISED, Fault.WRONG_LOG, Fault.GENESIS, Fault.WRONG_TERM),
    *(Fault.WRITER_GAP, Fault.LOST_CONTROL),
}


def control_of(frame: Frame) -> Control:
    """The control of a frame whose writer may give it; one that cannot be read may have been a HALT."""
    try:
        control = read_control(frame)
    except BadFrame as refusal:
        if frame.source in (Source.OPERATOR, Source.TERM):
            raise BadFrame(Fault.LOST_CONTROL, str(refusal)) from refusal
        raise
    if frame.source not in SPEAKERS[type(control)]:
        names = f"{type(control).__name__} from {Source(frame.source).name}"
        raise BadFrame(Fault.BAD_KIND, f"{where(frame)}: {names}")
    return control


def announces(frame: Frame) -> bool:
    if frame.kind != Kind.CONTROL:
        return False
    control = read_control(frame)
    return isinstance(control, Epoch) and (control.source, control.epoch) == (frame.source, frame.epoch)


def where(frame: Frame) -> str:
    """A frame's number, for messages."""
    return f"frame {frame.source}/{frame.epoch}/{frame.sequence}"
