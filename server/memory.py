"""Keeping the collector of cycles from stopping everything."""

from __future__ import annotations

import gc
from typing import Final

THRESHOLDS: Final = (2_000, 10, 200)
"""Objects made before the young are looked through; how often that is before the older ones are, and then all.

Whoever joins leaves some two hundred objects that stay. Those of a hundred people are looked through at a time, which
takes 10 ms; those of a thousand, the young of more patient thresholds, took 120, once in ten seconds of people coming.
All are looked through as rarely as ever, after four million.
"""


def settle() -> None:
    """Let what is here now, the program itself, never be looked through again.

    A full collection looks at every object there is. Of some 200,000 that modules and schemas are made of, that takes
    0.2 s, in which nobody is answered; without them it is a matter of those that came since. Called once all has
    started.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
