"""An open project: its folder, settings and store, with every shard's standing kept up to date."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock

from review.records import LabelledDocument, Stream
from review.settings import FILE_NAME, Settings, load_settings
from review.standing import Standing, standing
from review.store import Store


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

    def _compute(self, only: set[str] | None, *, instead: LabelledDocument | None = None) -> dict[str, Standing]:
        shards = {shard.name: shard for shard in self.store.shards() if only is None or shard.name in only}
        audit: dict[str, list[LabelledDocument]] = {name: [] for name in shards}
        if only is None:
            documents = self.store.labelled_documents(stream=Stream.AUDIT)
        else:
            documents = [
                document for name in only for document in self.store.labelled_documents(shard=name, stream=Stream.AUDIT)
            ]
        for document in documents:
            same = instead is not None and document.doc_id == instead.doc_id
            audit[document.shard].append(instead if instead and same else document)
        states, counts = self.store.shard_states(), self.store.draw_counts()
        decisions, rubrics = self.store.current_decisions(), self.rubrics()
        plan = self.settings.plan.plan()
        return {
            name: standing(
                shard,
                states[name],
                plan=plan,
                drawn=counts.get((name, Stream.AUDIT), 0),
                audit=audit[name],
                decision=decisions.get(name),
                rubrics=rubrics,
                overlap=self.settings.desk.planned(),
                two_person=self.settings.decisions.two_person,
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
