"""`penstock begin`: begin each channel's log with its name and its first term; what is there already is kept.

A log decides nothing before its first term, and a feed does not write into one that has none.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from jobs.adapters import endpoints
from jobs.adapters.kafka import Producer, create_topics
from jobs.adapters.openings import Opening, read_opening, read_term
from jobs.adapters.terms import make_term, new_log_id, opening_frames
from jobs.execution.logs import Logs
from models.registry import Registry, reference
from schemas.config import Config
from schemas.control import Term
from schemas.errors import SetupError, Unsafe
from schemas.feature_sets import chosen
from schemas.frame import encode
from schemas.topics import TICKS

TOLD = {"gateway": "orders go to the gateway", "lock-step": "orders are met in the channel, by the lock-step exchange"}


def begin_run(folder: Path, bootstrap: str, config: Config, models: Path | None, model: str) -> str:
    """Begin the logs, let the run's folder name their broker, and say what is in force now.

    SetupError: the folder is that of a run at another broker.
    """
    named = endpoints.read(folder).get("bootstrap", bootstrap)
    if named != bootstrap:
        raise SetupError(f"{folder} belongs to a run at {named}: give another --folder")
    term = begin(bootstrap, config, models, model)
    endpoints.publish(folder, bootstrap=bootstrap)
    channels = ", ".join(map(str, config.universe.channels))
    return f"channels {channels}: log {term.log_id[:12]} is in term {term.number}; {TOLD[term.exchange.mode]}"


def begin(bootstrap: str, config: Config, models: Path | None = None, model: str = "direction") -> Term:
    """The term in force in every channel of the configuration's universe; a beginning that was cut off is finished.

    Raises Unsafe when a log is in a term of another configuration: a term is changed on purpose, never by a restart.
    """
    channels = config.universe.channels
    create_topics(bootstrap, channels)
    openings = {channel: read_opening(bootstrap, channel) for channel in channels}
    begun = next((opening.term for opening in openings.values() if opening.term is not None), None)
    log_id = next((opening.log_id for opening in openings.values() if opening.log_id), None) or new_log_id()
    wanted = make_term(config, reference(Registry(models).find(model, chosen(config.features.names))), log_id)
    if begun is not None:
        wanted = _continued(wanted, last_terms(bootstrap, config))
    missing = [
        (channel, message)
        for channel, opening in openings.items()
        if opening.term is None
        for message in _rest(wanted, channel, opening)
    ]  # all of it is known before the first is written: a refusal leaves every log as it was
    producer = Producer(bootstrap)
    for channel, message in missing:
        producer.send(TICKS.name, channel, message)
    producer.flush()
    return wanted


def _rest(term: Term, channel: int, opening: Opening) -> list[bytes]:
    """What a log's beginning lacks."""
    whole = [encode(frame) for frame in opening_frames(term, channel)]
    if whole[: len(opening.cut_off)] != opening.cut_off:
        raise Unsafe(
            f"the log of channel {channel} begins with {len(opening.cut_off)} messages of another beginning, which "
            "was cut off: delete its topic, or FRESH=1 for another log"
        )
    return whole[len(opening.cut_off) :]


def _continued(wanted: Term, last: dict[int, Term]) -> Term:
    """The term as it is in force in the channels that have one, if it is the wanted one."""
    for channel, term in last.items():
        wanted = msgspec.structs.replace(wanted, number=term.number, opening=term.opening)
        if term != wanted:
            names = [name for name in term.__struct_fields__ if getattr(term, name) != getattr(wanted, name)]
            raise Unsafe(
                f"the log of channel {channel} is in term {term.number}, begun with another {', '.join(names)}: "
                "`penstock term` begins the next one, FRESH=1 another log"
            )
    return wanted


def check_begun(bootstrap: str, channels: Sequence[int]) -> None:
    """SetupError for channels whose logs have no term: what is written before a GENESIS makes a log unusable."""
    missing = [channel for channel in channels if read_term(bootstrap, channel) is None]
    if missing:
        raise SetupError(f"the logs of channels {missing} have not begun: `penstock begin`, then again")


def last_terms(bootstrap: str, config: Config) -> dict[int, Term]:
    """The term in force at the end of each log that has one."""
    logs = Logs(bootstrap, config.universe)
    try:
        logs.catch_up()
        return logs.terms
    finally:
        logs.close()
