"""Strategies by name or by path: the only place that loads a user's code."""

import hashlib
import importlib
import importlib.util
from pathlib import Path
from typing import Any

import msgspec

from schemas.config import StrategyConfig
from schemas.errors import ConfigError
from udfs.execution.strategy import Strategy

SHIPPED = {"threshold": "udfs.execution.threshold:Threshold", "probe": "udfs.execution.probe:Probe"}


def load_strategy(config: StrategyConfig) -> Strategy:
    """The strategy that a term names.

    A shipped name, `package.module:Class`, or a path to a Python file. A file whose hash is not the term's is refused.
    """
    target, _, name = SHIPPED.get(config.target, config.target).rpartition(":")
    if not target:
        raise ConfigError(f"strategy {config.name}: {config.target!r} is neither {sorted(SHIPPED)} nor PATH:Class")
    module = _by_path(config, Path(target)) if target.endswith(".py") else importlib.import_module(target)
    try:
        found = getattr(module, name)
        options = msgspec.convert(config.options, found.Config)
        return found(options)
    except AttributeError as error:
        raise ConfigError(f"strategy {config.name}: {error}") from error
    except msgspec.ValidationError as error:
        raise ConfigError(f"strategy {config.name}: options: {error}") from error


def source_hash(target: str) -> str:
    """The sha256 of a strategy file given by path; empty for what is installed."""
    path, _, _ = target.rpartition(":")
    if not path.endswith(".py"):
        return ""
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError as error:
        raise ConfigError(f"strategy file {path}: {error.strerror}") from error


def _by_path(config: StrategyConfig, path: Path) -> Any:
    found = source_hash(config.target)
    if found != config.source_sha256:
        raise ConfigError(
            f"strategy {config.name}: {path} has sha256 {found[:12]}, the term {config.source_sha256[:12]}"
        )
    spec = importlib.util.spec_from_file_location(f"penstock_strategy_{found[:16]}", path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"strategy {config.name}: {path} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
