"""A project to look around in: the sample corpus, and two weeks of work by reviewers who do not exist.

Everything goes through the same verbs that people use. Simulated people are named `sim-...`, and their labels say
`source="simulated"`. The history ends where a newcomer can go on: one shard wants only its approval, one lacks a dozen
labels, others have not been touched.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from review import corpus, workflow
from review.errors import CorpusError, SettingsError
from review.project import Project, utcnow
from review.records import Document, Label, Rubric, Ruling, Stream, Verdict, split_doc_id
from review.settings import FILE_NAME, default_toml, parse_settings
from review.simulate import SimulatedReviewer
from review.store.journal import lines, segments
from review.store.lock import Lock

LEAD = "sim-lead"
REVIEWERS = (
    SimulatedReviewer("sim-ada", sensitivity=0.98, specificity=0.998, seed=1, unsure=0.5),
    SimulatedReviewer("sim-ben", sensitivity=0.95, specificity=0.992, seed=2, unsure=0.5),
    SimulatedReviewer("sim-chi", sensitivity=0.93, specificity=0.996, seed=3, unsure=0.2),
)
SITTING = 18  # labels before the next reviewer takes over
BATCH = 9  # labels stored together, under one time
SECOND_READING = 9  # every n-th document is read by a second reviewer too
DAYS = 14
RELEASE = "first-shards"
UNFINISHED = "demo.unfinished"  # lies in the folder until the demo is whole
MADE = (
    "releases",
    "models",
    "scores",
    "review.duckdb*",
    FILE_NAME,
    "journal",
)  # the journal last: it tells whose it is


@dataclass(frozen=True, slots=True)
class Chapter:
    """What happened to one shard: how many of its draws were labelled (None: all, negative: all but so many), and
    what the lead made of it."""

    shard: str
    labels: int | None
    ruling: Ruling | None = None
    reason: str = ""


STORY = (
    Chapter("wiki/00.parquet", None, Ruling.APPROVE, "Clean throughout, in four languages."),
    Chapter("web-en/00.parquet", None, Ruling.APPROVE, "One torn page among many good ones."),
    Chapter("web-de/00.parquet", None, Ruling.APPROVE, "Good German prose."),
    Chapter("web-en/02.parquet", 24, Ruling.REJECT, "Advertising and filler; not worth cleaning."),
    Chapter("shop/00.jsonl.gz", 14, Ruling.HOLD, "Waiting for the owner's answer about the product texts."),
    Chapter("web-es/00.parquet", None),  # can be approved
    Chapter("forum/01.jsonl.gz", 16),  # should be rejected
    Chapter("forum/00.jsonl.gz", -12),  # lacks a dozen labels
    Chapter("web-es/01.jsonl.gz", 8),
    Chapter("web-de/01.jsonl.gz", 15),
)


@dataclass
class DemoClock:
    """The time in the story; it only moves when it is told to."""

    now: datetime
    end: datetime

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **span: float) -> None:
        """Let time pass, from eight to six on any day, and never beyond the end."""
        self.now += timedelta(**span)
        if self.now.hour >= 18:
            self.now = (self.now + timedelta(days=1)).replace(hour=8, minute=40)
        self.now = min(self.now, self.end)


@dataclass
class Office:
    """The simulated people at work on a project."""

    project: Project
    clock: DemoClock
    rubric: Rubric
    truth: dict[str, tuple[str, str]] = field(default_factory=dict)  # document: true verdict and reason
    read: int = 0

    def work_on(self, chapter: Chapter) -> None:
        """Label a shard in the order of its draws, then let the lead rule on it."""
        documents = self._drawn(chapter.shard)
        for batch in _batches(documents[: chapter.labels]):
            self.project.store.record_labels([label for document in batch for label in self._opinions(document)])
        if chapter.ruling:
            self.clock.pass_(minutes=25)
            workflow.decide(self.project, [chapter.shard], chapter.ruling, reason=chapter.reason, by=LEAD)
        self.clock.pass_(hours=7)

    def train(self) -> None:
        """A first classifier in use, documents drawn with its help, and some of them labelled."""
        trained = workflow.train(self.project, by=LEAD)
        better = trained.gate is not None and trained.gate.better
        workflow.promote(
            self.project,
            trained.version,
            by=LEAD,
            reason="First model of the project." if better else "First model: nothing to compare with yet.",
            overrule=not better,
        )
        self.clock.pass_(hours=2)
        workflow.draw(self.project, stream=Stream.TRAINING, strategy="uncertain", n=30, by=LEAD)
        uncertain = [draw.doc_id for draw in self.project.store.draws(stream=Stream.TRAINING)][:12]
        for batch in _batches(self._documents(uncertain)):
            self.project.store.record_labels([self._opinion(document) for document in batch])

    def change_mind(self, shard: str) -> None:
        """A reviewer takes a label back, and gives another one: an approval that rested on it no longer holds."""
        document = self._drawn(shard)[4]
        old = self.project.store.labels(doc_id=document.doc_id)[0]
        reviewer = next(one for one in REVIEWERS if one.name == old.reviewer)
        taken_back = replace(reviewer.label(document, "keep", rubric=self.rubric, turn=1), verdict=None, reasons=())
        again = replace(
            reviewer.label(document, "keep", rubric=self.rubric, turn=2),
            verdict=Verdict.UNSURE,
            reasons=(),
            note="Read it again: part of it may come from another page.",
        )
        self.clock.pass_(minutes=40)
        self.project.store.record_labels([taken_back])
        self.clock.pass_(seconds=30)
        self.project.store.record_labels([again])

    def _drawn(self, shard: str) -> list[Document]:
        draws = self.project.store.draws(shard, Stream.AUDIT)
        return self._documents([draw.doc_id for draw in draws])

    def _documents(self, names: list[str]) -> list[Document]:
        """Documents from the store. Their truth stands in columns that never enter it, so the files are asked too."""
        rows: dict[str, list[int]] = {}
        for shard, row in map(split_doc_id, names):
            rows.setdefault(shard, []).append(row)
        for shard, wanted in rows.items():
            for document in corpus.read_rows(self.project.store.shard(shard), wanted):
                truth = document.metadata
                self.truth[document.doc_id] = (str(truth["truth_verdict"]), str(truth["truth_reason"] or ""))
        return self.project.store.documents(names)

    def _opinions(self, document: Document) -> Iterator[Label]:
        yield self._opinion(document)
        if self.read % SECOND_READING == 0:
            yield self._opinion(document, second=True)

    def _opinion(self, document: Document, second: bool = False) -> Label:
        turn = self.read // SITTING + int(second)
        self.read += not second
        reviewer = REVIEWERS[turn % len(REVIEWERS)]
        label = reviewer.label(document, *self.truth[document.doc_id], rubric=self.rubric)
        self.clock.pass_(seconds=label.seconds + 1.5)
        if self.read % SITTING == 0 and not second:
            self.clock.pass_(hours=3.4)
        return label


def make_demo(root: Path, *, now: Callable[[], datetime] = utcnow) -> None:
    """Make a demo project in the folder `root`, its history ending at `now()`.

    The files of the sample corpus are copied into it, so that they can be changed to see what happens. A demo whose
    making was interrupted is made anew. Raises CorpusError when the sample corpus is not there, SettingsError when
    `root` holds a project or other files already, or an unfinished demo in which people have worked, StoreBusy when
    another process is making it.
    """
    settings, unfinished = root / FILE_NAME, root / UNFINISHED
    text = demo_toml()
    parse_settings(text)
    if unfinished.exists():
        _clear(root)
    elif settings.exists():
        raise SettingsError(f"{settings} exists already. Open that project, or choose another folder for the demo.")
    elif root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise SettingsError(f"{root} is not an empty folder. Choose a new or an empty one for the demo.")
    root.mkdir(parents=True, exist_ok=True)
    unfinished.write_text(
        "A demo is being made here. Was it interrupted? `review demo` on this folder makes it anew.\n"
    )
    shutil.copytree(sample_corpus(), root / "sample_data", dirs_exist_ok=True, ignore=_only_shards)
    settings.write_text(text, encoding="utf-8")
    end = now()
    clock = DemoClock((end - timedelta(days=DAYS)).replace(hour=9, minute=5, second=0, microsecond=0), end)
    with workflow.open_project(root, clock=clock) as project:
        for folder in sorted(path.name for path in (root / "sample_data").iterdir()):
            workflow.ingest(project, [f"sample_data/{folder}/*"], base=root, by=LEAD)
        clock.pass_(minutes=10)
        workflow.draw(project, by=LEAD)
        office = Office(project, clock, project.store.rubric())
        for chapter in STORY:
            office.work_on(chapter)
        office.train()
        clock.pass_(hours=3)
        workflow.release(project, RELEASE, by=LEAD)
        office.change_mind("web-de/00.parquet")
    unfinished.unlink()


def is_whole(root: Path) -> bool:
    """Whether the folder holds a project that is no demo, or a demo that was made to the end."""
    return (root / FILE_NAME).exists() and not (root / UNFINISHED).exists()


def _clear(root: Path) -> None:
    """Remove what an interrupted making left, the copied shards apart: they are written over."""
    journal = root / "journal"
    if not journal.exists():
        return _remove(root)
    with Lock(journal / "lock"):
        if people := sorted(_people(journal)):
            raise SettingsError(
                f"{root} holds an unfinished demo, and work by {', '.join(people)}, which is not deleted. Choose "
                f"another folder for the demo. To use this one as it is, delete {root / UNFINISHED}."
            )
        _remove(root)


def _remove(root: Path) -> None:
    for pattern in MADE:
        for path in root.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _people(journal: Path) -> set[str]:
    """Who, apart from the simulated, recorded anything. A torn last line was never acknowledged to anybody."""
    simulated = {LEAD, "review.toml", "review", *(reviewer.name for reviewer in REVIEWERS)}
    found = set()
    for line in (line for path in segments(journal) for line in lines(path) if line.whole):
        try:
            event = json.loads(line.raw)
            by, source = str(event["by"]), event["data"].get("source", "simulated")
        except (ValueError, KeyError, TypeError, AttributeError):
            found.add(f"somebody ({line.path.name}, line {line.number} cannot be read)")
            continue
        if by not in simulated or source != "simulated":
            found.add(by)
    return found


def sample_corpus() -> Path:
    """Folder of the sample shards: beside this file in a wheel, in `sample_data/` in the repository."""
    for folder in (Path(__file__).with_name("_sample_data"), Path(__file__).resolve().parents[1] / "sample_data"):
        if folder.is_dir():
            return folder
    raise CorpusError("The sample corpus is not part of this installation. Install the wheel again, or use a checkout.")


def demo_toml() -> str:
    """The settings of the demo: a plan that some 55 labels can meet on shards of 120 to 230 documents."""
    text = default_toml("Demo: sample corpus")
    for key, value in (
        ("id_column", '"id"'),
        ("language_column", '"language"'),
        ("hidden_columns", '["truth_*"]'),
        ("accept", "0.02"),
        ("reject", "0.10"),
    ):
        text, count = re.subn(rf"(?m)^(?:# )?{key} = \S+", f"{key} = {value}", text)
        if count != 1:
            raise CorpusError(f"The settings template holds {key!r} {count} times, not once; the demo cannot be made.")
    return text


def _only_shards(folder: str, names: list[str]) -> set[str]:
    """For copytree: everything that is no shard file and no folder of them."""
    return {
        name
        for name in names
        if not name.endswith((".parquet", ".jsonl.gz"))
        and not ((path := Path(folder) / name).is_dir() and any(path.glob("0*")))
    }


def _batches(documents: list[Document]) -> Iterator[list[Document]]:
    """As a browser sends them: a few at a time."""
    for start in range(0, len(documents), BATCH):
        yield documents[start : start + BATCH]
