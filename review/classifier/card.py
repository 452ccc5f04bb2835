"""The model card: everything a model rests on, and its version, which is a hash of exactly that."""

from __future__ import annotations

import hashlib
import json
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from importlib.metadata import version as installed
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from review import __version__
from review.classifier.calibration import Calibration
from review.classifier.evaluate import CONFIDENCE
from review.classifier.head import BIAS_VARIANCE, Fit
from review.classifier.model import TrainedModel
from review.classifier.pool import Features, Pool

if TYPE_CHECKING:
    from review.settings import ClassifierSettings

SCHEMA, CASCADE_SCHEMA = 2, 3  # a program that knows only the first would score a cascade's documents by one head
_HASHED = ("snapshot", "settings", "seed", "pool", "code", "threshold", "calibration", "encoder")


def make_card(
    snapshot: Mapping[str, Any],
    settings: ClassifierSettings,
    seed: int,
    pool: Pool,
    pool_digest: str,
    features: Features,
    fits: Sequence[Fit],
    anchors: int,
    threshold: float,
    calibration: Calibration,
) -> dict[str, Any]:
    """The card without metrics and version."""
    sizes = {name: int(part.shape[1]) for name, part in features.parts.items()}
    return {
        "schema": SCHEMA,
        "snapshot": dict(snapshot),
        "settings": {**settings.model_dump(mode="json"), "max_bytes": settings.max_bytes or None},
        "seed": seed,
        "code": code_version(),
        "pool": {"documents": pool.documents, "sha256": pool_digest, "languages": len(pool.knots) - 1},
        "features": {
            "sizes": {**sizes, "anchors": anchors},
            "fits": [
                {
                    "share": one.share,
                    "prior": one.belief.prior,
                    "variances": {name: one.belief.variances[name] for name in sizes}
                    | {"anchors": one.belief.radial, "bias": BIAS_VARIANCE},
                }
                for one in fits
            ],
        },
        "threshold": threshold,
        "calibration": {
            "method": "platt" if calibration.labels else "raw",
            "slope": calibration.slope,
            "intercept": calibration.intercept,
            "labels": calibration.labels,
        },
        "confidence": CONFIDENCE,
    }


def with_version(model: TrainedModel) -> TrainedModel:
    """The model with the hash of its weights and, from it and what it rests on, its version."""
    from review.classifier.registry import weights_digest

    card = model.card
    assert isinstance(card, dict)
    card["weights_sha256"] = weights_digest(model)
    named = {key: card[key] for key in (*_HASHED, "weights_sha256")}
    if "reasons" in card:  # the snapshot does not say which reasons the labels named
        named["reasons"] = [[row["code"], row["documents"]] for row in card["reasons"]["rows"]]
    card["version"] = hashlib.sha256(canonical(named)).hexdigest()[:12]
    return replace(model, card=card)


def canonical(value: Any) -> bytes:
    """JSON bytes that are the same for equal values."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


@lru_cache(maxsize=1)
def code_version() -> dict[str, str]:
    """Release, hash of the sources that make a model, and the libraries whose arithmetic it rests on."""
    digest = hashlib.sha256()
    root = Path(__file__).resolve().parents[1]
    sources = [source for folder in ("classifier", "signals") for source in sorted((root / folder).glob("*.py"))]
    for source in (*sources, root / "compiled.py"):
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    return {
        "review": __version__,
        "sources": digest.hexdigest()[:16],
        "python": ".".join(map(str, sys.version_info[:3])),
        "unicode": unicodedata.unidata_version,
        "numpy": np.__version__,
        **{name: installed(name) for name in ("scipy", "scikit-learn", "numba")},
    }
