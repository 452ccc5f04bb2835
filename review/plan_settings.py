"""What review.toml says of plans, of readers' errors, and of what a release promises."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from review.errors import PlanError
from review.records import Plan

Share = Annotated[float, Field(ge=0, lt=1)]
Risk = Annotated[float, Field(gt=0, lt=0.5)]


CONFIG = ConfigDict(extra="forbid", frozen=True, strict=True)


class Section(BaseModel):
    model_config = CONFIG


class PlanSettings(Section):
    accept: Share = 0.02
    reject: Annotated[float, Field(gt=0, lt=1)] = 0.06
    alpha: Risk = 0.05
    beta: Risk = 0.10
    method: Literal["fixed", "sequential"] = "fixed"
    unit: Literal["documents", "tokens"] = "documents"
    use_classifier: bool = True

    @model_validator(mode="after")
    def _can_be_met(self) -> PlanSettings:
        # Read by `review --help` too: statistics are loaded only when there is a plan to check.
        from review.certificate import Inputs, counted

        if self.accept >= self.reject:
            raise ValueError(f"accept ({self.accept:g}) must be below reject ({self.reject:g})")
        try:
            counted(Inputs(self.plan(), None, ""))
        except PlanError as error:
            raise ValueError(str(error)) from error
        return self

    def plan(self) -> Plan:
        return Plan(self.accept, self.reject, self.alpha, self.beta, self.method, self.unit)


Count = Annotated[int, Field(ge=0)]


class ReadersSettings(Section):
    """How readers did on documents whose answer is known: `gold_from` of the project's own gold answers of either kind
    on they count, with what was measured outside of it."""

    gold_from: Count = 100
    bad_found: Count = 0
    bad_shown: Count = 0
    good_kept: Count = 0
    good_shown: Count = 0

    @model_validator(mode="after")
    def _right_at_most_as_often_as_shown(self) -> ReadersSettings:
        if self.bad_found > self.bad_shown or self.good_kept > self.good_shown:
            raise ValueError("bad_found is at most bad_shown, and good_kept at most good_shown")
        return self


class ReleaseSettings(Section):
    risk: Literal["shard", "fdr", "family"] = "shard"
    audit_rejected: Annotated[int, Field(ge=0, le=100_000)] = 0
