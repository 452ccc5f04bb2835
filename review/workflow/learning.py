"""Labels -> classifier -> scores."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from review import corpus
from review.errors import CorpusError, ModelError, NotEnoughLabels, NotFound
from review.project import Project
from review.records import Document, Stream
from review.workflow.drawing import matching_shards
from review.workflow.intake import Progress

if TYPE_CHECKING:
    from review.classifier import Gate, TrainedModel

MODELS, SCORES, CACHE = "models", "scores", "cache"


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained version, not in use until it is promoted."""

    version: str
    card: Mapping[str, Any]
    gate: Gate | None  # against the model in use; None: too few audit labels to compare
    summary: str


@dataclass(frozen=True, slots=True)
class Promotion:
    """What became of a promotion."""

    version: str
    promoted: bool
    gate: Gate | None  # None: overruled with too few distinct audit documents to compare, or a roll back
    unscored: tuple[str, ...] = ()  # shards that this version has not scored: their order is still the last one's
    last: str | None = None  # the version that was in use before


def train(
    project: Project,
    *,
    by: str,
    progress: Progress | None = None,
    cancel: Callable[[], bool] | None = None,
    apart: bool = False,
) -> Trained:
    """Train on every label that counts now, score all drawn documents with the model, store both.

    apart: in a process of its own, so that this one goes on answering.

    The same labels, settings and code give the same version, which is stored once. Raises NotEnoughLabels, ModelError,
    TrainingCancelled.
    """
    from review.classifier.outcome import train_and_judge
    from review.classifier.worker import train_apart

    learn = train_apart if apart else train_and_judge
    settings = project.settings.classifier

    def step(stage: str, done: int, total: int) -> None:
        if progress:
            progress(stage, done, total, 0)

    state, current = {"seq": project.store.last_seq()}, project.store.promoted()
    made = learn(
        partial(documents, project),
        project.store.labelled_documents(),
        settings,
        seed=settings.seed,
        current=model_folder(project, current) if current else None,
        progress=step,
        cancel=cancel,
        cache=project.root / CACHE,
    )
    model = made.model
    _save(project, model)
    if model.version not in {row.version for row in project.store.models()}:
        project.store.record_model(model.version, {**model.card, "state": state}, by)
    project.store.record_scores(model.version, made.scores)
    if made.problem is not None:
        raise made.problem
    return Trained(model.version, model.card, made.gate, _summary(model.card))


def _save(project: Project, model: TrainedModel) -> None:
    """Write the model's files; a damaged folder of this very version is moved aside, so training again mends it."""
    from review.classifier import save

    folder = model_folder(project, model.version)
    try:
        save(model, folder)
    except ModelError:
        aside = folder.with_name(f"{folder.name}.damaged-{project.store.last_seq()}")
        folder.rename(aside)
        save(model, folder)


def _summary(card: Mapping[str, Any]) -> str:
    auc = card["metrics"].get("auc")
    if not auc:
        found = card["distinct"]
        return (
            f"Not tested yet: {found['keep']} distinct kept and {found['reject']} distinct rejected audit documents, "
            f"{found['needed']} of each needed."
        )
    sure = f"AUC {auc['value']:.3f}, 95 % sure {auc['low']:.3f} to {auc['high']:.3f}"
    return f"{sure}, on audit labels out of fold, weighed to speak of the whole corpus."


def documents(project: Project, unscored_by: str | None = None) -> Iterator[Document]:
    """Every drawn document; of those only the ones without a score of a version, where one is named."""
    for batch in project.store.iter_documents(unscored_by=unscored_by):
        yield from batch


def model_folder(project: Project, version: str) -> Path:
    """Where a version's files lie. Raises NotFound for a version that was never trained here."""
    return project.root / MODELS / version


def load_model(project: Project, version: str) -> TrainedModel:
    """A stored version. Raises NotFound for an unknown one, ModelError when its files are not what was stored."""
    from review.classifier import load

    _require_known(project, version)
    return replace(load(model_folder(project, version)), cache=project.root / CACHE)


def _require_known(project: Project, version: str) -> None:
    known = [row.version for row in project.store.models()]
    if version not in known:
        listed = ", ".join(known) or "none yet; run `review train`"
        raise NotFound(f"There is no model {version!r}. Trained versions: {listed}.")


def compare(project: Project, version: str) -> Gate:
    """The gate of a version against the model in use. Raises NotEnoughLabels when too few audit labels can judge."""
    from review.classifier import gate

    current = project.store.promoted()
    return gate(
        load_model(project, version),
        load_model(project, current) if current and current != version else None,
        documents(project),
        project.store.labelled_documents(stream=Stream.AUDIT),
        seed=project.settings.classifier.seed,
    )


def promote(project: Project, version: str, *, by: str, reason: str = "", overrule: bool = False) -> Promotion:
    """Put a version to use if it passes its gate; a lead may overrule the gate with a reason, which is kept.

    Raises NotEnoughLabels when too few audit labels can judge it and nobody overrules.
    """
    last = project.store.promoted()
    if last == version:
        raise ModelError(f"{version} is in use already.")
    if overrule and not reason.strip():
        raise ModelError("Overruling the gate needs a reason. Say why in --reason.")
    try:
        result = compare(project, version)
    except NotEnoughLabels:
        if not overrule:
            raise
        result = None
    better = result is not None and result.better
    if better or overrule:
        project.store.promote(version, by, reason or (result.sentence if result else ""))
    done = better or overrule
    return Promotion(version, done, result, _unscored(project, version) if done else (), last)


def roll_back(project: Project, *, by: str, reason: str) -> Promotion:
    """Put the version to use that was in use before, with a reason that is kept; no gate asks. Raises ModelError."""
    history = project.store.promotions()
    earlier = [version for version in history if version != history[-1]]
    if not earlier:
        raise ModelError("There is no earlier version to go back to: no other one was ever in use.")
    if not reason.strip():
        raise ModelError("Going back needs a reason. Say why in --reason.")
    load_model(project, earlier[-1])  # refused here, while the current one is still in use, if its files are damaged
    project.store.promote(earlier[-1], by, reason)
    return Promotion(earlier[-1], True, None, _unscored(project, earlier[-1]), history[-1])


def _unscored(project: Project, version: str) -> tuple[str, ...]:
    """Readable shards without a sidecar of this version. Certificates do not change: they rest on labels alone."""
    from review.scoring import read_totals

    out, states = project.root / SCORES / version, project.store.shard_states()
    shards = [shard for shard in project.store.shards() if states[shard.name] == "ok"]
    return tuple(shard.name for shard in shards if read_totals(shard, version, out) is None)


def _score_drawn(project: Project, version: str) -> None:
    """Put into the store what a version gives the drawn documents that have no score of it yet."""
    left = documents(project, version)
    first = next(left, None)
    if first is None:  # known before the classifier is loaded, which costs more than the question
        return
    from review.classifier.outcome import document_scores

    project.store.record_scores(version, document_scores(load_model(project, version), chain((first,), left)))


@dataclass(frozen=True, slots=True)
class Scored:
    """What scoring whole shards did."""

    out: Path
    model: str
    shards: int
    documents: int
    skipped: int  # shards whose scores were there already
    problems: tuple[str, ...]


def score(
    project: Project,
    patterns: Sequence[str] = ("*",),
    *,
    version: str | None = None,
    out: Path | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> Scored:
    """Score whole shards into row-aligned Parquet sidecars, and into the store the drawn documents that have no score
    of this version yet: neither a version nor the text behind a document's name ever changes.

    Raises NotFound when there is no model to score with.
    """
    from review.scoring import score_shards

    version = version or project.store.promoted()
    if version is None:
        raise NotFound("No model is in use. Train one with `review train` and promote it, or name one with --model.")
    _require_known(project, version)
    _score_drawn(project, version)
    names = sorted({name for pattern in patterns for name in matching_shards(project, pattern)})
    out = (out or project.root / SCORES / version).resolve()
    sound, problems = [], []
    for name in names:
        shard = project.store.shard(name)
        try:
            same = corpus.unchanged(shard.uri, shard.fingerprint)
        except (CorpusError, NotFound) as error:
            problems.append(str(error))
            continue
        if same:
            sound.append(shard)
        else:
            problems.append(f"The file of shard {name} changed. Ingest it again before scoring it.")

    def step(done: int, total: int, report: Any) -> None:
        if progress:
            progress(report.shard, done, total, report.rows)

    reports = score_shards(model_folder(project, version), sound, out, workers=workers, progress=step)
    return Scored(
        out=out,
        model=version,
        shards=len(reports),
        documents=sum(report.scored for report in reports),
        skipped=sum(report.skipped for report in reports),
        problems=tuple(problems),
    )
