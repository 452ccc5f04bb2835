"""What only a lead does, in a real Chromium: the bulk label and its one undo; agreement, looked at from every side."""

from __future__ import annotations

import json
import random
import re
from collections import Counter

import pytest

# ruff: noqa: F811 (fixtures are imported by name)
pytest.importorskip("playwright.sync_api")

from deskbench import Server, browser, context, plain  # noqa: F401
from playwright.sync_api import expect

from review import workflow
from review.project import open_project
from review.records import Label, Stream, Verdict

pytestmark = pytest.mark.browser


def made(root, rows, settings=""):
    (root / "data").mkdir(parents=True)
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (root / "data" / "harbour.jsonl").write_text(lines, encoding="utf-8")
    (root / "review.toml").write_text('[project]\nname = "Lead"\n' + settings, encoding="utf-8")
    return root


def test_one_word_on_many_training_documents_and_one_undo(context, tmp_path):
    dice = random.Random(3)
    words = ["".join(dice.choices("abdegiklmnorstu", k=dice.randint(2, 9))) for _ in range(600)]  # no two texts alike
    rows = [{"text": " ".join(dice.choices(words, k=60)) + ("\nBUY NOW" if at % 4 == 0 else "")} for at in range(80)]
    root = made(tmp_path / "project", rows)
    with open_project(root) as project:
        workflow.ingest(project, [str(root / "data" / "*.jsonl")], by="test")
        workflow.draw(project, n=20, by="test")
        workflow.draw(project, stream=Stream.TRAINING, strategy="random", n=40, by="test")
        waiting = project.store.documents(project.store.unjudged_training())
        matching = {one.doc_id for one in waiting if "BUY NOW" in one.text}
        audit = {draw.doc_id for draw in project.store.draws(stream=Stream.AUDIT)}
    assert matching
    server = Server(root)
    server.start()
    try:
        page = context.new_page()
        page.goto(f"{server.url}/classifier?reviewer=lea&role=lead")
        page.get_by_text("Label many training documents at once").click(timeout=30_000)
        page.wait_for_timeout(2_000)  # opening it draws the page again, and a word typed meanwhile may be drawn over
        page.get_by_label("Text contains").fill("BUY NOW")
        page.get_by_label("Text contains").press("Enter")
        n = len(matching)
        expect(page.get_by_text(f"{n} training documents that nobody has judged", exact=False)).to_be_visible(
            timeout=30_000
        )
        page.get_by_role("button", name=f"Reject {n} documents").click()
        expect(page.get_by_text(f"{n} documents labelled reject in bulk.")).to_be_visible(timeout=30_000)
        page.get_by_role("button", name="Undo", exact=True).click()
        expect(page.get_by_text("The bulk label is taken back.")).to_be_visible(timeout=30_000)
        page.get_by_role("button", name=f"Reject {n} documents").click()
        expect(page.get_by_text(f"{n} documents labelled reject in bulk.")).to_be_visible(timeout=30_000)
    finally:
        server.stop()
    with open_project(root) as project:
        first, second = project.store.bulk_batches()
        assert (first.undone, second.undone, second.by, second.verdict) == (True, False, "lea", Verdict.REJECT)
        assert set(project.store.unjudged_training()) == {one.doc_id for one in waiting} - matching
        assert not audit & matching
        assert project.store.verify() == []


def nominal_alpha(units: list[list[str]]) -> float:
    """Krippendorff's alpha for nominal data from its definition: 1 - observed / expected disagreement."""
    pairs: Counter[tuple[str, str]] = Counter()
    for said in units:
        for a, one in enumerate(said):
            for b, other in enumerate(said):
                if a != b:
                    pairs[one, other] += 1 / (len(said) - 1)
    totals = Counter[str]()
    for (one, _), weight in pairs.items():
        totals[one] += weight
    n = totals.total()
    observed = sum(weight for (one, other), weight in pairs.items() if one != other)
    expected = sum(totals[one] * totals[other] for one in totals for other in totals if one != other) / (n - 1)
    return 1 - observed / expected


def test_agreement_overall_by_pair_by_reason_and_by_language(context, tmp_path):
    rows = [{"text": plain(at), "language": "de" if at < 30 else "en"} for at in range(60)]
    root = made(tmp_path / "project", rows, '[corpus]\nlanguage_column = "language"\n[desk]\noverlap = 3\n')
    dice = random.Random(5)
    said: dict[str, dict[str, str]] = {}
    with open_project(root) as project:
        workflow.ingest(project, [str(root / "data" / "*.jsonl")], by="test")
        workflow.draw(project, n=60, by="test")
        documents = project.store.documents([draw.doc_id for draw in project.store.draws()])
        for reader, slips in (("ana", 0.1), ("ben", 0.2), ("cleo", 0.5)):
            labels = []
            for at, one in enumerate(documents):
                bad = int(one.text.split()[1]) % 3 == 0
                verdict = Verdict.REJECT if bad != (dice.random() < slips) else Verdict.KEEP
                reasons = ("spam",) if verdict is Verdict.REJECT and dice.random() < 0.7 else ()
                labels.append(
                    Label(f"{reader}-{at:08}", one.doc_id, one.content_hash, reader, verdict, reasons, seconds=4)
                )
                said.setdefault(one.text.splitlines()[0], {})[reader] = str(verdict)
            project.store.record_labels(labels)
    server = Server(root)
    server.start()

    def number(value: float) -> str:
        return f"{value:.2f}".replace("-", "\u2212")

    try:
        page = context.new_page()
        page.set_viewport_size({"width": 1440, "height": 2400})
        page.goto(f"{server.url}/agreement?reviewer=lea&role=lead")
        expect(page.get_by_text("60 documents read by two readers or more")).to_be_visible(timeout=60_000)
        for name in ("Krippendorff's alpha", "Gwet's AC1", "Fleiss' kappa", "Raw agreement"):
            expect(page.get_by_text(name).first).to_be_visible()
        alpha = nominal_alpha([list(one.values()) for one in said.values()])
        card = page.locator(".card", has_text="Krippendorff's alpha")
        expect(card).to_contain_text(number(alpha))
        expect(card).to_contain_text(re.compile(r"\d\.\d\d to \d\.\d\d"))
        # Tables are drawn on a canvas; what a screen reader is told stands inside it, where no box is laid out.
        cells = page.locator("canvas td[role=gridcell]")
        expect(cells.filter(has_text=re.compile("^ana$"))).not_to_have_count(0, timeout=30_000)
        for heading in ("Readers", "Two by two", "By reason"):
            expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
        expect(page.get_by_text(re.compile(r"\w+ in rows, \w+ in columns: documents\."))).to_be_visible()
        expect(cells.filter(has_text=re.compile("^spam / SEO$"))).to_have_count(1, timeout=30_000)
        first, second = re.search(
            r"(\w+) in rows, (\w+) in columns", page.locator("body").inner_text()
        ).groups()  # the pair whose confusion stands there
        both = Counter((one[first], one[second]) for one in said.values())
        told = cells.all_text_contents()
        for pair in (("keep", "keep"), ("keep", "reject"), ("reject", "keep"), ("reject", "reject")):
            assert str(both[pair]) in told
        page.get_by_role("radio", name="language").click()
        rows = page.locator("canvas tr")
        for language, numbers in (("de", range(30)), ("en", range(30, 60))):
            row = rows.filter(has=page.locator("td", has_text=re.compile(f"^{language}$")))
            expect(row).to_have_count(1, timeout=30_000)
            alpha = nominal_alpha([list(said[f"Document {at}"].values()) for at in numbers])
            assert number(alpha) in " ".join(row.locator("td").all_text_contents())
    finally:
        server.stop()
