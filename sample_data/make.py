"""Write the sample corpus: `python sample_data/make.py [FOLDER]`. The same seed gives the same documents.

The grammars under `grammars/` are our own writing; `defects.py` spoils what a reviewer should refuse; `plan.py` says
how much of what goes into each shard.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import sys
import unicodedata
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from defects import DEFECTS, Source, typographic
from grammar import Dice, Grammar, read_rules
from plan import SHARDS, SITES, SPAM_SITES, ShardPlan

HERE = Path(__file__).resolve().parent
SEED = "review-desk-1"
LANGUAGES = ("en", "de", "es", "ar")
SPARE = ("Share this article", "Print this page | E-mail", "Photo: archive", "2 comments", "Last updated in spring")
SPARE_BY_LANGUAGE = {
    "en": SPARE,
    "de": ("Artikel teilen", "Foto: Archiv", "2 Kommentare"),
    "es": ("Compartir", "Foto: archivo", "2 comentarios"),
    "ar": ("شارك المقال",),
}
COLUMNS = (
    "id", "text", "url", "site", "language", "fetched", "truth_verdict", "truth_reason", "truth_defect", "truth_genre",
)  # fmt: skip
ALIKE = 0.45  # share of common five-word runs above which two documents count as near copies


class Writer:
    """Writes sound documents, no two alike."""

    def __init__(self, seed: str) -> None:
        self.seed = seed
        self.grammars = {
            f"{language}/{path.stem}": Grammar(read_rules(path.with_name("common.grammar"), path), path.stem)
            for language in LANGUAGES
            for path in sorted((HERE / "grammars" / language).glob("*.grammar"))
            if path.stem != "common"
        }
        self.seen: dict[str, list[int]] = {}  # run of five words: documents that hold it
        self.sizes: list[int] = []

    def good(self, genre: str, key: str) -> str:
        """A sound document unlike all earlier ones."""
        for attempt in range(60):
            text = self.grammars[genre].write(Dice(f"{self.seed}:{key}:{attempt}"))
            if self.likeness(text) < ALIKE:
                self.remember(text)
                return text
        raise RuntimeError(f"{genre} cannot give another document that is unlike the earlier ones; add to its grammar")

    def collection(self, genre: str, key: str, pieces: int) -> str:
        """Several pieces of one genre under a common title; a piece may also stand alone elsewhere."""
        grammar = self.grammars[genre]
        title = grammar.write(Dice(f"{self.seed}:{key}:title"), "digest")
        parts = [grammar.write(Dice(f"{self.seed}:{key}:{number}")) for number in range(pieces)]
        text = "\n\n".join([title, *parts])
        self.remember(text)
        return text

    def likeness(self, text: str) -> float:
        """Largest Jaccard index of five-word runs with any earlier document."""
        runs = five_word_runs(text)
        common: dict[int, int] = {}
        for run in runs:
            for number in self.seen.get(run, ()):
                common[number] = common.get(number, 0) + 1
        return max((count / (len(runs) + self.sizes[number] - count) for number, count in common.items()), default=0.0)

    def remember(self, text: str) -> None:
        runs = five_word_runs(text)
        for run in runs:
            self.seen.setdefault(run, []).append(len(self.sizes))
        self.sizes.append(len(runs))


def five_word_runs(text: str) -> set[str]:
    words = re.findall(r"\w+", text.lower())
    return {" ".join(words[at : at + 5]) for at in range(max(1, len(words) - 4))}


def make_shards(seed: str = SEED) -> dict[str, list[dict[str, str]]]:
    """Every shard's rows by name. Near copies across shards copy documents of shards made earlier."""
    writer = Writer(seed)
    shards: dict[str, list[dict[str, str]]] = {}
    for plan in SHARDS:
        earlier = [row for rows in shards.values() for row in rows if row["truth_verdict"] == "keep"]
        shards[plan.name] = _shard(writer, plan, earlier)
    return shards


def _shard(writer: Writer, plan: ShardPlan, earlier: list[dict[str, str]]) -> list[dict[str, str]]:
    dice = Dice(f"{writer.seed}:{plan.name}")
    genres = _deal(plan.good, plan.documents, dice)
    defects = [defect for defect, count in plan.bad.items() for _ in range(count)]
    rows = []
    for place, genre in enumerate(genres):
        key = f"{plan.name}:{place}"
        if place < len(defects):
            rows.append(_bad_row(writer, plan, genre, defects[place], key, dice, earlier))
        else:
            sound = place - len(defects)
            if sound < plan.books:
                text = _book(writer, genre, key)
            elif sound < plan.books + plan.collections and genre != "ar/notes":
                text = writer.collection(genre, key, dice.number(3, 7))
            else:
                text = writer.good(genre, key)
            text = _dressed(text, genre, dice)
            rows.append(_row(key, text, genre, dice.pick(SITES[genre]), plan.begin, dice, "keep", "", ""))
    return dice.shuffled(rows)


def _deal(weights: dict[str, int], count: int, dice: Dice) -> list[str]:
    """`count` genres in the proportions of the weights, shuffled."""
    whole = sum(weights.values())
    genres = [genre for genre, weight in weights.items() for _ in range(count * weight // whole)]
    names = list(weights)
    genres += [names[number % len(names)] for number in range(count - len(genres))]
    return dice.shuffled(genres)


def _book(writer: Writer, genre: str, key: str) -> str:
    """A collection of 5,000 words or more."""
    language = genre.split("/")[0]
    kind = genre if genre in BOOKS else {"de": "de/letters", "es": "es/letters"}.get(language, "en/explainers")
    pieces = 4
    text = ""
    while len(text.split()) < 5_000:
        pieces += 6
        text = writer.collection(kind, f"{key}:book{pieces}", pieces)
    return text


BOOKS = ("en/news", "en/explainers", "en/letters", "en/howto", "en/forum", "en/notes", "de/letters", "es/letters")


def _dressed(text: str, genre: str, dice: Dice) -> str:
    """Small blemishes that do not matter: a left-over line, a word processor's quotes."""
    language = genre.split("/")[0]
    if language == "en" and genre != "en/codedoc" and dice.share() < 0.3:
        text = typographic(text)
    if dice.share() < 0.06:
        text += f"\n\n{dice.pick(SPARE_BY_LANGUAGE[language])}"
    return text


def _bad_row(
    writer: Writer, plan: ShardPlan, genre: str, defect: str, key: str, dice: Dice, earlier: list[dict[str, str]]
) -> dict[str, str]:
    reason, spoil, languages = DEFECTS[defect]
    language = genre.split("/")[0]
    if defect == "toxic":
        genre = "en/forum"
    elif language not in languages:
        genre = dice.pick([name for name in plan.good if name.split("/")[0] in languages])
        language = genre.split("/")[0]
    if defect == "mirror":
        pool = [row for row in earlier if row["language"] == language and 70 < len(row["text"].split()) < 500]
        text = dice.pick(pool)["text"]
    else:
        text = writer.grammars[genre].write(Dice(f"{writer.seed}:{key}"))
    bad = writer.grammars[f"{'en' if language == 'ar' else language}/bad"]
    foreign = dice.pick([name for name in ("en", "de", "es") if name != language])
    source = Source(
        text=text,
        language=language,
        bad=bad,
        other=lambda: writer.grammars[f"{foreign}/news"].write(Dice(f"{writer.seed}:{key}:foreign")),
        dice=Dice(f"{writer.seed}:{key}:{defect}"),
    )
    site = dice.pick(SPAM_SITES if reason in ("spam", "adult", "machine_made") else SITES[genre])
    return _row(key, spoil(source), genre, site, plan.begin, dice, "reject", reason, defect)


def _row(
    key: str, text: str, genre: str, site: str, begin: date, dice: Dice, verdict: str, reason: str, defect: str
) -> dict[str, str]:
    number = hashlib.sha256(key.encode()).hexdigest()[:12]
    title = unicodedata.normalize("NFKD", text.split("\n")[0].lower()).encode("ascii", "ignore").decode()
    slug = "-".join(re.findall(r"[a-z0-9]+", title)[:6]) or "page"
    fetched = begin + timedelta(days=dice.number(0, 20))
    return {
        "id": number,
        "text": text,
        "url": f"https://{site}/{fetched.year}/{slug}-{number[:4]}",
        "site": site,
        "language": genre.split("/")[0],
        "fetched": fetched.isoformat(),
        "truth_verdict": verdict,
        "truth_reason": reason,
        "truth_defect": defect,
        "truth_genre": genre.split("/")[1],
    }


def write_shard(path: Path, rows: Iterable[dict[str, str]]) -> None:
    """Parquet or gzipped JSON lines, by the name. Nothing of the moment gets into the bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = list(rows)
    if path.suffix == ".parquet":
        table = pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in COLUMNS})
        pq.write_table(table, path, compression="zstd", compression_level=19, row_group_size=60)
        return
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_bytes(gzip.compress(lines.encode(), compresslevel=9, mtime=0))


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    for name, rows in make_shards().items():
        write_shard(folder / name, rows)
        bad = sum(row["truth_verdict"] == "reject" for row in rows)
        size = (folder / name).stat().st_size
        print(f"{name:20} {len(rows):4} documents, {bad:3} bad ({bad / len(rows):5.1%}), {size / 1024:6.0f} KB")


if __name__ == "__main__":
    main()
