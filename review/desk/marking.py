"""In which turn a label is given: as a judgement the plan wants, as a blind check, or by nobody's wish."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from review.errors import RefusedLabel
from review.records import Label, Verdict
from review.settings import Settings
from review.store import Store
from review.turns import GOLD, MARKS, REPEAT, TOLD, Turn, ticket, turn_of

TICKET = "ticket"  # under which a label carries its document's ticket until its turn is known


@dataclass(frozen=True, slots=True)
class Word:
    """What somebody has said of a document before."""

    reviewer: str
    verdict: Verdict | None
    turn: Turn

    @classmethod
    def of(cls, label: Label) -> Word:
        return cls(label.reviewer, label.verdict, turn_of(label.shown))


def marked(store: Store, settings: Settings, label: Label, earlier: Sequence[Word]) -> Label:
    """The label with the mark of its turn, given what was said of its document before, the newest last.

    Whatever the browser says of marks is thrown away. Raises RefusedLabel for a first judgement nobody asked for.
    """
    again = label.shown.get(TICKET) == ticket(settings.sampling.seed, label.reviewer, label.doc_id, repeat=True)
    label = replace(label, shown={key: value for key, value in label.shown.items() if key not in (*MARKS, TICKET)})
    own = [one for one in earlier if one.reviewer == label.reviewer]
    first = [one for one in own if one.turn is not Turn.REPEAT]
    judged = bool(first) and first[-1].verdict is not None
    if again and (judged if label.verdict is not None else len(first) < len(own)):
        return _with(label, REPEAT)
    if first and (judged or label.verdict is None):
        beyond = first[-1].turn is Turn.GOLD  # a correction stays what it corrects
    else:
        beyond = label.verdict is not None and _beyond(store, settings, label, earlier)
    label = _with(label, GOLD) if beyond else label
    told = first and settings.desk.gold_feedback and store.planned([label.doc_id])[label.doc_id].gold is not None
    return _with(label, TOLD) if told else label


def _beyond(store: Store, settings: Settings, label: Label, earlier: Sequence[Word]) -> bool:
    """Whether a first judgement is one more than planned: only of a gold document may it be given."""
    newest = {one.reviewer: one for one in earlier if one.turn is not Turn.REPEAT and one.reviewer != label.reviewer}
    said = Counter(one.verdict for one in newest.values() if one.verdict is not None and one.turn is Turn.PLAN)
    if not said:
        return False
    plan = store.planned([label.doc_id])[label.doc_id]
    wanted = settings.desk.planned().wanted(
        pick=plan.pick, training=plan.training, judged=said.total(), agreed=max(said.values())
    )
    if said.total() < wanted:
        return False
    if plan.gold is None:
        raise RefusedLabel("another reviewer had it.")
    return True


def _with(label: Label, mark: str) -> Label:
    return replace(label, shown={**label.shown, mark: True})
