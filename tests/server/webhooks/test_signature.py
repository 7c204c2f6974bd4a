"""Signatures that any library of Standard Webhooks believes."""

from __future__ import annotations

import base64

from hypothesis import given
from hypothesis import strategies as st

from server.webhooks.signature import SECRET_BYTES, make_secret, sign
from tests.support.receiver import Received

# The example of the reference libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_published_example_comes_out() -> None:
    signed = sign(
        [SECRET], message_id="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp=1614265330, body=b'{"test": 2432232314}'
    )
    assert signed == SIGNATURE


@given(st.binary(min_size=SECRET_BYTES, max_size=SECRET_BYTES), st.binary(max_size=200))
def test_a_receiver_believes_it_and_nothing_that_was_changed(randomness: bytes, body: bytes) -> None:
    secret = make_secret(randomness)
    signed = sign([secret], message_id="m", timestamp=1000, body=body)
    assert Received("m", 1000, signed, body).signed_by(secret, now=1000)
    assert not Received("m", 1000, signed, body + b" ").signed_by(secret, now=1000)
    assert not Received("n", 1000, signed, body).signed_by(secret, now=1000)
    assert not Received("m", 1001, signed, body).signed_by(secret, now=1000)
    assert not Received("m", 1000, signed, body).signed_by(secret, now=1301)


def test_while_a_secret_is_changed_either_one_is_enough() -> None:
    old, new = (make_secret(bytes([number]) * SECRET_BYTES) for number in (1, 2))
    received = Received("m", 1000, sign([new, old], message_id="m", timestamp=1000, body=b"{}"), b"{}")
    assert received.signed_by(old, now=1000)
    assert received.signed_by(new, now=1000)
    assert not received.signed_by(make_secret(bytes(SECRET_BYTES)), now=1000)


def test_a_secret_is_as_the_standard_writes_it() -> None:
    secret = make_secret(bytes(range(SECRET_BYTES)))
    assert secret.startswith("whsec_")
    assert 24 <= len(base64.b64decode(secret.removeprefix("whsec_"))) <= 64
