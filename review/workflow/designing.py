"""How a shard's audit draws are made: a simple random order, or draws that favour some documents, fixed beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from review import corpus
from review.certificate import make_strata, stratify
from review.errors import CorpusError, NotFound, ReviewError
from review.project import Project
from review.records import AuditDesign, Draw, Shard, Stream
from review.sampling import Frame, favoured_draws

MIN_AUC = 0.75  # of the classifier on labels it did not learn from; below it strata cost more labels than they save
MIN_DOCUMENTS = 2_000  # in smaller shards a random order without replacement needs fewer labels than strata
SCORES = "scores"


@dataclass(frozen=True, slots=True)
class Choice:
    """How a shard's first audit draw will be made. `design` None: as a simple random order; `why`, where that is
    second best."""

    design: AuditDesign | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class InUse:
    """The model in use, and its AUC on audit labels that it did not learn from; None: not tested."""

    version: str
    auc: float | None


def in_use(project: Project) -> InUse | None:
    """The promoted model."""
    version = project.store.promoted()
    if version is None:
        return None
    card = next(model.card for model in project.store.models() if model.version == version)
    found = card.get("metrics", {}).get("auc")
    return InUse(version, float(found["value"]) if found else None)


def choose(project: Project, shard: Shard, model: InUse | None, strategy: str | None = None) -> Choice:
    """The design of a shard without audit draws, by the plan.

    A plan for tokens draws documents in proportion to their length. A sequential plan draws over score strata where
    the model in use is good enough and has scored the shard. strategy: `simple` or `strata` to insist on either.
    Raises ReviewError when `strata` cannot be had.
    """
    plan, settings = project.settings.plan.plan(), project.settings.plan
    if strategy == "simple" and plan.unit == "tokens":
        raise ReviewError("The plan speaks of tokens, so documents are drawn by their length, never as 'simple'.")
    wanted = strategy == "strata" or (strategy is None and plan.method == "sequential" and settings.use_classifier)
    why = _unfit(project, shard, model, insisted=strategy == "strata") if wanted else None
    chosen = model if wanted and why is None else None
    if strategy == "strata" and chosen is None:
        raise ReviewError(why or "No model is in use, so there are no scores to make strata of. Promote one first.")
    if chosen is None and plan.unit == "documents":
        return Choice(None, why or "")
    frame, bad = _frame(project, shard, plan.unit, chosen.version if chosen else None)
    strata = make_strata(frame.stratum, bad, frame.sizes.astype(np.float64), plan)
    return Choice(
        AuditDesign(
            shard=shard.name,
            unit=plan.unit,
            seed=project.settings.sampling.seed,
            documents=len(frame.rows),
            total=int(frame.sizes.sum()),
            weights=strata.weights,
            predicted=strata.predicted,
            chances=strata.chances,
            frame=frame.digest(),
            model=chosen.version if chosen else None,
            auc=chosen.auc if chosen else None,
        ),
        why or "",
    )


def next_draws(project: Project, shard: Shard, design: AuditDesign, before: int, n: int) -> list[Draw]:
    """The draws of ranks `before` to n - 1. Raises CorpusError when the frame is not the one of the first draw."""
    frame, _ = _frame(project, shard, design.unit, design.model)
    if frame.digest() != design.frame:
        raise CorpusError(
            f"The scores or texts of {shard.name} are not those its audit was begun with, so its draws cannot go on. "
            f"Score it again with {design.model} if its scores were lost, or ingest it under a new name."
        )
    places = favoured_draws(shard.name, design.seed, frame, design.chances, n, start=before)
    rows = zip(places.rows.tolist(), places.stratum.tolist(), places.chance.tolist(), strict=True)
    how = "strata" if design.model else "length"
    return [
        Draw(shard.name, row, Stream.AUDIT, how, chance, design.seed, before + at, f"audit-{before}-{n}", stratum)
        for at, (row, stratum, chance) in enumerate(rows)
    ]


def _unfit(project: Project, shard: Shard, model: InUse | None, *, insisted: bool) -> str | None:
    """Why the model cannot make strata of the shard: a sentence, or "" where nothing else was to be expected."""
    if model is None:
        return ""
    if model.auc is None or model.auc < MIN_AUC:
        known = "has not been tested" if model.auc is None else f"has an AUC of {model.auc:.3f}"
        return f"{model.version} {known}, strata need {MIN_AUC:g}: drawn without the classifier."
    if shard.documents < MIN_DOCUMENTS and not insisted:
        return ""
    if _scores(project, shard, model.version) is None:
        return (
            f"{shard.name} was drawn without the classifier, for {model.version} has not scored it. "
            "`review score` before a shard's first draw saves labels."
        )
    return None


def _scores(project: Project, shard: Shard, version: str) -> Any:
    from review.scoring import read_scores

    return read_scores(shard, version, project.root / SCORES / version)


def _frame(project: Project, shard: Shard, unit: str, model: str | None) -> tuple[Frame, Any]:
    """The documents of a shard with strata and sizes, and P(bad) of each. Raises CorpusError, NotFound."""
    sizes = np.ones(shard.rows, np.int64) if unit == "documents" else _lengths(shard)
    sizes[list(shard.excluded)] = 0
    bad = np.full(shard.rows, 0.5)
    if model is not None:
        scores = _scores(project, shard, model)
        if scores is None:
            raise NotFound(f"{shard.name} has no scores of {model} any more. Run `review score --model {model}`.")
        bad = 1.0 - scores.astype(np.float64)
        sizes[np.isnan(bad)] = 0
    rows = np.flatnonzero(sizes > 0)
    if shard.metadata.get("exact", True) and len(rows) != shard.documents:
        raise CorpusError(
            f"{shard.name} has {shard.documents} documents, but {len(rows)} could be weighed. Ingest and score it anew."
        )
    sizes, bad = sizes[rows], bad[rows]
    stratum = np.zeros(len(rows), np.int64) if model is None else stratify(bad, sizes.astype(np.float64))
    return Frame(rows.astype(np.int64), stratum, sizes), bad


def _lengths(shard: Shard) -> Any:
    """Characters of every row's text, 0 where there is none. Reads the whole shard."""
    import pyarrow.compute as pc

    parts = [np.zeros(0, np.int64)]
    for batch in corpus.iter_texts(shard, 4_096):
        texts: Any = batch.column("text")
        parts.append(pc.fill_null(pc.utf8_length(texts), 0).to_numpy(zero_copy_only=False))
    return np.concatenate(parts).astype(np.int64)
