"""Laws of journal and store: any text round-trips, and any history recovered equals the store that lived it."""

from __future__ import annotations

import math
import tempfile
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_states import LATER, NOW, Clock, adjudication, document, draw, fill, label, read_rows, shard

from review.errors import RefusedLabel, ReviewError
from review.records import (
    Assignment,
    Decision,
    Fingerprint,
    Gold,
    Reason,
    Refusal,
    Rubric,
    RubricChoice,
    Ruling,
    Stream,
    Verdict,
)
from review.store import Store
from review.store.encoding import content_hash, from_runs, pack, to_runs, unpack
from review.store.events import FIRST_PREV, Fact, check_line, parse, seal
from review.store.recover import recover
from review.store.verify import DERIVED

# Every code point, lone surrogates, NUL and the escape character among them.
ANY_TEXT = st.text(st.characters(exclude_categories=()) | st.sampled_from("\0\n\u2028\ud800\udfff\ufdd0d8\U0010ffff"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(ANY_TEXT)
def test_any_text_packs_into_unicode_and_back(text):
    assert unpack(pack(text)) == text
    pack(text).encode("utf-8")


@given(ANY_TEXT, ANY_TEXT)
def test_different_texts_stay_different(one, other):
    assert (pack(one) == pack(other)) == (one == other) == (content_hash(one) == content_hash(other))


@given(st.sets(st.integers(0, 200)))
def test_runs_hold_their_numbers(numbers):
    assert from_runs(to_runs(sorted(numbers))) == tuple(sorted(numbers))


@given(ANY_TEXT, st.dictionaries(ANY_TEXT, JSON, max_size=3))
def test_any_fact_is_read_back_from_one_ascii_line(by, data):
    event = seal(Fact("note", by, data), seq=1, prev=FIRST_PREV, at=NOW)
    raw = event.line.encode("ascii")
    assert b"\n" not in raw
    check_line(raw)
    assert parse(raw) == event
    assert (event.by, event.data) == (by, data)


@given(st.binary(max_size=300))
def test_no_garbage_passes_for_a_line(garbage):
    try:
        check_line(garbage)
    except ValueError:
        return
    raise AssertionError(garbage)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(*[ANY_TEXT.filter(bool)] * 2, ANY_TEXT, ANY_TEXT, JSON), min_size=1, max_size=8))
def test_any_label_comes_back_from_tables_and_journal(fields):
    given_ = {
        label_id: label("web/a#1", label_id, reviewer=who, note=note, reasons=(why,), shown={note: shown})
        for label_id, who, note, why, shown in fields
    }
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder), clock=Clock()) as store:
        fill(store, shards=1, drawn=2)
        stored = store.record_labels(list(given_.values()))
        assert [replace(one, at=None, seq=None) for one in stored] == list(given_.values())
        assert store.labels() == stored
        assert store.record_labels(list(given_.values())) == stored
        assert store.verify() == []


# What a program, a browser or an import might put into each field; the first is what belongs there.
ODD = st.sampled_from(
    [True, False, None, 0, 1, -1, 2**31, 2**63, 10**30, 10**400, 0.5, -0.0, 1e300, math.nan, math.inf, "", "1", b"1",
     (), [], ("spam",), ["spam", 1], {}, {1: 2}, {"a": 1, 1: "a"}, {"a": {"b": [True, None, 1e-300]}}, {1, 2},
     Decimal("1"), np.int64(1), np.float64(2.5), np.float32(2.5), np.bool_(True), object(), "keep", Verdict.REJECT]
)  # fmt: skip
FIELDS = {
    "doc_id": st.sampled_from(
        ["web/a#1", "web/a#0", "web/a#01", "web/a#\u0663", "web/a#\u00b2", f"web/a#{10**30}", "#1"]
    ),
    "content_hash": st.sampled_from([document("web/a", row).content_hash for row in (0, 1)]),
    "reviewer": ANY_TEXT,
    "verdict": st.sampled_from([*Verdict, None, "keep"]),
    "reasons": st.lists(ANY_TEXT, max_size=2).map(tuple),
    "note": ANY_TEXT,
    "score": st.none() | st.integers(-1, 6),
    "seconds": st.floats() | st.integers(),
    "rubric": st.integers(0, 3),
    "shown": st.dictionaries(ANY_TEXT, JSON, max_size=2),
    "source": ANY_TEXT,
}


@st.composite
def any_label(draw_):
    """A label of the drawn documents in which one to three fields hold whatever they should or should not."""
    given_ = label("web/a#1", draw_(st.uuids().map(str)))
    fields = draw_(st.lists(st.sampled_from(sorted(FIELDS)), min_size=1, max_size=3, unique=True))
    return replace(given_, **{name: draw_(FIELDS[name] | ODD) for name in fields})


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(any_label(), min_size=5, max_size=20))
def test_whatever_is_accepted_one_by_one_is_replayed_together(labels):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        with Store.open(root, clock=Clock()) as store:
            fill(store, shards=1, drawn=2)
            for one in labels:
                with suppress(RefusedLabel):
                    [stored] = store.record_labels([one])
                    assert store.record_labels([one]) == [stored]
            store.record_labels([label("web/a#1", f"sound{number}") for number in range(9)])
            assert store.verify() == []
            lived = _contents(store)
        (root / "review.duckdb").unlink()
        recover(root, read_rows, clock=Clock())
        with Store.open(root, clock=Clock()) as again:
            assert _contents(again) == lived


STEPS = st.one_of(
    st.tuples(st.just("shard"), st.sampled_from("abc")),
    st.tuples(st.just("draw"), st.sampled_from("abc"), st.integers(1, 30)),
    st.tuples(st.just("training"), st.sampled_from("abc"), st.sets(st.integers(0, 40), min_size=1, max_size=4)),
    st.tuples(
        st.just("label"), st.sampled_from("abc"), st.integers(0, 12), st.sampled_from("xyz"),
        st.sampled_from([*Verdict, None]),
    ),
    st.tuples(
        st.just("adjudicate"), st.sampled_from("abc"), st.integers(0, 12), st.sampled_from([*Verdict, None])
    ),
    st.tuples(
        st.just("check"), st.sampled_from("abc"), st.integers(0, 12), st.sampled_from("xyz"),
        st.sampled_from([*Verdict, None]), st.sampled_from(["gold", "repeat"]),
    ),
    st.tuples(
        st.just("gold"), st.sampled_from("abc"), st.integers(0, 12),
        st.sampled_from([Verdict.KEEP, Verdict.REJECT, None]),
    ),
    st.tuples(st.just("assign"), st.sampled_from("abc"), st.sampled_from("xyz")),
    st.tuples(st.just("bulk"), st.sampled_from("abc"), st.sampled_from(list(Verdict))),
    st.tuples(st.just("unbulk"), st.sampled_from("abc")),
    st.tuples(st.just("rubric"), st.sampled_from("abc"), st.sampled_from(["keep", "every", "again", "say nothing"])),
    st.tuples(st.just("state"), st.sampled_from("abc"), st.sampled_from(["ok", "changed", "missing"])),
    st.tuples(st.just("refusals"), st.sampled_from("abc"), st.sets(st.integers(0, 6), max_size=3)),
    st.tuples(st.just("decide"), st.sampled_from("abc"), st.sampled_from(list(Ruling))),
    st.tuples(st.just("confirm"), st.sampled_from("abc"), st.sampled_from(["lead", "lea"])),
    st.tuples(st.just("lease"), st.sampled_from("xyz")),
    st.tuples(st.just("model"), st.integers(0, 3)),
    st.tuples(st.just("reopen")),
)  # fmt: skip


def _take(store: Store, step: tuple, number: int) -> None:
    kind, *rest = step
    name = f"web/{rest[0]}" if rest else ""
    if kind == "shard":
        store.add_shard(shard(name), refused={"empty_text": 2}, by="lead")
    elif kind == "draw":
        store.record_draws(
            [draw(name, row) for row in range(rest[1])], [document(name, r) for r in range(rest[1])], "x"
        )
    elif kind == "training":
        drawn = [draw(name, row, Stream.TRAINING, rank, f"b{number}") for rank, row in enumerate(sorted(rest[1]))]
        store.record_draws(drawn, [document(name, one.row) for one in drawn], "x")
    elif kind == "label":
        store.record_labels([label(f"{name}#{rest[1]}", f"l{number}", rest[3], reviewer=rest[2])])
    elif kind == "check":
        mark = {rest[4]: True}
        store.record_labels([label(f"{name}#{rest[1]}", f"c{number}", rest[3], reviewer=rest[2], shown=mark)])
    elif kind == "gold":
        digest = document(name, rest[1]).content_hash
        store.record_gold([Gold(f"{name}#{rest[1]}", digest, rest[2], "lea", ("spam",))])
    elif kind == "assign":
        store.assign(Assignment(rest[1], shards=(name,) if number % 3 else (), by="lea"))
    elif kind == "adjudicate":
        store.record_adjudications([adjudication(f"{name}#{rest[1]}", f"a{number}", rest[2])])
    elif kind == "bulk":
        names = [one for one in store.unjudged_training() if one.startswith(name)]
        word = {"by": "lea", "reasons": ["spam"], "note": "", "rubric": 1, "wish": {"shard": name}}
        store.record_bulk(store.documents(names), rest[1], **word)
    elif kind == "unbulk":
        for one in store.bulk_batches():
            if not one.undone:
                store.undo_bulk(one.batch, "lea")
    elif kind == "rubric":
        version = len(store.rubric_history()) + 1
        store.record_rubric(Rubric(version, (Reason(rest[0], rest[0], rest[0]),), f"Read {number}."), "lea")
        if version > 1 and rest[1] != "say nothing":
            again = {"every": rest[1] == "every", "again": ("", "spam") if rest[1] == "again" else ()}
            store.record_rubric_choices([RubricChoice(version, "lea", **again)])
    elif kind == "state":
        store.set_shard_state(name, rest[1], Fingerprint(number, 0, "x"), "lead")
    elif kind == "refusals":
        store.record_refusals(name, [Refusal(shard(name).uri, row, "not_utf8", "x") for row in rest[1]], "lead")
    elif kind == "decide":
        store.record_decisions([Decision(name, rest[1], "r", "lead", Fingerprint(1, 2, "d"), {}, 1)])
    elif kind == "confirm":
        store.confirm_decisions([one for one in store.decisions() if one.shard == name][-1:], rest[1])
    elif kind == "lease":
        store.lease(rest[0], "t", 3, until=LATER, overlap=2)
    elif kind == "model":
        store.record_model(f"v{rest[0]}", {}, "lead")
        store.promote(f"v{rest[0]}", "lead")


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEPS, max_size=25))
def test_any_history_recovered_equals_the_store_that_lived_it(steps):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        store = Store.open(root, clock=Clock())
        _take(store, ("shard", "a"), 0)
        _take(store, ("draw", "a", 13), 0)
        for number, step in enumerate(steps, 1):
            if step[0] == "reopen":
                store.close()
                store = Store.open(root, clock=Clock())
                continue
            before = store.last_seq()
            try:
                _take(store, step, number)
            except ReviewError:
                assert step[0] == "model" or store.last_seq() == before  # refused: nothing of it is there
        assert store.verify() == []
        lived = _contents(store)
        store.close()
        (root / "review.duckdb").unlink()
        report = recover(root, read_rows, clock=Clock())
        assert report.unavailable == report.problems == []
        with Store.open(root, clock=Clock()) as again:
            assert _contents(again) == lived


def _contents(store: Store) -> dict[str, list[tuple[object, ...]]]:
    with store._reading() as cursor:
        found = {table: sorted(cursor.execute(f"from {table}").fetchall(), key=repr) for table in DERIVED}
        found["documents"] = sorted(
            cursor.execute("from documents semi join draws using (shard_no, row)").fetchall(), key=repr
        )
        return found
