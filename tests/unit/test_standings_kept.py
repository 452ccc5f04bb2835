"""Standings are kept between looks, and are always those that computing all of them anew would give."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from review import workflow
from review.records import Label, Ruling, Verdict


@pytest.fixture
def fetched(project, monkeypatch) -> Callable[[], list[set[str] | None]]:
    """Of which shards labels were read since the last call; None: of all."""
    asked: list[set[str] | None] = []
    real = project.store.labelled_documents

    def labelled(**how):
        asked.append(how.get("shard"))
        return real(**how)

    monkeypatch.setattr(project.store, "labelled_documents", labelled)

    def since() -> list[set[str] | None]:
        project.standings()
        told = list(asked)
        asked.clear()
        return told

    return since


def say(project: workflow.Project, shard: str, rank: int, verdict: Verdict, label_id: str) -> None:
    draw = project.store.draws(shard)[rank]
    (text,) = project.store.documents([draw.doc_id])
    project.store.record_labels([Label(label_id, text.doc_id, text.content_hash, "ana", verdict, ("spam",))])


def test_what_happens_to_one_shard_is_computed_for_that_shard_alone(project, read_all, shard_files, fetched):
    read_all(project)
    clean, mixed, poor = (f"shards/{name}.parquet" for name in ("clean", "mixed", "poor"))
    assert None in fetched()
    assert fetched() == []

    def happened(*shards: str) -> None:
        assert fetched() == [set(shards)]
        assert project.standings() == project._compute(None)
        fetched()

    say(project, clean, 3, Verdict.REJECT, "again")
    happened(clean)
    workflow.decide(project, [clean], Ruling.HOLD, reason="", by="lea")
    happened(clean)
    workflow.decide(project, [poor], Ruling.REJECT, reason="", by="lea")
    happened(poor)
    workflow.draw(project, shard=mixed, n=70, by="lead")
    happened(mixed)
    (shard_files / "poor.parquet").write_bytes((shard_files / "mixed.parquet").read_bytes())
    workflow.check_files(project)
    happened(poor)
    assert project.standings()[poor].state == "stale"


def test_a_replaced_shard_leaves_and_its_follower_comes(project, shard_files):
    project.standings()
    (shard_files / "poor.parquet").write_bytes((shard_files / "mixed.parquet").read_bytes())
    workflow.ingest(project, [str(shard_files / "*.parquet")], by="lead", replace_changed=True)
    assert list(project.standings()) == list(project._compute(None))
    assert "shards/poor.parquet" not in project.standings()


def test_a_confirmation_is_seen_by_decisions_that_were_read_before(project, read_all):
    read_all(project)
    workflow.decide(project, ["shards/clean.parquet"], Ruling.APPROVE, reason="", by="lea")
    (decision,) = project.store.current_decisions().values()
    project.store.confirm_decisions([decision], "ben")
    (now,) = project.store.current_decisions().values()
    assert (now.seq, now.confirmed_by) == (decision.seq, "ben")
    assert now == project.store.decisions()[-1]
