"""What a certificate follows from, as plain JSON, written and read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from review.certificate.readers import Readers
from review.certificate.statement import UNANSWERED, UNITS
from review.certificate.strata import Strata, check_strata
from review.errors import PlanError
from review.records import Plan, Verdict

RULES = 1  # version of the rules in this package; inputs of another version are not recomputed
_LETTERS = {*(verdict[0] for verdict in Verdict), UNANSWERED}
_STRATA = ("weights", "predicted", "chances")


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything `certify` takes.

    size: documents of a shard drawn without replacement; None: drawn with replacement, or so large that it does not
    matter. strata and drawn: the shard's strata, and the stratum of every rank as a letter, where draws favour some.
    unit: what was drawn at random, documents, or tokens (documents in proportion to their length).
    """

    plan: Plan
    size: int | None
    letters: str
    unit: str = "documents"
    strata: Strata | None = None
    drawn: str = ""
    readers: Readers | None = None
    of: str = "shard"  # or lot: several shards as one

    def to_json(self, used: str) -> dict[str, Any]:
        """Plain JSON from which the certificate follows; `used` are the verdicts that count."""
        plan = asdict(self.plan)
        written: dict[str, Any] = {
            "rules": RULES,
            "unit": self.unit,
            "plan": {key: plan[key] for key in ("accept", "reject", "alpha", "beta", "method")},
            "size": self.size,
            "verdicts": used.rstrip(UNANSWERED),
        }
        if self.plan.unit != self.unit:
            written["wanted"] = self.plan.unit
        if self.strata:
            written["strata"] = {name: list(getattr(self.strata, name)) for name in _STRATA}
            written["drawn"] = self.drawn[: len(written["verdicts"])]
        if self.of != "shard":
            written["of"] = self.of
        if self.readers:
            written["readers"] = self.readers.to_json()
        return written


def read_inputs(inputs: Mapping[str, Any]) -> Inputs:
    """What `certified` takes, from a certificate's `inputs`. Raises PlanError when they are not such inputs."""
    try:
        if inputs["rules"] != RULES or inputs["unit"] not in UNITS or inputs.get("wanted", "documents") not in UNITS:
            raise PlanError(
                f"The certificate follows rules {inputs['rules']!r} for {inputs['unit']!r}; this version knows "
                f"rules {RULES} for {' and '.join(UNITS)}. Recompute it with the version that made it."
            )
        plan, size = Plan(**inputs["plan"], unit=inputs.get("wanted", inputs["unit"])), inputs["size"]
        # A manifest may come from anywhere: numbers must be numbers before anything is computed.
        shares = (plan.accept, plan.reject, plan.alpha, plan.beta)
        if not all(type(share) in (int, float) for share in shares) or not isinstance(plan.method, str):
            raise TypeError(f"plan {inputs['plan']!r}")
        if size is not None and type(size) is not int:
            raise TypeError(f"size {size!r}")
        strata = _read_strata(inputs["strata"]) if "strata" in inputs else None
        readers = Readers(**inputs["readers"]) if "readers" in inputs else None
        verdicts, drawn = inputs["verdicts"], inputs.get("drawn", "")
        of = inputs.get("of", "shard")
        if of not in ("shard", "lot"):
            raise TypeError(f"of {of!r}")
        if not isinstance(drawn, str) or not isinstance(verdicts, str) or set(verdicts) - _LETTERS:
            raise TypeError(f"verdicts {verdicts!r}, drawn {drawn!r}")
        return Inputs(plan, size, verdicts.rstrip(UNANSWERED), inputs["unit"], strata, drawn, readers, of)
    except (KeyError, TypeError) as error:
        raise PlanError(f"These are not the inputs of a certificate: {error!r}. Take them from a manifest.") from error


def _read_strata(written: Mapping[str, Any]) -> Strata:
    strata = Strata(*(tuple(written[name]) for name in _STRATA))
    check_strata(strata)
    return strata
