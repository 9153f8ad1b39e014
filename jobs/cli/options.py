"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

FOLDER = Path(".penstock")

Folder = Annotated[Path, typer.Option("--folder", help="Of the run: everything that it writes.", show_default=True)]
Config = Annotated[Path | None, typer.Option("--config", help="A TOML file; default: the demonstration's.")]
