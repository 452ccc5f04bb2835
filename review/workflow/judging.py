"""Looking at models: recomputing a card, versions side by side, labels a model doubts, and what moved a score."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from review.final import final_verdict
from review.project import Project
from review.records import LabelledDocument, Stream, Verdict
from review.workflow.cards import as_of, model_card
from review.workflow.intake import Progress
from review.workflow.learning import documents, load_model, model_folder
from review.workflow.sizing import measured, stored_scaling

if TYPE_CHECKING:
    from review.classifier.explain import Explanation

APART = ("timing", "state")  # of a card: what a clock or the journal's length says, not the labels
_OF_CODE = ("code.", "version", "schema")


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What came of computing every number of a card again."""

    version: str
    numbers: int  # compared
    differences: tuple[str, ...]  # in words; none: every number is the same
    other_code: bool  # the version was made by other code or libraries than these

    @property
    def same(self) -> bool:
        return not self.differences


@dataclass(frozen=True, slots=True)
class Suspect:
    """A label that a model fitted without it doubts."""

    doc_id: str
    verdict: Verdict | None  # what people's labels come to
    probability: float  # P(keep)
    doubt: float  # chance the model gives to the other verdict


def recompute(project: Project, version: str | None = None) -> Recomputed:
    """Train the version again from the store as it was then, and compare every number of its card.

    Raises NotFound, and ReviewError for a card that does not say which state of the store it was made from.
    """
    from review.classifier import train

    card = model_card(project, version)
    texts, labelled, settings = as_of(project, card)
    again = train(texts, labelled, settings, seed=int(card["seed"])).card
    card, again = {**card, **_scaling(project, card, again=False)}, {**again, **_scaling(project, card, again=True)}
    other_code = card["code"] != again["code"]
    before, now = _numbers(card), _numbers(json.loads(json.dumps(again)))
    if other_code:  # then the version, a hash over the code too, is another one; new settings and sections may be there
        added = ("settings", *(again.keys() - card.keys()))
        known = before.keys() | {key for key in now if key.partition(".")[0] not in added}
        before, now = (
            {k: v for k, v in one.items() if k in known and not k.startswith(_OF_CODE)} for one in (before, now)
        )
    differences = [
        f"{key}: {before.get(key, 'nothing')} on the card, {now.get(key, 'nothing')} now"
        for key in sorted(before.keys() | now.keys())
        if before.get(key) != now.get(key)
    ]
    return Recomputed(str(card["version"]), len(before), tuple(differences), other_code)


def _scaling(project: Project, card: Mapping[str, Any], *, again: bool) -> dict[str, Any]:
    """What was measured of the version's sizes, or is now; nothing where it never was."""
    found = stored_scaling(project, str(card["version"]))
    if found is not None and again:
        found = measured(project, card, found["encoder"]["name"] if found["encoder"] else None)
    return {} if found is None else {"scaling": {key: value for key, value in found.items() if key not in APART}}


def _numbers(value: Any, name: str = "") -> dict[str, Any]:
    """Every leaf of a card by its path, without what may differ from run to run."""
    if isinstance(value, Mapping):
        items: Sequence[tuple[Any, Any]] = [(key, one) for key, one in value.items() if name or key not in APART]
    elif isinstance(value, list | tuple):
        items = list(enumerate(value))
    else:
        return {name: value}
    return {path: leaf for key, one in items for path, leaf in _numbers(one, f"{name}.{key}" if name else key).items()}


def compare_objectives(project: Project, progress: Progress | None = None) -> dict[str, Mapping[str, Any]]:
    """Metrics of a model taught by each objective, on the same audit labels out of fold; nothing is stored.

    Raises NotEnoughLabels as training does.
    """
    from review.classifier import train
    from review.classifier.objectives import OBJECTIVES

    settings, labelled = project.settings.classifier, project.store.labelled_documents()
    found = {}
    for done, name in enumerate(OBJECTIVES):
        if progress:
            progress(name, done, len(OBJECTIVES), 0)
        taught = settings.model_copy(update={"objective": name})
        found[name] = train(documents(project), labelled, taught, seed=settings.seed).card["metrics"]
    return found


def side_by_side(
    project: Project, labelled: Sequence[LabelledDocument] | None = None
) -> tuple[int, dict[str, Mapping[str, float]]]:
    """AUC of the versions, by their stored out-of-fold predictions, on the audit documents all can be judged on.

    Returns how many documents that are, and "value", "low", "high" by version; the oldest versions are left out as far
    as the others would have too few documents in common with them. labelled: the store's, where they were read already.
    """
    from review.classifier.promotion import shared_auc
    from review.classifier.registry import read_out_of_fold

    found = {row.version: read_out_of_fold(model_folder(project, row.version)) for row in project.store.models()}
    sound = {version: one for version, one in found.items() if one is not None}
    if labelled is None:
        labelled = project.store.labelled_documents(stream=Stream.AUDIT)
    return shared_auc(sound, [one for one in labelled if one.stream is Stream.AUDIT])


def suspects(
    project: Project,
    version: str | None = None,
    most: int = 50,
    labelled: Sequence[LabelledDocument] | None = None,
) -> list[Suspect]:
    """The labels a version doubts most, by predictions of fits without them, most doubted first.

    They are for people to look at again; nothing is ever changed because of a doubt. labelled: the store's, where they
    were read already. Raises NotFound.
    """
    from review.classifier.breakdown import doubts
    from review.classifier.targets import targets_of

    model = load_model(project, str(model_card(project, version)["version"]))
    judged = {one.doc_id: one for one in (project.store.labelled_documents() if labelled is None else labelled)}
    targets = targets_of(judged.values())
    place = {name: index for index, name in enumerate(targets.doc_ids)}
    stored = model.out_of_fold
    rows = [
        (name, float(p), float(targets.share[place[name]]))
        for name, p in zip(stored.doc_ids, stored.probabilities, strict=True)
        if name in place
    ]
    if not rows:
        return []
    import numpy as np

    doubt = doubts(np.array([share for _, _, share in rows]), np.array([p for _, p, _ in rows]))
    found = [
        Suspect(name, final_verdict(judged[name]), p, float(one))
        for (name, p, _), one in zip(rows, doubt, strict=True)
        if one > 0.5
    ]
    return sorted(found, key=lambda one: (-one.doubt, one.doc_id))[:most]


def explain_document(project: Project, doc_id: str, version: str | None = None) -> Explanation:
    """What moved a version's score of a drawn document. For leads: a blind reader of an audit draw must not see it."""
    from review.classifier.explain import explain

    model = load_model(project, str(model_card(project, version)["version"]))
    return explain(model, project.store.document(doc_id).text)
