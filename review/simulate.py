"""Reviewers that do not exist: they answer from the truth, with the mistakes a person of given skill makes.

For the demo project, for tests of the whole loop on corpora whose answers are known, and for trying out a plan before
anybody has read a page. Every label they give says `source="simulated"`.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from review.records import Document, Label, Rubric, Verdict

NOTES = {
    "truncated": ("stops in the middle of a word", "only the teaser"),
    "spam": ("keyword list with a phone number", "an advertisement, nothing else"),
    "boilerplate": ("menus and a cookie notice", "no article in it"),
    "extraction_damage": ("letters broken throughout", "scan errors in every line"),
    "duplicate": ("same paragraph again and again", "a mirror of another page"),
    "machine_made": ("says nothing in many words", "filler"),
    "personal_data": ("names, addresses, dates of birth",),
    "wrong_language": ("not the language it claims",),
    "low_information": ("a log, not a text", "nothing to read"),
}
WORDS_PER_SECOND = 12.0  # people skim when they judge: about three times as fast as they read


@dataclass(frozen=True, slots=True)
class Answer:
    """What a simulated reviewer says of a document."""

    verdict: Verdict
    reasons: tuple[str, ...]
    note: str
    seconds: float


@dataclass(frozen=True, slots=True)
class SimulatedReviewer:
    """A reviewer with known error rates. The same reviewer gives the same answer to the same document.

    sensitivity: chance of rejecting a document that should be rejected. specificity: chance of keeping one that should
    be kept. unsure: chance of choosing unsure instead of a wrong answer, so that hesitation costs no skill elsewhere.
    """

    name: str
    sensitivity: float = 1.0
    specificity: float = 1.0
    seed: int = 0
    unsure: float = 0.0
    reasons: Sequence[str] = field(default=("low_information", "boilerplate"))  # given with a mistaken reject

    def answer(self, truth_verdict: str, truth_reason: str = "", *, key: str, words: int = 200) -> Answer:
        """The answer to a document known by `key`, of `words` words, whose true verdict is `keep` or `reject`.

        Raises ValueError for another verdict.
        """
        truth = Verdict(truth_verdict)
        if truth is Verdict.UNSURE:
            raise ValueError("The truth is keep or reject; got 'unsure'. Leave such documents out.")
        skill = self.sensitivity if truth is Verdict.REJECT else self.specificity
        verdict: Verdict = truth
        reasons = (truth_reason,) if truth is Verdict.REJECT and truth_reason else ()
        if self._chance(key, "skill") >= skill:
            if self._chance(key, "unsure") < self.unsure:
                verdict, reasons = Verdict.UNSURE, ()
            elif truth is Verdict.REJECT:
                verdict, reasons = Verdict.KEEP, ()
            else:
                verdict, reasons = Verdict.REJECT, (self._pick(self.reasons, key, "reason"),)
        note = ""
        if reasons and truth is Verdict.REJECT and self._chance(key, "note") < 0.3:
            note = self._pick(NOTES.get(reasons[0], ("",)), key, "words")
        return Answer(verdict, reasons, note, self._seconds(key, words, verdict))

    def label(
        self, document: Document, truth_verdict: str, truth_reason: str = "", *, rubric: Rubric, turn: int = 0
    ) -> Label:
        """A label for a document; `turn` tells later labels on the same document apart.

        A reason that the rubric does not have is left out, unless the rubric requires one; then its first is taken.
        """
        answer = self.answer(truth_verdict, truth_reason, key=document.doc_id, words=len(document.text.split()))
        known = {reason.code for reason in rubric.reasons}
        reasons = tuple(code for code in answer.reasons if code in known)
        if answer.verdict is Verdict.REJECT and rubric.require_reason and not reasons:
            reasons = (rubric.reasons[0].code,)
        return Label(
            label_id=self._digest(document.doc_id, f"label-{turn}").hex()[:32],
            doc_id=document.doc_id,
            content_hash=document.content_hash,
            reviewer=self.name,
            verdict=answer.verdict,
            reasons=reasons,
            note=answer.note,
            seconds=answer.seconds,
            rubric=rubric.version,
            source="simulated",
        )

    def _seconds(self, key: str, words: int, verdict: Verdict) -> float:
        """Active seconds: a lognormal around the skimming time; a bad page is recognised sooner than a good one."""
        middle = 2.5 + min(words, 900) / WORDS_PER_SECOND * (0.5 if verdict is Verdict.REJECT else 1.0)
        radius = math.sqrt(-2 * math.log(max(self._chance(key, "pace"), 1e-9)))
        normal = radius * math.cos(2 * math.pi * self._chance(key, "turn"))  # Box-Muller
        return round(max(1.2, middle * math.exp(0.35 * normal)), 1)

    def _chance(self, key: str, purpose: str) -> float:
        return int.from_bytes(self._digest(key, purpose)[:8], "big") / 2**64

    def _pick(self, choices: Sequence[str], key: str, purpose: str) -> str:
        return choices[int(self._chance(key, purpose) * len(choices))]

    def _digest(self, key: str, purpose: str) -> bytes:
        return hashlib.sha256(f"{self.name}\0{self.seed}\0{purpose}\0{key}".encode("utf-8", "surrogatepass")).digest()
