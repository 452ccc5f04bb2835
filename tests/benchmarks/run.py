"""Run the benchmarks and write their table into the README.

    python tests/benchmarks/run.py                 all of them, then the table
    python tests/benchmarks/run.py ingest          one of them, then the table
    python tests/benchmarks/run.py --table         only the table, from the results that are there

Each benchmark writes results/<name>.json; ratios are of two things measured side by side in one run.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
README = HERE.parents[1] / "README.md"
BEGIN, END = "<!-- benchmarks: begin -->\n", "<!-- benchmarks: end -->\n"
SCRIPTS = (
    "ingest", "quality", "scoring", "start", "retrain", "desk", "many_reviewers", "certificate", "release", "pages",
)  # fmt: skip


def results(name: str) -> dict:
    path = HERE / "results" / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def rows() -> list[tuple[str, str, str]]:
    """What was measured, the result, against what."""
    found: list[tuple[str, str, str]] = []
    if ingest := results("ingest"):
        whole = ingest["ingest"]
        refused = sum(whole["refused_rows"].values()), sum(whole["refused_files"].values())
        found.append(
            (
                f"ingest {whole['documents']:,} short documents in {whole['shards']} shards",
                f"{whole['documents_per_second']:,} documents/s, {whole['peak_rss_mb']} MB at the peak",
                f"{whole['rss_before_mb']} MB before; {refused[0]} rows and {refused[1]} files refused, each by reason",
            )
        )
        for name, text in (("rows1000.parquet", "row groups of 1,000"), ("default.parquet", "row groups of 100,000")):
            draw = ingest["draws"][name]
            found.append(
                (
                    f"draw 59 of {draw['rows']:,} Parquet rows, {text}",
                    f"{draw['draw_59_ratio']:.2f} x",
                    "DuckDB's full scan of the file",
                )
            )
        jsonl = ingest["jsonl"]
        found.append(
            (
                f"draw 181 of {jsonl['rows']:,} jsonl.gz rows",
                f"{jsonl['draw_181_ratio']:.2f} x",
                "decompressing and parsing the file",
            )
        )
    if cells := results("certificate"):
        for name in ("no classifier", "AUC .85", "AUC .92"):
            labels = [
                cells[f"decisions | {name} | {truth}"]["labels"] for truth in ("0.80", "0.90", "0.95", "0.97", "0.99")
            ]
            against = "the exact fixed plan's 239"
            found.append((f"mean labels to a decision, {name}", f"{sum(labels) / 5 / 239:.3f} x", against))
    if desk := results("desk"):
        found += _desk(desk)
    if many := results("many_reviewers"):
        found.append(
            (
                f"{many['reviewers']} simulated reviewers, {many['documents']:,} documents, "
                f"{many['disconnects']:,} disconnects",
                f"{many['wrong']} lost or read beyond plan",
                f"{many['labels']:,} labels in {many['messages']:,} messages of "
                f"{many['milliseconds']['last_tenth']:.0f} ms of processor time at the end",
            )
        )
    if release := results("release"):
        took, size = release["seconds"], release["shards"] * release["bytes"] / 1e9
        found.append(
            (
                f"release of {release['shards']:,} shards",
                f"{took['release']:.1f} s, {took['release_hashing']:.1f} s of them hashing",
                f"hashing {size:.0f} GB on one core: {took['hashing_alone_one_thread']:.1f} s",
            )
        )
        followed = took["verify_with_journal_processor"] - took["hashing_processor"]
        equal = followed / took["hashing_processor"] * release["bytes"] / 1e6
        found.append(
            (
                "verify it, from the manifest alone",
                f"{took['verify']:.1f} s; certificates followed to labels: {took['verify_with_journal']:.0f} s",
                f"hashing is most of it from shards of {equal:.1f} MB on; here they have {release['bytes'] / 1e6:g} MB",
            )
        )
    if pages := results("pages"):
        times = {name: one for name, one in pages["milliseconds"].items() if "processor_p95" in one}
        slowest = max(times, key=lambda name: times[name]["processor_p95"])
        found.append(
            (
                f"slowest page, {pages['shards']:,} shards, {pages['drawn']:,} drawn, {pages['labels']:,} labels",
                f"{slowest}: p95 {times[slowest]['processor_p95']:.0f} ms of processor time",
                f"Shards page {times['shards']['processor_p95']:.0f} ms",
            )
        )
    if quality := results("quality"):
        found += _quality(quality["summary"])
    if scoring := results("scoring"):
        speed = scoring["end_to_end"]["cpu_documents_per_second"]
        against = f"the bare scan of the file: {speed['score_shard'] / speed['parquet_scan']:.3f} x"
        if "fasttext" in speed:
            times = {name: speed["score_shard"] / speed[name] for name in ("fasttext", "fasttext_cut")}
            against = (
                f"fastText from the same file, all read: {times['fasttext']:.1f} x; as little read: "
                f"{times['fasttext_cut']:.1f} x; {against}"
            )
        found.append(
            (
                f"score a Parquet shard, one core, documents of {scoring['mean_bytes'] / 1e3:.1f} kB "
                f"({scoring['mean_bytes_read'] / 1e3:.1f} kB read: the first {scoring['max_bytes']:,} bytes of each)",
                f"{speed['score_shard']:,.0f} documents/s",
                against,
            )
        )
    if start := results("start"):
        seconds = {name: one["processor"] for name, one in start["seconds"].items()}
        found.append(
            (
                "a call of `review score` with one small shard left to score, processor time",
                f"{seconds['one_shard']:.2f} s; {seconds['nothing_left']:.2f} s with none",
                f"importing the libraries it needs: {seconds['libraries']:.2f} s; numba, not needed again: "
                f"{seconds['compiler']:.2f} s",
            )
        )
    if retrain := results("retrain"):
        found += _retrain(retrain)
    return found


PEERS = {
    "recipe": "the recipe", "fasttext": "fastText", "tfidf": "TF-IDF", "minilm": "frozen MiniLM", "signals": "signals",
    "setfit": "SetFit",
}  # fmt: skip


def _quality(summary: dict) -> list[tuple[str, str, str]]:
    """AUC by corpus and labels: ours with its standard error, and each peer's; and wherever a peer is ahead."""
    found, cells, ahead = [], 0, []
    for labels in ("50", "200", "1000"):
        for name, by_labels in summary.items():
            if (one := by_labels.get(labels)) is None:
                continue
            ours = one["ours"]
            against = [f"{PEERS['recipe']} {one['recipe']:.3f}"] if one.get("recipe") else []
            against += [
                f"{told} {one[peer]['mean']:.3f}" for peer, told in PEERS.items() if peer in one and peer != "recipe"
            ]
            found.append(
                (
                    f"AUC on {name}, {int(labels):,} labels",
                    f"{ours['mean']:.3f} ± {ours['se'] or 0:.3f}; fit {ours['fit_seconds']:.1f} s",
                    ", ".join(against),
                )
            )
            for peer, told in PEERS.items():
                cells += peer in one and peer != "recipe"
                apart = one[peer]["ours_minus"] if peer in one and peer != "recipe" else {"mean": 0.0}
                if apart["mean"] < 0:
                    by = f"{-apart['mean']:.3f}" + (f" ± {apart['se']:.3f}" if apart["se"] else "")
                    ahead.append(f"{told} on {name}, {int(labels):,} labels, by {by}")
    behind = f"{len(ahead)} of {cells} comparisons"
    found.append(("a peer's AUC is higher, same labels and splits", behind, "; ".join(ahead) or "none"))
    return found


def _retrain(retrain: dict) -> list[tuple[str, str, str]]:
    """Training again, and the desk beside it."""
    alone, training = retrain["desk"]["alone"], retrain["desk"]["training"]
    return [
        (
            f"train again on {retrain['labels']:,} labels, calibrated and judged by its gate",
            f"{retrain['wall_seconds']:.1f} s; {retrain['processor_seconds']:.1f} s of processor time",
            f"scikit-learn's TF-IDF and logistic regression, one fit, untested: {retrain['tfidf_seconds']:.1f} s",
        ),
        (
            f"label acknowledged while a lead trains, {retrain['desk']['reviewers']} reviewers at 1 a second",
            _times(training),
            f"the same without training: {_times(alone)}; {retrain['cores']} cores",
        ),
    ]


def _desk(desk: dict) -> list[tuple[str, str, str]]:
    """The desk under ten reviewers, beside its peers and beside what the browser costs by itself."""
    # What else ran on the machine is in all of these numbers, the peers' too.
    busy = f"{desk['load_average']:.0f} tasks for {desk['cores']} cores"
    found = [("the machine while the desk and its peers were measured", busy, "a quiet one: below 1")]
    for text, key in (("2,000 words", "words_2000"), ("200,000 characters", "characters_200000")):
        times = desk[key]
        floor, work, presented = times["nothing"]["painted"], times["work"], times["presented"]
        found.append(
            (
                f"key to next document painted, {text}, {desk['reviewers']} reviewers",
                f"{_times(times['painted'])}; {work['p50']:.1f} ms of it work",
                f"an empty page that changes one word: {_times(floor)}",
            )
        )
        found.append(
            (
                f"key to next document on its way to the screen, {text}",
                _times(presented),
                f"an empty page: {_times(times['nothing']['presented'])}; counted in steps of 8 ms from 16",
            )
        )
        found.append(
            (
                f"label acknowledged, {text}, {desk['reviewers']} reviewers at 1 a second",
                _times(times["acknowledged"]),
                f'key to "saved" in the browser: {_times(times["stored"])}',
            )
        )
    dry = [desk[key]["dry"] for key in ("words_2000", "characters_200000")]
    keys = sum(one["keys"] for one in dry)
    none = sum(one["five_a_second"] + one["reviewers"] for one in dry)
    found.append(("keys that found no document, 5 a second", f"{none} of {keys}", "0"))
    for name, key in (("Label Studio", "label_studio"), ("Potato", "potato")):
        if key in desk:
            peer = desk[key]
            against = f"{name} {peer['version']}, alone: {_times(peer['painted'])}"
            found.append(("the same key in the same run, 2,000 words", _times(desk["words_2000"]["painted"]), against))
    return found


def _times(of: dict) -> str:
    return f"{of['p50']:.0f} ms, p95 {of['p95']:.0f} ms"


def table() -> str:
    lines = ["| what | result | against |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows())]) + "\n"


def write_table() -> None:
    before, rest = README.read_text(encoding="utf-8").split(BEGIN)
    README.write_text(before + BEGIN + table() + END + rest.split(END)[1], encoding="utf-8")


def main(arguments: list[str]) -> None:
    if "--table" not in arguments:
        for name in arguments or SCRIPTS:
            print(f"== {name}", flush=True)
            subprocess.run([sys.executable, str(HERE / f"{name}.py")], check=True)
    write_table()


if __name__ == "__main__":
    main(sys.argv[1:])
