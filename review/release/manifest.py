"""The manifest of a release: what was released, why it was allowed, and how to see that it is still the same.

Canonical JSON: keys sorted, ASCII, no wall clock. Equal inputs give equal bytes. Beside it stands
`manifest.sha256`, in the form `sha256sum -c` reads. That hash shows accidents and careless edits; against others there
is the signature (see `signing`). What a manifest may hold is said by `manifest.schema.json`, a JSON Schema.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from review import __version__
from review.errors import ReleaseError
from review.records import Decision, Lot, Plan, Ruling, Shard
from review.release.formats import Listed, check_line

SCHEMA = 2
READABLE = (1, 2)  # 1 had no place in the journal, no second person and no key
MANIFEST = "manifest.json"
MANIFEST_HASH = "manifest.sha256"
MANIFEST_SCHEMA = "manifest.schema.json"  # ships with this package
# What verification reads of every shard; a manifest without one of them is broken.
SHARD_KEYS = frozenset({"name", "path", "bytes", "sha256", "certificate", "decision"})


@dataclass(frozen=True, slots=True)
class Approved:
    """A shard with the decision that lets it into a release. The certificate is the decision's."""

    shard: Shard
    decision: Decision
    lot: Lot | None = None  # with which it was approved


@dataclass(frozen=True, slots=True)
class Place:
    """The place in the journal a release rests on: everything it says follows from the lines up to there."""

    seq: int
    hash: str


def check_approved(entry: Approved) -> None:
    """Raises ReleaseError unless the shard is approved, as the file it was, and can stand in a list."""
    shard, decision = entry.shard, entry.decision
    if decision.shard != shard.name or decision.ruling is not Ruling.APPROVE:
        raise ReleaseError(f"Shard {shard.name!r} is not approved; only approved shards are released. Decide it first.")
    if (decision.fingerprint.bytes, decision.fingerprint.digest) != (shard.fingerprint.bytes, shard.fingerprint.digest):
        raise ReleaseError(f"Shard {shard.name!r} changed after it was approved. Review it again, then decide anew.")
    check_line(listed(shard))


def listed(shard: Shard, entry: Mapping[str, Any] | None = None) -> Listed:
    return Listed(shard.name, shard.uri, shard.format, shard.documents, entry or {})


def shard_entry(entry: Approved, sha256: str) -> dict[str, Any]:
    """One shard of the manifest."""
    shard, decision = entry.shard, entry.decision
    certificate = dict(decision.certificate)
    return shard_facts(shard) | {
        "sha256": sha256,
        "certificate": certificate,
        "decision": {
            "ruling": decision.ruling.value,
            "by": decision.by,
            "at": None if decision.at is None else stamp(decision.at),
            "seq": decision.seq,
            "confirmed_by": decision.confirmed_by,
            "confirmed_at": None if decision.confirmed_at is None else stamp(decision.confirmed_at),
            "reason": decision.reason,
            "rubric": decision.rubric,
            # A lead may approve what the labels did not prove; the release says so.
            "overruled": certificate.get("state") != "approve",
        },
    }


def shard_facts(shard: Shard) -> dict[str, Any]:
    """What a manifest says of a shard's file, as the project knows it."""
    return {
        "name": shard.name,
        "corpus": shard.corpus,
        "path": shard.uri,
        "format": shard.format,
        "bytes": shard.fingerprint.bytes,
        "rows": shard.rows,
        "documents": shard.documents,
        "fingerprint": shard.fingerprint.digest,
    }


def build_manifest(
    name: str,
    shards: Sequence[Mapping[str, Any]],
    files: Mapping[str, str],
    *,
    project: str,
    plan: Plan,
    rubric: int,
    model: str | None,
    fmt: str,
    by: str,
    at: datetime,
    journal: Place | None = None,
    key: str | None = None,
    keep: Mapping[str, Any] | None = None,
    risk: Mapping[str, Any] | None = None,
    lots: Sequence[Lot] = (),
) -> dict[str, Any]:
    """The whole manifest. `shards` are `shard_entry`s sorted by name, `files` the hashes of the list files
    that stand beside it; `lots` those of which shards are listed."""
    optional = ({} if risk is None else {"risk": dict(risk)}) | ({"lots": [*map(_lot, lots)]} if lots else {})
    return {
        "schema": SCHEMA,
        "product": {"name": "review-desk", "version": __version__},
        "release": name,
        "project": project,
        "made": {"by": by, "at": stamp(at)},
        "plan": asdict(plan),
        "rubric": rubric,
        "model": model,
        "format": fmt,
        "journal": None if journal is None else asdict(journal),
        "key": key,
        "keep": None if keep is None else dict(keep),
        "files": dict(files),
        "totals": {
            "shards": len(shards),
            "documents": sum(shard["documents"] for shard in shards),
            "bytes": sum(shard["bytes"] for shard in shards),
        },
        "shards": list(shards),
    } | optional


def _lot(lot: Lot) -> dict[str, Any]:
    """What a manifest says of a lot: enough to see that all of it is listed, and to take its order up again."""
    return {
        "name": lot.name,
        "agree_in": {lot.key: lot.value},
        "documents": lot.documents,
        "seed": lot.seed,
        "shards": [
            {"name": name, "start": start, "documents": size}
            for name, start, size in zip(lot.shards, lot.starts, lot.sizes, strict=True)
        ],
    }


def head(manifest: Mapping[str, Any], content: bytes) -> dict[str, Any]:
    """The manifest without its shards, and the hash of all of it: what the journal keeps of a release."""
    kept = {name: value for name, value in manifest.items() if name != "shards"}
    return kept | {"sha256": hashlib.sha256(content).hexdigest()}


def canonical(content: Mapping[str, Any]) -> bytes:
    """The one byte form of a manifest: a line for each key and each shard, so that two manifests can be compared.

    ASCII; everything else is escaped.
    """
    parts = []
    for key in sorted(content):
        value = content[key]
        text = "[\n" + ",\n".join(map(_compact, value)) + "\n]" if key == "shards" else _compact(value)
        parts.append(f"{_compact(key)}:{text}")
    return ("{\n" + ",\n".join(parts) + "\n}\n").encode("ascii")


def hash_line(manifest: bytes) -> bytes:
    """The content of `manifest.sha256`."""
    return f"{hashlib.sha256(manifest).hexdigest()}  {MANIFEST}\n".encode("ascii")


def stamp(at: datetime) -> str:
    """A naive UTC time as ISO 8601 with Z."""
    return at.isoformat() + "Z"


def _compact(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
