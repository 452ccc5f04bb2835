"""What each part of the features adds: heads of growing size, fitted on the same labels and judged on the same audit
labels out of fold. What is optional joins a head only where it adds more than noise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from review.classifier.calibration import Calibration, calibrate, cross_calibrated
from review.classifier.cascade import doubt
from review.classifier.evaluate import MIN_GROUPS, auc, auc_interval, distinct, evenness, interval, resamples
from review.classifier.material import Cancel, Material, Progress, Steps, gather, one_thread
from review.classifier.pool import Features, Pool
from review.classifier.registry import load
from review.classifier.solve import Solution, Step, solve
from review.classifier.speed import Pace
from review.records import Document, LabelledDocument

if TYPE_CHECKING:
    from review.settings import ClassifierSettings

ENCODER = "encoder"  # the only part that is not looked up in the one pass over the text
_MARGIN = 1e-9  # in logits: the document at the edge is sent, whichever way its logit was rounded
SHARES = (0.05, 0.1, 0.2, 0.4)  # of the documents that a cascade sends on to the encoder
Array = NDArray[np.float64]
Interval = dict[str, float]  # "value", "low", "high": 95 % sure


@dataclass(frozen=True)
class Jury:
    """The decided audit documents, on which heads are judged by predictions of fits without them."""

    tested: NDArray[np.bool_]  # (labelled,)
    keep: NDArray[np.bool_]  # (tested,), as all below
    groups: NDArray[np.int64]
    weight: Array  # one over the chance each was drawn with
    fold_of: NDArray[np.int64]
    calibrate_from: int
    seed: int

    @classmethod
    def of(cls, made: Material, seed: int) -> Jury:
        targets = made.targets
        tested = targets.audit & targets.decided
        return cls(
            tested, targets.keep[tested], made.groups[tested], targets.weight[tested], made.fold_of[tested],
            made.calibrate_from, seed,
        )  # fmt: skip

    @property
    def can_judge(self) -> bool:
        """Whether there are enough distinct documents of either verdict to say how sure a number is."""
        return min(distinct(self.keep, self.groups)) >= MIN_GROUPS

    def probability(self, logits: Array) -> Array:
        """(tested,) P(keep), calibrated on the other folds, from the out-of-fold logits of all labelled documents."""
        return cross_calibrated(logits[self.tested], self.keep, self.weight, self.fold_of, self.calibrate_from)

    def calibration(self, logits: Array) -> Calibration:
        """From the out-of-fold logits of all labelled documents."""
        return calibrate(logits[self.tested], self.keep, self.weight, self.calibrate_from)

    def auc(self, probability: Array) -> Interval | None:
        """As on the model card; None when they cannot judge."""
        if not self.can_judge:
            return None
        kept, rejected = distinct(self.keep, self.groups)
        value = float(auc(self.weight[None], probability, self.keep)[0])
        low, high = auc_interval(
            value, kept * evenness(self.weight[self.keep]), rejected * evenness(self.weight[~self.keep])
        )
        return {"value": value, "low": low, "high": high}

    def gain(self, probability: Array, against: Array) -> Interval | None:
        """AUC of one prediction minus that of another, by a paired bootstrap; None when they cannot judge."""
        if not self.can_judge:
            return None

        def difference(weights: Array) -> Array:
            return auc(weights, probability, self.keep) - auc(weights, against, self.keep)

        low, high = interval(
            np.concatenate([difference(weights * self.weight) for weights in resamples(self.groups, self.seed)])
        )
        assert low is not None
        assert high is not None
        return {"value": float(difference(self.weight[None])[0]), "low": low, "high": high}


def beyond_noise(gain: Interval | None) -> bool:
    """Whether it is 95 % sure that something was gained."""
    return gain is not None and gain["low"] > 0


@dataclass(frozen=True)
class First:
    """What the head in front of an encoder is made of, and what it sends on."""

    pool: Pool
    features: Features
    solution: Solution
    width: float  # the encoder is asked where the head's `cascade.doubt` is no larger


@dataclass(frozen=True)
class Chosen:
    """The parts that a head is made of, and its fits."""

    pool: Pool
    features: Features
    solution: Solution
    probability: Array  # (tested,) as on the card
    encoder: dict[str, Any] | None  # for the card: the encoder, what it adds, and whether it joined; None without one
    first: First | None = None  # None: one head reads every document


def choose(made: Material, jury: Jury, settings: ClassifierSettings, seed: int, step: Step) -> Chosen:
    """Fit a head; an encoder joins it only where it adds more to the AUC than noise, asked about as many documents as
    the settings say.

    That is judged by the labels that the version is tested on, as its gate is: an encoder that adds nothing joins in
    some 3 of 100 cases.
    """
    plain = tuple(name for name in made.features.parts if name != ENCODER)
    without = solve_on(made, plain, seed, step)
    cheap = jury.probability(without.logits)
    if made.encoder is None:
        return Chosen(made.pool, made.features, without, cheap, None)
    both = solve_on(made, (*plain, ENCODER), seed, step)
    sent, width = np.ones(len(cheap), bool), np.inf
    if settings.cascade < 1 and len(cheap):
        sent, width = least_sure(jury, without.logits, settings.threshold, settings.cascade)
    mixed = np.where(sent, jury.probability(both.logits), cheap)
    gain = jury.gain(mixed, cheap)
    told: dict[str, Any] = {**made.encoder.about(), "gain": gain, "joined": beyond_noise(gain)}
    small = parts_of(made, plain)
    if not told["joined"]:
        return Chosen(*small, without, cheap, told)
    first = None
    if not sent.all():
        first = First(*small, without, width)
        told["cascade"] = {"share": float(jury.weight[sent].sum() / jury.weight.sum()), "width": width}
    return Chosen(*parts_of(made, (*plain, ENCODER)), both, mixed, told, first)


def parts_of(made: Material, names: Sequence[str]) -> tuple[Pool, Features]:
    """The pool and the features reduced to some parts; the radial part over the signals stays."""
    pool = replace(made.pool, blocks={name: made.pool.blocks[name] for name in names})
    return pool, Features(made.features.ranked, {name: made.features.parts[name] for name in names})


def solve_on(made: Material, names: Sequence[str], seed: int, step: Step) -> Solution:
    """Fits on some of the parts."""
    pool, features = parts_of(made, names)
    return solve(pool, features, made.taught, made.fold_of, seed, step)


def measure(
    documents: Iterable[Document],
    labelled: Sequence[LabelledDocument],
    settings: ClassifierSettings,
    *,
    seed: int,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
    cache: Path | None = None,
    model: Path | None = None,
) -> dict[str, Any]:
    """Heads of growing size on the same labels, folds and audit documents; arguments as of `training.train`.

    model: folder of a version trained on them, whose speed is then measured too: "timing", processor seconds a
    document of the pass without characters, of the whole pass, and of the encoder.

    Returns what is judged on ("documents", "distinct"), "encoder" as on a card, "sizes", each with its "name", the
    "parts" it has, "features", "auc", and its "gain" over the size before; and "cascade", for each share of documents
    sent on to the encoder its "auc" and its "gain" over the size that sends none. An AUC or gain is None where too few
    distinct documents judge it. Raises what `train` raises.
    """
    steps = Steps(progress, cancel)
    with one_thread():
        made = gather(documents, labelled, settings, seed, steps, cache)
        jury = Jury.of(made, seed)
        sizes: list[dict[str, Any]] = []
        predicted: list[Array] = []
        logits: list[Array] = []
        names = tuple(made.features.parts)
        for done in range(1, len(names) + 1):
            steps("fitting", done - 1, len(names))
            parts = names[:done]
            logits.append(solve_on(made, parts, seed, lambda *_: steps.check()).logits)
            own = jury.probability(logits[-1])
            sizes.append({
                "name": parts[-1],
                "parts": list(parts),
                "features": sum(int(made.features.parts[part].shape[1]) for part in parts),
                "auc": jury.auc(own),
                "gain": jury.gain(own, predicted[-1]) if predicted else None,
            })  # fmt: skip
            predicted.append(own)
        kept, rejected = distinct(jury.keep, jury.groups)
        found: dict[str, Any] = {
            "documents": int(jury.tested.sum()),
            "distinct": {"keep": kept, "reject": rejected, "needed": MIN_GROUPS},
            "encoder": made.encoder.about() if made.encoder else None,
            "sizes": sizes,
            "cascade": list(cascades(jury, logits[-2], logits[-1], settings.threshold)) if made.encoder else [],
        }
        if model is not None:
            steps("measuring speed", 0, 1)
            found["timing"] = asdict(Pace.of(load(model), made.sample, made.encoder))
    return found


def cascades(jury: Jury, cheap: Array, costly: Array, threshold: float) -> Iterator[dict[str, Any]]:
    """What it gives to ask the costly head only about the documents that the cheap one is least sure of.

    cheap, costly: out-of-fold logits of all labelled documents by both.
    """
    first, last = jury.probability(cheap), jury.probability(costly)
    for share in SHARES:
        sent, width = least_sure(jury, cheap, threshold, share)
        mixed = np.where(sent, last, first)
        yield {
            "share": float(jury.weight[sent].sum() / jury.weight.sum()),
            "width": width,
            "auc": jury.auc(mixed),
            "gain": jury.gain(mixed, first),
        }


def least_sure(jury: Jury, logits: Array, threshold: float, share: float) -> tuple[NDArray[np.bool_], float]:
    """The share of the tested documents that a head puts nearest to the threshold, and how near: by the one calibration
    that it would score with, as a cascade decides.

    logits: out of fold, of all labelled documents.
    """
    near = doubt(logits[jury.tested], jury.calibration(logits), threshold)
    width = _quantile(near, jury.weight, share) + _MARGIN
    return near <= width, width


def _quantile(values: Array, weight: Array, share: float) -> float:
    """The smallest value with at least `share` of the weight at or below it."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weight[order]) / weight.sum()
    return float(values[order][min(int(np.searchsorted(reached, share)), len(values) - 1)])
