"""Labelled documents are kept between looks, and are always those that reading all of them anew gives."""

import contextlib
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from store_states import Clock, adjudication, document, draw, filled, label, shard

from review.errors import ReviewError
from review.records import LabelledDocument, Reason, Rubric, RubricChoice, Stream, Verdict
from review.store import Store, kept_labelled

NAMES = ("web/a", "web/b", "web/c")
VERDICTS = (Verdict.KEEP, Verdict.REJECT, Verdict.UNSURE, None)
QUERIES = (
    {}, {"stream": Stream.AUDIT}, {"stream": Stream.TRAINING}, {"shard": "web/a"}, {"since_seq": 9},
    {"shard": "web/b", "stream": Stream.AUDIT},
)  # fmt: skip


def _row(row: int, n: int) -> int:
    """One with an audit draw, or of web/a one with a training draw."""
    return row if n % 3 else 30 + row % 6


def _label(store: Store, name: str, row: int, n: int, verdict: Verdict | None) -> None:
    who, version = ("ana", "ben")[n % 2], store.rubric().version
    store.record_labels([label(f"{name}#{_row(row, n)}", f"l{n}-{row}", verdict, reviewer=who, rubric=version)])


def _adjudicate(store: Store, name: str, row: int, n: int, verdict: Verdict | None) -> None:
    store.record_adjudications([adjudication(f"{name}#{_row(row, n)}", f"a{n}-{row}", verdict)])


def _draw(store: Store, name: str, row: int, n: int, _: object) -> None:
    """New rows, or one in training whose word counts for an audit from now on."""
    if name == "web/c" and "web/c" not in store.shard_states():
        store.add_shard(shard("web/c"), refused={}, by="lead")
    stream, row = (Stream.AUDIT, Stream.TRAINING)[n % 2], 30 + row
    store.record_draws([draw(name, row, stream, batch=f"b{n}")], [document(name, row)], "lead")


def _bulk(store: Store, name: str, row: int, n: int, verdict: Verdict | None) -> None:
    free = sorted(store.unjudged_training())[: 1 + row % 4]
    store.record_bulk(
        store.documents(free), verdict or Verdict.KEEP, by="lea", reasons=[], note="", rubric=1, wish={"n": n}
    )


def _undo(store: Store, name: str, row: int, n: int, _: object) -> None:
    for one in [batch for batch in store.bulk_batches() if not batch.undone][:1]:
        store.undo_bulk(one.batch, by="lea")


def _rubric(store: Store, name: str, row: int, n: int, _: object) -> None:
    version = store.rubric().version + 1
    store.record_rubric(Rubric(version, (Reason(f"r{version}", "Spam", "s"),), "Read."), "lea")
    store.record_rubric_choices([RubricChoice(version, "lea", every=bool(n % 2))])


def _preference(store: Store, name: str, row: int, n: int, _: object) -> None:
    store.record_draws([], [], "nobody")


OPERATIONS = (_label, _label, _label, _adjudicate, _draw, _bulk, _undo, _rubric, _preference)
STEP = st.tuples(
    st.sampled_from(OPERATIONS), st.sampled_from(NAMES), st.integers(0, 12), st.integers(0, 99),
    st.sampled_from(VERDICTS), st.sampled_from(QUERIES),
)  # fmt: skip


def _anew(store: Store, how: dict) -> list[LabelledDocument]:
    kept, store._kept_labelled = store._kept_labelled, {}
    try:
        return store.labelled_documents(**how)
    finally:
        store._kept_labelled = kept


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # each example opens a store: shrinking takes minutes
)
@given(st.lists(STEP, min_size=3, max_size=14), st.sampled_from([0, 2, 40]), st.sampled_from([3, 10_000]))
def test_kept_documents_are_those_of_a_new_look(steps, few, most):
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch, filled(Path(folder)) as store:
        patch.setattr(kept_labelled, "FEW", few)
        patch.setattr(kept_labelled, "MOST", most)
        store.record_rubric(Rubric(1, (Reason("spam", "Spam", "s"),), "Read."), "lea")
        rows = range(30, 36)
        store.record_draws(
            [draw("web/a", row, Stream.TRAINING) for row in rows], [document("web/a", row) for row in rows], "lead"
        )
        for number, (operation, name, row, n, verdict, how) in enumerate(steps):
            with contextlib.suppress(ReviewError):  # refused, as a word on a document that was never drawn is
                operation(store, name, row, n + 100 * number, verdict)
            if how.get("shard") not in (None, *store.shard_states()):
                continue
            assert store.labelled_documents(**how) == _anew(store, how)
        for how in QUERIES:
            assert store.labelled_documents(**how) == _anew(store, how)


def test_only_what_was_judged_since_is_read_again(tmp_path, monkeypatch):
    with filled(tmp_path / "p", Clock()) as store:
        store.record_labels([label(f"web/{name}#{row}", f"{name}{row:07}") for name in "ab" for row in range(20)])
        first = store.labelled_documents()
        read = []
        for one in store._kept_labelled.values():
            inner = one._read
            monkeypatch.setattr(one, "_read", lambda *how, inner=inner: (read.append(how[1:]), inner(*how))[1])
        assert store.labelled_documents() == first
        store.record_labels([label("web/a#3", "later-one", Verdict.REJECT)])
        now = store.labelled_documents()
        assert [one for one in now if one not in first] == [now[3]]
        assert now[3].labels[0].verdict is Verdict.REJECT
        assert read == [(stream, None, [(0, 3)]) for stream in Stream]


def test_a_look_that_fails_leaves_nothing_half_read(tmp_path, monkeypatch):
    with filled(tmp_path / "p", Clock()) as store:
        store.record_labels([label(f"web/a#{row}", f"l{row:07}") for row in range(5)])
        store.labelled_documents(stream=Stream.AUDIT)
        store.record_labels([label("web/a#7", "one-more-1")])
        kept = store._kept_labelled[Stream.AUDIT]
        monkeypatch.setattr(kept, "_mend", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            store.labelled_documents(stream=Stream.AUDIT)
        monkeypatch.undo()
        assert len(store.labelled_documents(stream=Stream.AUDIT)) == 6


def test_a_draw_takes_a_document_from_training_to_the_audit(tmp_path):
    with filled(tmp_path / "p", Clock()) as store:
        store.record_draws([draw("web/a", 30, Stream.TRAINING)], [document("web/a", 30)], "lead")
        store.record_labels([label("web/a#30", "in-training")])
        assert [one.stream for one in store.labelled_documents()] == [Stream.TRAINING]
        store.record_draws([draw("web/a", 30, Stream.AUDIT)], [document("web/a", 30)], "lead")
        assert [one.stream for one in store.labelled_documents()] == [Stream.AUDIT]
        assert store.labelled_documents() == _anew(store, {})
