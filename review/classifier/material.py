"""What heads are fitted on, whatever their size: the texts, what they say without a label, and what people say."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from review.classifier.calibration import MIN_LABELS
from review.classifier.duplicates import folds, near_duplicate_groups
from review.classifier.encoders import STATIC, SentenceEncoder, open_encoder
from review.classifier.objectives import OBJECTIVES, Objective
from review.classifier.pool import SCALE_DOCUMENTS, Features, Pool, known_features, learn_block, learn_pool, sample_rows
from review.classifier.poolcache import keep_pool, pool_path, read_pool
from review.classifier.targets import Targets, require_enough, targets_of
from review.errors import ModelError
from review.records import Document, LabelledDocument

if TYPE_CHECKING:
    from review.settings import ClassifierSettings
    from review.signals.scan import Scan

Progress = Callable[[str, int, int], None]
Cancel = Callable[[], bool]
POOL_DOCUMENTS = 4_000  # unlabelled and labelled texts that the pool statistics are learned from
FOLDS = 5


class TrainingCancelled(ModelError):
    """Training was stopped before it was done; nothing was written."""


@dataclass(frozen=True)
class Material:
    """Labelled documents and the unlabelled texts around them. Rows of `targets`, `features`, `groups`, `fold_of` and
    `taught` are the labelled documents in the order of their names."""

    targets: Targets
    texts: list[str]  # of all documents
    pool_rows: NDArray[np.int64]  # of the texts that the pool's statistics come from, in seeded order
    rows: NDArray[np.int64]  # of the labelled texts
    scan: Scan  # of all texts
    pool: Pool
    pool_digest: str
    features: Features
    groups: NDArray[np.int64]  # near-duplicates share a number
    fold_of: NDArray[np.int64]
    taught: NDArray[np.float64]  # 0..1, what the fit should give
    calibrate_from: int  # audit labels from which Platt's numbers are fitted
    encoder: SentenceEncoder | None

    @property
    def sample(self) -> list[str]:
        """The pool's texts: a random part of the project's own."""
        return [self.texts[row] for row in self.pool_rows]


def gather(
    documents: Iterable[Document],
    labelled: Sequence[LabelledDocument],
    settings: ClassifierSettings,
    seed: int,
    steps: Steps,
    cache: Path | None,
) -> Material:
    """Read what `training.train` is given. Raises NotEnoughLabels and ModelError as that does."""
    targets = targets_of(labelled)
    require_enough(targets)
    encoder = None if settings.encoder == STATIC else open_encoder(settings.encoder, cache)
    names, texts, pool_rows = select(documents, targets.doc_ids, seed)
    rows = np.searchsorted(names, targets.doc_ids)
    pool, features, groups, digest, scan = learn(
        names, texts, pool_rows, rows, settings.max_bytes, seed, steps, cache, encoder
    )
    fold_of = folds(groups, targets.keep, FOLDS, seed)
    objective = OBJECTIVES[settings.objective]
    return Material(
        targets, texts, pool_rows, rows, scan, pool, digest, features, groups, fold_of,
        _taught(targets, labelled, objective), objective.calibrate_from or MIN_LABELS, encoder,
    )  # fmt: skip


def learn(
    names: NDArray[np.str_],
    texts: Sequence[str],
    pool_rows: NDArray[np.int64],
    rows: NDArray[np.int64],
    max_bytes: int,
    seed: int,
    steps: Steps,
    cache: Path | None = None,
    encoder: SentenceEncoder | None = None,
) -> tuple[Pool, Features, NDArray[np.int64], str, Scan]:
    """Pool statistics, features and near-duplicate groups of the documents in `rows`, digest of the pool; the scan."""
    from review.signals.scan import Scanner, Texts

    steps("reading texts", 0, len(texts))
    scan, grams = Scanner().grams(Texts.from_strings(texts, max_bytes or None))
    steps("learning word vectors", 0, 1)
    digest = hashlib.sha256()
    for row in pool_rows:
        digest.update(f"{names[row]}\0".encode())
        digest.update(texts[row].encode("utf-8", "surrogatepass"))
    path = pool_path(cache, digest.hexdigest(), seed, max_bytes) if cache else None
    found = read_pool(path) if path else None
    if found is not None:
        pool, features = found, known_features(found, scan, grams, rows)
    else:
        pool, made = learn_pool(scan, grams, pool_rows, seed)
        if path:
            keep_pool(path, pool)
        features = Features(made.ranked[rows], {name: part[rows] for name, part in made.parts.items()})
    if encoder is not None:
        teachers = [texts[row] for row in pool_rows[: SCALE_DOCUMENTS // 4]]
        vectors = encoder.encode([*teachers, *(texts[row] for row in rows)], partial(steps, "encoding"))
        pool.blocks["encoder"] = learn_block(vectors[: len(teachers)].astype(np.float64))
        features.parts["encoder"] = vectors[len(teachers) :].astype(np.float64)
    starts = np.concatenate([np.zeros(1, np.int64), grams.order_ends[:-1]])
    own = [grams.hashes[starts[row] : grams.order_ends[row]] for row in rows]
    ends = np.cumsum([len(one) for one in own], dtype=np.int64)
    groups = near_duplicate_groups(np.concatenate(own) if own else np.zeros(0, np.uint64), ends)
    return pool, features, groups, digest.hexdigest(), scan


def select(
    documents: Iterable[Document], wanted: Sequence[str], seed: int
) -> tuple[NDArray[np.str_], list[str], NDArray[np.int64]]:
    """Labelled documents and the pool's sample, sorted by name, with the pool's row numbers in seeded order."""
    must = set(wanted)
    found: dict[str, str] = {}
    sample: list[tuple[int, str, str]] = []  # a heap of the smallest keys, by minus the key
    for document in documents:
        name = document.doc_id
        if name in must:
            found[name] = document.text
        key = int.from_bytes(hashlib.sha256(f"{seed}:{name}".encode()).digest()[:8], "big")
        entry = (-key, name, document.text)
        if len(sample) < POOL_DOCUMENTS:
            heapq.heappush(sample, entry)
        else:
            heapq.heappushpop(sample, entry)
    if missing := must - found.keys():
        raise ModelError(
            f"{len(missing)} labelled documents have no text, {min(missing)!r} for one. Every labelled document must "
            "be among the texts to train on; `review recover` rebuilds the store from the journal and the corpus."
        )
    if not sample:
        raise ModelError("There is no text to learn from. Ingest shards and draw documents first.")
    pool = {name: text for _, name, text in sample}
    everything = {**pool, **found}
    names = sorted(everything)
    in_pool = [row for row, name in enumerate(names) if name in pool]
    order = sample_rows([names[row] for row in in_pool], len(in_pool), seed)
    return np.array(names), [everything[name] for name in names], np.array(in_pool, np.int64)[order]


def _taught(targets: Targets, labelled: Sequence[LabelledDocument], objective: Objective) -> NDArray[np.float64]:
    """What the fit should give for each document; 0.5, which pulls neither way, where the objective says nothing."""
    share_of = {one.doc_id: objective.share(one) for one in labelled}
    found = [share_of[name] for name in targets.doc_ids]
    return np.array([0.5 if share is None else share for share in found], np.float64)


def one_thread() -> Any:
    """One BLAS thread: sums in one order, hence the same bits, and the other cores stay with the reviewers.

    Only libraries that are loaded can be limited, and scipy brings a BLAS of its own: load it first.
    """
    import scipy.linalg  # noqa: F401
    import sklearn.utils.extmath  # noqa: F401
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1)


class Steps:
    """Progress and cancelling in one."""

    def __init__(self, progress: Progress | None, cancel: Cancel | None) -> None:
        self._progress, self._cancel = progress, cancel

    def __call__(self, stage: str, done: int, total: int) -> None:
        self.check()
        if self._progress:
            self._progress(stage, done, total)

    def check(self) -> None:
        if self._cancel and self._cancel():
            raise TrainingCancelled("Training was cancelled; nothing was changed. Start it again when you like.")
