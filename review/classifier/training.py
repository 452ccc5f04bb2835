"""Training: from labelled documents and unlabelled texts to a calibrated, honestly evaluated model."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from review.classifier.breakdown import agreement, by_part, curve
from review.classifier.calibration import Calibration
from review.classifier.card import CASCADE_SCHEMA, SCHEMA, make_card, with_version
from review.classifier.cascade import Scale, in_front
from review.classifier.encoders import STATIC
from review.classifier.evaluate import MIN_GROUPS, distinct, evaluate, reliability
from review.classifier.guarantee import certify
from review.classifier.head import FORM, Fit, fold
from review.classifier.material import (
    FOLDS,
    Cancel,
    Progress,
    Steps,
    TrainingCancelled,
    gather,
    learn,
    one_thread,
    select,
)
from review.classifier.model import OutOfFold, TrainedModel
from review.classifier.neighbours import NEAREST, learn_neighbours
from review.classifier.novelty import learn_novelty
from review.classifier.reasons import learn_reasons, reasons_of
from review.classifier.scaling import Jury, choose
from review.classifier.speed import documents_per_second
from review.classifier.targets import Targets, snapshot, targets_of
from review.records import Document, LabelledDocument, split_doc_id
from review.signals.words import GROUPS

if TYPE_CHECKING:
    from review.settings import ClassifierSettings

__all__ = ["Cancel", "Progress", "TrainingCancelled", "day_zero", "train"]

STAGES = ("reading texts", "learning word vectors", "encoding", "fitting", "testing")


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
    steps = Steps(progress, cancel)
    started = time.perf_counter()
    with one_thread():
        made = gather(documents, labelled, settings, seed, steps, cache)
        targets, rows, groups, fold_of, scan = made.targets, made.rows, made.groups, made.fold_of, made.scan
        pool_rows = made.pool_rows
        jury = Jury.of(made, seed)
        chosen = choose(made, jury, settings, seed, partial(steps, "fitting"))
        pool, features, solution = chosen.pool, chosen.features, chosen.solution
        logits = solution.logits
        steps("testing", 0, 1)
        tested, weight = jury.tested, jury.weight
        calibration = jury.calibration(logits)
        cascade, few = None, solution.curve
        if (first := chosen.first) is not None:
            own = jury.calibration(first.solution.logits)
            small = fold(first.pool, first.features, first.solution.fits, first.solution.anchors)
            cascade = in_front(small, own, calibration, settings.threshold, first.width)
            scale = Scale.of(own, calibration)
            asked = cascade.asks(scale(first.solution.logits))
            logits = np.where(asked, logits, scale(first.solution.logits))
            few = {labels: np.where(asked, few[labels], scale(one)) for labels, one in first.solution.curve.items()}
        probability = calibration(logits)
        probability[tested] = chosen.probability
        head = fold(pool, features, solution.fits, solution.anchors)
        signals = scan.signals()
        novelty = learn_novelty(signals[pool_rows], signals[rows], scan.groups[rows], fold_of)
        vectors, centre = (pool.static.evened(one) for one in (features.parts["static"], pool.blocks["static"].mean))
        neighbours = learn_neighbours(vectors, centre, fold_of)
        why, reasons = learn_reasons(
            pool, features, targets, reasons_of(targets, labelled), groups, fold_of,
            lambda done, total: steps("testing", 0, 1),
        )  # fmt: skip
    threshold = settings.threshold
    fits, anchors = solution.fits, len(head.anchors)
    card = make_card(
        snapshot(labelled), settings, seed, pool, made.pool_digest, features, fits, anchors, threshold, calibration
    )
    card["encoder"] = chosen.encoder
    card["schema"] = SCHEMA if cascade is None else CASCADE_SCHEMA
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
    card["curve"] = curve({labels: some[tested] for labels, some in few.items()}, targets.keep[tested], groups[tested])
    card["agreement"] = agreement(labelled, targets, probability, groups, threshold, seed)
    card["reasons"] = reasons
    card["timing"] = {"seconds": time.perf_counter() - started}
    out_of_fold = OutOfFold(targets.doc_ids, logits, probability, groups)
    model = with_version(
        TrainedModel(card, pool, head, calibration, out_of_fold, novelty, why, neighbours, cache, cascade)
    )
    begun = time.process_time()
    corpus = model.score(made.sample)
    pace = len(made.sample) / (time.process_time() - begun)  # with an encoder some vectors are kept: measured apart
    if model.encoder is not None:
        pace = documents_per_second(model, made.sample)
    card["timing"]["documents_per_second"] = pace
    # A document that taught the model stands with the score of the fit without it, as an unknown one would have.
    at = np.searchsorted(rows, pool_rows).clip(max=len(rows) - 1)
    corpus = np.where(rows[at] == pool_rows, probability[at], corpus)
    found = certify(
        probability[tested], targets.keep[tested], weight, corpus, settings.precision, settings.precision_risk
    )
    card["guarantee"] = asdict(found)
    card["novelty"] = {"limit": novelty.limit, "usual": novelty.usual}
    card["neighbours"] = {"limit": neighbours.limit, "nearest": NEAREST}
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
    steps = Steps(progress, cancel)
    with one_thread():
        names, texts, pool_rows = select(documents, (), seed)
        plain = settings.model_copy(update={"encoder": STATIC})
        nobody = np.zeros(0, np.int64)
        pool, features, _, digest, scan = learn(names, texts, pool_rows, nobody, plain.max_bytes, seed, steps)
        fits = [Fit(FORM, 1.0, np.zeros(0))]
        head = fold(pool, features, fits)
    threshold = settings.threshold
    card = make_card(snapshot([]), plain, seed, pool, digest, features, fits, 0, threshold, Calibration())
    card.update(encoder=None, documents=_document_counts(targets_of([])), metrics={}, reliability=[], timing={})
    nothing = OutOfFold((), np.zeros(0), np.zeros(0), np.zeros(0, np.int64))
    signals, groups = scan.signals()[pool_rows], scan.groups[pool_rows]
    novelty = learn_novelty(signals, signals, groups, np.arange(len(signals)) % FOLDS)  # from the corpus itself
    return with_version(TrainedModel(card, pool, head, Calibration(), nothing, novelty))


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
