"""What a parity check found, kept in the warehouse: through the archive while it runs, else in the files it left."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec
import pyarrow as pa

from jobs.adapters.clickhouse import open_store
from jobs.adapters.files import replace_file
from jobs.results.oracle import Parity
from jobs.warehouse import door

__all__ = ["keep", "write_report"]

TABLE = "parity_runs"
COLUMNS = pa.schema(
    [("checked_ns", pa.int64()), ("beside", pa.string()), ("quantity", pa.string())]
    + [(name, pa.float64()) for name in ("tolerance", "largest")]
    + [(name, pa.uint64()) for name in ("compared", "different", "missing")]
)


def write_report(path: Path, found: Sequence[Parity]) -> None:
    """The figures as JSON; a reader, such as the archive's page of metrics, sees the old file or the new one."""
    replace_file(path, msgspec.json.format(msgspec.json.encode(found)))


def keep(
    folder: Path, warehouse: str | None, found: Sequence[Parity], beside: Literal["sql", "flink"], checked_ns: int
) -> None:
    """Add a row for each quantity; raises SetupError or DataError when the warehouse does not take them."""
    same = {"checked_ns": checked_ns, "beside": beside}
    rows = pa.Table.from_pylist([msgspec.structs.asdict(one) | same for one in found], schema=COLUMNS)
    is_embedded = warehouse is None or urlsplit(warehouse).scheme == "chdb"
    if is_embedded and door.keep(folder, TABLE, rows):
        return
    with open_store(warehouse or f"chdb://{(folder / 'warehouse').resolve()}") as store:
        store.create()
        store.insert(TABLE, rows)
