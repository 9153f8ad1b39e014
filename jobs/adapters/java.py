"""Java: the executable, the jars that Maven copied, and the settings that every JVM of ours gets."""

import os
import re
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import jobs
from schemas.errors import SetupError

__all__ = ["INSTALL_JAVA", "MAVEN_JARS", "find_jars", "find_java", "jar_arguments", "java_version", "settings"]

INSTALL_JAVA = "sudo apt-get install -y openjdk-17-jre-headless maven"
MAVEN_JARS = "make jars"
# What each kind must have.
JARS = {"kafka": ("kafka_*.jar",), "flink": ("flink-sql-connector-kafka-*.jar", "penstock.jar")}
JAVA_MAJORS = range(17, 22)  # Kafka's broker needs 17; Flink is tested up to 21


def java_version(java: Path) -> int | None:
    """Major version of a java executable; None when it does not run or does not say."""
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=20, check=True).stderr
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r'version "(\d+)', said)
    return int(found.group(1)) if found else None


def find_java() -> Path:
    """The java executable of JAVA_HOME or else of PATH; SetupError unless its version is 17 to 21."""
    home = os.environ.get("JAVA_HOME")
    named = Path(home, "bin", "java") if home else shutil.which("java")
    if named is None:
        raise SetupError(f"Java 17 is missing: {INSTALL_JAVA}")
    major = java_version(Path(named))
    if major not in JAVA_MAJORS:
        raise SetupError(
            f"{named} is Java {major or 'of an unknown version'}, needed is 17 to 21: {INSTALL_JAVA} "
            "(and let JAVA_HOME point to it)"
        )
    return Path(named)


def find_jars(kind: str) -> Path:
    """The folder with the jars of one kind, `kafka` (the broker) or `flink` (the connector, and ours for its source).

    Looked for in PENSTOCK_JARS if set, else in `infra/java/jars` of the checkout or of the working directory.
    SetupError when none holds them.
    """
    roots = _jar_roots()
    for root in roots:
        if all(any((root / kind).glob(jar)) for jar in JARS[kind]):
            return root / kind
    looked = " or ".join(str(root / kind) for root in roots)
    wanted = " and ".join(JARS[kind])
    raise SetupError(
        f"no {wanted} in {looked}: run `{MAVEN_JARS}` in the checkout, or set PENSTOCK_JARS to the folder of {kind}/"
    )


def jar_arguments() -> list[str]:
    """Flink's jars for the command line of an embedded `trade`."""
    return [part for jar in sorted(find_jars("flink").glob("*.jar")) for part in ("--jar", str(jar))]


def settings(name: str) -> Path:
    """A settings file shipped in `jobs/settings/`."""
    return Path(str(files(jobs) / "settings" / name))


def _jar_roots() -> list[Path]:
    named = os.environ.get("PENSTOCK_JARS")
    if named:
        return [Path(named)]
    checkout = Path(jobs.__file__).parents[1]
    return [root / "infra" / "java" / "jars" for root in dict.fromkeys((checkout, Path.cwd()))]
