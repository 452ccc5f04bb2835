"""What a rubric asks of a judgement: one rule set for labels from the desk and from files."""

from __future__ import annotations

from collections.abc import Sequence

from review.records import Rubric, Verdict


def verdict_of(rubric: Rubric, score: int) -> Verdict:
    """What a score means where it is asked for in place of a verdict."""
    return Verdict.KEEP if score >= rubric.keep_from else Verdict.REJECT


def why_against(
    rubric: Rubric, verdict: Verdict | None, reasons: Sequence[str], score: int | None = None
) -> str | None:
    """Why a judgement does not follow this version of the rubric, as a clause; None when it does.

    A judgement taken back (no verdict) always does.
    """
    if verdict is None:
        return None
    codes = [reason.code for reason in rubric.reasons]
    allowed = ", ".join(codes) or "none"
    unknown = sorted(set(reasons) - set(codes))
    if unknown:
        got = repr(unknown[0])
        shown = got if len(got) <= 60 else got[:59] + "…"
        return f"{shown} is not a reason of rubric version {rubric.version}; allowed are: {allowed}."
    if rubric.require_reason and verdict is Verdict.REJECT and not reasons:
        return f"a reject needs a reason; allowed are: {allowed}."
    if rubric.score == "instead" and score is not None and verdict is not verdict_of(rubric, score):
        return (
            f"the score {score} means {verdict_of(rubric, score)} in rubric version {rubric.version} (keep from "
            f"{rubric.keep_from}), but the verdict is {verdict}."
        )
    return None
