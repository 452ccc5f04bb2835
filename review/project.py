"""An open project: its folder, settings and store, with every shard's standing kept up to date."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock

from review.certificate import Readers
from review.pooling import Pooled, left_shard, lost_shard, pooled
from review.records import LabelledDocument, Stream, Verdict
from review.settings import FILE_NAME, Settings, load_settings
from review.standing import Sample, Standing, outdated_in, standing
from review.store import Store

GOLD_STEP = 20  # gold answers that change certificates at once


def utcnow() -> datetime:
    """Naive UTC, as every stored time is."""
    return datetime.now(UTC).replace(tzinfo=None)


@dataclass
class Project:
    """Close it when done; a `with` block does."""

    root: Path
    settings: Settings
    store: Store
    _lock: RLock = field(default_factory=RLock, repr=False)
    _standings: dict[str, Standing] = field(default_factory=dict, repr=False)
    _readers: Readers | None = field(default=None, repr=False)
    _in_lots: dict[str, Sample] = field(default_factory=dict, repr=False)  # of shards in lots: one label moves them all
    _seq: int = field(default=-1, repr=False)  # the journal position _standings was computed at

    def __enter__(self) -> Project:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.store.close()

    def standings(self, *, anew: bool = False) -> dict[str, Standing]:
        """Every shard's standing by name, as of now.

        What happens touches one shard at a time, and labels come by the thousand: only the shards touched since are
        computed anew. All are where something bears on every shard, as a new rubric does, and with `anew`.
        """
        with self._lock:
            now = self.store.last_seq()
            if now != self._seq or anew:
                before, self._readers = self._readers, self.readers()
                anew = anew or before != self._readers  # which is part of every certificate
                touched = self.store.shards_touched(self._seq, now) if self._standings and not anew else None
                if touched is None:
                    self._standings = self._compute(None)
                elif touched:
                    found = self._compute(touched)
                    kept = {
                        name: place for name, place in self._standings.items() if name in found or name not in touched
                    }
                    self._standings = kept | found
                self._seq = now
            return self._standings

    def rubrics(self) -> frozenset[int]:
        """Versions of the rubric whose labels stand: they ask what the current one asks (other keys on the desk change
        no judgement), or a lead has said what the change means for them."""
        return frozenset(one.version for one in self.store.passages().values() if one.settled)

    def standing_if(self, document: LabelledDocument) -> Standing:
        """The standing its shard would have if this is what was said of the document."""
        return self._compute({document.shard}, instead=document)[document.shard]

    def readers(self) -> Readers | None:
        """How readers did on documents whose answer is known; None where too few such documents were read.

        All readers together, as their labels stand together in a certificate. Of gold answers the first ones count, up
        to a multiple of GOLD_STEP, so that certificates do not move with every one. `unsure` finds no bad document and
        condemns no good one.
        """
        told = self.settings.readers
        counts = [told.bad_found, told.bad_shown, told.good_kept, told.good_shown]
        answers = self.store.gold_answers() if told.gold_from else []
        answers = answers[: len(answers) // GOLD_STEP * GOLD_STEP]
        bad = [one.said is Verdict.REJECT for one in answers if one.known is Verdict.REJECT]
        good = [one.said is not Verdict.REJECT for one in answers if one.known is Verdict.KEEP]
        if min(len(bad), len(good)) >= max(1, told.gold_from):
            counts = [counts[0] + sum(bad), counts[1] + len(bad), counts[2] + sum(good), counts[3] + len(good)]
        return Readers(*counts) if counts[1] or counts[3] else None

    def sample(self, shard: str) -> Sample:
        """One shard's audit draws and what was said of them."""
        return self._samples({shard})[shard]

    def samples(self, shards: Collection[str]) -> dict[str, Sample]:
        """As `sample`, of several shards."""
        return self._samples(set(shards))

    def _samples(self, only: set[str] | None, instead: LabelledDocument | None = None) -> dict[str, Sample]:
        store, overlap = self.store, self.settings.desk.planned()
        audit: dict[str, list[LabelledDocument]] = {}
        for document in store.labelled_documents(shard=only, stream=Stream.AUDIT):
            same = instead is not None and document.doc_id == instead.doc_id
            audit.setdefault(document.shard, []).append(instead if instead and same else document)
        counts, designs, places = store.draw_counts(), store.audit_designs(only), store.audit_places(only)
        return {
            name: Sample(
                counts.get((name, Stream.AUDIT), 0),
                audit.get(name, []),
                overlap,
                designs.get(name),
                places.get(name, ()),
            )
            for name in (store.shard_states() if only is None else only)
        }

    def _compute(self, only: set[str] | None, *, instead: LabelledDocument | None = None) -> dict[str, Standing]:
        lots = {name: lot for lot in self.store.lots() for name in lot.shards}
        samples = self._samples(only, instead)
        if only is not None:
            only = only | {mate for name in only if name in lots for mate in lots[name].shards}
            samples = {name: self._in_lots[name] for name in only & self._in_lots.keys()} | samples
            if missing := only - samples.keys():
                samples |= self._samples(missing)
        shards = {shard.name: shard for shard in self.store.shards() if only is None or shard.name in only}
        states, decisions, rubrics = self.store.shard_states(), self.store.current_decisions(), self.rubrics()
        plan, readers = self.settings.plan.plan(), self._readers
        touched = {lot.name: lot for name, lot in lots.items() if name in shards}
        taken: dict[str, Pooled] = {
            name: pooled(
                lot,
                samples,
                plan,
                readers,
                outdated=sum(outdated_in(samples[member], rubrics) for member in lot.shards),
                lost=lost_shard(lot, states),
                left=left_shard(lot, decisions),
            )
            for name, lot in touched.items()
        }
        if instead is None:
            kept = {} if only is None else self._in_lots
            self._in_lots = kept | {name: samples[name] for name in lots if name in samples}
        return {
            name: standing(
                shard,
                states[name],
                plan=plan,
                sample=samples[name],
                decision=decisions.get(name),
                rubrics=rubrics,
                readers=readers,
                two_person=self.settings.decisions.two_person,
                pooled=taken[lots[name].name] if name in lots else None,
            )
            for name, shard in shards.items()
            if states[name] != "replaced"
        }


def open_project(root: Path, *, clock: Callable[[], datetime] = utcnow) -> Project:
    """Open the project in `root`; a rubric changed in review.toml becomes a new version.

    Raises SettingsError, StoreBusy when another process holds it, JournalBroken, StoreError.
    """
    root = root.resolve()
    settings = load_settings(root)
    store = Store.open(root, clock=clock)
    try:
        _keep_rubric(store, settings)
        store.keep_languages(settings.corpus.language_column)
    except BaseException:
        store.close()
        raise
    return Project(root, settings, store)


def _keep_rubric(store: Store, settings: Settings) -> None:
    """Take the rubric of review.toml over where it is newer.

    The journal holds every version. The file is read as a wish: what somebody changed in it becomes the next version,
    unless the rubric was changed in the app since. Then neither overwrites the other: the project's stands, and the
    difference is said until somebody settles it.
    """
    rows = store.rubric_history()
    wished = settings.rubric.rubric(1)
    if not rows:
        store.record_rubric(wished, by=FILE_NAME)
        return
    latest = rows[-1]
    if replace(wished, version=latest.rubric.version) == latest.rubric:
        return
    if latest.by == FILE_NAME:
        store.record_rubric(replace(wished, version=latest.rubric.version + 1), by=FILE_NAME)
    elif not any(replace(wished, version=row.rubric.version) == row.rubric for row in rows):
        store.warnings.append(
            f"The rubric in {FILE_NAME} was changed, but {latest.by} has changed the project's since (version "
            f"{latest.rubric.version}), and that stands. `review rubric --take-file` takes the file's over; "
            "`review rubric --toml` prints the project's, to be put into the file."
        )
