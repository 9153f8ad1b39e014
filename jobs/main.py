"""`penstock`: one command for everything. What a command does is imported when it is called, never before."""

import sys

import typer

from jobs.cli import deploy, look, parts, start, stop, trust
from jobs.cli.failure import PACKAGES, explained, find_shadowing, tell
from schemas.errors import PenstockError, SetupError

EPILOG = "Start with: penstock try"


class Options:
    """What stands before the command."""

    debug = False


app = typer.Typer(
    name="penstock",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EPILOG,
)


@app.callback()
def penstock(
    context: typer.Context,
    debug: bool = typer.Option(False, "--debug", help="Show where an error came from."),
) -> None:
    """A streaming trading pipeline: market data in, explained and risk-checked orders out."""
    context.obj.debug = debug


# The order of --help tells the story.
for group in (start, look, trust, stop, deploy, parts):
    group.register(app)


def main() -> int:
    """Run the command of `sys.argv`; the exit status. 1 = a stated error, 2 = wrong usage, 130 = interrupted."""
    options = Options()
    try:
        shadow = find_shadowing(PACKAGES)
        if shadow:
            raise shadow
        app(obj=options)
    except KeyboardInterrupt:
        return 130
    except PenstockError as error:
        return _fail(error, options)
    except OSError as error:  # a full disk, a folder that cannot be written
        return _fail(SetupError(f"{error.filename or 'this machine'}: {error.strerror or error}"), options)
    except ModuleNotFoundError as error:
        stated = explained(error)
        if stated is None:
            raise
        return _fail(stated, options)
    return 0


def _fail(error: PenstockError, options: Options) -> int:
    if options.debug:
        raise error
    tell(error)
    return 1


if __name__ == "__main__":
    sys.exit(main())
