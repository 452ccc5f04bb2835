"""Shards taken together: one random order, whether they differ, and what rejecting threw away."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.stats import chi2_contingency
from typer.testing import CliRunner

from review import workflow
from review.certificate import fixed_plan, recompute
from review.certificate.lots import homogeneity, lot_order
from review.cli import app
from review.errors import PlanError, ReviewError
from review.records import Label, Ruling, Verdict
from review.settings import write_default


def test_a_lots_order_takes_every_document_once_and_each_shard_in_its_own_order():
    sizes = [3, 1, 6]
    order = lot_order(sizes, "lot", 1, 100)
    assert len(order) == 10
    for shard, size in enumerate(sizes):
        assert [rank for one, rank in order if one == shard] == list(range(size))
    assert lot_order(sizes, "lot", 1, 4) == order[:4]
    assert lot_order(sizes, "other", 1, 10) != order
    with pytest.raises(PlanError, match="at least one"):
        lot_order([3, 0], "lot", 1, 2)


def test_a_lots_first_documents_are_a_simple_random_sample():
    """How many of the first 5 come from a shard is hypergeometric, by size."""
    counts = np.zeros(3)
    for seed in range(3_000):
        for shard, _ in lot_order([10, 30, 60], "lot", seed, 5):
            counts[shard] += 1
    assert counts / 15_000 == pytest.approx([0.1, 0.3, 0.6], abs=0.015)


@pytest.mark.parametrize("bad", [[22, 18, 25, 20, 17], [10, 12, 31, 9, 11], [40, 40, 40]])
def test_the_test_of_equal_shares_agrees_with_the_chi_squared_one(bad):
    found = homogeneity(bad, [200] * len(bad), permutations=4_000)
    table = np.array([bad, [200 - one for one in bad]])
    asymptotic = chi2_contingency(table, correction=False)
    assert found.p == pytest.approx(asymptotic.pvalue, abs=0.04)
    assert found.differ == (asymptotic.pvalue < 0.05)


def test_equal_shares_are_called_different_no_more_than_one_time_in_twenty():
    random = np.random.default_rng(2)
    called = [
        homogeneity(random.binomial(20, 0.05, 12).tolist(), [20] * 12, permutations=400).differ for _ in range(600)
    ]
    assert np.mean(called) <= 0.05 + 2.5 * (0.05 * 0.95 / 600) ** 0.5
    spread = [random.binomial(20, share) for share in random.beta(0.5, 4, 12)]
    assert homogeneity(spread, [20] * 12).spread > 1.5


def test_nothing_bad_and_nothing_to_compare():
    assert not homogeneity([0, 0, 0], [20] * 3).differ
    with pytest.raises(PlanError, match="cannot be compared"):
        homogeneity([1], [20])
    with pytest.raises(PlanError, match="cannot be compared"):
        homogeneity([1, 21], [20, 20])


@pytest.fixture
def project(tmp_path):
    """Six shards of 60 documents: four alike, two of another corpus far worse."""
    root = tmp_path / "project"
    write_default(root)
    path = root / "review.toml"
    text = (
        path.read_text(encoding="utf-8")
        .replace("accept = 0.02 ", "accept = 0.05 ")
        .replace("reject = 0.06", "reject = 0.20")
    )
    path.write_text(text.replace("audit_rejected = 0", "audit_rejected = 30"), encoding="utf-8")
    for corpus, names in (("good", "abcd"), ("poor", "ef")):
        folder = tmp_path / corpus
        folder.mkdir()
        for name in names:
            texts = [
                f"{name} {row} " + ("bad" if row % (40 if corpus == "good" else 3) == 1 else "fine")
                for row in range(60)
            ]
            pq.write_table(pa.table({"text": texts}), folder / f"{name}.parquet")
    with workflow.open_project(root) as opened:
        for corpus in ("good", "poor"):
            workflow.ingest(opened, [str(tmp_path / corpus / "*.parquet")], by="lead")
        yield opened


def read(project, names):
    """Judge documents as their texts say."""
    labels = []
    for document in project.store.documents(names):
        verdict = Verdict.REJECT if document.text.endswith("bad") else Verdict.KEEP
        labels.append(Label(f"l-{document.doc_id}", document.doc_id, document.content_hash, "ana", verdict))
    project.store.record_labels(labels)


def test_lots_by_corpus_pool_shards_that_do_not_differ(project):
    workflow.draw(project, n=22, by="lead")
    assert [lot.test for lot in workflow.lots(project, "corpus")] == [None, None]
    read(project, [draw.doc_id for draw in project.store.draws()])
    good, poor = workflow.lots(project, "corpus")
    assert (good.name, len(good.shards), good.documents) == ("good", 4, 240)
    assert good.pool
    assert good.certificate.state == "approve"
    assert good.certificate.sentence.endswith("of this lot is bad.")
    assert good.together < good.alone
    assert recompute(json.loads(json.dumps(good.certificate.to_json()))["inputs"]) == good.certificate
    assert poor.certificate.state == "reject"
    mixed = workflow.lots(project, "corpus", pilot=1_000)
    assert not any(lot.pool for lot in mixed)
    with pytest.raises(ReviewError, match="Lots can be made by corpus, folder"):
        workflow.lots(project, "colour")


def test_a_lot_that_allows_for_readers_errors_goes_on_to_the_labels_that_this_asks_for(project):
    """It ended at the plain plan's number of labels, and could never be approved."""
    project.settings = project.settings.model_copy(
        update={
            "readers": project.settings.readers.model_copy(
                update={"bad_found": 198, "bad_shown": 200, "good_kept": 1_198, "good_shown": 1_200}
            )
        }
    )
    workflow.draw(project, n=60, by="lead")
    plain = fixed_plan(project.settings.plan.plan(), 240).n
    read(project, [draw.doc_id for draw in project.store.draws() if draw.shard.startswith("good/")])
    good = next(lot for lot in workflow.lots(project, "corpus") if lot.name == "good")
    assert good.certificate.needed > plain
    assert good.certificate.n == good.certificate.needed
    assert good.certificate.state == "approve"
    assert "Allows for reviewer error" in good.certificate.basis


def test_what_was_thrown_away_is_bounded_by_documents_that_had_no_part_in_it(project):
    assert workflow.thrown_away(project).shards == 0
    workflow.draw(project, shard="poor/*", by="lead")
    names = [draw.doc_id for draw in project.store.draws() if draw.rank < 15]
    read(project, names)
    poor = ["poor/e.parquet", "poor/f.parquet"]
    assert all(project.standings()[name].certificate.state == "reject" for name in poor)
    workflow.decide(project, poor, Ruling.REJECT, reason="", by="lead")
    used = {name: len(project.standings()[name].decision.certificate["inputs"]["verdicts"]) for name in poor}
    before = workflow.thrown_away(project)
    assert (before.shards, before.documents, before.wanted) == (2, 120 - sum(used.values()), 30)
    limits = workflow.desk_limits(project)
    assert sum(limits[name] - used[name] for name in poor) == 30  # the desk hands out these and no more
    workflow.draw(project, shard="poor/*", by="lead")
    counts = {name: sum(draw.shard == name for draw in project.store.draws()) for name in poor}
    assert all(counts[name] >= limits[name] for name in poor)
    read(project, [draw.doc_id for draw in project.store.draws() if used[draw.shard] <= draw.rank < limits[draw.shard]])
    after = workflow.thrown_away(project)
    assert after.read == 30
    left = [draw for draw in project.store.draws() if draw.rank >= used[draw.shard]]  # the truth: two of three are fine
    assert left
    assert after.low <= 2 / 3 <= after.high
    assert f"of {after.documents:,} documents, after 30 were read" in after.sentence


def test_the_commands_say_it(project):
    workflow.draw(project, n=22, by="lead")
    read(project, [draw.doc_id for draw in project.store.draws()])
    root = str(project.root)
    project.close()
    said = CliRunner().invoke(app, ["lots", "--key", "corpus", "--project", root]).output
    assert "good" in said
    assert "of this lot is bad." in said
    told = json.loads(CliRunner().invoke(app, ["lots", "--key", "corpus", "--json", "--project", root]).output)
    assert [lot["name"] for lot in told["proposals"]] == ["good", "poor"]
    said = CliRunner().invoke(app, ["certify", "--rejected", "--project", root]).output
    assert "Nothing of what was rejected" in said
