"""What a password must be (NIST SP 800-63B, 3.1.1): long enough, and not one that is tried first.

No rule asks for digits or signs, and no password expires: both make people choose worse ones.
"""

from __future__ import annotations

import unicodedata
from typing import Final

MIN_PASSWORD_CHARS: Final = 8
MAX_PASSWORD_CHARS: Final = 128
MIN_DIFFERENT_CHARS: Final = 4

TRIED_FIRST: Final = frozenset(
    """
    00000000 11111111 11223344 12121212 12341234 12344321 123123123 12345678 123456789 1234567890 123456abc 1234qwer
    123qweasd 18atcskd2w 1q2w3e4r 1q2w3e4r5t 1qaz2wsx 1qazxsw2 3rjs1la7qe 87654321 88888888 987654321 9876543210
    abc12345 abcd1234 abcdefgh abcdefg1 access14 admin123 administrator asdfasdf asdfghjk asdfghjkl baseball basketball
    changeme changeme1 charlie1 computer corvette danielle dragon123 einstein elizabeth football football1 freedom1
    hello123 helloworld iloveyou iloveyou1 internet jennifer jessica1 jordan23 letmein1 letmein123 liverpool1 lovelove
    master123 maverick mercedes michael1 michelle mustang1 nicholas p@ssw0rd p@ssword passw0rd password password1
    password12 password123 password1234 password! pokemon1 princess princess1 q1w2e3r4 qazwsxedc qwer1234 qwerasdf
    qwerty12 qwerty123 qwerty1234 qwertyui qwertyuiop samantha secret123 shadow12 starwars sunshine sunshine1 superman
    superman1 swordfish test1234 testtest trustno1 victoria welcome1 welcome123 whatever william1 zaq12wsx zaq1zaq1
    zxcvbnm1 zxcvbnm123 folkmoot folkmoot1 folkmoot123
    """.split()  # noqa: SIM905 - a line each would hide the rule among its data
)


class WeakPasswordError(ValueError):
    """The message says what to do instead."""


def accepted_password(text: str, *, about: tuple[str, ...]) -> str:
    """The password as it is hashed: NFKC, nothing cut off. `about`: what everybody knows of the person.

    Raises WeakPasswordError.
    """
    password = comparable_password(text)
    if not MIN_PASSWORD_CHARS <= len(password) <= MAX_PASSWORD_CHARS:
        raise WeakPasswordError(f"password: {MIN_PASSWORD_CHARS} to {MAX_PASSWORD_CHARS} characters")
    plain = password.casefold()
    known = {word.casefold() for word in about}
    if plain in TRIED_FIRST or plain in known or len(set(plain)) < MIN_DIFFERENT_CHARS:
        raise WeakPasswordError("password: this one is among the first that are tried; choose another")
    return password


def comparable_password(text: str) -> str:
    """The same characters typed on another keyboard are the same password."""
    return unicodedata.normalize("NFKC", text)
