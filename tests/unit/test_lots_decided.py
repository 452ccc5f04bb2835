"""A lot from forming to release: certified, decided and listed as a whole, and what makes it lapse."""

from __future__ import annotations

import json
from importlib import resources

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from review import workflow
from review.cli import app
from review.errors import NotFound, ReviewError, StoreError
from review.pooling import AHEAD
from review.records import Label, Lot, Ruling, Verdict
from review.release.manifest import MANIFEST_SCHEMA, canonical, hash_line
from review.settings import write_default

GOOD = [f"good/{name}.parquet" for name in "abcd"]


def write(folder, names, every):
    folder.mkdir()
    for name in names:
        texts = [f"{folder.name} {name} {row} " + ("bad" if row % every == 1 else "fine") for row in range(120)]
        pq.write_table(pa.table({"text": texts}), folder / f"{name}.parquet")


@pytest.fixture
def root(tmp_path):
    """Four alike shards of one corpus, two bad ones of another; a plan that some 30 labels decide."""
    root = tmp_path / "project"
    path = write_default(root)
    text = path.read_text(encoding="utf-8").replace("accept = 0.02 ", "accept = 0.05 ")
    path.write_text(text.replace("reject = 0.06", "reject = 0.20"), encoding="utf-8")
    write(tmp_path / "good", "abcd", 60)
    write(tmp_path / "poor", "ef", 3)
    with workflow.open_project(root) as project:
        for corpus in ("good", "poor"):
            workflow.ingest(project, [str(tmp_path / corpus / "*.parquet")], by="lead")
    return root


@pytest.fixture
def project(root):
    with workflow.open_project(root) as opened:
        yield opened


def read(project, draws, *, reviewer="ana", verdict=None):
    labels = []
    for document in project.store.documents([draw.doc_id for draw in draws]):
        said = verdict or (Verdict.REJECT if document.text.endswith("bad") else Verdict.KEEP)
        labels.append(Label(f"{reviewer}-{document.doc_id}", document.doc_id, document.content_hash, reviewer, said))
    project.store.record_labels(labels)


def handed_out(project):
    """Unanswered draws that the desk would hand out now."""
    limits, answered = workflow.desk_limits(project), {one.doc_id for one in project.store.labelled_documents()}
    return [draw for draw in project.store.draws() if draw.rank < limits[draw.shard] and draw.doc_id not in answered]


def read_the_lot(project):
    """Read what the desk hands out of the good shards until nothing more is wanted; how many that were."""
    count = 0
    while todo := [draw for draw in handed_out(project) if draw.shard in GOOD]:
        read(project, todo)
        count += len(todo)
        workflow.draw(project, shard="good/*", by="lead")
    return count


@pytest.fixture
def certified(project):
    """The good shards as a lot that can be approved."""
    workflow.form_lots(project, "corpus", ["good"], by="lead")
    workflow.draw(project, shard="good/*", by="lead")
    read_the_lot(project)
    assert {project.standings()[name].state for name in GOOD} == {"can be approved"}
    return project


def test_a_lot_takes_the_labels_of_one_shard_and_is_decided_as_a_whole(project):
    (lot,) = workflow.form_lots(project, "corpus", ["good"], by="lead", reason="one crawl")
    assert (lot.name, lot.shards, lot.starts, lot.documents) == ("corpus=good", tuple(GOOD), (0,) * 4, 480)
    assert {project.standings()[name].state for name in GOOD} == {"no labels yet"}
    workflow.draw(project, by="lead")
    alone = next(one for one in workflow.lots(project, "corpus")).alone
    count = read_the_lot(project)
    place = project.standings()[GOOD[0]]
    assert place.certificate.n <= count < 4 * alone
    assert place.certificate.sentence.endswith("of this lot is bad.")
    assert place.state == "can be approved"
    with pytest.raises(ReviewError, match="as a whole, all 4 shards of it"):
        workflow.decide(project, [GOOD[0]], Ruling.APPROVE, reason="", by="lead")
    made, left_out = workflow.decide_supported(project, GOOD[:3], Ruling.APPROVE, reason="", by="lead")
    assert not made
    assert set(left_out) == set(GOOD[:3])
    workflow.decide(project, GOOD, Ruling.APPROVE, reason="", by="lead")
    places = project.standings()
    assert {places[name].state for name in GOOD} == {"approved"}
    assert {places[name].decision.certificate["lot"] for name in GOOD} == {"corpus=good"}
    assert project.standings(anew=True) == places


def test_its_labels_are_those_of_its_own_order(certified):
    """The pooled verdicts, recomputed from the draws by hand."""
    place = certified.standings()[GOOD[0]]
    said = {(one.shard, one.rank): one.labels[0].verdict[0] for one in certified.store.labelled_documents()}
    by_hand = "".join(said.get(at, ".") for at in place.pooled.order).rstrip(".")
    assert place.given.letters == by_hand
    taken = {name: place.pooled.ranks(name, len(by_hand)) for name in GOOD}
    assert sum(taken.values()) == len(by_hand)
    assert all(draw.rank < taken[draw.shard] for draw in certified.store.draws() if (draw.shard, draw.rank) in said)


def test_the_desk_hands_out_only_the_next_documents_of_the_lots_order(project):
    workflow.form_lots(project, "corpus", ["good"], by="lead")
    workflow.draw(project, n=100, by="lead")
    first = {(draw.shard, draw.rank) for draw in handed_out(project) if draw.shard in GOOD}
    assert first == {*project.standings()[GOOD[0]].pooled.order[:AHEAD]}


def test_every_shard_of_the_value_may_have_been_read_before(project):
    """Nothing was chosen then, so the labels count."""
    workflow.draw(project, n=12, by="lead")
    read(project, [draw for draw in project.store.draws() if draw.shard in GOOD])
    proposed = next(one for one in workflow.lots(project, "corpus") if one.name == "good")
    workflow.form_lots(project, "corpus", ["good"], by="lead")
    place = project.standings()[GOOD[0]]
    assert place.certificate.n > 12
    assert place.certificate == proposed.certificate


def test_where_shards_were_decided_before_what_was_read_does_not_count(project):
    workflow.draw(project, n=30, by="lead")
    read(project, [draw for draw in project.store.draws() if draw.shard in GOOD])
    workflow.decide(project, [GOOD[0]], Ruling.REJECT, reason="smells", by="lead", overrule=True)
    proposed = next(one for one in workflow.lots(project, "corpus") if one.name == "good")
    assert (proposed.others, proposed.starts) == (1, (30,) * 3)
    (lot,) = workflow.form_lots(project, "corpus", ["good"], by="lead")
    assert (lot.shards, lot.documents) == (tuple(GOOD[1:]), 3 * 90)
    assert project.standings()[GOOD[1]].certificate.n == 0
    workflow.draw(project, shard="good/*", by="lead")
    read(project, [draw for draw in handed_out(project) if draw.shard in lot.shards])
    places = project.standings()
    assert places[GOOD[1]].certificate.n > 0
    assert all(rank >= 30 for _, rank in places[GOOD[1]].pooled.order)


def test_a_lot_lapses_as_a_whole(certified, tmp_path):
    workflow.decide(certified, GOOD, Ruling.APPROVE, reason="", by="lead")
    workflow.decide(certified, [GOOD[2]], Ruling.REJECT, reason="a bad page", by="lead", overrule=True)
    places = certified.standings()
    assert places[GOOD[0]].stale == (f"{GOOD[2]}, in its lot, is not approved",)
    workflow.decide(certified, GOOD, Ruling.APPROVE, reason="", by="lead")
    assert {certified.standings()[name].state for name in GOOD} == {"approved"}
    path = tmp_path / "good" / "d.parquet"
    path.write_bytes(path.read_bytes() + b" ")
    workflow.check_files(certified, GOOD)
    places = certified.standings()
    assert places[GOOD[3]].stale == ("file changed",)
    assert places[GOOD[0]].stale == (f"file of {GOOD[3]}, in its lot, changed",)


def test_every_shard_of_a_lot_whose_file_changed_says_so(certified, tmp_path):
    pq.write_table(pa.table({"text": [f"another {n}" for n in range(90)]}), tmp_path / "good" / "b.parquet")
    workflow.check_files(certified, GOOD, by="lead")
    places = certified.standings()
    assert {places[name].state for name in GOOD} == {"changed"}
    assert {places[name].sentence for name in GOOD} == {
        "The file of good/b.parquet, in the lot corpus=good, changed: dissolve the lot."
    }


def test_what_is_left_of_a_lot_whose_file_was_replaced_is_not_decided(certified, tmp_path):
    """Its labels speak of the file as it was, too."""
    texts = [f"good d anew {row} fine" for row in range(120)]
    pq.write_table(pa.table({"text": texts}), tmp_path / "good" / "d.parquet")
    workflow.ingest(certified, [str(tmp_path / "good" / "*.parquet")], by="lead", replace_changed=True)
    places = certified.standings()
    assert {places[name].state for name in GOOD[:3]} == {"changed"}
    with pytest.raises(ReviewError, match=r"formed with good/d\.parquet as it was"):
        workflow.decide(certified, GOOD[:3], Ruling.APPROVE, reason="", by="lead")
    assert not certified.store.decisions()
    workflow.dissolve_lot(certified, "corpus=good", by="lead", reason="replaced")
    assert {certified.standings()[name].certificate.inputs.get("of") for name in GOOD[:3]} == {None}


def test_a_label_changed_in_one_shard_moves_them_all(certified):
    workflow.decide(certified, GOOD, Ruling.APPROVE, reason="", by="lead")
    place = certified.standings()[GOOD[0]]
    shard, rank = place.pooled.order[0]
    (draw,) = [one for one in certified.store.draws(shard) if one.rank == rank]
    (document,) = certified.store.documents([draw.doc_id])
    certified.store.record_labels([Label("again", draw.doc_id, document.content_hash, "ana", Verdict.REJECT)])
    places = certified.standings()
    assert {places[name].stale for name in GOOD} == {("labels changed",)}
    detail = workflow.shard_detail(certified, GOOD[0])
    assert detail.changed == ((draw.doc_id, "keep", "reject"),)
    assert sum(detail.read_by.values()) == place.certificate.n
    assert places == certified.standings(anew=True)


def test_dissolving_needs_a_reason_and_ends_what_was_decided(certified):
    workflow.decide(certified, GOOD, Ruling.APPROVE, reason="", by="lead")
    with pytest.raises(ReviewError, match="needs a reason"):
        workflow.dissolve_lot(certified, "corpus=good", by="lead", reason=" ")
    with pytest.raises(NotFound, match="There are: corpus=good"):
        workflow.dissolve_lot(certified, "good", by="lead", reason="no")
    workflow.dissolve_lot(certified, "corpus=good", by="lead", reason="they differ after all")
    places = certified.standings()
    assert {places[name].stale for name in GOOD} == {("lot dissolved",)}
    assert places[GOOD[0]].certificate.inputs.get("of") is None
    events = [event.type for event in workflow.shard_detail(certified, GOOD[0]).history]
    assert events.index("lot_dissolved") < events.index("lot")
    for name in GOOD:
        workflow.decide(certified, [name], Ruling.HOLD, reason="", by="lead")
    with pytest.raises(StoreError, match="would double the risk"):
        certified.store.record_lots([one_more()])


def test_a_lot_that_was_read_is_not_offered_again_and_what_joins_its_shards_starts_afresh(certified, tmp_path):
    workflow.dissolve_lot(certified, "corpus=good", by="lead", reason="they differ after all")
    (offered,) = workflow.lots(certified, "corpus")[:1]
    assert (offered.name, offered.pool) == ("good", False)
    assert "was read in the lot 'corpus=good'" in offered.unfit
    with pytest.raises(ReviewError, match=r"cannot be a lot: good/a\.parquet was read"):
        workflow.form_lots(certified, "corpus", ["good"], by="lead")
    write(tmp_path / "more", "xy", 60)
    workflow.ingest(certified, [str(tmp_path / "more" / "*.parquet")], corpus_name="good", by="lead")
    workflow.draw(certified, by="lead")
    read(certified, certified.store.draws("good/x.parquet"))
    (offered,) = [one for one in workflow.lots(certified, "corpus") if one.name == "good"]
    assert (len(offered.shards), offered.others, offered.unfit) == (2, 4, "")
    assert max(offered.starts) > 0
    assert offered.certificate.n == 0


def one_more():
    return Lot("again", "corpus", "good", tuple(GOOD), (0,) * 4, (120,) * 4, 0, "lead")


def test_a_lot_that_nobody_read_can_be_made_again(project):
    workflow.form_lots(project, "corpus", ["good"], by="lead")
    workflow.dissolve_lot(project, "corpus=good", by="lead", reason="too early")
    (lot,) = workflow.form_lots(project, "corpus", ["good"], by="lead")
    assert lot.name == "corpus=good (2)"
    with pytest.raises(NotFound, match="No open shard has corpus 'good'"):
        workflow.form_lots(project, "corpus", ["good"], by="lead")


def test_shards_that_differ_are_taken_together_only_for_a_reason(project, tmp_path):
    write(tmp_path / "mixed", "g", 60)
    write_poor = tmp_path / "mixed" / "h.parquet"
    pq.write_table(pa.table({"text": [f"h {row} {'bad' if row % 2 else 'fine'}" for row in range(120)]}), write_poor)
    workflow.ingest(project, [str(tmp_path / "mixed" / "*.parquet")], by="lead")
    workflow.draw(project, n=25, by="lead")
    read(project, [draw for draw in project.store.draws() if draw.shard.startswith("mixed/")])
    with pytest.raises(ReviewError, match="differ in their bad share"):
        workflow.form_lots(project, "corpus", ["mixed"], by="lead")
    (lot,) = workflow.form_lots(project, "corpus", ["mixed"], by="lead", reason="one release all the same")
    assert project.standings()[lot.shards[0]].pooled.test().differ


@pytest.mark.parametrize("risk", ["shard", "fdr", "family"])
def test_a_release_lists_a_lot_whole_and_verify_sees_it(certified, root, risk):
    workflow.decide(certified, GOOD, Ruling.APPROVE, reason="", by="lead")
    made = workflow.release(certified, "r1", by="lead", risk=risk)
    assert [shard["name"] for shard in made.manifest["shards"]] == GOOD
    assert made.manifest["lots"][0]["name"] == "corpus=good"
    assert "lot" in made.manifest["risk"]["sentence"]
    if risk != "shard":
        assert made.manifest["risk"]["candidates"] == 1
    schema = json.loads((resources.files("review.release") / MANIFEST_SCHEMA).read_text())
    Draft202012Validator(schema).validate(json.loads((made.path / "manifest.json").read_text()))
    report = workflow.verify(root)
    assert report.ok, report.problems
    assert report.journalled == 4


def drop_shard(manifest):
    manifest["shards"].pop()
    manifest["totals"]["shards"] -= 1


def another_lot(manifest):
    manifest["lots"][0]["name"] = "corpus=other"


def no_lots(manifest):
    del manifest["lots"]


def other_size(manifest):
    manifest["lots"][0]["shards"][0]["documents"] += 1


def other_certificate(manifest):
    manifest["shards"][0]["certificate"]["lot"] = "corpus=other"


def not_lots(manifest):
    manifest["lots"] = {"name": 1}


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (drop_shard, "not listed as a whole: good/d.parquet is missing"),
        (another_lot, "do not carry its one certificate"),
        (no_lots, "which does not name it"),
        (other_size, "its certificate is about 480 documents"),
        (other_certificate, "do not carry its one certificate"),
        (not_lots, "cannot be read"),
    ],
)
def test_a_list_with_part_of_a_lot_is_found_out(certified, root, spoil, said):
    workflow.decide(certified, GOOD, Ruling.APPROVE, reason="", by="lead")
    made = workflow.release(certified, "r1", by="lead")
    manifest = json.loads((made.path / "manifest.json").read_text())
    spoil(manifest)
    (made.path / "manifest.json").write_bytes(canonical(manifest))
    (made.path / "manifest.sha256").write_bytes(hash_line(canonical(manifest)))
    problems = " ".join(workflow.verify(root).problems)
    assert said in problems


def test_with_two_signatures_a_lot_is_listed_when_all_of_it_is_signed(certified):
    certified.settings = certified.settings.model_copy(
        update={"decisions": certified.settings.decisions.model_copy(update={"two_person": True})}
    )
    workflow.decide(certified, GOOD, Ruling.APPROVE, reason="", by="lea")
    certified.standings(anew=True)
    workflow.confirm(certified, GOOD[:3], by="ben")
    chosen, left_out = workflow.approved(certified)
    assert not chosen
    assert left_out[GOOD[0]] == f"{GOOD[3]}, in its lot, is to be confirmed"
    workflow.confirm(certified, GOOD[3:], by="ben")
    assert [place.shard for place in workflow.approved(certified)[0]] == GOOD


def test_a_lot_outlives_a_restart_and_a_recovery(certified, root):
    before = certified.standings()[GOOD[0]]
    certified.close()
    with workflow.open_project(root) as again:
        assert again.standings()[GOOD[0]] == before
        assert again.store.verify() == []
    workflow.recover(root)
    with workflow.open_project(root) as again:
        assert again.standings()[GOOD[0]] == before


def test_the_store_takes_a_lot_only_of_shards_it_knows_and_once(project):
    lot = one_more()
    project.store.record_lots([lot])
    with pytest.raises(StoreError, match="There was a lot 'again' already"):
        project.store.record_lots([lot])


def test_the_commands_make_decide_and_dissolve_a_lot(root):
    def run(*typed):
        return CliRunner().invoke(app, [*typed, "--project", str(root)], catch_exceptions=False)

    assert "4 shards, 480 documents, one certificate" in run("lots", "--form", "good").output
    run("draw")
    with workflow.open_project(root) as project:
        read_the_lot(project)
    said = run("lots").output
    assert "Lot corpus=good: 4 shards, 480 documents; can be approved." in said
    assert "no sign that they differ" in said
    told = json.loads(run("lots", "--json").output)
    assert told["lots"][0]["certificate"]["state"] == "approve"
    assert run("decide", "lot:corpus=good", "approve").output.count("approve") == 4
    assert "stand for themselves" in run("lots", "--dissolve", "corpus=good", "--reason", "over").output
