"""Numbers and names that consumers and producers of one transport must not share, or must."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from secrets import randbits

from sfu.ortc import ConsumerIdentity


class Numbering:
    """The mids and ssrcs given to the consumers of one transport, and the cname of its producers."""

    def __init__(self, random_bits: Callable[[int], int] = randbits) -> None:
        self._random_bits = random_bits
        self._mids = count()
        self._ssrcs: set[int] = set()
        self._cname = ""

    def cname(self, given: str | None) -> str:
        """The producer's own, else the one its transport had first: simulcast comes without."""
        self._cname = self._cname or given or f"{self._random_bits(64):016x}"
        return given or self._cname

    @contextmanager
    def lease(self, cname: str) -> Iterator[ConsumerIdentity]:
        """A new identity, given back at once when the block fails, else with `release`."""
        identity = ConsumerIdentity(
            mid=str(next(self._mids)), ssrc=self._fresh_ssrc(), rtx_ssrc=self._fresh_ssrc(), cname=cname
        )
        try:
            yield identity
        except BaseException:
            self.release(identity)
            raise

    def release(self, identity: ConsumerIdentity) -> None:
        self._ssrcs -= {identity.ssrc, identity.rtx_ssrc}

    def _fresh_ssrc(self) -> int:
        while not (ssrc := self._random_bits(32)) or ssrc in self._ssrcs:
            pass
        self._ssrcs.add(ssrc)
        return ssrc
