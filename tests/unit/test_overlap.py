"""How many people judge a document, from the plan to the desk and the certificate."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_states import LATER, Clock, document, draw, fill, filled, label

from review.desk import submit
from review.errors import SettingsError
from review.overlap import PICKS, Overlap
from review.records import Label, LabelledDocument, Stream, Verdict
from review.settings import parse_settings
from review.standing import Sample
from review.store import Store
from review.store import schema as store_schema

KEEP, UNSURE, REJECT = Verdict.KEEP, Verdict.UNSURE, Verdict.REJECT


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with filled(tmp_path) as opened:
        yield opened


def picks(store: Store) -> dict[str, int]:
    names = [one.doc_id for one in store.draws()]
    return {name: plan.pick for name, plan in store.planned(names).items()}


def take(store: Store, reviewer: str, overlap: Overlap, n: int = 100) -> list[str]:
    return store.lease(reviewer, "tab", n, until=LATER, overlap=overlap)


def test_only_the_chosen_share_is_given_to_a_second_person(store):
    plan = Overlap(2, share=0.25)
    chosen = {name for name, pick in picks(store).items() if pick < plan.threshold}
    assert 0 < len(chosen) < 40
    first = take(store, "ana", plan)
    assert len(first) == 40
    assert set(take(store, "ben", plan)) == chosen
    assert take(store, "cid", plan) == []
    store.record_labels([label(name, f"ana{name}") for name in first])
    store.record_labels([label(name, f"ben{name}", reviewer="ben") for name in chosen])
    store.release_leases("ana")
    store.release_leases("ben")
    assert take(store, "cid", plan) == []


def test_the_chosen_of_a_smaller_share_are_among_those_of_a_larger_one(store):
    found = picks(store)
    sizes = []
    before: set[str] = set()
    for share in (0.0, 0.1, 0.25, 0.5, 1.0):
        now = {name for name, pick in found.items() if pick < Overlap(2, share).threshold}
        assert before <= now
        sizes.append(len(now))
        before = now
    assert sizes[0] == 0
    assert sizes[-1] == 40
    assert len(set(found.values())) == 40


def test_the_choice_hangs_on_shard_row_and_seed_alone(store, tmp_path):
    (tmp_path / "other").mkdir()
    with Store.open(tmp_path / "other", clock=Clock()) as other:
        fill(other, shards=2, drawn=5)  # fewer draws, nobody labelled
        assert picks(other).items() <= picks(store).items()


def test_what_was_drawn_for_training_is_judged_once(store):
    store.record_draws([draw("web/a", 50, Stream.TRAINING)], [document("web/a", 50)], "lead")
    assert "web/a#50" in take(store, "ana", Overlap(3))
    assert "web/a#50" not in take(store, "ben", Overlap(3))


def test_until_agreement_a_third_person_is_asked_only_where_two_differ(store):
    plan = Overlap(4, until_agreement=True)
    one, two = "web/a#0", "web/a#1"
    said = [(one, "ana", KEEP), (one, "ben", KEEP), (two, "ana", KEEP), (two, "ben", REJECT)]
    for name, who, verdict in said[::2]:
        store.record_labels([label(name, f"{who}{name}", verdict, reviewer=who)])
    assert {one, two} <= set(take(store, "cid", plan))  # a second one
    store.release_leases("cid")
    for name, who, verdict in said[1::2]:
        store.record_labels([label(name, f"{who}{name}", verdict, reviewer=who)])
    found = take(store, "cid", plan)
    assert one not in found
    assert two in found
    assert two not in take(store, "dora", plan)  # it is with cid, who may bring agreement
    store.record_labels([label(two, "c", UNSURE, reviewer="cid")])
    assert two in take(store, "dora", plan)
    store.record_labels([label(two, "d", KEEP, reviewer="dora")])
    assert two not in take(store, "emil", plan)
    store.record_labels([label(two, "d2", None, reviewer="dora")])
    assert two not in take(store, "emil", plan)  # dora still has it before her
    store.release_leases("dora")
    assert two in take(store, "emil", plan)  # the agreement was taken back


def test_the_desk_takes_as_many_judgements_as_are_planned(store):
    wanted = parse_settings("[desk]\noverlap = 3\noverlap_share = 0.5\nuntil_agreement = true\n")
    found = picks(store)
    chosen = next(name for name, pick in found.items() if pick < wanted.desk.planned().threshold)
    single = next(name for name, pick in found.items() if pick >= wanted.desk.planned().threshold)
    store.record_rubric(wanted.rubric.rubric(1), "lead")

    def send(name: str, who: str, verdict: str) -> bool:
        shard, row = name.split("#")
        raw = {
            "label_id": f"{who}-{name.replace('#', '-').replace('/', '-')}-0", "doc_id": name,
            "hash": document(shard, int(row)).content_hash, "verdict": verdict, "rubric": 1,
        }  # fmt: skip
        return bool(submit(store, wanted, who, [raw]).acks)

    assert [send(single, who, "keep") for who in ("ana", "ben")] == [True, False]
    assert [send(chosen, who, "keep") for who in ("ana", "ben", "cid")] == [True, True, False]
    other = next(name for name, pick in found.items() if pick < wanted.desk.planned().threshold and name != chosen)
    told = [
        send(other, who, verdict) for who, verdict in (("a", "keep"), ("b", "reject"), ("c", "keep"), ("d", "keep"))
    ]
    assert told == [True, True, True, False]


def labelled(rank: int, *verdicts: Verdict, pick: int = 0) -> LabelledDocument:
    labels = tuple(Label(f"l{rank}-{n}", f"s#{rank}", "h", f"r{n}", verdict) for n, verdict in enumerate(verdicts))
    return LabelledDocument(f"s#{rank}", "s", rank, Stream.AUDIT, rank, 0.5, labels, pick=pick)


def test_a_certificate_counts_a_document_when_its_planned_judgements_are_in():
    half = Overlap(2, share=0.5)
    audit = [
        labelled(0, KEEP, pick=PICKS - 1),
        labelled(1, KEEP, pick=1),  # waits for its second judgement
        labelled(2, REJECT, REJECT, pick=1),
    ]
    assert Sample(4, audit, half).verdicts() == [KEEP, None, REJECT, None]
    until = Overlap(3, until_agreement=True)
    audit = [labelled(0, KEEP, KEEP), labelled(1, KEEP, REJECT), labelled(2, KEEP, REJECT, REJECT)]
    assert Sample(3, audit, until).verdicts() == [KEEP, None, REJECT]


@settings(deadline=None)  # the first query of a process takes longer than all others
@given(
    most=st.integers(1, 6),
    share=st.floats(0, 1),
    until=st.booleans(),
    pick=st.integers(0, PICKS - 1),
    training=st.booleans(),
    said=st.lists(st.sampled_from(list(Verdict)), max_size=8),
)
def test_the_store_and_the_plan_say_the_same(most, share, until, pick, training, said):
    from review.store.next import wanted_sql

    plan = Overlap(most, share, until)
    judged, agreed = len(said), max((said.count(one) for one in said), default=0)
    told = plan.wanted(pick=pick, training=training, judged=judged, agreed=agreed)
    (found,) = duckdb.execute(
        f"select {wanted_sql(plan)} from (select {pick} as pick, {training} as training, {judged} as judged, "
        f"{agreed} as agreed)"
    ).fetchall()[0]
    assert found == told
    assert 1 <= told <= most


def test_a_store_of_an_earlier_version_gets_the_same_picks(tmp_path):
    now = 'select shard_no, "row", training, place, judged, pick, agreed from queue order by all'
    with filled(tmp_path) as store:
        store.record_draws([draw("web/a", 50, Stream.TRAINING)], [document("web/a", 50)], "lead")
        store.record_labels([label("web/a#0", "1"), label("web/a#0", "2", reviewer="ben")])
        with store._reading() as cursor:
            before = cursor.execute(now).fetchall()
    con = duckdb.connect(str(tmp_path / "review.duckdb"))
    con.execute("alter table queue drop column pick")
    con.execute("alter table queue drop column agreed")
    store_schema.m008_overlap(con)
    assert con.execute(now).fetchall() == before
    con.close()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("overlap = 2\nuntil_agreement = true", "needs an overlap from 3"),
        ("overlap_share = 1.5", "less than or equal to 1"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(text, why):
    with pytest.raises(SettingsError, match=why):
        parse_settings(f"[desk]\n{text}\n")
