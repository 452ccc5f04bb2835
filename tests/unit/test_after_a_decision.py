"""What becomes of a decision when labels, a lead's word, gold or the file change after it was made."""

from __future__ import annotations

import random

import pytest

from review import workflow
from review.errors import NotFound
from review.project import Project
from review.records import Gold, Label, Ruling, Stream, Verdict

CLEAN, MIXED, POOR = (f"shards/{name}.parquet" for name in ("clean", "mixed", "poor"))


@pytest.fixture
def decided(project: Project, read_all) -> Project:
    """Clean approved, poor rejected, mixed read and left open."""
    read_all(project)
    workflow.decide(project, [CLEAN], Ruling.APPROVE, reason="", by="lea")
    workflow.decide(project, [POOR], Ruling.REJECT, reason="", by="lea")
    return project


def drawn(project: Project, shard: str, rank: int):
    return project.store.document(next(d.doc_id for d in project.store.draws(shard, Stream.AUDIT) if d.rank == rank))


def say(project: Project, shard: str, rank: int, verdict: Verdict | None, *, by: str = "ana", name: str) -> None:
    one = drawn(project, shard, rank)
    reasons = ("spam",) if verdict is Verdict.REJECT else ()
    project.store.record_labels([Label(name, one.doc_id, one.content_hash, by, verdict, reasons)])


def stale(project: Project) -> dict[str, tuple[str, ...]]:
    return {name: place.stale for name, place in project.standings().items() if place.stale}


def queued(project: Project) -> set[str]:
    """Shards of which a reader who has judged nothing would get documents."""
    project.store.release_leases("ana")
    until = project.store._clock().replace(year=2200)
    names = project.store.lease("fresh", "t", 1_000, until=until, overlap=1, limits=workflow.desk_limits(project))
    project.store.release_leases("fresh")
    return {name.rpartition("#")[0] for name in names}


def test_taking_back_the_label_that_completed_a_certificate_takes_the_decision_with_it(decided: Project) -> None:
    plan = decided.standings()[CLEAN].certificate
    # What is missing could not change a fixed plan's outcome before more than it allows is missing.
    last = range(plan.n - plan.allowed - 1, plan.n)
    assert queued(decided) == set()
    for rank in last:
        say(decided, CLEAN, rank, None, name=f"undo {rank}")
        assert decided.standings()[CLEAN].stale == ("labels changed",)
    place = decided.standings()[CLEAN]
    assert (place.state, place.certificate.state, place.certificate.n) == ("stale", "more", plan.n - len(last))
    assert queued(decided) == {CLEAN}, "and no other shard"
    for rank in last:
        say(decided, CLEAN, rank, Verdict.KEEP, name=f"redo {rank}")
    assert decided.standings()[CLEAN].state == "approved", "said again, it rests on what it rested on"
    assert queued(decided) == set()


def test_an_undone_label_opens_its_place_again_and_no_other(decided: Project) -> None:
    ranks = range(decided.standings()[CLEAN].certificate.allowed + 1)
    for rank in ranks:
        say(decided, CLEAN, rank, None, name=f"undo {rank}")
    decided.store.release_leases("ana")
    until = decided.store._clock().replace(year=2200)
    again = decided.store.lease("ben", "t", 40, until=until, overlap=1, limits=workflow.desk_limits(decided))
    assert set(again) == {drawn(decided, CLEAN, rank).doc_id for rank in ranks}


def test_a_lead_who_calls_counted_documents_bad_makes_the_approval_stale(decided: Project) -> None:
    before = decided.standings()[CLEAN].certificate
    for rank in range(before.allowed + 1):
        workflow.adjudicate(decided, drawn(decided, CLEAN, rank).doc_id, Verdict.REJECT, reasons=["spam"], by="lea")
    place = decided.standings()[CLEAN]
    assert place.stale == ("labels changed",)
    assert (place.certificate.state, place.bad) == ("reject", before.allowed + 1)
    assert stale(decided) == {CLEAN: ("labels changed",)}
    assert workflow.approved(decided) == ([], {CLEAN: "labels changed", POOR: "rejected"})
    for rank in range(before.allowed + 1):
        workflow.take_back(decided, drawn(decided, CLEAN, rank).doc_id, by="lea")
    assert decided.standings()[CLEAN].state == "approved"


def test_a_flip_that_leaves_the_certificate_standing_still_needs_a_lead_again(decided: Project) -> None:
    workflow.adjudicate(decided, drawn(decided, CLEAN, 0).doc_id, Verdict.REJECT, reasons=["spam"], by="lea")
    place = decided.standings()[CLEAN]
    assert place.certificate.state == "approve" or place.certificate.allowed == 0
    assert place.stale == ("labels changed",)


def test_gold_that_shows_readers_miss_bad_documents_withdraws_the_approval_and_says_why(decided: Project) -> None:
    assert decided.readers() is None
    decided.settings = decided.settings.model_copy(
        update={"readers": decided.settings.readers.model_copy(update={"gold_from": 5})}
    )
    bad = [drawn(decided, POOR, rank) for rank in range(24) if "BUY NOW" in drawn(decided, POOR, rank).text][:8]
    good = [drawn(decided, CLEAN, rank) for rank in range(12)]

    def known(documents, verdict):
        decided.store.record_gold(
            [Gold(one.doc_id, one.content_hash, verdict, "lea", ("spam",) * (verdict is Verdict.REJECT))
             for one in documents]
        )  # fmt: skip

    known(bad, Verdict.REJECT)
    known(good, Verdict.KEEP)
    answers = [(one, Verdict.KEEP if at < 5 else Verdict.REJECT) for at, one in enumerate(bad)]
    answers += [(one, Verdict.KEEP) for one in good]
    decided.store.record_labels([
        Label(f"g{at}", one.doc_id, one.content_hash, "ben", verdict, ("spam",) * (verdict is Verdict.REJECT))
        for at, (one, verdict) in enumerate(answers)
    ])  # fmt: skip
    readers = decided.readers()
    assert readers is not None
    assert (readers.bad_found, readers.bad_shown, readers.good_kept, readers.good_shown) == (3, 8, 12, 12)
    place = decided.standings()[CLEAN]
    assert place.stale == ("reviewer error changed",)
    assert "Reviewer error is as large as the tolerated share" in place.sentence
    # A lead finds that five of the "bad" ones were good after all: what was missed was no miss.
    known(bad[:5], Verdict.KEEP)
    assert decided.readers() is None, "too few bad ones are left to say anything"
    assert decided.standings()[CLEAN].state == "approved"


@pytest.mark.parametrize("method", ["fixed", "sequential"])
def test_better_readers_need_fewer_labels_and_change_none(project: Project, read_all, method: str) -> None:
    """A decision that rested on 56 labels would be made after 33 today: no label changed, and it holds."""
    from review.certificate import Readers
    from review.standing import standing

    project.settings = project.settings.model_copy(
        update={"plan": project.settings.plan.model_copy(update={"method": method})}
    )
    workflow.draw(project, n=80, by="lead")
    project.settings = project.settings.model_copy(
        update={"sampling": project.settings.sampling.model_copy(update={"audit_per_shard": 80})}
    )
    read_all(project)
    shard, sample, plan = project.store.shard(CLEAN), project.sample(CLEAN), project.settings.plan.plan()
    rest = {"plan": plan, "sample": sample, "rubrics": {1}}
    poor, good = Readers(198, 200, 1_198, 1_200), Readers(400, 400, 2_000, 2_000)
    before = standing(shard, "ok", decision=None, readers=poor, **rest)
    assert before.certificate.state == "approve"
    project.settings = project.settings.model_copy(
        update={"readers": project.settings.readers.model_copy(update=poor.to_json())}
    )
    project.standings(anew=True)
    (decision,) = workflow.decide(project, [CLEAN], Ruling.APPROVE, reason="", by="lea")
    assert decision.certificate["n"] == before.certificate.n
    after = standing(shard, "ok", decision=decision, readers=good, **rest)
    assert after.certificate.n < before.certificate.n
    assert (after.state, after.stale) == ("approved", ())


def test_a_label_for_a_document_that_left_with_its_file_reaches_no_certificate(decided: Project, shard_files) -> None:
    old = drawn(decided, CLEAN, 2)
    (shard_files / "clean.parquet").write_bytes((shard_files / "mixed.parquet").read_bytes())
    workflow.check_files(decided)
    assert decided.standings()[CLEAN].stale == ("file changed",)
    assert CLEAN not in queued(decided)
    workflow.ingest(decided, [str(shard_files / "clean.parquet")], by="lead", replace_changed=True)
    workflow.draw(decided, by="lead")
    followers = [name for name in decided.standings() if name.startswith(CLEAN)]
    assert followers == [f"{CLEAN}@2"]
    before = decided.standings()[f"{CLEAN}@2"]
    assert (before.labels, before.decision) == (0, None)
    # A browser that was offline all the while sends its label now.
    decided.store.record_labels([Label("late", old.doc_id, old.content_hash, "ben", Verdict.REJECT, ("spam",))])
    assert decided.standings() == decided._compute(None)
    assert decided.standings()[f"{CLEAN}@2"] == before
    with pytest.raises(NotFound):
        workflow.decide(decided, [CLEAN], Ruling.APPROVE, reason="", by="lea", overrule=False)


@pytest.mark.parametrize("seed", range(2))
def test_whatever_people_do_the_standing_is_that_of_today_and_only_what_they_touched_moves(
    decided: Project, seed: int
) -> None:
    """Random labels, undos, adjudications and decisions: the kept standings are those computed anew, a decision is
    stale exactly when a verdict that it counted is another one, and nothing moves but the touched shard."""
    dice = random.Random(seed)
    for step in range(25):
        shard = dice.choice([CLEAN, POOR])
        rank = dice.randrange(20)
        document = drawn(decided, shard, rank)
        before = decided.standings()
        kind = dice.choice(["label", "label", "undo", "adjudicate", "take back", "decide"])
        if kind in ("label", "undo"):
            verdict = None if kind == "undo" else dice.choice(list(Verdict))
            say(decided, shard, rank, verdict, by=dice.choice(["ana", "ben"]), name=f"{seed}-{step}")
        elif kind == "adjudicate":
            judged = next((d for d in decided.sample(shard).audit if d.doc_id == document.doc_id), None)
            if judged is None or not judged.labels:
                continue
            workflow.adjudicate(decided, document.doc_id, dice.choice(list(Verdict)), by="lea")
        elif kind == "take back":
            words = decided.store.adjudications(document.doc_id)
            if not words or words[-1].verdict is None:
                continue
            workflow.take_back(decided, document.doc_id, by="lea")
        else:
            workflow.decide(decided, [shard], dice.choice(list(Ruling)), reason="so", by="lea", overrule=True)
        now = decided.standings()
        assert now == decided._compute(None), (step, kind)
        assert all(now[name] == before[name] for name in before if name != shard), (step, kind)
        place = now[shard]
        if place.decision is not None and place.decision.ruling is not Ruling.HOLD:
            used = place.decision.certificate["inputs"]["verdicts"]
            letters = "".join("." if v is None else v[0] for v in decided.sample(shard).verdicts())
            moved = any(old not in (".", letters[at : at + 1]) for at, old in enumerate(used))
            assert ("labels changed" in place.stale) == moved, (step, kind, place.stale)
