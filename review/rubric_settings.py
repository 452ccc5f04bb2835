"""The section [rubric] of review.toml, typed."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, field_validator, model_validator

from review.keys import why_no_key
from review.plan_settings import CONFIG
from review.records import WORDINGS, Example, FinalRule, Reason, Rubric, ScoreMode, Verdict, Wording

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


def _key(key: str) -> str:
    why = why_no_key(key)
    if why is not None:
        raise ValueError(why.removesuffix("."))
    return key


Key = Annotated[str, AfterValidator(_key)]


class Section(BaseModel):
    model_config = CONFIG


class ReasonSettings(Section):
    code: Code
    name: Annotated[str, Field(min_length=1, max_length=40)]
    key: Annotated[str, Field(pattern=r"^[a-z]$")]


DEFAULT_REASONS = [
    ReasonSettings(code=code, name=name, key=key)
    for code, name, key in (
        ("wrong_language", "wrong language", "w"),
        ("extraction_damage", "extraction damage", "e"),
        ("personal_data", "personal data", "r"),
        ("truncated", "truncated", "t"),
        ("adult", "adult", "a"),
        ("spam", "spam / SEO", "s"),
        ("duplicate", "duplicate", "d"),
        ("low_information", "low information", "f"),
        ("machine_made", "machine-made", "g"),
        ("toxic", "toxic", "x"),
        ("incoherent", "incoherent", "c"),
        ("boilerplate", "boilerplate", "b"),
    )
]

DEFAULT_GUIDELINE = """\
Would you want a language model to learn from this text?

Keep a document that a person wrote, or could have written, to tell somebody something, and that arrived whole enough
to be understood. Style, opinion and subject do not matter; small blemishes do not matter.

Reject a document whose form is broken or whose purpose is not to be read: menus and cookie notices, text stuffed with
search words, garbled letters, half a page, the same lines over and over, filler with nothing in it, another
document again, explicit or hateful text, or somebody's private data.

Choose unsure when you have read it and still cannot tell. An unsure document counts against approving a shard, so do
not use it to go faster.
"""


class ExampleSettings(Section):
    reason: str = ""  # of a text to reject, or empty for one to keep
    text: Annotated[str, Field(min_length=1, max_length=2_000)]
    note: Annotated[str, Field(max_length=400)] = ""


class WordingSettings(Section):
    verdict: Literal["keep", "unsure", "reject"]
    name: Annotated[str, Field(min_length=1, max_length=16, pattern=r"\S")]
    hint: Annotated[str, Field(max_length=200)] = ""
    key: Key | Literal[""] = ""


class RubricSettings(Section):
    reasons: Annotated[list[ReasonSettings], Field(strict=False, min_length=1, max_length=16)] = DEFAULT_REASONS
    guideline: str = DEFAULT_GUIDELINE
    require_reason: bool = False
    score: ScoreMode = "off"
    keep_from: Annotated[int, Field(ge=1, le=5)] = 3
    final: Literal["majority", "unanimous", "newest", "strictest"] = "majority"
    examples: Annotated[list[ExampleSettings], Field(strict=False, max_length=100)] = []
    verdicts: Annotated[list[WordingSettings], Field(strict=False, max_length=3)] = []
    anchors: Annotated[list[Annotated[str, Field(max_length=200)]], Field(strict=False, max_length=6)] = []

    @field_validator("score", mode="before")
    @classmethod
    def _once_a_switch(cls, score: object) -> object:
        return {True: "also", False: "off"}[score] if isinstance(score, bool) else score

    @field_validator("reasons")
    @classmethod
    def _distinct(cls, reasons: list[ReasonSettings]) -> list[ReasonSettings]:
        for what in ("code", "key"):
            seen: set[str] = set()
            for reason in reasons:
                value = getattr(reason, what)
                if value in seen:
                    raise ValueError(f"{what} {value!r} stands twice; each reason needs its own {what}")
                seen.add(value)
        return reasons

    @field_validator("verdicts")
    @classmethod
    def _each_once(cls, verdicts: list[WordingSettings]) -> list[WordingSettings]:
        said: list[str] = [one.verdict for one in verdicts]
        names = [one.name.strip() for one in verdicts] + [one.name for one in WORDINGS if one.verdict not in said]
        for what, found in (("verdict", said), ("name", [name.casefold() for name in names])):
            if len(set(found)) < len(found):
                raise ValueError(f"{what} {max(found, key=found.count)!r} stands twice; each verdict needs its own")
        return verdicts

    @model_validator(mode="after")
    def _examples_of_reasons(self) -> RubricSettings:
        strange = sorted({one.reason for one in self.examples} - {one.code for one in self.reasons} - {""})
        if strange:
            raise ValueError(f"an example is of {strange[0]!r}, which is not a reason; leave it empty for one to keep")
        return self

    def rubric(self, version: int) -> Rubric:
        """These settings as version `version` of the rubric."""
        said = {one.verdict: Wording(Verdict(one.verdict), one.name, one.hint, one.key) for one in self.verdicts}
        return Rubric(
            version=version,
            reasons=tuple(Reason(reason.code, reason.name, reason.key) for reason in self.reasons),
            guideline=self.guideline,
            require_reason=self.require_reason,
            score=self.score,
            keep_from=self.keep_from,
            final=FinalRule(self.final),
            examples=tuple(Example(one.reason, one.text, one.note) for one in self.examples),
            verdicts=tuple(said.get(usual.verdict.value, usual) for usual in WORDINGS),
            anchors=(*self.anchors, *[""] * (6 - len(self.anchors))),
        )

    @classmethod
    def of(cls, rubric: Rubric) -> RubricSettings:
        """The settings that say what this version says."""
        plain = asdict(rubric)
        return cls.model_validate({name: plain[name] for name in cls.model_fields} | {"final": str(rubric.final)})
