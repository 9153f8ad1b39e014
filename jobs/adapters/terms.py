"""Terms: what a configuration file becomes before any tick is read, and the messages that begin a log."""

import hashlib
import uuid
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import llvmlite.binding
import msgspec

from jobs.adapters.strategies import source_hash
from schemas.config import Config
from schemas.control import Control, Epoch, Genesis, ModelRef, Term, control_frame
from schemas.feature_sets import chosen
from schemas.frame import Frame, log_tag
from schemas.topics import Source

DECIDING = ("schemas", "models", "udfs")


def make_term(config: Config, model: ModelRef, log_id: str, number: int = 1) -> Term:
    """The term that a configuration and a model stand for on this machine."""
    strategies = tuple(msgspec.structs.replace(one, source_sha256=source_hash(one.target)) for one in config.strategies)
    return Term(
        number=number,
        log_id=log_id,
        code_version=code_version(),
        cpu_class=cpu_class(),
        feature_hash=chosen(config.features.names).hash,
        universe=config.universe,
        limits=config.limits,
        exchange=config.exchange,
        strategies=strategies,
        learn=config.learn,
        models=(model,),
        features=config.features,
    )


def new_log_id() -> str:
    """A random name for a log; drawn once, when its GENESIS is written."""
    return uuid.uuid4().hex


def cpu_class() -> str:
    """The processor's family, for which the kernels are compiled: within one, floats are the same to the last bit."""
    return str(llvmlite.binding.get_host_cpu_name())


def code_version() -> str:
    """The release, and a hash of every source file that decides."""
    digest = hashlib.sha256()
    for package in DECIDING:
        root = Path(str(files(package)))
        for path in sorted(root.rglob("*.py")):
            digest.update(path.relative_to(root.parent).as_posix().encode() + path.read_bytes())
    return f"{version('penstock')}+{digest.hexdigest()[:12]}"


def opening_frames(term: Term, channel: int) -> list[Frame]:
    """The first frames of a channel's log: its name, and the term by which it decides."""
    controls: list[Control] = [Epoch(source=Source.TERM, epoch=1), Genesis(log_id=term.log_id), term]
    tag = log_tag(term.log_id)
    return [
        control_frame(control, channel=channel, source=Source.TERM, epoch=1, sequence=sequence, log=tag)
        for sequence, control in enumerate(controls)
    ]
