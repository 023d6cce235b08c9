"""The configs of a figure's runs, short enough to be carried inside the figure's file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from figproof.canonical import digest_json, to_json_bytes

MOST_BYTES = 500
# A folder on somebody's machine names its owner, and papers are reviewed without names.
_PATH = re.compile(r"[/~\\]|[A-Za-z]:[/\\]|file:|[^/\s]+://[^/\s]*@")


def said_configs(configs: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    """What is the same in all configs, once, and what differs, by run.

    Parameters
    ----------
    configs : mapping of int to mapping
        Run id -> config, as the run recorded it.

    Returns
    -------
    dict
        ``same``: key -> value. ``differ``: run id as text -> key -> value, for keys that are not the same in
        all runs. A value that holds an absolute path or credentials, or of more than `MOST_BYTES` bytes, is
        there as ``{"sha256": its canonical JSON's digest}``.
    """
    keys = sorted({str(key) for config in configs.values() for key in config})
    written = {run: {key: to_json_bytes(config.get(key)) for key in keys} for run, config in configs.items()}
    same = {key for key in keys if len({texts[key] for texts in written.values()}) == 1}
    first = next(iter(configs.values()), {})
    return {
        "same": {key: _said(first.get(key)) for key in keys if key in same},
        "differ": {
            str(run): {key: _said(config[key]) for key in keys if key in config and key not in same}
            for run, config in sorted(configs.items())
        },
    }


def _said(value: Any) -> Any:
    private = any(_PATH.match(text) for text in _texts(value))
    return {"sha256": digest_json(value)} if private or len(to_json_bytes(value)) > MOST_BYTES else value


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for key, item in value.items() for text in (str(key), *_texts(item))]
    if isinstance(value, (list, tuple)):
        return [text for item in value for text in _texts(item)]
    return []
