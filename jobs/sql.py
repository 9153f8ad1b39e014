"""`sql`: ask the warehouse; through the archive when it runs, else from the files it left.

Tables: frames, ticks, features, decisions, outcomes, orders, executions, quarantine, progress;
views: fills, controls, instruments, strategies. `DESCRIBE TABLE ticks` documents the columns.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from jobs.adapters.clickhouse import open_store
from jobs.warehouse import door
from jobs.warehouse.question import checked
from schemas.errors import SetupError

FORMAT = "PrettyCompactMonoBlock"

Ask = Callable[[str, str | None], bytes]  # a question and the format of its answer


def sql(query: str, form: str | None = FORMAT, folder: Path = Path(".penstock"), warehouse: str | None = None) -> bytes:
    """The answer in one of ClickHouse's output formats (JSONEachRow, CSV, Vertical …).

    Raises DataError when the question is refused; SetupError when nothing was archived, or another process than an
    archive has the files open.
    """
    with questions(folder, warehouse) as ask:
        return ask(query, form)


@contextmanager
def questions(folder: Path = Path(".penstock"), warehouse: str | None = None) -> Iterator[Ask]:
    """A way to ask several times: through the archive while it runs, else by holding its files open."""
    is_embedded = warehouse is None or urlsplit(warehouse).scheme == "chdb"
    if is_embedded and door.ask(folder, "SELECT 1", "CSV") is not None:
        yield lambda query, form: _through_the_door(folder, query, form)
        return
    where = warehouse or f"chdb://{(folder / 'warehouse').resolve()}"
    if urlsplit(where).scheme == "chdb" and not (Path(urlsplit(where).path) / "metadata").exists():
        raise SetupError(f"nothing is archived in {urlsplit(where).path}: start `penstock run` first")
    with open_store(where, read_only=True) as store:
        yield lambda query, form: store.text(*checked(query, form))


def _through_the_door(folder: Path, query: str, form: str | None) -> bytes:
    answer = door.ask(folder, *checked(query, form))
    if answer is None:
        raise SetupError(f"the archive of {folder} has stopped in between: ask again")
    return answer


def main(arguments: list[str]) -> None:
    given = _parser().parse_args(arguments)
    sys.stdout.buffer.write(sql(given.query, given.format, given.folder, given.warehouse))
    sys.stdout.buffer.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sql", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("query", help='such as "select count() from ticks"')
    parser.add_argument("--format", default=FORMAT, help="an output format of ClickHouse; JSONEachRow for scripts")
    parser.add_argument("--folder", type=Path, default=Path(".penstock"), help="of the run")
    parser.add_argument(
        "--warehouse", help="chdb:///FOLDER or clickhouse://USER:PASSWORD@HOST:8123/; default: in --folder"
    )
    return parser
