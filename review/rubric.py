"""What a rubric asks of a judgement, and what a change of it does to the judgements before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from review.records import Passage, Rubric, RubricChoice, Verdict


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


def says_the_same(one: Rubric, other: Rubric) -> bool:
    """Whether two versions ask the same of a judgement: other keys, examples or a rule for several change no label."""
    return _meaning(one) == _meaning(other)


def _meaning(rubric: Rubric) -> tuple[object, ...]:
    worth = rubric.keep_from if rubric.score == "instead" else None  # what a score is worth
    verdicts = {(one.verdict, one.name, tuple(one.hint.split())) for one in rubric.verdicts}
    reasons = {(reason.code, reason.name) for reason in rubric.reasons}
    return rubric.guideline.split(), reasons, worth, verdicts, [text.split() for text in anchors(rubric)]


def anchors(rubric: Rubric) -> tuple[str, ...]:
    """What each score means to a reader: nothing where no score is asked for."""
    return rubric.anchors if rubric.score != "off" else ("",) * 6


def passages(rubrics: Mapping[int, Rubric], choices: Mapping[int, RubricChoice]) -> list[Passage]:
    """What became of each version's labels, up to the newest version. `choices`: the one that holds, by version.

    A version that a damaged journal has lost says nothing, so a step from or to it needs a choice.
    """
    newest = max(rubrics, default=0)
    found = []
    for version in range(1, newest + 1):
        codes = {reason.code: reason.code for reason in rubrics[version].reasons} if version in rubrics else {}
        codes[""] = ""
        again: set[str] = set()
        every, settled = False, True
        for step in range(version + 1, newest + 1):
            choice = choices.get(step)
            if choice is None:
                before, after = rubrics.get(step - 1), rubrics.get(step)
                settled = settled and before is not None and after is not None and says_the_same(before, after)
                continue
            every = every or choice.every
            again |= {code for code, now in codes.items() if now in choice.again}
            codes = {code: choice.mapping.get(now, now) for code, now in codes.items()}
        mapping = {code: now for code, now in sorted(codes.items()) if code != now}
        found.append(Passage(version, settled, mapping, every, tuple(sorted(again))))
    return found
