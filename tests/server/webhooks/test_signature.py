"""Signatures that the receivers' own library of Standard Webhooks believes."""

from __future__ import annotations

import base64
import json
import time

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


@given(st.binary(min_size=SECRET_BYTES, max_size=SECRET_BYTES), st.text(max_size=100))
def test_a_receiver_believes_it_and_nothing_that_was_changed(randomness: bytes, text: str) -> None:
    secret, now = make_secret(randomness), int(time.time())
    body = json.dumps({"text": text}).encode()
    signed = sign([secret], message_id="m", timestamp=now, body=body)
    assert Received("m", now, signed, body).signed_by(secret)
    assert not Received("m", now, signed, body + b" ").signed_by(secret)
    assert not Received("n", now, signed, body).signed_by(secret)
    assert not Received("m", now - 1, signed, body).signed_by(secret)


def test_a_receiver_takes_nothing_that_is_old() -> None:
    secret, then = make_secret(bytes(SECRET_BYTES)), int(time.time()) - 301
    signed = sign([secret], message_id="m", timestamp=then, body=b"{}")
    assert not Received("m", then, signed, b"{}").signed_by(secret)


def test_while_a_secret_is_changed_either_one_is_enough() -> None:
    old, new = (make_secret(bytes([number]) * SECRET_BYTES) for number in (1, 2))
    now = int(time.time())
    received = Received("m", now, sign([new, old], message_id="m", timestamp=now, body=b"{}"), b"{}")
    assert received.signed_by(old)
    assert received.signed_by(new)
    assert not received.signed_by(make_secret(bytes(SECRET_BYTES)))


def test_a_secret_is_as_the_standard_writes_it() -> None:
    secret = make_secret(bytes(range(SECRET_BYTES)))
    assert secret.startswith("whsec_")
    assert 24 <= len(base64.b64decode(secret.removeprefix("whsec_"))) <= 64
