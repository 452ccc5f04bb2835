"""Scores -> training draws: which documents are worth reading next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from review import corpus
from review.errors import CorpusError, NotFound, ReviewError
from review.project import Project
from review.records import Document, Draw, Shard, Stream, split_doc_id
from review.sampling import STRATEGIES, Candidate, Choice, Strategy, Uncertain, audit_order, mixed, parse_mix
from review.workflow.drawing import DrawReport, shown_only
from review.workflow.intake import Progress
from review.workflow.learning import SCORES, load_model

if TYPE_CHECKING:
    from review.classifier import TrainedModel

POOL = 5_000  # random documents that a training draw chooses among when their texts must be read ...
SCORED_POOL = 50_000  # ... and when sidecars hold all that is asked of them
BY_HAND = "by_hand"


def draw_training(
    project: Project,
    names: Sequence[str],
    strategy: str | None,
    n: int | None,
    *,
    by: str,
    query: str = "",
    progress: Progress | None = None,
) -> DrawReport:
    """Draw `n` documents for training (default: the settings' batch), chosen by strategy among random ones.

    strategy: a name, or names with shares ("uncertain=0.6,diverse=0.4"); default: the settings'. query: words to search
    for. Documents drawn before, in either stream, are no candidates, nor are near-copies of them or of each other.
    Scores come from the model in use: from its sidecars where there are any, else they are computed now. Without one
    the signals alone score: they tell web pages by their form, which is good for a first choice and for nothing else.
    """
    shares = parse_mix(strategy or project.settings.sampling.training_strategy)
    if ("search" in shares) != bool(query.strip()):
        raise ReviewError("The strategy 'search' and words to search for go together: --strategy search --query WORDS.")
    store = project.store
    version = store.promoted()
    model = load_model(project, version) if version else None
    seed, batch = project.settings.sampling.seed, f"training-{store.last_seq() + 1}"
    # Sidecars tell how unlike the labelled documents one is in signals alone; "novel" asks about its words too.
    needs_text = model is None or bool(shares.keys() & {"diverse", "search", "novel"})
    pool = _Pool(project, model, needs_text, f"{batch}:{seed}")
    for done, name in enumerate(names):
        if progress:
            progress(name, done, len(names), len(pool.candidates))
        pool.add(store.shard(name), len(names))
    pool.describe(shares.keys(), query)
    wanted = n or project.settings.sampling.training_batch
    threshold = model.threshold if model else project.settings.classifier.threshold
    chosen = _distinct(pool, _by(shares, threshold, seed), wanted, _drawn_texts(project), by)
    draws = [
        Draw(*split_doc_id(one.doc_id), Stream.TRAINING, one.strategy, None, seed, rank, batch)
        for rank, one in enumerate(chosen)
    ]
    store.record_draws(draws, shown_only(project.settings, [pool.texts[draw.doc_id] for draw in draws]), by)
    drawn = {name: len(rows) for name, rows in _by_shard([draw.doc_id for draw in draws]).items()}
    return DrawReport(drawn, tuple(pool.problems))


def draw_by_hand(project: Project, doc_ids: Sequence[str], *, by: str) -> DrawReport:
    """Put documents a person has named into the training stream. Those drawn before stay as they are.

    Raises NotFound or ValueError for a name that is none, CorpusError for a row that is no document.
    """
    store, documents, before = project.store, [], 0
    for name, rows in _by_shard(list(dict.fromkeys(doc_ids))).items():
        drawn = {draw.row for draw in store.draws(name)}
        documents += corpus.read_rows(store.shard(name), sorted(set(rows) - drawn))
        before += len(drawn.intersection(rows))
    batch = f"training-{store.last_seq() + 1}"
    draws = [
        Draw(one.shard, one.row, Stream.TRAINING, BY_HAND, None, project.settings.sampling.seed, rank, batch)
        for rank, one in enumerate(documents)
    ]
    if draws:
        store.record_draws(draws, shown_only(project.settings, documents), by)
    old = "1 document was" if before == 1 else f"{before} documents were"
    return DrawReport(
        {name: len(rows) for name, rows in _by_shard([one.doc_id for one in documents]).items()},
        (),
        (f"{old} drawn before and stay{'s' * (before == 1)} as drawn.",) if before else (),
    )


def _by(shares: dict[str, float], threshold: float, seed: int) -> Callable[[Sequence[Candidate], int], list[Choice]]:
    strategies: dict[str, Strategy] = {**STRATEGIES, "uncertain": Uncertain(threshold)}
    return lambda candidates, n: mixed(shares, strategies, candidates, n, seed=seed)


@dataclass
class _Pool:
    """Random documents that were not drawn yet, and what is known of them."""

    project: Project
    model: TrainedModel | None
    needs_text: bool
    key: str
    candidates: list[Candidate] = field(default_factory=list)
    texts: dict[str, Document] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def add(self, shard: Shard, shards: int) -> None:
        """Take the shard's part of the candidates; a shard that cannot be read is a problem, not an end."""
        try:
            self._add(shard, shards)
        except (CorpusError, NotFound) as error:
            self.problems.append(str(error))

    def _add(self, shard: Shard, shards: int) -> None:
        drawn = {draw.row for draw in self.project.store.draws(shard.name)}
        scores, novelty = (None, None) if self.needs_text else _stored(self.project, shard, self.model)
        size = max(1, (POOL if scores is None or novelty is None else SCORED_POOL) // shards)
        order = audit_order(f"{shard.name}:{self.key}", 0, shard.rows, shard.excluded, size + len(drawn)).tolist()
        rows = [row for row in order if row not in drawn][:size]
        if scores is not None and novelty is not None:
            self.candidates += [
                Candidate(f"{shard.name}#{row}", float(scores[row]), float(novelty[row]))
                for row in rows
                if scores[row] == scores[row]
            ]
            return
        documents, _ = corpus.try_rows(shard, rows)
        self.texts |= {document.doc_id: document for document in documents}
        self.candidates += [Candidate(document.doc_id) for document in documents]

    def describe(self, strategies: Iterable[str], query: str) -> None:
        """Give the candidates whose texts were read what the strategies ask for."""
        from review.classifier import day_zero

        read = [one for one in self.candidates if one.doc_id in self.texts]
        if not read:
            return
        texts = [self.texts[one.doc_id].text for one in read]
        model, wanted = self.model, set(strategies)
        known: dict[str, Sequence[Any]] = {}
        if wanted & {"uncertain", "likely_bad", "novel", "diverse"}:
            settings = self.project.settings.classifier
            model = model or day_zero((self.texts[one.doc_id] for one in read), settings, seed=settings.seed)
            known["score"] = model.score(texts).tolist()
            known["novelty"] = model.novel(texts).tolist()
            if "diverse" in wanted:
                known["vector"] = list(model.static_encoder.encode(texts))
        if query:
            words = query.casefold().split()
            folded = [text.casefold() for text in texts]
            known["matches"] = [
                sum(map(text.count, words)) if all(word in text for word in words) else 0 for text in folded
            ]
        described = [replace(one, **{key: values[i] for key, values in known.items()}) for i, one in enumerate(read)]
        self.candidates = [one for one in self.candidates if one.doc_id not in self.texts] + described

    def read(self, names: Sequence[str], by: str) -> set[str]:
        """Read the texts of these documents; those that turn out to be none are refused, recorded and returned."""
        refused: set[str] = set()
        for name, rows in _by_shard([name for name in names if name not in self.texts]).items():
            documents, refusals = corpus.try_rows(self.project.store.shard(name), rows)
            self.texts |= {document.doc_id: document for document in documents}
            refused |= {f"{name}#{refusal.row}" for refusal in refusals}
            if refusals:
                self.project.store.record_refusals(name, refusals, by)
        return refused


def _distinct(
    pool: _Pool,
    choose: Callable[[Sequence[Candidate], int], list[Choice]],
    wanted: int,
    known: Sequence[str],
    by: str,
) -> list[Choice]:
    """The best `wanted` choices that are documents and no near-copies of `known` texts or of a better choice."""
    from review.classifier.duplicates import text_groups

    left = pool.candidates
    while True:
        choices = choose(left, wanted)
        out = pool.read([choice.doc_id for choice in choices], by)
        sound = [choice for choice in choices if choice.doc_id not in out]
        groups = text_groups([*known, *(pool.texts[choice.doc_id].text for choice in sound)])[len(known) :].tolist()
        first = range(len(known), len(known) + len(sound))
        out |= {choice.doc_id for choice, group, own in zip(sound, groups, first, strict=True) if group != own}
        if not out:
            return choices
        left = [candidate for candidate in left if candidate.doc_id not in out]


def _drawn_texts(project: Project) -> list[str]:
    return [document.text for batch in project.store.iter_documents() for document in batch]


def _by_shard(names: Sequence[str]) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = {}
    for name in names:
        shard, row = split_doc_id(name)
        rows.setdefault(shard, []).append(row)
    return rows


def _stored(project: Project, shard: Shard, model: TrainedModel | None) -> tuple[Any, Any]:
    """Scores and novelty by row from the shard's sidecar (NaN for refused rows), None where there are none."""
    if model is None:
        return None, None
    from review.scoring import read_scores

    out = project.root / SCORES / model.version
    return read_scores(shard, model.version, out), read_scores(shard, model.version, out, "novelty")
