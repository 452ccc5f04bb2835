"""The sample corpus is what its README says: reproducible, varied, honest, and nobody's data."""

from __future__ import annotations

import gzip
import importlib
import json
import re
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pyarrow.parquet as pq
import pytest

from review.rubric_settings import DEFAULT_REASONS

REPOSITORY = Path(__file__).resolve().parents[2]
Rows = dict[str, list[dict[str, str]]]


@pytest.fixture(scope="module")
def make() -> ModuleType:
    folder = str(REPOSITORY / "sample_data")
    sys.path.insert(0, folder)
    try:
        return importlib.import_module("make")
    finally:
        sys.path.remove(folder)


def read(path: Path) -> list[dict[str, str]]:
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def shards() -> Rows:
    """The committed shards by name."""
    folder = REPOSITORY / "sample_data"
    return {path.relative_to(folder).as_posix(): read(path) for path in sorted(folder.glob("*/0*"))}


@pytest.fixture(scope="module")
def documents(shards: Rows) -> list[dict[str, str]]:
    return [row for rows in shards.values() for row in rows]


@pytest.fixture(scope="module")
def sound(documents: list[dict[str, str]]) -> list[dict[str, str]]:
    return [row for row in documents if row["truth_verdict"] == "keep"]


def test_the_script_writes_the_committed_shards_again(make: ModuleType, shards: Rows, tmp_path: Path) -> None:
    made = make.make_shards()
    assert made == shards
    for name in ("wiki/01.parquet", "forum/00.jsonl.gz"):
        make.write_shard(tmp_path / "a" / name, made[name])
        make.write_shard(tmp_path / "b" / name, made[name])
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
        assert read(tmp_path / "a" / name) == shards[name]


def test_another_seed_gives_other_documents(make: ModuleType) -> None:
    first, second = (make.Writer(seed).good("en/letters", "here") for seed in ("one", "two"))
    assert first != second


def test_it_is_small(shards: Rows) -> None:
    size = sum((REPOSITORY / "sample_data" / name).stat().st_size for name in shards)
    assert len(shards) == 12
    assert size < 3_000_000


def test_the_readme_tells_every_shard_and_its_true_share(shards: Rows) -> None:
    readme = (REPOSITORY / "sample_data" / "README.md").read_text(encoding="utf-8")
    for name, rows in shards.items():
        bad = sum(row["truth_verdict"] == "reject" for row in rows)
        assert f"| {name} | {len(rows)} | {bad} | {100 * bad / len(rows):.1f} % |" in readme
    assert f"{sum(map(len, shards.values())):,} documents in {len(shards)} shards" in readme


def test_shards_differ_clearly_in_quality(shards: Rows) -> None:
    shares = sorted(sum(row["truth_verdict"] == "reject" for row in rows) / len(rows) for rows in shards.values())
    assert shares[2] < 0.01
    assert sum(0.02 <= share <= 0.06 for share in shares) >= 4
    assert shares[-4] > 0.15


def test_lengths_are_those_of_web_pages(documents: list[dict[str, str]]) -> None:
    lengths = sorted(len(row["text"].split()) for row in documents)
    middle = lengths[len(lengths) // 20 : -len(lengths) // 20]
    assert middle[0] >= 70
    assert middle[-1] <= 1_500
    assert sum(length >= 5_000 for length in lengths) >= 5
    assert sum(400 <= length <= 1_500 for length in lengths) >= 60


def test_four_languages_and_one_from_right_to_left(sound: list[dict[str, str]]) -> None:
    count = Counter(row["language"] for row in sound)
    assert set(count) == {"en", "de", "es", "ar"}
    assert min(count["de"], count["es"]) > 300
    assert 30 <= count["ar"] <= 80
    for row in sound:
        arabic = len(re.findall(r"[\u0600-\u06ff]", row["text"])) / len(row["text"])
        assert (arabic > 0.5) == (row["language"] == "ar")


def test_reasons_are_those_of_the_default_rubric(documents: list[dict[str, str]]) -> None:
    codes = {reason.code for reason in DEFAULT_REASONS}
    for row in documents:
        assert bool(row["truth_reason"]) == (row["truth_verdict"] == "reject")
    assert {row["truth_reason"] for row in documents} - {""} == codes


def test_mojibake_is_real_double_encoding(documents: list[dict[str, str]], make: ModuleType) -> None:
    spoilt = [row for row in documents if row["truth_defect"] == "mojibake"]
    assert spoilt
    for row in spoilt:
        back = b"".join(letter.encode("cp1252") if letter not in _HOLES else letter.encode("latin-1")
                        for letter in row["text"])  # fmt: skip
        assert back.decode("utf-8") != row["text"]


_HOLES = "\x81\x8d\x8f\x90\x9d"


def test_sound_documents_are_varied(sound: list[dict[str, str]], make: ModuleType) -> None:
    runs: Counter[str] = Counter()
    for row in sound:
        runs.update(make.five_word_runs(row["text"]))
    assert len(runs) / sum(runs.values()) > 0.4
    assert runs.most_common(1)[0][1] < len(sound) / 10


def test_no_two_sound_documents_are_near_copies(sound: list[dict[str, str]], make: ModuleType) -> None:
    seen: dict[str, list[int]] = {}
    texts = [make.five_word_runs(row["text"]) for row in sound]
    for number, runs in enumerate(texts):
        common: Counter[int] = Counter(other for run in runs for other in seen.get(run, ()))
        for other, count in common.most_common(3):
            assert count / (len(runs) + len(texts[other]) - count) < 0.5
        for run in runs:
            seen.setdefault(run, []).append(number)


def test_near_copies_across_shards_are_there_to_be_found(shards: Rows, make: ModuleType) -> None:
    mirrors = [row for rows in shards.values() for row in rows if row["truth_defect"] == "mirror"]
    others = [
        make.five_word_runs(row["text"]) for rows in shards.values() for row in rows if row["truth_verdict"] == "keep"
    ]
    assert len(mirrors) >= 5
    for mirror in mirrors:
        runs = make.five_word_runs(mirror["text"])
        assert max(len(runs & other) for other in others) > 0.8 * len(runs)


def test_nothing_points_at_a_real_place(documents: list[dict[str, str]]) -> None:
    for row in documents:
        assert row["site"].endswith(".example")
        assert row["url"].startswith(f"https://{row['site']}/")
        for host in re.findall(r"(?:\w@|www\.|://)([\w.-]+)", row["text"]):
            assert ".example" in host or row["truth_defect"] in ("ocr", "mojibake", "truncated")
        for number in re.findall(r"\b\d{3}-\d{4}\b", row["text"]):
            assert number.startswith("555-01")


def test_no_grammar_shows_through(sound: list[dict[str, str]]) -> None:
    for row in sound:
        if row["truth_genre"] != "codedoc":
            assert not re.search(r"[{}¶⏎⇥]|<[a-z^!=#]|\ba\(n\)| ~ |\$[a-z]\b", row["text"]), row["text"][:200]


@pytest.mark.parametrize(
    ("text", "message"),
    [("stray line\n", "text before the first rule"), ("== a\nx\n== a\ny\n", "stands twice")],
)
def test_a_broken_grammar_names_file_and_line(make: ModuleType, tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "wrong.grammar"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=rf"wrong\.grammar, line \d+: .*{message}"):
        make.read_rules(path)


def test_a_missing_rule_is_named(make: ModuleType) -> None:
    grammar = make.Grammar({"doc": ["<nowhere>"]}, "tiny")
    with pytest.raises(ValueError, match="grammar tiny: there is no rule 'nowhere'"):
        grammar.write(make.Dice("x"))


def test_paired_alternatives_stay_together(make: ModuleType) -> None:
    grammar = make.Grammar({"doc": ["{one|two} {&eins|zwei}"]}, "tiny")
    texts = {grammar.write(make.Dice(str(number))) for number in range(30)}
    assert texts == {"one eins", "two zwei"}
