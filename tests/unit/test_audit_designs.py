"""Draws over score strata and by length: from the draw to the decision, and back from the journal."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from review import workflow
from review.certificate import recompute
from review.corpus import read_rows
from review.errors import ReviewError, StoreError
from review.records import AuditDesign, Draw, Label, Ruling, Stream, Verdict
from review.sampling import Frame, favoured_draws, normal_form
from review.scoring import sidecar_path
from review.scoring.shards import _FINGERPRINT, _MODEL, _stamp
from review.settings import write_default
from review.ui import history
from review.ui.explaining import Around, explained
from review.workflow.designing import choose

ROWS = 2_400
NAME = "shards/web.parquet"
CARD = {"metrics": {"auc": {"value": 0.91, "low": 0.88, "high": 0.94}}}


def is_bad(row: int) -> bool:
    return row % 50 == 7


def write_settings(root, **plan):
    write_default(root)
    path = root / "review.toml"
    text = path.read_text(encoding="utf-8")
    wanted = {"accept": "0.05", "reject": "0.10", "method": '"sequential"'} | plan
    lines = [
        f"{line.split(' =')[0]} = {wanted[line.split(' =')[0]]}" if line.split(" =")[0] in wanted else line
        for line in text.splitlines()
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def score(project, version="m1", flip=1.0):
    """Row-aligned scores of a model that knows nearly everything."""
    shard = project.store.shard(NAME)
    noise = np.random.default_rng(1).normal(0, 1, shard.rows)
    logit = flip * np.array([-1.5 if is_bad(row) else 2.5 for row in range(shard.rows)]) + noise
    path = sidecar_path(shard, project.root / "scores" / version)
    path.parent.mkdir(parents=True, exist_ok=True)
    scores = (1 / (1 + np.exp(-logit))).astype(np.float32)
    table = pa.table({"row": np.arange(shard.rows), "score": scores, "ok": np.ones(shard.rows, bool)})
    stamped = {_MODEL: version.encode(), _FINGERPRINT: _stamp(shard).encode()}
    pq.write_table(table.replace_schema_metadata(stamped), path)


def promote(project, version="m1", card=CARD):
    project.store.record_model(version, card, "lead")
    project.store.promote(version, "lead")


@pytest.fixture
def corpus_file(tmp_path):
    folder = tmp_path / "shards"
    folder.mkdir()
    texts = [f"{'BUY NOW' if is_bad(row) else 'A text'} number {row} " + "word " * (row % 40) for row in range(ROWS)]
    pq.write_table(pa.table({"text": texts}), folder / "web.parquet", row_group_size=400)
    return folder / "web.parquet"


@pytest.fixture
def open_project(tmp_path, corpus_file):
    def opened(**plan):
        root = tmp_path / "project"
        if not root.exists():
            write_settings(root, **plan)
        project = workflow.open_project(root)
        if not project.store.shards():
            workflow.ingest(project, [str(corpus_file)], by="lead")
        return project

    return opened


def read(project, n=None, verdict=None, reviewer="ana"):
    """Judge the next documents of the queue as the truth is."""
    names = project.store.lease(
        reviewer, "tab", n or 10_000, until=project.store._clock().replace(year=2200), overlap=1,
        limits=workflow.desk_limits(project),
    )  # fmt: skip
    labels = []
    for document in project.store.documents(names):
        truth = verdict or (Verdict.REJECT if is_bad(document.row) else Verdict.KEEP)
        name = f"{reviewer}-{document.row}"
        labels.append(Label(name, document.doc_id, document.content_hash, reviewer, truth, rubric=1, seconds=4.0))
    project.store.record_labels(labels)
    return len(labels)


def test_a_sequential_plan_draws_over_the_strata_of_a_good_model(open_project):
    with open_project() as project:
        promote(project)
        score(project)
        report = workflow.draw(project, by="lead")
        draws = project.store.draws(NAME, Stream.AUDIT)
        design = project.store.audit_designs()[NAME]
        assert report.total == len(draws) == 239
        assert report.notes == report.problems == ()
        assert (design.model, design.auc, design.unit, design.documents) == ("m1", 0.91, "documents", ROWS)
        assert [draw.rank for draw in draws] == list(range(239))
        assert all(draw.stratum is not None and draw.strategy == "strata" for draw in draws)
        assert max(np.array(design.chances) / np.array(design.weights)) > 1.1  # more of what it is unsure of
        for draw in draws:  # each carries its own chance: the stratum's, over its documents
            size = round(design.weights[draw.stratum] * ROWS)
            assert draw.probability == pytest.approx(design.chances[draw.stratum] / size)


def test_labels_over_strata_become_a_certificate_a_decision_and_a_manifest(open_project):
    with open_project() as project:
        promote(project)
        score(project)
        workflow.draw(project, by="lead")
        read(project)
        place = project.standings()[NAME]
        assert place.state == "can be approved"
        assert place.certificate.n < 80
        assert recompute(json.loads(json.dumps(place.certificate.to_json()))["inputs"]) == place.certificate
        (decision,) = workflow.decide(project, [NAME], Ruling.APPROVE, reason="", by="lead")
        result = workflow.release(project, "first", by="lead")
        (entry,) = result.manifest["shards"]
        assert entry["certificate"]["inputs"]["strata"]["weights"] == list(project.store.audit_designs()[NAME].weights)
        assert workflow.verify(project.root, result.path).ok
        assert decision.certificate["state"] == "approve"
        first, *_ = project.store.labelled_documents(stream=Stream.AUDIT)
        one = next(draw for draw in project.store.draws(NAME) if draw.row == first.row)
        assert first.probability == pytest.approx(1 - (1 - one.probability) ** 239)  # of being drawn at all
        detail = workflow.shard_detail(project, NAME)
        assert detail.now.path[-1].labels == place.labels
        assert detail.now.path[-1].low <= 0.02 <= detail.now.path[-1].high
        told = " ".join(" ".join(line[1:]) for line in explained(detail.standing, around=Around(detail.design)))
        assert f"They were drawn at random from {len(detail.design.weights)} strata by the scores of m1" in told
        assert "whose AUC was 0.910" in told
        rows = [text for _, text in history.told(project.store.history(NAME, limit=1000))]
        strata = len(detail.design.weights)
        assert f"lead fixed how its audit is drawn: {strata} strata by the scores of m1, by documents." in rows


def test_a_document_drawn_again_is_read_once_and_counts_twice(open_project):
    with open_project() as project:
        promote(project)
        score(project)
        workflow.draw(project, n=900, by="lead")
        rows = [draw.row for draw in project.store.draws(NAME, Stream.AUDIT)]
        assert len(set(rows)) < len(rows) == 900
        handed_out = project.store.lease("ana", "t", 5_000, until=project.store._clock().replace(year=2200), overlap=1)
        assert len(handed_out) == len(set(handed_out)) == len(set(rows))
        again = next(rank for rank, row in enumerate(rows) if row in rows[:rank])
        sample = project.sample(NAME)
        assert sample.verdicts() == [None] * 900
        name = f"{NAME}#{rows[again]}"
        document = project.store.document(name)
        project.store.record_labels([Label("x", name, document.content_hash, "ana", Verdict.REJECT)])
        verdicts = project.sample(NAME).verdicts()
        assert [rank for rank, one in enumerate(verdicts) if one] == [
            r for r, row in enumerate(rows) if row == rows[again]
        ]


def test_more_draws_go_on_where_the_first_ones_ended_whatever_model_is_in_use_now(open_project):
    with open_project() as project:
        promote(project)
        score(project)
        workflow.draw(project, n=100, by="lead")
        first = project.store.draws(NAME, Stream.AUDIT)
        promote(project, "m2")
        score(project, "m2", flip=-1.0)
        workflow.draw(project, n=200, by="lead")
        both = project.store.draws(NAME, Stream.AUDIT)
        assert both[:100] == first
        assert len(both) == 200
        assert project.store.audit_designs()[NAME].model == "m1"
        frame_path = sidecar_path(project.store.shard(NAME), project.root / "scores" / "m1")
        frame_path.unlink()
        report = workflow.draw(project, n=300, by="lead")
        assert report.total == 0
        assert "review score --model m1" in report.problems[0]
        score(project, "m1", flip=0.5)
        assert "not those its audit was begun with" in workflow.draw(project, n=300, by="lead").problems[0]


def test_a_shard_begun_in_simple_order_stays_so(open_project):
    with open_project() as project:
        workflow.draw(project, n=30, by="lead")
        promote(project)
        score(project)
        workflow.draw(project, n=60, by="lead")
        draws = project.store.draws(NAME, Stream.AUDIT)
        assert [draw.strategy for draw in draws] == ["simple"] * 60
        assert project.store.audit_designs() == {}
        design = AuditDesign(NAME, "documents", 1, ROWS, ROWS, (1.0,), (0.5,), (1.0,), "x")
        with pytest.raises(StoreError, match="60 audit draws already"):
            project.store.record_audit_design(design, "lead")


@pytest.mark.parametrize(
    ("card", "scored", "says"),
    [
        ({"metrics": {"auc": {"value": 0.74}}}, True, "AUC of 0.740"),
        ({"metrics": {}}, True, "has not been tested"),
        (CARD, False, "has not scored it"),
    ],
)
def test_a_model_that_is_not_good_enough_makes_no_strata_and_the_draw_says_so(open_project, card, scored, says):
    with open_project() as project:
        promote(project, card=card)
        if scored:
            score(project)
        report = workflow.draw(project, n=20, by="lead")
        assert says in report.notes[0]
        assert {draw.strategy for draw in project.store.draws(NAME)} == {"simple"}
        document = project.store.document(project.store.draws(NAME)[0].doc_id)
        favoured = Draw(NAME, document.row, Stream.AUDIT, "strata", 0.1, 1, 99, "b", 0)
        with pytest.raises(StoreError, match="not made in the same way"):
            project.store.record_draws([favoured], [document], "lead")


def test_strata_can_be_insisted_on_and_refused(open_project):
    with open_project() as project:
        with pytest.raises(ReviewError, match="No model is in use"):
            workflow.draw(project, strategy="strata", by="lead")
        promote(project)
        score(project)
        workflow.draw(project, strategy="simple", n=5, by="lead")
        assert {draw.strategy for draw in project.store.draws(NAME)} == {"simple"}


def test_tokens_are_drawn_by_length_and_the_certificate_speaks_of_text(open_project):
    with open_project(unit='"tokens"') as project:
        workflow.draw(project, n=1_200, by="lead")
        design = project.store.audit_designs()[NAME]
        shard = project.store.shard(NAME)
        assert (design.unit, design.model, design.total) == ("tokens", None, shard.characters)
        draws = project.store.draws(NAME, Stream.AUDIT)
        texts = {document.row: document.text for document in project.store.documents([one.doc_id for one in draws])}
        for draw in draws[:50]:
            assert draw.probability == pytest.approx(len(texts[draw.row]) / shard.characters)
        # Long documents come up in proportion: the mean 1 / length over draws is documents / characters.
        inverse = np.mean([1 / len(texts[draw.row]) for draw in draws])
        assert inverse == pytest.approx(ROWS / shard.characters, rel=0.1)
        while read(project):
            pass
        place = project.standings()[NAME]
        assert place.certificate.state == "approve"
        assert (
            place.sentence == "95\N{NO-BREAK SPACE}% sure at most 10.0\N{NO-BREAK SPACE}% of this shard's text is bad."
        )
        workflow.decide(project, [NAME], Ruling.APPROVE, reason="", by="lead")
        manifest = workflow.release(project, "first", by="lead").manifest
        assert manifest["plan"]["unit"] == manifest["shards"][0]["certificate"]["unit"] == "tokens"
        assert workflow.verify(project.root, project.root / "releases" / "first").ok


def test_draws_of_documents_cannot_certify_a_plan_for_tokens(open_project, tmp_path):
    with open_project() as project:
        workflow.draw(project, n=200, by="lead")
        while read(project):
            pass
        assert project.standings()[NAME].certificate.state == "approve"
    path = tmp_path / "project" / "review.toml"
    path.write_text(path.read_text().replace('unit = "documents"', 'unit = "tokens"'))
    with open_project() as project:
        place = project.standings()[NAME]
        assert place.certificate.state == "undecided"
        assert "needs draws of its own" in place.sentence
        with pytest.raises(ReviewError, match="cannot be set to approve"):
            workflow.decide(project, [NAME], Ruling.APPROVE, reason="", by="lead")
        with pytest.raises(ReviewError, match="by their length"):
            choose(project, project.store.shard(NAME), None, "simple")


def test_designs_and_draws_come_back_from_the_journal(open_project, tmp_path):
    with open_project() as project:
        promote(project)
        score(project)
        workflow.draw(project, n=150, by="lead")
        read(project, 40)
        before = (project.store.audit_designs(), project.store.draws(), project.standings()[NAME].certificate)
        assert project.store.verify() == []
    (tmp_path / "project" / "review.duckdb").unlink()
    workflow.recover(tmp_path / "project")
    with open_project() as project:
        assert (project.store.audit_designs(), project.store.draws(), project.standings()[NAME].certificate) == before
        assert project.store.verify() == []


def test_a_copy_takes_the_label_of_the_text_drawn_before_it(tmp_path):
    folder, root = tmp_path / "shards", tmp_path / "project"
    folder.mkdir()
    texts = [f"Document {row % 30}, again" + "!" * (row // 30) for row in range(90)]
    pq.write_table(pa.table({"text": texts}), folder / "web.parquet")
    write_settings(root, accept="0.05", reject="0.30", method='"fixed"')
    with workflow.open_project(root) as project:
        workflow.ingest(project, [str(folder / "web.parquet")], by="lead")
        workflow.draw(project, n=90, by="lead")
        draws = project.store.draws(NAME)
        originals = {draw.row: draw for draw in draws if draw.same_as is None}
        assert len(originals) == 30
        for draw in draws:
            if draw.same_as is not None:
                assert normal_form(texts[draw.row]) == normal_form(texts[draw.same_as])
                assert originals[draw.same_as].rank < draw.rank
        handed_out = project.store.lease("ana", "t", 500, until=project.store._clock().replace(year=2200), overlap=1)
        assert {int(name.rpartition("#")[2]) for name in handed_out} == originals.keys()
        for document in project.store.documents(handed_out):
            verdict = Verdict.REJECT if document.row % 30 == 4 else Verdict.KEEP
            project.store.record_labels(
                [Label(f"l{document.row}", document.doc_id, document.content_hash, "ana", verdict)]
            )
        place = project.standings()[NAME]
        assert (place.labels, place.bad) == (90, 3)  # 30 read, all 90 counted
        assert project.store.verify() == []
        # What was judged itself keeps its own verdict.
        copy = next(draw for draw in draws if draw.same_as is not None and draw.row % 30 == 4)
        document = project.store.document(copy.doc_id)
        project.store.record_labels([Label("own", copy.doc_id, document.content_hash, "ben", Verdict.KEEP)])
        assert project.standings()[NAME].bad == 2


def test_the_draws_have_the_chances_they_claim():
    random = np.random.default_rng(0)
    sizes = random.integers(1, 60, 400)
    frame = Frame(np.arange(0, 800, 2), np.sort(random.integers(0, 3, 400)), sizes)
    chances = (0.5, 0.3, 0.2)
    places = favoured_draws("web/a", 7, frame, chances, 60_000)
    counts = dict(zip(*np.unique(places.rows, return_counts=True), strict=True))
    for at, row in enumerate(frame.rows.tolist()):
        h = frame.stratum[at]
        chance = chances[h] * sizes[at] / sizes[frame.stratum == h].sum()
        assert abs(counts.get(row, 0) / 60_000 - chance) < 5 * np.sqrt(chance / 60_000) + 1e-5
    shorter = favoured_draws("web/a", 7, frame, chances, 1_000)
    later = favoured_draws("web/a", 7, frame, chances, 60_000, start=1_000)
    assert (np.concatenate([shorter.rows, later.rows]) == places.rows).all()
    assert (favoured_draws("web/b", 7, frame, chances, 1_000).rows != shorter.rows).any()
    assert places.chance[0] == pytest.approx(
        chances[places.stratum[0]] * sizes[places.rows[0] // 2] / sizes[frame.stratum == places.stratum[0]].sum()
    )


def test_a_changed_file_ends_the_draws_but_not_what_was_said(open_project, corpus_file):
    with open_project(unit='"tokens"') as project:
        workflow.draw(project, n=50, by="lead")
        pq.write_table(pa.table({"text": ["other"] * 10}), corpus_file)
        report = workflow.draw(project, n=80, by="lead")
        assert report.total == 0
        assert "changed since it was ingested" in report.problems[0]
        assert len(project.store.draws(NAME)) == 50


@pytest.mark.parametrize("design", ["simple", "strata"])
def test_no_label_of_the_training_stream_reaches_a_bound_by_any_path(open_project, design):
    """Certificate, course, reasons, lots, list risk, what was thrown away, budget, reader error: none of them moves."""
    with open_project() as project:
        promote(project)
        score(project)
        workflow.draw(project, strategy=design, n=40, by="lead")
        read(project)

        def everything():
            standing, detail = project.standings(anew=True)[NAME], workflow.shard_detail(project, NAME)
            lots = workflow.lots(project, "corpus") if design == "simple" else None
            budget = workflow.plan_budget(project, reviewers=1, hours=1, seconds=9)
            return (
                *(standing.certificate, standing.labels, standing.bad, detail.now.path, detail.reasons, lots),
                *(workflow.list_risk(project, "fdr"), workflow.thrown_away(project), budget, project.readers()),
            )

        before = everything()
        audited = {draw.row for draw in project.store.draws(NAME)}
        taught = [row for row in range(ROWS) if row not in audited][:60]
        documents = read_rows(project.store.shard(NAME), taught)
        project.store.record_draws(
            [
                Draw(NAME, row, Stream.TRAINING, "uncertain", None, 1, rank, "training-1")
                for rank, row in enumerate(taught)
            ],
            documents,
            "lead",
        )
        project.store.record_labels(
            [
                Label(f"t{one.row}", one.doc_id, one.content_hash, "ben", Verdict.REJECT, reasons=("spam",))
                for one in documents
            ]
        )
        assert everything() == before
        with pytest.raises(StoreError, match="no inclusion probability"):
            project.store.record_draws([Draw(NAME, taught[0], Stream.AUDIT, "x", None, 1, 9_999, "b")], [], "lead")
