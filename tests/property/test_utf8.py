"""The compiled check of UTF-8 says what Python's decoder says of any bytes."""

import numpy as np
import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from review.corpus.texts import texts_from_arrow
from review.signals.utf8 import is_utf8

ODD = [b"\x80", b"\xc0\x80", b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xed\xa0\x80", b"\xf0\x8f\xbf\xbf", b"\xf4\x90\x80\x80"]
ODD += [b"\xf5\x80\x80\x80", b"\xff", b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98"]
SOUND = ["a", "é", "€", "\ud7ff", "\ue000", "😀", "\U0010ffff", "\x00", "x" * 70]
PIECES = st.sampled_from([*ODD, *(text.encode() for text in SOUND)])
BYTES = st.one_of(
    st.binary(max_size=12),
    st.text(max_size=80).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.lists(PIECES, max_size=6).map(b"".join),
)


def decodes(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def check(raws: list[bytes]) -> bool:
    offsets = np.cumsum([2, *map(len, raws)])  # as in a slice: other bytes stand before and behind
    return is_utf8(np.frombuffer(b"\xff\xe2" + b"".join(raws) + b"\x80", np.uint8), offsets)


@settings(max_examples=600, deadline=None)
@given(st.lists(BYTES, min_size=1, max_size=4))
@example([b""])
@example([b"", b"\xe2\x82", b"\xac"])  # whole together, each half alone is not
def test_the_compiled_check_says_what_the_decoder_says(raws):
    assert check(raws) == all(map(decodes, raws))


def test_every_start_of_a_sequence_is_judged_as_the_decoder_does():
    tails = [b"", b"\x80", b"\x8f", b"\x90", b"\x9f", b"\xa0", b"\xbf", b"\xc0", b"a"]
    raws = [
        bytes([lead]) + a + b + c for lead in range(256) for a in tails for b in tails for c in (b"", b"\x80", b"z")
    ]
    assert [raw for raw in raws if check([raw]) != decodes(raw)] == []


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.none(), BYTES), max_size=5), st.integers(0, 2))
def test_columns_keep_the_rows_that_decode(raws, skip):
    texts, faults = texts_from_arrow(pa.array(raws, pa.binary())[skip:], 0)
    wanted = [raw.decode() if raw is not None and decodes(raw) else None for raw in raws[skip:]]
    assert texts.to_pylist() == wanted
    assert len(faults) == sum(raw is not None and not decodes(raw) for raw in raws[skip:])
