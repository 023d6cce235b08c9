"""What leaves the machine with an exported run: no environment, host name, home folder or password."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from figproof.store.address import without_credentials

REDACTED = "redacted"
_HOME = re.compile(r"/(home|Users)/[^/\s:'\"]+")
_CONTENT = ("config", "info", "result")


def redact_run(run: Mapping[str, Any]) -> dict[str, Any]:
    """A run's document without what identifies its machine and user; doing it twice changes nothing.

    ``config``, ``info`` and ``result`` are the run's content: they lose only passwords in URLs, as
    they do when :mod:`figproof.store.reader` reads them, so the run's digest stays the same.
    """
    base = _base_dir(run)
    cleaned = {
        key: _strings(value, without_credentials if key in _CONTENT else lambda text: _text(text, base))
        for key, value in run.items()
    }
    host, experiment = cleaned.get("host"), cleaned.get("experiment")
    if isinstance(host, dict):
        host.pop("ENV", None)
        host.update({key: REDACTED for key in ("hostname", "python_executable") if key in host})
    if isinstance(experiment, dict) and "base_dir" in experiment:
        experiment["base_dir"] = REDACTED
    return cleaned


def redact_file(document: Mapping[str, Any], run: Mapping[str, Any]) -> dict[str, Any]:
    """A file's document without the folder that Sacred names source files by."""
    base = _base_dir(run)
    return {
        key: _text(value, base) if key == "filename" and isinstance(value, str) else value
        for key, value in document.items()
    }


def _base_dir(run: Mapping[str, Any]) -> str:
    experiment = run.get("experiment")
    base = experiment.get("base_dir") if isinstance(experiment, dict) else None
    return base if isinstance(base, str) and base.count("/") > 1 else ""


def _text(text: str, base: str) -> str:
    if base:
        text = text.replace(base, REDACTED)
    return _HOME.sub(rf"/\1/{REDACTED}", without_credentials(text))


def _strings(value: Any, change: Any) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: _strings(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [_strings(item, change) for item in value]
    return value
