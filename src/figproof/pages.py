"""Pages of HTML from the templates beside this module."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2


def page_of(template: str, **values: Any) -> bytes:
    """A page in UTF-8; what is filled in is escaped, and a value that is missing is an error."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(**values).encode("utf-8", "backslashreplace")
