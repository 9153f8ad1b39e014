"""What a machine must have, checked one by one for `penstock doctor`; each check says what it found and the remedy."""

import importlib
import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement

from jobs.adapters.endpoints import LOCALHOST
from jobs.adapters.java import INSTALL_JAVA, MAVEN_JARS, find_jars, find_java, java_version
from models.registry import Registry
from schemas.errors import ModelError, SetupError

__all__ = ["Check", "Need", "run_checks"]

DISK_FREE_GIB_MIN = 2
MEMORY_GIB_MIN = 4
CORES_MIN = 2
PACKAGES = ("schemas", "models", "udfs", "jobs")
NATIVE = ("numpy", "numba", "onnxruntime", "pyarrow", "confluent_kafka", "chdb")  # a broken one shows only on import


class Need(StrEnum):
    """What cannot work without it."""

    TRY = "try, backtest"  # and all the rest
    RUN = "run"
    SPEED = "speed"  # works without, slower


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the table; `remedy` is a command or an action, empty when nothing is missing."""

    name: str
    need: Need
    found: str
    remedy: str = ""

    @property
    def is_fine(self) -> bool:
        return not self.remedy


def run_checks(folder: Path = Path(".penstock")) -> Iterator[Check]:
    """All checks in order; `folder` is where runs keep their data. No check raises."""
    yield _python()
    yield _packages(Need.TRY, None)
    yield _packages(Need.RUN, "pipeline")
    yield _imports()
    yield _own_packages()
    yield _model()
    yield _numba_cache()
    yield _found("Java 17 to 21", _java, INSTALL_JAVA)
    yield _maven()
    for name, kind in (("Kafka's jars", "kafka"), ("Flink's Kafka connector, penstock.jar", "flink")):
        yield _found(name, partial(find_jars, kind), f"{MAVEN_JARS}, or set PENSTOCK_JARS")
    yield _disk(folder)
    yield _memory()
    yield _cores()
    yield _loopback()


def _check(name: str, need: Need, found: str, is_fine: bool, remedy: str) -> Check:
    return Check(name=name, need=need, found=found, remedy="" if is_fine else remedy)


def _python() -> Check:
    found = ".".join(map(str, sys.version_info[:3]))
    return _check("Python 3.11", Need.TRY, found, sys.version_info[:2] == (3, 11), "make setup")


def _packages(need: Need, extra: str | None) -> Check:
    """Whether what the distribution requires (with one extra) is installed in fitting versions."""
    name, remedy = f"packages ({extra or 'core'})", "make setup"
    try:
        stated = [Requirement(line) for line in requires("penstock") or ()]
    except PackageNotFoundError:
        return _check(name, need, "penstock is not installed", False, remedy)
    wanted = [each for each in stated if _belongs_to(each, extra)]
    wrong = [text for each in wanted if (text := _wrong(each))]
    return _check(name, need, "; ".join(wrong) or f"{len(wanted)} as required", not wrong, remedy)


def _belongs_to(requirement: Requirement, extra: str | None) -> bool:
    if requirement.marker is None:
        return extra is None
    return extra is not None and requirement.marker.evaluate({"extra": extra})


def _wrong(requirement: Requirement) -> str:
    try:
        found = version(requirement.name)
    except PackageNotFoundError:
        return f"{requirement.name} is missing"
    return (
        "" if requirement.specifier.contains(found) else f"{requirement.name} is {found}, not {requirement.specifier}"
    )


def _imports() -> Check:
    broken = []
    for module in NATIVE:
        try:
            importlib.import_module(module)
        except Exception as error:  # whatever a native library's loading may raise
            broken.append(f"{module}: {error}")
    return _check("native libraries", Need.RUN, "; ".join(broken) or f"{len(NATIVE)} load", not broken, "make setup")


def _own_packages() -> Check:
    """Generic names: a folder `models` of somebody else on the path would be imported instead of ours."""
    here = Path(__file__).resolve().parents[2]
    folders = {name: Path(str(importlib.import_module(name).__file__)).resolve().parents[1] for name in PACKAGES}
    foreign = [f"{name} comes from {folder}" for name, folder in folders.items() if folder != here]
    remedy = "take that folder off PYTHONPATH, or rename its package"
    return _check("own packages", Need.TRY, "; ".join(foreign) or "not shadowed", not foreign, remedy)


def _model() -> Check:
    try:
        manifest = Registry().find("direction")
    except ModelError as error:
        return _check("model", Need.TRY, str(error), False, "make train")
    return _check("model", Need.TRY, f"{manifest.name} {manifest.sha256[:12]}", True, "")


def _numba_cache() -> Check:
    """Numba keeps compiled kernels beside the source, else in the user's cache folder."""
    places = [os.environ.get("NUMBA_CACHE_DIR"), Path(__file__).parents[2] / "udfs", Path.home() / ".cache"]
    usable = [str(place) for place in places if place and os.access(place, os.W_OK)]
    found = usable[0] if usable else "no writable place: kernels are compiled at every start"
    return _check("Numba's cache", Need.SPEED, found, bool(usable), "set NUMBA_CACHE_DIR to a writable folder")


def _java() -> str:
    java = find_java()
    return f"{java} ({java_version(java)})"


def _found(name: str, find: Callable[[], object], remedy: str) -> Check:
    try:
        return _check(name, Need.RUN, str(find()), True, "")
    except SetupError as error:
        return _check(name, Need.RUN, str(error).partition(":")[0], False, remedy)


def _maven() -> Check:
    """Maven only fetches the jars: with the jars there it is not missed."""
    maven = shutil.which("mvn")
    try:
        has_jars = bool(find_jars("kafka") and find_jars("flink"))
    except SetupError:
        has_jars = False
    found = maven or ("missing, but the jars are there" if has_jars else "missing")
    return _check("Maven", Need.RUN, found, bool(maven) or has_jars, INSTALL_JAVA)


def _disk(folder: Path) -> Check:
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    free_gib = shutil.disk_usage(place).free / 2**30
    is_fine = free_gib >= DISK_FREE_GIB_MIN and os.access(place, os.W_OK)
    found = f"{free_gib:.1f} GiB free at {place}" + ("" if os.access(place, os.W_OK) else ", not writable")
    return _check("disk", Need.RUN, found, is_fine, f"{DISK_FREE_GIB_MIN} GiB are needed in a writable folder")


def _memory() -> Check:
    total_gib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    found, remedy = f"{total_gib:.1f} GiB", f"{MEMORY_GIB_MIN} GiB are needed"
    return _check("memory", Need.RUN, found, total_gib >= MEMORY_GIB_MIN, remedy)


def _cores() -> Check:
    cores = len(os.sched_getaffinity(0))
    return _check("cores", Need.SPEED, str(cores), cores >= CORES_MIN, f"{CORES_MIN} cores: figures assume them")


def _loopback() -> Check:
    try:
        with socket.create_server((LOCALHOST, 0)):
            pass
    except OSError as error:
        return _check("listening", Need.RUN, f"{LOCALHOST}: {error}", False, "allow listening on 127.0.0.1")
    return _check("listening", Need.RUN, LOCALHOST, True, "")
