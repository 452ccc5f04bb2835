"""Signals of a text: numbers about its form that tell reviewers and the classifier what it is like.

`signals` and `flags` are for one text (the desk's panel) and need nothing heavy; `scan` is the compiled pass for many.
"""

from __future__ import annotations

from review.signals.catalogue import NAMES, SIGNALS, Signal
from review.signals.flags import Flag, flags, signals

__all__ = ["NAMES", "SIGNALS", "Flag", "Signal", "flags", "signals"]
