"""Training: from labelled documents and unlabelled texts to a calibrated, honestly evaluated model."""

from __future__ import annotations

import hashlib
import heapq
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from review.classifier.breakdown import agreement, by_part, curve
from review.classifier.calibration import MIN_LABELS, Calibration, calibrate, cross_calibrated
from review.classifier.card import make_card, with_version
from review.classifier.duplicates import folds, near_duplicate_groups
from review.classifier.encoders import STATIC, SentenceEncoder, open_encoder
from review.classifier.evaluate import MIN_GROUPS, distinct, evaluate, reliability
from review.classifier.guarantee import certify
from review.classifier.head import FORM, Fit, fold
from review.classifier.model import OutOfFold, TrainedModel
from review.classifier.novelty import learn_novelty
from review.classifier.objectives import OBJECTIVES, Objective
from review.classifier.pool import SCALE_DOCUMENTS, Features, known_features, learn_block, learn_pool, sample_rows
from review.classifier.poolcache import keep_pool, pool_path, read_pool
from review.classifier.reasons import learn_reasons, reasons_of
from review.classifier.solve import solve
from review.classifier.targets import Targets, require_enough, snapshot, targets_of
from review.errors import ModelError
from review.records import Document, LabelledDocument, split_doc_id
from review.signals.words import GROUPS

if TYPE_CHECKING:
    from review.settings import ClassifierSettings
    from review.signals.scan import Scan

Progress = Callable[[str, int, int], None]
Cancel = Callable[[], bool]
POOL_DOCUMENTS = 4_000  # unlabelled and labelled texts that the pool statistics are learned from
FOLDS = 5
STAGES = ("reading texts", "learning word vectors", "encoding", "fitting", "testing")


class TrainingCancelled(ModelError):
    """Training was stopped before it was done; nothing was written."""


def train(
    documents: Iterable[Document],
    labelled: Sequence[LabelledDocument],
    settings: ClassifierSettings,
    *,
    seed: int,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
    cache: Path | None = None,
) -> TrainedModel:
    """Learn from all labels that count now, audit and training stream alike; test on audit labels, out of fold.

    documents: texts of the project, the labelled ones among them; of the others a seeded sample of 4,000 is used.
    cache: a folder where the pool's statistics and the encoder's vectors are kept for the next training.
    progress: called with (stage, done, total); cancel: asked often, True raises TrainingCancelled.
    Raises NotEnoughLabels when there are too few labels, ModelError when a labelled text is missing or the encoder
    cannot be loaded. The same documents, labels, settings and seed give the same model to the bit on one machine.
    """
    steps = _Steps(progress, cancel)
    started = time.perf_counter()
    targets = targets_of(labelled)
    require_enough(targets)
    encoder = None if settings.encoder == STATIC else open_encoder(settings.encoder, cache)
    with _one_thread():
        names, texts, pool_rows = _select(documents, targets.doc_ids, seed)
        rows = np.searchsorted(names, targets.doc_ids)
        pool, features, groups, pool_digest, scan = _learn(
            names, texts, pool_rows, rows, settings.max_bytes, seed, steps, cache, encoder
        )
        fold_of = folds(groups, targets.keep, FOLDS, seed)
        objective = OBJECTIVES[settings.objective]
        solution = solve(
            pool, features, _taught(targets, labelled, objective), fold_of, seed, partial(steps, "fitting")
        )
        logits = solution.logits
        steps("testing", 0, 1)
        tested = targets.audit & targets.decided
        weight = targets.weight[tested]
        least = objective.calibrate_from or MIN_LABELS
        calibration = calibrate(logits[tested], targets.keep[tested], weight, least)
        probability = calibration(logits)
        probability[tested] = cross_calibrated(logits[tested], targets.keep[tested], weight, fold_of[tested], least)
        head = fold(pool, features, solution.fits, solution.anchors)
        signals = scan.signals()
        novelty = learn_novelty(signals[pool_rows], signals[rows], scan.groups[rows], fold_of)
        why, reasons = learn_reasons(
            pool, features, targets, reasons_of(targets, labelled), groups, fold_of, seed,
            lambda done, total: steps("testing", 0, 1),
        )  # fmt: skip
    threshold = settings.threshold
    fits, anchors = solution.fits, len(head.anchors)
    card = make_card(
        snapshot(labelled), settings, seed, pool, pool_digest, features, fits, anchors, threshold, calibration
    )
    card["encoder"] = encoder.about() if encoder else None
    card["documents"] = _document_counts(targets)
    kept, rejected = distinct(targets.keep[tested], groups[tested])
    card["distinct"] = {"keep": kept, "reject": rejected, "needed": MIN_GROUPS}
    card["metrics"] = evaluate(probability[tested], targets.keep[tested], groups[tested], threshold, seed, weight)
    card["reliability"] = reliability(probability[tested], targets.keep[tested])
    judged = (probability[tested], targets.keep[tested], groups[tested])
    card["parts"] = {
        kind: by_part([own[row] for row in np.flatnonzero(tested)], *judged, threshold)
        for kind, own in _kinds(targets.doc_ids, scan.groups[rows]).items()
    }
    few = {labels: some[tested] for labels, some in solution.curve.items()}
    card["curve"] = curve(few, targets.keep[tested], groups[tested])
    card["agreement"] = agreement(labelled, targets, probability, groups, threshold, seed)
    card["reasons"] = reasons
    card["timing"] = {"seconds": time.perf_counter() - started}
    out_of_fold = OutOfFold(targets.doc_ids, logits, probability, groups)
    model = with_version(TrainedModel(card, pool, head, calibration, out_of_fold, novelty, why, cache=cache))
    sample = [texts[row] for row in pool_rows]
    begun = time.perf_counter()
    corpus = model.score(sample)
    card["timing"]["documents_per_second"] = len(sample) / (time.perf_counter() - begun)
    # A document that taught the model stands with the score of the fit without it, as an unknown one would have.
    at = np.searchsorted(rows, pool_rows).clip(max=len(rows) - 1)
    corpus = np.where(rows[at] == pool_rows, probability[at], corpus)
    found = certify(
        probability[tested], targets.keep[tested], weight, corpus, settings.precision, settings.precision_risk
    )
    card["guarantee"] = asdict(found)
    card["novelty"] = {"limit": novelty.limit, "usual": novelty.usual}
    steps("testing", 1, 1)
    return model


def day_zero(
    documents: Iterable[Document],
    settings: ClassifierSettings,
    *,
    seed: int,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> TrainedModel:
    """A model without labels: the hand-weighted signals and how unusual a document is.

    Good only for telling web pages by their form, and only to choose what to label first; never a certificate.
    Raises ModelError without any document.
    """
    steps = _Steps(progress, cancel)
    with _one_thread():
        names, texts, pool_rows = _select(documents, (), seed)
        plain = settings.model_copy(update={"encoder": STATIC})
        nobody = np.zeros(0, np.int64)
        pool, features, _, digest, scan = _learn(names, texts, pool_rows, nobody, plain.max_bytes, seed, steps)
        fits = [Fit(FORM, 1.0, np.zeros(0))]
        head = fold(pool, features, fits)
    threshold = settings.threshold
    card = make_card(snapshot([]), plain, seed, pool, digest, features, fits, 0, threshold, Calibration())
    card.update(encoder=None, documents=_document_counts(targets_of([])), metrics={}, reliability=[], timing={})
    nothing = OutOfFold((), np.zeros(0), np.zeros(0), np.zeros(0, np.int64))
    signals, groups = scan.signals()[pool_rows], scan.groups[pool_rows]
    novelty = learn_novelty(signals, signals, groups, np.arange(len(signals)) % FOLDS)  # from the corpus itself
    return with_version(TrainedModel(card, pool, head, Calibration(), nothing, novelty))


def _learn(
    names: NDArray[np.str_],
    texts: Sequence[str],
    pool_rows: NDArray[np.int64],
    rows: NDArray[np.int64],
    max_bytes: int,
    seed: int,
    steps: _Steps,
    cache: Path | None = None,
    encoder: SentenceEncoder | None = None,
) -> tuple[Any, Features, NDArray[np.int64], str, Scan]:
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
        pool, made = found, known_features(found, scan, grams)
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


def _select(
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


def _kinds(doc_ids: Sequence[str], groups: NDArray[np.int32]) -> dict[str, list[str]]:
    """Language guess, source and shard of documents."""
    shards = [split_doc_id(name)[0] for name in doc_ids]
    sources = [name.rpartition("/")[0] or name for name in shards]
    return {"language": [GROUPS[group] for group in groups], "source": sources, "shard": shards}


def _document_counts(targets: Targets) -> dict[str, Any]:
    """How many documents taught and tested, by stream and verdict."""
    counts: dict[str, Any] = {}
    for stream, inside in (("audit", targets.audit), ("training", ~targets.audit)):
        decided = inside & targets.decided
        keep = int((decided & targets.keep).sum())
        counts[stream] = {
            "documents": int(inside.sum()), "keep": keep, "reject": int(decided.sum()) - keep,
            "tied": int((inside & ~targets.decided).sum()),
        }  # fmt: skip
    return counts


def _one_thread() -> Any:
    """One BLAS thread: sums in one order, hence the same bits, and the other cores stay with the reviewers.

    Only libraries that are loaded can be limited, and scipy brings a BLAS of its own: load it first.
    """
    import scipy.linalg  # noqa: F401
    import sklearn.utils.extmath  # noqa: F401
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1)


class _Steps:
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
