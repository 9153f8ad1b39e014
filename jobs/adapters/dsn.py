"""Addresses that hold a password, as they may be shown."""

import re
from urllib.parse import unquote, urlsplit

from schemas.errors import SetupError

HIDDEN = "***"


def masked(dsn: str) -> str:
    """The address without its password and query, also where a password with / or @ or ? breaks the address.

    >>> masked("clickhouse://ada:se/cr?t@et@host:8123/?password=x")
    'clickhouse://ada:***@host:8123/?***'
    >>> masked("chdb:///var/lib/warehouse")
    'chdb:///var/lib/warehouse'
    """
    scheme, slashes, rest = dsn.partition("://")
    before, at, after = rest.rpartition("@")
    host, question, _ = after.partition("?")
    user = re.split("[:/?#]", before)[0]
    return f"{scheme}{slashes}{f'{user}:{HIDDEN}@' if at else ''}{host}{question and f'?{HIDDEN}'}"


def check(dsn: str) -> None:
    """SetupError when host and port cannot be read; a driver would put half a password into its own message."""
    try:
        parts = urlsplit(dsn)
        is_whole = parts.port != 0 and ("@" in parts.netloc or "@" not in dsn)
    except ValueError:
        is_whole = False
    if not is_whole:
        raise SetupError(
            f"warehouse {masked(dsn)}: host and port cannot be read: write the password's special characters as %XX"
        )


def without_secret(text: str, dsn: str) -> str:
    """A text about an address, such as a driver's error, without its password.

    >>> without_secret("user ada with s%2Fx, that is s/x, is refused", "clickhouse://ada:s%2Fx@host/")
    'user ada with ***, that is ***, is refused'
    """
    secret = urlsplit(dsn).password or ""
    for one in (secret, unquote(secret)):
        text = text.replace(one, HIDDEN) if one else text
    return text
