"""The whole loop from the command line alone, every command a process of its own."""

import csv
import json
import os
import subprocess
import sys

import pyarrow.parquet as pq
import pytest


@pytest.fixture
def review(project_root):
    """Run a command; returns its exit code and output, JSON parsed where asked for."""
    environment = {**os.environ, "REVIEW_PROJECT": str(project_root)}

    def run(*arguments, code=0):
        done = subprocess.run(
            [sys.executable, "-m", "review", *arguments], env=environment, capture_output=True, text=True, timeout=240
        )
        assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return json.loads(done.stdout) if "--json" in arguments else done.stdout + done.stderr

    return run


def answer(waiting, answered, reviewer="ana"):
    """What a reviewer with a spreadsheet does: fill in the verdict of every waiting document."""
    with (
        waiting.open(newline="", encoding="utf-8") as source,
        answered.open("w", newline="", encoding="utf-8") as target,
    ):
        rows = csv.DictReader(source)
        writer = csv.DictWriter(target, rows.fieldnames)
        writer.writeheader()
        count = 0
        for row in rows:
            bad = "BUY NOW" in row["text"]
            writer.writerow(row | {"verdict": "reject" if bad else "keep", "reviewer": reviewer})
            count += 1
    return count


def test_the_loop_from_files_to_release_and_retrained_classifier(review, project_root, shard_files, tmp_path):
    added = review("ingest", str(shard_files / "*.parquet"), "--json")
    assert len(added["added"]) == 3
    drawn = review("draw", "--json")
    assert drawn["total"] == sum(drawn["drawn"].values()) > 60
    assert {row["state"] for row in review("shards", "--json")} == {"no labels yet"}

    waiting, answered = tmp_path / "waiting.csv", tmp_path / "answered.csv"
    assert review("labels", "export", str(waiting), "--waiting", "--json")["documents"] == drawn["total"]
    assert answer(waiting, answered) == drawn["total"]
    first = review("labels", "import", str(answered), "--json")
    assert (first["stored"], first["known"], first["refused"]) == (drawn["total"], 0, [])
    again = review("labels", "import", str(answered), "--json")
    assert (again["stored"], again["known"]) == (0, drawn["total"])

    certificates = {row["shard"]: row for row in review("certify", "--json")}
    assert certificates["shards/clean.parquet"]["state"] == "approve"
    assert certificates["shards/poor.parquet"]["state"] == "reject"
    assert "at most" in review("certify", "--shard", "*clean*")

    review("decide", "shards/poor.parquet", "approve", code=2)
    assert (
        review("decide", "shards/clean.parquet", "approve", "--reason", "certified", "--json")[0]["ruling"] == "approve"
    )
    review("decide", "shards/poor.parquet", "reject", "--reason", "spam")

    made = review("release", "first", "--json")
    assert made["shards"] == 1
    listed = (project_root / "releases" / "first" / "shards.txt").read_text().splitlines()
    assert listed == [str(shard_files / "clean.parquet")]
    assert review("verify", "--json")["problems"] == []

    trained = review("train", "--json")
    assert trained["gate"] is None  # copies of a few pages are no evidence
    assert review("models", "--json")[0]["version"] == trained["version"]
    review("promote", trained["version"], code=2)
    overruled = review("promote", trained["version"], "--overrule", "--reason", "to choose what to read", "--json")
    assert overruled["promoted"]
    review("promote", trained["version"], code=2)
    scored = review("score", "--json")
    assert (scored["shards"], scored["documents"]) == (3, 240)
    sidecars = sorted((project_root / "scores" / trained["version"]).rglob("*.parquet"))
    assert [pq.read_metadata(path).num_rows for path in sidecars] == [80, 80, 80]
    assert review("draw", "--stream", "training", "--strategy", "uncertain", "-n", "12", "--json")["total"] == 12

    exported = tmp_path / "labels.jsonl"
    assert review("labels", "export", str(exported), "--json")["documents"] == drawn["total"]
    status = review("status", "--json")
    assert (status["model"], status["states"]["approved"]) == (trained["version"], 1)
    assert review("check", "--json") == {"ok": True, "problems": []}

    with (shard_files / "clean.parquet").open("r+b") as file:
        file.seek(100)
        byte = file.read(1)
        file.seek(100)
        file.write(bytes([byte[0] ^ 1]))
    assert "clean.parquet" in review("verify", code=1)
    assert "changed" in review("check", code=1)


def test_a_deleted_store_comes_back_from_the_journal(review, project_root, shard_files, tmp_path):
    review("ingest", str(shard_files / "*.parquet"))
    review("draw")
    waiting, answered = tmp_path / "waiting.csv", tmp_path / "answered.csv"
    review("labels", "export", str(waiting), "--waiting")
    answer(waiting, answered)
    review("labels", "import", str(answered))
    assert "--force" in review("labels", "export", str(answered), "--waiting", code=2)
    assert "keep" in answered.read_text()
    review("labels", "export", str(waiting), "--waiting", "--force")
    waiting.write_text(waiting.read_text() + "nobody#1,0,keep,,,ana,text\n")
    assert "nobody#1" in review("labels", "import", str(waiting), code=1)
    review("decide", "shards/clean.parquet", "approve")
    before = {name: review(*name.split(), "--json") for name in ("shards", "certify", "status")}
    for path in project_root.glob("review.duckdb*"):
        path.unlink()
    assert "review recover" in review("status", code=2)
    report = review("recover", "--json")
    assert (report["lost"], report["unavailable"]) == ([], [])
    assert {name: review(*name.split(), "--json") for name in before} == before
    assert review("check", "--json")["ok"]


def test_a_second_process_is_told_who_holds_the_project(review, project_root):
    from review import workflow

    with workflow.open_project(project_root):
        assert str(os.getpid()) in review("status", code=2)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("status", "--project", "nowhere"), "review init"),
        (("ingest", "nothing/*.parquet"), "No file matches"),
        (("draw",), "No readable shard"),
        (("decide", "x", "approve"), "There is no shard 'x'"),
        (("decide", "x/*", "approve"), "No shard matches 'x/*'"),
        (("release", "first"), "No shard is approved"),
        (("verify",), "There is no release"),
        (("train",), "Training needs"),
        (("promote", "v1"), "There is no model"),
        (("score",), "No model is in use"),
        (("labels", "export", "labels.docx"), ".docx"),
        (("plan", "--accept", "0.1", "--reject", "0.05"), "accept"),
        (("draw", "--stream", "both"), "audit or training"),
    ],
)
def test_wrong_use_says_what_to_do_next(review, arguments, expected):
    assert expected in review(*arguments, code=2)


def test_the_published_plan_sizes_come_out(review):
    for accept, reject, n, c in (("0.01", "0.05", 181, 4), ("0.05", "0.15", 93, 8)):
        plan = review("plan", "--accept", accept, "--reject", reject, "--beta", "0.05", "--json")
        assert (plan["n"], plan["c"]) == (n, c)
    for reject, n in (("0.10", 29), ("0.05", 59), ("0.02", 149), ("0.01", 299)):
        assert review("plan", "--accept", "0", "--reject", reject, "--json")["n"] == n
