"""Measure what certificates promise: false decisions and labels, and write docs/risks.md.

10,000 audits a cell; 100,000 where the answer is a wrong approval, for there a single cell must not look too large by
chance; none where an exact recursion gives the number itself.

python tests/benchmarks/certificate.py            measure all, write results/certificate.json and docs/risks.md
python tests/benchmarks/certificate.py --table    only docs/risks.md, from the results that are there
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from simulated_audits import (  # noqa: E402
    FIXED,
    PLAN,
    TRUTHS,
    Outcome,
    audits,
    null_population,
    population,
    uniform_audits,
)

from review.certificate import Readers, oc_curve  # noqa: E402
from review.certificate.design import design  # noqa: E402
from review.certificate.readers import allow_for  # noqa: E402
from review.certificate.sequential import boundaries  # noqa: E402

RESULTS = HERE / "results" / "certificate.json"
DOCS = HERE.parents[1] / "docs" / "risks.md"
REPEATS = 10_000
APPROVAL_REPEATS = 100_000
MEASUREMENTS = 10  # of readers' errors; each makes a plan of its own, whose exact thresholds take a second
MORE_TRUTHS = (0.80, 0.85, 0.89, 0.90, 0.93, 0.95, 0.97, 0.99)
CLASSIFIERS = {
    "AUC .75": {"auc": 0.75},
    "AUC .85": {"auc": 0.85},
    "AUC .92": {"auc": 0.92},
    "AUC .85, overconfident twofold": {"auc": 0.85, "slope": 2.0},
    "AUC .85, half as confident": {"auc": 0.85, "slope": 0.5},
    "AUC .85, half of the bad invisible to it": {"auc": 0.85, "hidden": 0.5},
    "claims AUC .85, is useless": {"auc": 0.85, "useless": True},
}
READERS = {
    "miss 10 %, condemn .5 %, 200 + 400 known": (0.90, 0.995, 200, 400),
    "miss 2 %, condemn 2 %, 200 + 1,000 known": (0.98, 0.98, 200, 1_000),
    "miss 5 %, condemn 1 %, 60 + 200 known": (0.95, 0.99, 60, 200),
    "never wrong, 100 + 300 known": (1.0, 1.0, 100, 300),
    "miss 20 %, condemn .5 %, 400 + 1,000 known": (0.80, 0.995, 400, 1_000),
    "miss 1 %, condemn .1 %, 100 + 1,000 known": (0.99, 0.999, 100, 1_000),
    "miss 30 %, condemn 5 %, 200 + 400 known": (0.70, 0.95, 200, 400),
}
COPIED = (0.0, 0.25, 0.50, 1.0)  # of the bad documents: copies of one text
COPY_READERS = (0.90, 0.995, 400, 1_000)


def told(outcome: Outcome) -> dict[str, float]:
    return {"approve": outcome.approve, "reject": outcome.reject, "labels": float(outcome.labels.mean())}


def exactly(share: float, size: int | None) -> dict[str, float]:
    """The same without a classifier: counts have an exact recursion, so there is no Monte-Carlo error to read past."""
    (point,) = oc_curve(PLAN, size, [share])
    return {"approve": point.approve, "reject": point.reject, "labels": point.labels}


class Cells:
    """Measured cells on disk, saved one by one, so that a run that was stopped goes on where it was."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.found: dict[str, dict] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def measure(self, *key: object, how: Callable[[], dict[str, float]]) -> None:
        name = " | ".join(map(str, key))
        if name not in self.found:
            self.found[name] = how()
            self.path.write_text(json.dumps(self.found, indent=1) + "\n", encoding="utf-8")
            print(name, self.found[name], flush=True)


def decisions(cells: Cells) -> None:
    """Both sides open, by classifier and truth."""
    for size in (None, 1_000):
        name = "no classifier" if size is None else "no classifier, shard of 1,000"
        for truth in MORE_TRUTHS:
            cells.measure(
                "decisions", name, f"{truth:.2f}",
                how=lambda truth=truth, size=size: exactly(1 - truth, size),
            )  # fmt: skip
    for name, how in CLASSIFIERS.items():
        for at, truth in enumerate(MORE_TRUTHS):

            def one(how=how, at=at, truth=truth) -> dict[str, float]:
                made = population(1 - truth, **how)
                return told(audits(made.strata, made.bad, REPEATS, at))

            cells.measure("decisions", name, f"{truth:.2f}", how=one)


def worst(cells: Cells) -> None:
    """Stopping chosen to hurt: the other side is ignored, any crossing counts, an adversary places bad documents."""
    both = ((PLAN.reject, "approve", PLAN.alpha), (PLAN.accept, "reject", PLAN.beta))
    for batch in (1, 10, 25):
        for share, only, limit in both:

            def plain(share=share, only=only, batch=batch, limit=limit) -> dict[str, float]:
                return wrong(uniform_audits(share, repeats(only), 7, only=only, batch=batch), only, limit)

            cells.measure("worst", "no classifier", "anywhere", batch, only, how=plain)
    for auc in (0.75, 0.85, 0.92):
        for kind, batch in (("calibrated", 1), ("calibrated", 25), ("flat", 1), ("perfect", 1), ("hidden", 1)):
            for share, only, limit in both:

                def one(auc=auc, kind=kind, batch=batch, share=share, only=only, limit=limit) -> dict[str, float]:
                    made = population(share, auc)
                    bad = made.bad if kind == "calibrated" else null_population(made.strata, share, kind)
                    outcome = audits(made.strata, bad, repeats(only), 11, only=only, cap=600, batch=batch)
                    return wrong(outcome, only, limit)

                cells.measure("worst", f"AUC {auc:.2f}", kind, batch, only, how=one)


def repeats(only: str) -> int:
    return APPROVAL_REPEATS if only == "approve" else REPEATS


def wrong(outcome: Outcome, only: str, limit: float) -> dict[str, float]:
    """How often the decision that must not be was taken, with its limit and the Monte-Carlo error there."""
    rate = outcome.approve if only == "approve" else outcome.reject
    return {"rate": rate, "limit": limit, "error": (limit * (1 - limit) / repeats(only)) ** 0.5}


def readers(cells: Cells) -> None:
    """Readers who err, measured on documents with known answers: 10 measurements with 1,000 audits each."""
    for name, numbers in READERS.items():
        for share in (PLAN.reject, PLAN.accept, 0.01):
            cells.measure(
                "readers", name, f"{1 - share:.2f}",
                how=lambda share=share, numbers=numbers: _with_readers(share, *numbers),
            )  # fmt: skip
        sensitivity, specificity, _, _ = numbers
        labelled = PLAN.reject * sensitivity + (1 - PLAN.reject) * (1 - specificity)
        cells.measure("readers", name, "believed at 0.90", how=lambda labelled=labelled: _believed(labelled))


def _believed(labelled: float) -> dict[str, float]:
    tally = _walk(design(PLAN, None).boundaries, labelled, REPEATS, np.random.default_rng(5), closed=False)
    return {"approve": float(tally[0]) / REPEATS}


def _with_readers(
    share: float, sensitivity: float, specificity: float, bad_shown: int, good_shown: int
) -> dict[str, float]:
    measuring, random = np.random.default_rng(23), np.random.default_rng(round(share * 1000))
    tally = np.zeros(4)
    labelled = share * sensitivity + (1 - share) * (1 - specificity)
    for _ in range(MEASUREMENTS):
        found = int(measuring.binomial(bad_shown, sensitivity))
        kept = int(measuring.binomial(good_shown, specificity))
        aims = allow_for(PLAN, Readers(found, bad_shown, kept, good_shown))
        tally += _walk(boundaries(aims, None), labelled, REPEATS // MEASUREMENTS, random, closed=bool(aims.closed))
    return dict(zip(("approve", "reject", "labels", "refused"), map(float, tally / REPEATS), strict=True))


def copies(cells: Cells) -> None:
    """Unacceptable shards of which many bad documents are copies of one text, so that one reading serves them all."""
    for copied in COPIED:
        for once in (True, False):
            cells.measure(
                "copies", f"{copied:.2f}", "once" if once else "each",
                how=lambda copied=copied, once=once: _with_copies(copied, once=once),
            )  # fmt: skip


def _with_copies(copied: float, *, once: bool) -> dict[str, float]:
    """How often such a shard is approved. once: draws of a text that has counted are unsure, bad when approving."""
    measuring, random = np.random.default_rng(29), np.random.default_rng(round(copied * 100))
    sensitivity, specificity, bad_shown, good_shown = COPY_READERS
    approved, each = 0.0, REPEATS // MEASUREMENTS
    for _ in range(MEASUREMENTS):
        found = int(measuring.binomial(bad_shown, sensitivity))
        kept = int(measuring.binomial(good_shown, specificity))
        bounds = boundaries(allow_for(PLAN, Readers(found, bad_shown, kept, good_shown)), None)
        is_bad = random.random((each, bounds.n)) < PLAN.reject
        copy = is_bad & (random.random((each, bounds.n)) < copied)
        passed = random.random((each, 1)) > sensitivity  # somebody lets the copied text pass
        called = np.where(
            copy, ~passed, random.random((each, bounds.n)) < np.where(is_bad, sensitivity, 1 - specificity)
        )
        again = copy & (np.cumsum(copy, axis=1) > 1) if once else np.zeros_like(copy)
        approved += _outcomes(bounds, called | again, called & ~again)[0]
    return {"approve": float(approved) / REPEATS}


def _walk(bounds, share: float, repeats: int, random: np.random.Generator, *, closed: bool) -> np.ndarray:
    """Sums over audits: approved, rejected, labels, refused."""
    if closed:
        return np.array([0.0, 0.0, 0.0, repeats])
    steps = random.random((repeats, bounds.n)) < share
    return _outcomes(bounds, steps, steps)


def _outcomes(bounds, possible: np.ndarray, certain: np.ndarray) -> np.ndarray:
    """The same for audits (audits, labels) whose documents may be bad, and are."""
    cap = bounds.n
    over = {
        "approve": np.cumsum(possible, axis=1) <= np.array(bounds.approve[1:]),
        "reject": np.cumsum(certain, axis=1) >= np.array(bounds.reject[1:]),
    }
    first = {name: np.where(hit.any(axis=1), hit.argmax(axis=1) + 1, cap + 1) for name, hit in over.items()}
    approved = (first["approve"] <= cap) & (first["approve"] < first["reject"])
    rejected = (first["reject"] <= cap) & ~approved
    labels = np.minimum(np.minimum(first["approve"], first["reject"]), cap)
    return np.array([approved.sum(), rejected.sum(), labels.sum(), 0.0])


def relative(cells: dict[str, dict[str, float]]) -> float:
    """Mean labels over the five truths, against the fixed plan's."""
    return float(np.mean([cells[f"{truth:.2f}"]["labels"] for truth in TRUTHS])) / FIXED


def grouped(found: dict[str, dict], kind: str) -> dict[str, dict[str, dict]]:
    """Cells of one kind, by their first name, then by the rest of it."""
    groups: dict[str, dict[str, dict]] = {}
    for key, cell in found.items():
        first, name, rest = key.split(" | ", 2)
        if first == kind:
            groups.setdefault(name, {})[rest] = cell
    return groups


def page(found: dict[str, dict]) -> str:
    """docs/risks.md."""
    lines = [
        "# Risks and labels, measured",
        "",
        "What certificates promise, and what came of it: exact recursion where there is one, else 10,000 simulated",
        "audits a cell, and 100,000 for wrong approvals when people stop as it pleases them. Written by",
        "`python tests/benchmarks/certificate.py`; quick versions of the same run with the tests. The plan is: approve",
        "when the good share is above 90 % at a risk of 5 %, reject when it is below 95 % at a risk of 10 %, one label",
        f"at a time, at most 1,200. The exact fixed plan for it takes {FIXED} labels.",
        "",
        "## Labels to a decision",
        "",
        "Mean labels by the shard's true good share, and the mean of .80, .90, .95, .97 and .99 against the fixed",
        "plan. The last column is the share of false approvals at .90. The rows without a classifier are exact.",
        "",
        "| classifier | " + " | ".join(f"{truth:.2f}" for truth in MORE_TRUTHS) + " | against fixed | wrong at .90 |",
        "|---" * (len(MORE_TRUTHS) + 3) + "|",
    ]
    for name, cells in grouped(found, "decisions").items():
        labels = " | ".join(f"{cells[f'{truth:.2f}']['labels']:.0f}" for truth in MORE_TRUTHS)
        lines.append(f"| {name} | {labels} | {relative(cells):.3f} | {cells['0.90']['approve']:.4f} |")
    lines += [
        "",
        "## False decisions when people stop as it pleases them",
        "",
        "Evidence is looked at after every label (or batch), any crossing counts, and the other side is ignored, as by",
        "people who overrule it and read on. The shard is exactly unacceptable (.90 good; wrong: approve, limit .05)",
        "or exactly acceptable (.95; wrong: reject, limit .10). Bad documents lie where the classifier says",
        "(calibrated), anywhere (flat), only among the likeliest bad (perfect), or among the surest good (hidden).",
        "Monte-Carlo error of one cell: .0007 and .0030.",
        "",
        "| classifier | bad documents | batch | wrong approvals | wrong rejections |",
        "|---|---|---|---|---|",
    ]
    for classifier, cells in grouped(found, "worst").items():
        for row in dict.fromkeys(key.rpartition(" | ")[0] for key in cells):
            rates = [cells.get(f"{row} | {only}", {}).get("rate") for only in ("approve", "reject")]
            shown = " | ".join("" if rate is None else f"{rate:.4f}" for rate in rates)
            lines.append(f"| {classifier} | {row} | {shown} |")
    lines += [
        "",
        "## Readers who err",
        "",
        "Readers were measured on documents whose answer is known; the certificate allows for what that leaves",
        "possible (a fifth of either risk, see `review/certificate/readers.py`). Shares are of what is truly bad.",
        "Believed: false approvals if the same labels were taken as given. Refused: the errors, or what is not known",
        "of them, are as large as what the plan tolerates, so nothing is certified.",
        "",
        "| readers | wrong at .90 | believed, wrong at .90 | approved at .95 | at .99 | labels at .99 | refused |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, cells in grouped(found, "readers").items():
        if len(cells) < 4:  # a run that was stopped
            continue
        lines.append(
            f"| {name} | {cells['0.90']['approve']:.4f} | {cells['believed at 0.90']['approve']:.4f} | "
            f"{cells['0.95']['approve']:.3f} | {cells['0.99']['approve']:.3f} | {cells['0.99']['labels']:.0f} | "
            f"{cells['0.99']['refused']:.3f} |"
        )
    lines += [
        "",
        "## Shards full of copies",
        "",
        "Copies of a text are read once, and share that reading's error. The shard is exactly unacceptable (.90 good;",
        "limit .05), and this share of its bad documents is one text. Readers miss 10 % and condemn .5 %, 400 + 1,000",
        "known. Counted once: further draws of the text are unsure, as the product has it. Counted each: every draw as",
        "if it had been read.",
        "",
        "| bad documents that are one text | wrong approvals, counted once | counted each |",
        "|---|---|---|",
    ]
    for copied, cells in grouped(found, "copies").items():
        if len(cells) == 2:
            rates = f"{cells['once']['approve']:.4f} | {cells['each']['approve']:.4f}"
            lines.append(f"| {100 * float(copied):.0f} % | {rates} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    cells = Cells(RESULTS)
    if "--table" not in sys.argv:
        decisions(cells)
        worst(cells)
        readers(cells)
        copies(cells)
    DOCS.write_text(page(cells.found), encoding="utf-8")


if __name__ == "__main__":
    main()
