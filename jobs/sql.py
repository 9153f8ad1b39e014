"""`sql`: ask the warehouse; through the archive when it runs, else from the files it left.

Tables: frames, ticks, features, decisions, outcomes, orders, executions, quarantine, progress, instruments, strategies;
views: fills, controls. `DESCRIBE TABLE ticks` documents the columns.
"""

import argparse
import sys
from pathlib import Path
from urllib.parse import urlsplit

from jobs.adapters.clickhouse import open_store
from jobs.warehouse.door import ask
from jobs.warehouse.question import checked
from schemas.errors import SetupError

FORMAT = "PrettyCompactMonoBlock"


def sql(query: str, form: str | None = FORMAT, folder: Path = Path(".penstock"), warehouse: str | None = None) -> bytes:
    """The answer in one of ClickHouse's output formats (JSONEachRow, CSV, Vertical …).

    Raises DataError when the question is refused; SetupError when nothing was archived, or another process than an
    archive has the files open.
    """
    text, form = checked(query, form)
    if warehouse is None or urlsplit(warehouse).scheme == "chdb":
        answer = ask(folder, text, form)
        if answer is not None:
            return answer
    where = warehouse or f"chdb://{(folder / 'warehouse').resolve()}"
    if urlsplit(where).scheme == "chdb" and not (Path(urlsplit(where).path) / "metadata").exists():
        raise SetupError(f"nothing is archived in {urlsplit(where).path}: start `penstock run` first")
    with open_store(where, read_only=True) as store:
        return store.text(text, form)


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
