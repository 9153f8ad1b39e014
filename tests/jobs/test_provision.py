"""`penstock provision` against a real broker and the real engine: once, again, and where something differs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from jobs.adapters.broker import Broker
from jobs.adapters.clickhouse import TABLES, VIEWS, open_store
from jobs.adapters.dsn import check
from jobs.adapters.kafka import partition_count
from jobs.adapters.kafka.connection import connection
from jobs.provision import Provisioned, provision
from schemas.errors import SetupError
from schemas.topics import MARKS, TOPICS

SECRET = "se/cr?t"


def test_said_is_what_was_made() -> None:
    assert str(Provisioned([], [])).startswith(f"nothing changed: {len(TOPICS)} topics, ")
    assert "made table or view fills" in str(Provisioned([], ["fills"]))


@pytest.mark.parametrize("dsn", [f"clickhouse://ada:{SECRET}@127.0.0.1:1/", f"mysql://ada:{SECRET}@h/?password=s%2F"])
def test_a_password_is_in_no_message(dsn: str) -> None:
    with pytest.raises(SetupError) as error:
        provision("127.0.0.1:1", dsn, (0,))
    assert "ada:***@" in str(error.value)
    assert not any(part in str(error.value) for part in ("se/", "cr?", "t@", "s%2F"))


def test_an_address_is_checked_before_a_driver_sees_it() -> None:
    check("clickhouse://ada:s%2F@host:8123/")
    with pytest.raises(SetupError, match="as %XX"):
        check("clickhouse://ada:12/34@host:8123/")


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    made = Broker(tmp_path_factory.mktemp("broker"))
    made.start()
    yield made
    made.stop()


@pytest.mark.system
@pytest.mark.timeout(120)
def test_twice_then_drift(broker: Broker, tmp_path: Path) -> None:
    bootstrap, dsn = broker.bootstrap, f"chdb://{tmp_path / 'warehouse'}"
    made = provision(bootstrap, dsn, (0, 1))
    assert made == ([topic.name for topic in TOPICS], [*TABLES, *VIEWS])
    assert str(provision(bootstrap, dsn, (0, 1))).startswith("nothing changed")

    with open_store(dsn) as store:
        store.command("DROP VIEW penstock.fills")
    assert provision(bootstrap, dsn, (0, 1)) == ([], ["fills"])

    admin = AdminClient(connection(bootstrap))
    changed = ConfigEntry("retention.ms", "1000", incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, MARKS.name, incremental_configs=[changed])
    admin.incremental_alter_configs([resource])[resource].result(10)
    with pytest.raises(SetupError) as error:
        provision(bootstrap, dsn, (0, 1, 2), replication=2)
    assert str(error.value).count("partitions, the universe needs 3") == str(error.value).count("copies") == len(TOPICS)
    assert f"topic marks.v1 has retention.ms = 1000, wanted is {MARKS.retention_ms}" in str(error.value)
    assert partition_count(bootstrap, MARKS.name) == 2  # nothing was altered
