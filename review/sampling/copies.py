"""Which documents count as copies of each other: those with the same letters and digits in the same order.

Two such documents differ in spacing, punctuation and case at most. A copy drawn later is not read again but takes the
first one's label. That breaks no bound: a bound needs draws with known chances, not documents that are independent,
and every draw still counts, with the label that its text was given. Where reviewer error is allowed for, documents must
err apart, so there the label counts once (see `review.standing.Sample.inputs`).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

_OTHER = re.compile(r"[\W_]+")


def normal_form(text: str) -> str:
    """Hash of what makes a text the same as another; of the text itself where it has no letter and no digit."""
    same = _OTHER.sub("", unicodedata.normalize("NFC", text).casefold()) or f"\0{text}"
    return hashlib.blake2b(same.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
