"""An e-mail address as the name of an account: one spelling for each."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MAX_EMAIL_CHARS: Final = 254  # RFC 5321, 4.5.3.1.3: a path of 256 with its brackets
MAX_LOCAL_CHARS: Final = 64

_LOCAL: Final = re.compile(r"[^\s@\"(),:;<>\[\\\]\x00-\x1f\x7f]+")
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


class InvalidEmailError(ValueError):
    def __init__(self) -> None:
        super().__init__("This is no e-mail address.")


def normalised_email(text: str) -> str:
    """NFKC, lower case, the domain in ASCII (IDNA). Raises InvalidEmailError for what can be no address.

    Providers may tell upper from lower case before the @; none is known that does, and people type both.
    """
    local, at, domain = unicodedata.normalize("NFKC", text.strip()).casefold().rpartition("@")
    labels = _ascii(domain).split(".")
    address = f"{local}@{'.'.join(labels)}"
    sound = at and len(local) <= MAX_LOCAL_CHARS and len(address) <= MAX_EMAIL_CHARS and _LOCAL.fullmatch(local)
    if not sound or not local.isprintable() or len(labels) < 2 or not all(map(_LABEL.fullmatch, labels)):
        raise InvalidEmailError
    return address


def _ascii(domain: str) -> str:
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        raise InvalidEmailError from None
