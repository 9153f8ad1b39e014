"""`penstock backtest`: anybody's ticks and strategy through the whole decision path, on the simulated exchange."""

import tomllib
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from jobs.adapters.capture import Capture
from jobs.adapters.resources import check_resources, open_resources
from jobs.adapters.source import read_data
from jobs.adapters.terms import make_term
from jobs.results.facts import Facts
from jobs.results.played import play_channels
from jobs.results.report import write_report
from jobs.results.summarise import summarise
from jobs.results.summary import Summary, write
from jobs.results.text import show
from models.registry import Registry, reference
from schemas.config import Config, StrategyConfig, load
from schemas.control import Term
from schemas.errors import ConfigError
from schemas.feature_sets import chosen

MODEL = "direction"
LOG_ID = "played"  # a log that nobody else reads
NAME_SIZE_MAX = 16


def backtest(
    data: Path, config: Path, strategy: str | None, options: list[str], folder: Path, models: Path | None = None
) -> Summary:
    """Play the data; `strategy` (PATH:Class with `options`) takes the place of the configuration's strategies."""
    found = load(config)
    if strategy is not None:
        found = msgspec.structs.replace(found, strategies=(strategy_config(strategy, options),))
    elif options:
        raise ConfigError(f"option {options[0]}: an option belongs to a --strategy, and none is given")
    return play_and_show(found, data, folder, f"Backtest of {data.name}", models)


def play_and_show(config: Config, data: Path, folder: Path, title: str, models: Path | None = None) -> Summary:
    """Read, play, summarise; writes `summary.json` and `report.html` into the folder and prints both."""
    console = Console()
    lock_step = msgspec.structs.replace(config.exchange, mode="lock-step")  # there is no gateway here
    config = msgspec.structs.replace(config, exchange=lock_step)
    term = make_term(config, reference(Registry(models).find(MODEL, chosen(config.features.names))), LOG_ID)
    check_resources(term, models)
    with console.status(f"reading {data}"):
        source = read_data(data, config.universe)
    facts = _played(term, source, models, console)
    summary = summarise(facts)
    write(summary, folder / "summary.json")
    write_report(facts, summary, folder / "report.html", title)
    show(summary, console)
    console.print(f"\nReport: {(folder / 'report.html').resolve()}", highlight=False, soft_wrap=True)
    return summary


def strategy_config(target: str, options: list[str]) -> StrategyConfig:
    """A strategy by path with its options, VALUE as in TOML or else as text; its name is the class's.

    >>> strategy_config("mine.py:Mine", ["size=3", "mode=fast"]).options
    {'size': 3, 'mode': 'fast'}
    """
    name = target.rpartition(":")[2].lower()[:NAME_SIZE_MAX]
    return StrategyConfig(name=name, target=target, options=dict(_option(one) for one in options))


def _option(text: str) -> tuple[str, Any]:
    key, is_given, value = text.partition("=")
    if not is_given or not key:
        raise ConfigError(f"option {text!r} is not KEY=VALUE")
    try:
        return key, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key, value


def _played(term: Term, source: Capture, models: Path | None, console: Console) -> Facts:
    """The facts, with a bar for each channel that goes by channel time."""
    bars = (TextColumn("{task.description}"), BarColumn(None), TextColumn("{task.percentage:>3.0f}%"))
    with Progress(*bars, TimeElapsedColumn(), console=console, transient=True) as progress:
        tasks: dict[int, tuple[TaskID, int]] = {}
        for channel, ticks in sorted(source.items()):
            begin, end = (int(ticks["receive_ns"][at]) for at in (0, -1)) if len(ticks) else (0, 1)
            names = ", ".join(one.symbol for one in term.universe.of_channel(channel))
            tasks[channel] = progress.add_task(f"channel {channel} ({names})", total=end - begin), begin

        def tell(channel: int, now_ns: int) -> None:
            task, begin = tasks[channel]
            progress.update(task, completed=now_ns - begin)

        facts = play_channels(term, source, open_resources(models), tell)
    refused = Counter(one.fault.name for one in source.refused)
    return replace(facts, quarantined=Counter(facts.quarantined) + refused)
