"""The local broker: starts quickly, keeps its data through stop and kill, leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from jobs.adapters.attach import AttachError, ask_jvm, live_heap_bytes
from jobs.adapters.broker import Broker
from jobs.adapters.processes import ProcessDiedError
from schemas.errors import SetupError

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]

TOPIC = "broker-test"
ORPHAN = """
import os, sys
from pathlib import Path
from jobs.adapters.broker import Broker
broker = Broker(Path(sys.argv[1]))
broker.start()
print(broker.pid, flush=True)
os._exit(9)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("broker")


@pytest.fixture(scope="module")
def broker(folder: Path) -> Iterator[Broker]:
    broker = Broker(folder)
    broker.start()
    yield broker
    broker.stop()


def produce(broker: Broker, *values: bytes, topic: str = TOPIC, timeout_ms: int = 5000) -> None:
    failed = []
    producer = Producer({"bootstrap.servers": broker.bootstrap, "acks": "all", "message.timeout.ms": timeout_ms})
    for value in values:
        producer.produce(
            topic, value, partition=0, on_delivery=lambda error, _: failed.append(error) if error else None
        )
    producer.flush(10)
    if failed:
        raise KafkaException(failed[0])


def consume(broker: Broker, count: int) -> list[bytes]:
    consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": "test", "auto.offset.reset": "error"})
    consumer.assign([TopicPartition(TOPIC, 0, 0)])
    messages = consumer.consume(count, timeout=10)
    consumer.close()
    return [message.value() for message in messages]


def test_what_was_written_survives_stop_and_kill(broker: Broker, folder: Path) -> None:
    address = broker.bootstrap
    admin = AdminClient({"bootstrap.servers": address})
    admin.create_topics([NewTopic(TOPIC, 1, 1)])[TOPIC].result(10)
    produce(broker, b"one")
    first = broker.pid
    broker.stop()
    assert not broker.is_running() and not psutil.pid_exists(first or 0)
    assert (folder / "data" / ".kafka_cleanshutdown").exists()

    assert broker.start() == address
    produce(broker, b"two")
    os.kill(broker.pid or 0, signal.SIGKILL)
    with pytest.raises(ProcessDiedError, match="broker ended"):
        while True:
            broker.check()

    assert broker.start() == address
    assert consume(broker, 2) == [b"one", b"two"]


def test_a_misspelt_topic_is_not_made(broker: Broker) -> None:
    with pytest.raises(KafkaException):
        produce(broker, b"lost", topic="tikcs.v1", timeout_ms=1500)
    assert "tikcs.v1" not in AdminClient({"bootstrap.servers": broker.bootstrap}).list_topics(timeout=5).topics


def test_it_listens_on_this_machine_only(broker: Broker) -> None:
    listening = [
        connection.laddr.ip
        for connection in psutil.Process(broker.pid).net_connections()
        if connection.status == psutil.CONN_LISTEN
    ]
    assert listening and set(listening) == {"127.0.0.1"}


def test_the_live_heap_is_told_and_an_unknown_command_is_an_error(broker: Broker) -> None:
    assert 10 << 20 < live_heap_bytes(broker.pid or 0) < 256 << 20
    with pytest.raises(AttachError, match="refuses Compiler"):
        ask_jvm(broker.pid or 0, "Compiler.nothing")
    assert broker.is_running()


def test_another_run_on_the_folder_is_refused(broker: Broker, folder: Path) -> None:
    pid = broker.pid
    with pytest.raises(SetupError, match="belongs to another running penstock"):
        Broker(folder).start()
    assert broker.pid == pid and broker.is_running()


def test_a_leftover_is_replaced_and_a_taken_port_is_changed(tmp_path: Path) -> None:
    owner = subprocess.run([sys.executable, "-c", ORPHAN, tmp_path], capture_output=True, text=True, timeout=60)
    orphan = int(owner.stdout)
    assert psutil.pid_exists(orphan)
    broker = Broker(tmp_path)
    address = broker.bootstrap
    try:
        assert broker.start() == address
        assert not psutil.pid_exists(orphan) or psutil.Process(orphan).status() == psutil.STATUS_ZOMBIE
        broker.stop()
        with socket.create_server(("127.0.0.1", int(address.split(":")[1]))):
            assert broker.start() != address
            assert broker.is_running()
    finally:
        broker.stop()


def test_an_unusable_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises(SetupError, match="cannot write its data"):
        Broker(tmp_path).start()


def test_too_little_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.adapters.broker.DISK_FREE_BYTES_MIN", 1 << 60)
    with pytest.raises(SetupError, match="free some space"):
        Broker(tmp_path).start()


def test_a_broker_that_cannot_start_tells_why(broker: Broker, tmp_path: Path) -> None:
    """Data of another node: Kafka refuses it, and its reason is in the message."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "meta.properties").write_text("version=1\nnode.id=7\ncluster.id=x\n")
    with pytest.raises(SetupError, match=r"does not start(.|\n)*node.id"):
        Broker(tmp_path).start()
