"""The Flink inside the apache-flink wheel: its folder, and what a JVM of it needs."""

import os
import re
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from jobs.adapters.java import find_jars, find_java, settings
from schemas.errors import SetupError

__all__ = ["environment", "flink_home", "java_command", "module_options", "prepare", "reporter", "reporter_jars"]

JVM_COMMON = ("-XX:+UseSerialGC", "-XX:-UsePerfData", "-Djava.net.preferIPv4Stack=true")


def flink_home() -> Path:
    """The `pyflink` folder of the installed wheel; SetupError when it is not installed."""
    spec = find_spec("pyflink")
    if spec is None or not spec.submodule_search_locations:
        raise SetupError("apache-flink is not installed: run `make setup`, or install penstock[pipeline]")
    return Path(spec.submodule_search_locations[0])


def module_options() -> list[str]:
    """The `--add-opens` and `--add-exports` that Flink needs since Java 17, as the wheel's own settings list them."""
    stock = (flink_home() / "conf" / "config.yaml").read_text()
    return re.findall(r"--add-(?:opens|exports)=\S+", stock)


def prepare(folder: Path, values: Mapping[str, object], base: str | None = "flink.yaml") -> None:
    """Write `conf/config.yaml` (ours named `base`, then `values`), link the jars in `lib/`, and make an empty `tmp/`.

    PyFlink's own jar lies in the wheel's `opt/`; without it in `lib/` a TaskManager knows no Python operator.
    """
    home = flink_home()
    for name in ("conf", "lib", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for old in (folder / "lib").iterdir():
        old.unlink()
    found = [
        *(home / "lib").glob("*.jar"),
        *(home / "opt").glob("flink-python-*.jar"),
        *find_jars("flink").glob("*.jar"),
    ]
    for name, jar in {jar.name: jar for jar in found}.items():  # an image may have one in two places
        (folder / "lib" / name).symlink_to(jar)
    own = {
        "python.executable": sys.executable,
        "python.client.executable": sys.executable,
        "io.tmp.dirs": folder / "tmp",
        "env.java.opts.all": " ".join(module_options()),
        **values,
    }
    lines = [*([settings(base).read_text()] if base else []), *(f"{key}: {value}" for key, value in own.items())]
    (folder / "conf" / "config.yaml").write_text("\n".join(lines) + "\n")


def environment(folder: Path) -> dict[str, str]:
    """What a JVM of ours finds in its environment.

    The interpreter's own `bin` comes first on PATH, for pemja asks the first `python` it finds there; only installed
    packages are importable, so neither PYTHONPATH nor the working directory can shadow them.
    """
    home = flink_home()
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return kept | {
        "FLINK_HOME": str(home),
        "FLINK_CONF_DIR": str(folder / "conf"),
        "FLINK_LIB_DIR": str(folder / "lib"),
        "FLINK_OPT_DIR": str(home / "opt"),
        "FLINK_PLUGINS_DIR": str(home / "plugins"),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        "PYTHONSAFEPATH": "1",
    }


def java_command(folder: Path, options: Sequence[str], main: str, *arguments: str) -> list[str]:
    """The command line that runs a main class of Flink over the prepared folder."""
    log4j = f"-Dlog4j2.configurationFile={settings('log4j2.properties')}"
    tmp = f"-Djava.io.tmpdir={folder / 'tmp'}"
    classes = ["-cp", f"{folder / 'lib'}{os.sep}*"]
    return [str(find_java()), *JVM_COMMON, *options, *module_options(), log4j, tmp, *classes, main, *arguments]


def reporter(ports: str) -> dict[str, str]:
    """Flink's own Prometheus pages, one a JVM. Flink binds them to every interface and can be told no other."""
    name = "metrics.reporter.prometheus"
    factory = "org.apache.flink.metrics.prometheus.PrometheusReporterFactory"
    return {"metrics.reporters": "prometheus", f"{name}.factory.class": factory, f"{name}.port": ports}


def reporter_jars() -> list[Path]:
    """What a JVM needs for them that looks into no folder of plugins, as a mini-cluster's does."""
    return sorted((flink_home() / "plugins" / "metrics-prometheus").glob("*.jar"))
