"""One spelling for each address, whatever was typed."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.accounts.email_address import MAX_EMAIL_CHARS, InvalidEmailError, normalised_email
from server.accounts.password_policy import MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS, WeakPasswordError, accepted_password

TYPED = st.one_of(
    st.text(max_size=300),
    st.builds("{}@{}.{}".format, st.text(min_size=1, max_size=20), st.text(max_size=20), st.text(max_size=8)),
    st.emails(),
)


@given(TYPED)
def test_an_address_has_one_spelling_or_none(typed: str) -> None:
    try:
        address = normalised_email(typed)
    except InvalidEmailError:
        return
    assert normalised_email(address) == address
    assert normalised_email(f"  {address.upper()} ") == address or not address.isascii()
    assert len(address) <= MAX_EMAIL_CHARS
    assert address.isprintable()
    assert address.rpartition("@")[2].isascii()


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("Ada@Example.ORG", "ada@example.org"),
        ("ada+meetings@example.org", "ada+meetings@example.org"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("\uff41\uff44\uff41@example.org", "ada@example.org"),
        ("zoë@example.org", "zoë@example.org"),
        ("zoe\u0308@example.org", "zoë@example.org"),
    ],
)
def test_what_people_type_is_what_they_mean(typed: str, address: str) -> None:
    assert normalised_email(typed) == address


@given(st.text(max_size=600))
def test_a_password_is_accepted_as_it_will_be_compared_or_refused(typed: str) -> None:
    with suppress(WeakPasswordError):
        password = accepted_password(typed, about=("ada@example.org", "Ada"))
        assert MIN_PASSWORD_CHARS <= len(password) <= MAX_PASSWORD_CHARS
        assert accepted_password(password, about=()) == password
