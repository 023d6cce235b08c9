"""Which store: read ``FIGPROOF_STORE``, and show an address without its password."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from figproof.errors import FigproofError
from figproof.store.folder import StoreFolder

VARIABLE = "FIGPROOF_STORE"
DEFAULT_DATABASE = "sacred"
EMBEDDED_DATABASE = "figproof"
EMBEDDED_USER = "figproof"
ALLOWED = (
    "Allowed: mongodb://user:password@host:port/database (port 27017 and database "
    f"{DEFAULT_DATABASE!r} if left out), embedded:folder, or unset for the embedded store in .figproof/store"
)
_SCHEMES = {"embedded": "embedded:", "mongodb": "mongodb://"}
_SRV_HINT = (
    "give the hosts themselves: the standard connection string, as Atlas calls it, starts with mongodb://"
)
# A password may hold @ and, unquoted, a slash; a colon with a port after it begins no password.
_URL_CREDENTIALS = re.compile(r"://(?:[^/\s:@]*:(?!\d{1,5}(?:[/\s]|$))\S*|[^/\s]*)@")


@dataclass(frozen=True)
class Address:
    """Where a store is.

    Attributes
    ----------
    uri : str
        With credentials; never shown, not even by ``repr``.
    hosts : tuple of str
        ``host:port``.
    database : str
    options : mapping
        Further arguments for the client; never shown.
    """

    uri: str = field(repr=False)
    hosts: tuple[str, ...]
    database: str
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        return f"mongodb://{','.join(self.hosts)}/{self.database}"


def embedded_address(port: int, password: str) -> Address:
    """The embedded server on this machine."""
    options = {"username": EMBEDDED_USER, "password": password, "authSource": "admin"}
    return Address(
        "mongodb://127.0.0.1/", (f"127.0.0.1:{port}",), EMBEDDED_DATABASE, {"port": port, **options}
    )


def store_setting(root: Path, environment: Mapping[str, str]) -> Address | StoreFolder:
    """What ``FIGPROOF_STORE`` names; the project's own embedded store if it is not set.

    Raises
    ------
    FigproofError
        The value is not an address; the message never repeats it, for it may hold a password.
    """
    value = environment.get(VARIABLE)
    if value is None:
        return StoreFolder((root / ".figproof" / "store").absolute())
    if value.startswith("embedded:") and value != "embedded:":
        return StoreFolder((root / value.removeprefix("embedded:")).absolute())
    if not value:
        raise FigproofError(f"is set but empty. {ALLOWED}", where=VARIABLE, hint=f"unset {VARIABLE}")
    return parse_address(value)


def parse_address(value: str) -> Address:
    """Read ``mongodb://user:password@host:port/database?options``.

    Raises
    ------
    FigproofError
        See :func:`store_setting`.
    """
    # Here, so that commands that only ask which store it is do not wait for the driver.
    from pymongo.uri_parser import parse_uri

    hint = "write : / @ % in the user name or the password as %3A %2F %40 %25"
    if not value.startswith("mongodb://"):
        # The nearest scheme, and never what was given: a password may stand there.
        scheme = value.partition(":")[0].lower()
        near = difflib.get_close_matches(scheme, _SCHEMES, n=1)
        hint = f"did you mean {_SCHEMES[near[0]]} at the start?" if near else hint
        hint = _SRV_HINT if scheme == "mongodb+srv" else hint
        raise FigproofError(f"does not start with mongodb://. {ALLOWED}", where=VARIABLE, hint=hint)
    try:
        parsed = parse_uri(value, warn=False)
    except Exception:
        # The driver's messages repeat parts of the address, the password among them.
        raise FigproofError(f"is not a MongoDB address. {ALLOWED}", where=VARIABLE, hint=hint) from None
    if parsed["collection"]:
        raise FigproofError(f"names a collection after the database. {ALLOWED}", where=VARIABLE)
    hosts = tuple(host if port is None else f"{host}:{port}" for host, port in parsed["nodelist"])
    return Address(value, hosts, parsed["database"] or DEFAULT_DATABASE)


def without_credentials(text: str) -> str:
    """Replace ``user:password@`` in every URL of a text.

    Sacred stores git remotes and command lines, which may hold tokens.
    """
    return _URL_CREDENTIALS.sub("://redacted@", text) if "@" in text else text
