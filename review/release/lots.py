"""Whether a manifest lists its lots as a whole: what a lot shows is about all its shards together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def lot_problems(manifest: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the lots, as sentences. `manifest` has whole shard entries."""
    shards = {str(shard["name"]): shard for shard in manifest["shards"]}
    lots = manifest.get("lots", [])
    try:
        known = {str(lot["name"]): [(str(one["name"]), int(one["documents"])) for one in lot["shards"]] for lot in lots}
    except (KeyError, TypeError, ValueError):
        yield "What the manifest says of its lots cannot be read."
        return
    members: dict[str, str] = {}
    for lot, parts in known.items():
        members |= {name: lot for name, _ in parts}
        if missing := [name for name, _ in parts if name not in shards]:
            yield f"The lot {lot} is not listed as a whole: {missing[0]} is missing."
        here = [shards[name] for name, _ in parts if name in shards]
        if any(_lot_of(shard) != lot for shard in here) or any(
            shard["certificate"] != here[0]["certificate"] for shard in here
        ):
            yield f"The lot {lot}: its shards do not carry its one certificate."
        elif here and _size(here[0]) != sum(documents for _, documents in parts):
            yield f"The lot {lot}: its certificate is about {_size(here[0])} documents, its shards have others."
    for name, shard in shards.items():
        if _of_lot(shard) and not _alone(shard) and members.get(name) != _lot_of(shard):
            yield f"{name}: its certificate is that of the lot {_lot_of(shard)}, which does not name it."


def _lot_of(shard: Mapping[str, Any]) -> Any:
    certificate = shard["certificate"]
    return certificate.get("lot") if isinstance(certificate, dict) else None


def _inputs(shard: Mapping[str, Any]) -> Mapping[str, Any]:
    certificate = shard["certificate"]
    inputs = certificate.get("inputs") if isinstance(certificate, dict) else None
    return inputs if isinstance(inputs, dict) else {}


def _of_lot(shard: Mapping[str, Any]) -> bool:
    return _inputs(shard).get("of") == "lot"


def _size(shard: Mapping[str, Any]) -> Any:
    return _inputs(shard).get("size")


def _alone(shard: Mapping[str, Any]) -> bool:
    """Approved against the labels, by itself."""
    return bool(shard["certificate"].get("overruled"))
