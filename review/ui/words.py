"""Numbers and dates in the product's one way of writing them. Pure.

No-break space before % and in thousands, one decimal for shares, counts before rates under 20 cases.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from review.certificate.statement import percent_down, percent_up
from review.records import Ruling, split_doc_id
from review.standing import Standing

NBSP = "\u00a0"
FEW = 20  # under this many cases a rate misleads: say "11 of 17"


def number(n: float) -> str:
    """65536 -> "65 536"."""
    return f"{n:,.0f}".replace(",", NBSP)


def short(n: float) -> str:
    """873214 -> "873 k", 36100000 -> "36.1 M"; below 100 000 in full."""
    if n < 100_000:
        return number(n)
    if n < 999_500:
        return f"{n / 1e3:.0f}{NBSP}k"
    return f"{n / 1e6:,.1f}{NBSP}M".replace(",", NBSP) if n < 999_950_000 else f"{n / 1e9:,.1f}{NBSP}G"


def size(count: int) -> str:
    """Bytes for people: 2.1 GB."""
    for unit, step in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= step:
            return f"{count / step:.1f}{NBSP}{unit}"
    return f"{count}{NBSP}bytes"


def share(fraction: float, digits: int = 1) -> str:
    """0.041 -> "4.1 %"."""
    return f"{100 * fraction:.{digits}f}{NBSP}%"


def whole(fraction: float) -> str:
    """A share somebody set, without needless decimals: 0.06 -> "6 %", 0.025 -> "2.5 %"."""
    return f"{100 * fraction:.4g}{NBSP}%"


def found(cases: int, of: int) -> str:
    """A found share with its cases; under 20 cases no rate at all."""
    if of < FEW:
        return f"{number(cases)} of {number(of)}"
    return share(cases / of)


def part(cases: int, of: int) -> str:
    """A found share of labels as a phrase: "2 of 17 labels", "1.2 % of labels"."""
    return f"{found(cases, of)} labels" if of < FEW else f"{share(cases / of)} of labels"


def plural(n: int, noun: str, nouns: str = "") -> str:
    """1 -> "1 shard", 1204 -> "1 204 shards"."""
    return f"{number(n)} {noun if n == 1 else nouns or noun + 's'}"


def tail(name: str, most: int) -> str:
    """A path no longer than `most` characters by leaving out its beginning: files of one name lie in many folders."""
    if len(name) <= most:
        return name
    kept = name[len(name) - most + 1 :]
    return "…" + (kept[kept.index("/") :] if "/" in kept[:-1] else kept)


def listed(names: list[str], most: int = 3) -> str:
    """First few names, then how many more."""
    if len(names) <= most:
        return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
    return f"{', '.join(names[:most])} and {number(len(names) - most)} more"


def document(name: str, shard: str) -> str:
    """A document by its row, with its shard where that is another than the one spoken of."""
    of, row = split_doc_id(name)
    return f"row {number(row)}" if of == shard else f"{of}, row {number(row)},"


def seconds(value: float) -> str:
    """A reading time for one document: "18.8 s"."""
    return f"{value:.1f}{NBSP}s"


def duration(total: float) -> str:
    """A long time for people: "1 h 34 min", "8 min", "40 s"."""
    minutes = round(total / 60)
    if total < 60:
        return f"{round(total)}{NBSP}s"
    if minutes < 60:
        return f"{minutes}{NBSP}min"
    return f"{number(minutes // 60)}{NBSP}h {minutes % 60}{NBSP}min"


def day(at: datetime) -> str:
    """22 Nov"""
    return f"{at.day} {at:%b}"


def moment(at: datetime | None, offset: timedelta = timedelta()) -> str:
    """22 Nov 09:14, moved by `offset` from UTC to the reader's clock."""
    if at is None:
        return ""
    local = at + offset
    return f"{day(local)} {local:%H:%M}"


def sure(place: Standing, *, today: bool = False) -> str:
    """What the labels allow to say, short enough for a table cell; of a stale decision what they allowed on its own
    day, unless `today` is asked for."""
    if not (place.certificate.n if place.pooled else place.labels) or (place.waiting and place.given.letters[0] == "."):
        return "unknown"
    told: Mapping[str, Any] = {}
    certificate = place.certificate
    if not today and place.stale and place.decision and place.decision.ruling is not Ruling.HOLD:
        told = place.decision.certificate
    low, high = (told.get(name, getattr(certificate, name)) for name in ("low", "high"))
    state_, certain = (told.get(name, getattr(certificate, name)) for name in ("state", "confidence"))
    if state_ == "approve":
        text = f"at most {percent_up(high)} bad"
    elif state_ == "reject":
        text = f"at least {percent_down(low)} bad"
    else:
        text = f"{percent_down(low)} to {percent_up(high)} bad"
    if abs(certain - (1 - certificate.inputs["plan"]["alpha"])) > 1e-9:  # the column's heading names the usual one
        text += f" ({whole(certain)})"
    return f"was {text}" if not today and place.state in ("stale", "changed", "missing") else text


def overruled(place: Standing) -> bool:
    """Whether the decision that stands goes against what the labels prove."""
    decided = place.state in ("approved", "rejected", "to be confirmed")
    return decided and place.decision is not None and bool(place.decision.certificate.get("overruled"))


def state(place: Standing) -> str:
    """The state as a chip says it: with the cause when stale, the labels to go, and what was overruled."""
    if place.state == "stale":
        return f"stale: {', '.join(place.stale)}"
    if place.state == "needs labels" and place.pooled:
        return f"lot: about {plural(place.certificate.more, 'more label')}"
    if place.state == "needs labels" and place.more:
        return f"about {plural(place.more, 'more label')}"
    return f"{place.state}, overruled" if overruled(place) else place.state
