"""The image's definition, as far as it can be checked without building it: what goes in, who runs, what is pinned."""

import os
import re
import shlex
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from jobs.adapters.flink_home import module_options

ROOT = Path(__file__).parents[2]
IMAGE = ROOT / "infra" / "image"
MAVEN = {"m": "http://maven.apache.org/POM/4.0.0"}
SECRET = re.compile(r"password|secret|token|credential|api_?key|aws_", re.IGNORECASE)


def instructions() -> list[tuple[str, str]]:
    """Of the Dockerfile: their words and what stands behind them, continuations joined."""
    lines = [line for line in (IMAGE / "Dockerfile").read_text().splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


def arguments(word: str) -> list[str]:
    return [rest for found, rest in instructions() if found == word]


def pins(path: Path) -> set[str]:
    return set(re.findall(r"^[a-z0-9.\-]+==\S+", path.read_text(), re.MULTILINE))


def test_only_known_instructions() -> None:
    words = {word for word, _ in instructions()}
    assert words == {"ARG", "FROM", "COPY", "RUN", "ENV", "WORKDIR", "USER", "ENTRYPOINT", "CMD"}  # no ADD, so no URL


def test_the_last_user_is_a_number_and_not_root() -> None:
    [user] = arguments("USER")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
    last = instructions()[-3:]
    assert [word for word, _ in last] == ["USER", "ENTRYPOINT", "CMD"]
    terraform = (ROOT / "infra" / "terraform" / "modules" / "service" / "main.tf").read_text()
    assert f'"{user}"' in terraform, "the task runs as the user that the image has"


def test_base_images_are_arguments_without_a_default() -> None:
    stages = [rest.partition(" AS ")[0] for rest in arguments("FROM")]
    assert {one for one in stages if one != "python"} == {f"${{{name}}}" for name in arguments("ARG")}


@pytest.mark.parametrize("image", ["", "python:3.11.13-slim-bookworm", "python@sha256:00"])
def test_a_base_image_without_a_digest_is_refused(image: str) -> None:
    given = {"PATH": os.environ["PATH"], "PYTHON_IMAGE": image, "MAVEN_IMAGE": f"maven@sha256:{'0' * 64}"}
    done = subprocess.run([IMAGE / "build.sh"], capture_output=True, text=True, env=given, timeout=20, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{image or 'no image'} is not by digest")


def test_good_manners() -> None:
    """What hadolint 2.15 looks for, as far as it concerns these instructions; it found nothing itself."""
    runs = arguments("RUN")
    apt = [one for one in runs if "apt-get" in one]
    assert apt and all("--no-install-recommends" in one and "--yes" in one for one in apt)
    assert all("apt-get update" in one and "rm -rf /var/lib/apt/lists/*" in one for one in apt)
    assert not re.search(r"\bsudo\b|\bapt install|apt-get upgrade", " ".join(runs))
    assert not any(re.search(r"(?<!\|)\|(?!\|)", one) for one in runs), "a pipe hides the status of its first command"
    assert "PIP_NO_CACHE_DIR=1" in " ".join(arguments("ENV"))
    assert all(one.startswith("/") for one in arguments("WORKDIR"))
    assert all(one.startswith("[") for word in ("ENTRYPOINT", "CMD") for one in arguments(word))
    assert not re.search(r":latest\b", (IMAGE / "Dockerfile").read_text())


def test_every_copied_file_is_there_and_let_through() -> None:
    shown = {line[1:] for line in (IMAGE / "Dockerfile.dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = [
        source
        for words in map(shlex.split, arguments("COPY"))
        if not any(word.startswith("--from") for word in words)
        for source in [word for word in words if not word.startswith("--")][:-1]
    ]
    assert set(copied) == shown
    for source in copied:
        assert (ROOT / source).exists(), source
    ignored = (IMAGE / "Dockerfile.dockerignore").read_text().splitlines()
    assert "*" in ignored and ignored.index("*") < ignored.index("!schemas")


def test_python_is_installed_by_hash_and_nothing_else_is_fetched() -> None:
    runs = " ".join(arguments("RUN"))
    installs = [part for part in re.split("&&|;", runs) if "pip install" in part]
    assert installs and all("--require-hashes" in one or "--no-index" in one for one in installs)
    assert not re.search(r"curl|wget|https?://|pip install --upgrade", runs)


def test_the_image_holds_what_was_tested() -> None:
    """The image's lock is the tested one without what only tests need, and each pin has its hashes."""
    locks = {name: (IMAGE / f"{name}.lock").read_text() for name in ("requirements", "build")}
    assert pins(IMAGE / "requirements.lock") < pins(ROOT / "requirements.lock"), "make lock"
    for text in locks.values():
        entries = re.split(r"\n(?=\S)", text.strip())
        assert all("--hash=sha256:" in entry for entry in entries if "==" in entry.splitlines()[0])
        assert "://" not in text
    names = {pin.partition("==")[0] for pin in pins(IMAGE / "requirements.lock")}
    assert not names & {"pytest", "moto", "hypothesis", "cocotb"}
    assert {"apache-flink", "confluent-kafka", "aws-msk-iam-sasl-signer-python"} <= names


def test_nothing_secret_is_in_it() -> None:
    given = " ".join((*arguments("ENV"), *arguments("ARG")))
    assert not SECRET.search(given.replace("PENSTOCK", ""))


def test_jars_are_those_of_the_tests() -> None:
    ours, image = (
        ElementTree.parse(path).getroot().find("m:properties", MAVEN)
        for path in (ROOT / "infra" / "java" / "pom.xml", IMAGE / "pom.xml")
    )
    assert ours is not None and image is not None
    flink = image.findtext("m:flink.version", None, MAVEN)
    assert flink == ours.findtext("m:flink.version", None, MAVEN)
    assert f"apache-flink=={flink}" in pins(IMAGE / "requirements.lock")


def test_flink_gets_what_java_17_needs() -> None:
    settings = yaml.safe_load((IMAGE / "flink.yaml").read_text())
    assert settings["env.java.opts.all"].split() == module_options()


@pytest.mark.parametrize(
    ("words", "runs"),
    [
        (["archive", "--help"], "penstock archive --help"),
        (["bash", "-c", "echo operator"], "operator"),
        (
            ["jobmanager", "--channels", "0,1"],
            "standalone-job.sh start-foreground -Drest.port=8081 -Da.b=c: d "
            "--job-classname org.apache.flink.client.python.PythonDriver -pym jobs.trade --channels 0,1",
        ),
        (["taskmanager"], "taskmanager.sh start-foreground -Drest.port=8081 -Da.b=c: d"),
    ],
)
def test_the_first_word_decides_what_runs(words: list[str], runs: str, tmp_path: Path) -> None:
    for name in ("penstock", "bin/standalone-job.sh", "bin/taskmanager.sh"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text('#!/bin/sh\necho "$(basename "$0")" "$@"\n')
        path.chmod(0o755)
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "log4j-console.properties").touch()
    environment = {
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        "FLINK_HOME": str(tmp_path),
        "FLINK_PROPERTIES": "rest.port: 8081\na.b: c: d\n",
        "PENSTOCK_FLINK_YAML": str(IMAGE / "flink.yaml"),
        "PENSTOCK_FLINK_WORK": str(tmp_path / "work"),
    }
    done = subprocess.run(
        [IMAGE / "entrypoint.sh", *words], capture_output=True, text=True, env=environment, timeout=20, check=False
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, runs, "")
