"""Commands that are processes of their own: their job reads the arguments, `penstock` only finds it."""

import importlib

import typer


def forward(app: typer.Typer, name: str, module: str, text: str, panel: str) -> None:
    """Add a command that hands all that stands behind its name to `main(arguments)` of a module; so also `--help`."""

    def command(context: typer.Context) -> None:
        status = importlib.import_module(module).main(context.args)
        raise typer.Exit(status or 0)

    settings = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
    app.command(name, help=text, rich_help_panel=panel, context_settings=settings)(command)
