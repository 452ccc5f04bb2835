"""Models on disk: a folder of safetensors and JSON, never pickle, checked against the card's hash when read.

model.safetensors   pool statistics, word vectors, folded head, heads of reasons, directions of
                    the labelled documents
out_of_fold.json    predictions of the labelled documents, for the gate
card.json           what the model is; timing.json apart, so that equal models are equal files
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from review.classifier.calibration import Calibration
from review.classifier.card import CASCADE_SCHEMA, SCHEMA, canonical
from review.classifier.cascade import Cascade
from review.classifier.head import Head
from review.classifier.model import OutOfFold, TrainedModel
from review.classifier.neighbours import Neighbours
from review.classifier.novelty import Novelty
from review.classifier.pool import Pool
from review.classifier.reasons import NO_REASONS, ReasonHeads
from review.classifier.static import StaticVectors
from review.errors import ModelError

WEIGHTS, OUT_OF_FOLD, CARD, TIMING = "model.safetensors", "out_of_fold.json", "card.json", "timing.json"
POOL_ARRAYS = ("log_df", "word_idf", "gram_idf", "knots", "table_of", "precision", "novelty_knots")
POOL_NUMBERS = ("documents", "widespread", "prior_mean", "prior_sd", "radius", "rbf_scale")
_HEAD_NUMBERS = ("bias", "word_unit", "occurrence_unit", "gram_unit", "novelty")
_NOVELTY_ARRAYS = ("centre", "scale", "mean", "whitening", "known")
_HEAD_ARRAYS = ("signals", "words", "occurrences", "grams", "anchors", "anchor_weights", "encoder")


def save(model: TrainedModel, folder: Path) -> None:
    """Write a model into `folder`, whole or not at all. A folder that holds this version already is left as it is.

    Raises ModelError when the folder holds something else.
    """
    folder = Path(folder)
    if folder.exists():
        if load(folder).version != model.version:
            raise ModelError(f"{folder} holds another model. Save {model.version} into a folder of its own.")
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        card = {key: value for key, value in model.card.items() if key != "timing"}
        (part / WEIGHTS).write_bytes(_weights(model))
        (part / OUT_OF_FOLD).write_bytes(_out_of_fold(model.out_of_fold))
        (part / CARD).write_text(json.dumps(card, indent=1, sort_keys=True, allow_nan=False), encoding="utf-8")
        (part / TIMING).write_text(json.dumps(model.card.get("timing", {}), indent=1), encoding="utf-8")
        for path in part.iterdir():
            with path.open("rb") as file:
                os.fsync(file.fileno())
        part.chmod(0o755)
        part.rename(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def load(folder: Path) -> TrainedModel:
    """Read a model. Raises ModelError for a missing, torn, changed or unknown one, with what to do."""
    folder = Path(folder)
    again = "Train it again, or restore the folder from where it was copied."
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        if not isinstance(card, dict) or card.get("schema") not in (SCHEMA, CASCADE_SCHEMA):
            got = card.get("schema") if isinstance(card, dict) else None
            known = f"{SCHEMA} and {CASCADE_SCHEMA}"
            raise ModelError(f"{folder} has a model of schema {got!r}, this version reads {known}. {again}")
        weights, predictions = (folder / WEIGHTS).read_bytes(), (folder / OUT_OF_FOLD).read_bytes()
        if _digest(weights, predictions) != card["weights_sha256"]:
            raise ModelError(f"The files in {folder} do not match their card: they were changed or torn. {again}")
        if (folder / TIMING).exists():
            card["timing"] = json.loads((folder / TIMING).read_text(encoding="utf-8"))
        return _from_bytes(card, weights, predictions)
    except FileNotFoundError as error:
        raise ModelError(
            f"{folder} holds no whole model: {Path(str(error.filename)).name} is missing. {again}"
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"The model in {folder} cannot be read: {error}. {again}") from error


def read_out_of_fold(folder: Path) -> OutOfFold | None:
    """A model's stored predictions alone; None where they cannot be read."""
    try:
        return _predictions((Path(folder) / OUT_OF_FOLD).read_bytes())
    except (OSError, ValueError, KeyError, TypeError):
        return None


def weights_digest(model: TrainedModel) -> str:
    """SHA-256 over everything a model is but its card."""
    return _digest(_weights(model), _out_of_fold(model.out_of_fold))


def _digest(*files: bytes) -> str:
    return hashlib.sha256(b"".join(hashlib.sha256(file).digest() for file in files)).hexdigest()


def _weights(model: TrainedModel) -> bytes:
    from safetensors.numpy import save as to_bytes

    pool = model.pool
    arrays = {f"pool.{name}": getattr(pool, name) for name in POOL_ARRAYS}
    arrays |= _head_arrays("head", model.head)
    if (cascade := model.cascade) is not None:
        arrays |= _head_arrays("cascade", cascade.head) | {"cascade.asks": np.array([cascade.low, cascade.high])}
    arrays |= {f"novelty.{name}": getattr(model.novelty, name) for name in _NOVELTY_ARRAYS}
    arrays["novelty.numbers"] = np.array([model.novelty.limit, model.novelty.usual])
    arrays |= pool.static.arrays()
    arrays["pool.numbers"] = np.array([getattr(pool, name) for name in POOL_NUMBERS], np.float64)
    arrays["calibration"] = np.array([model.calibration.slope, model.calibration.intercept, model.calibration.labels])
    arrays |= _reason_arrays(model.reasons)
    if (near := model.neighbours) is not None:
        arrays |= {
            "neighbours.centre": near.centre, "neighbours.directions": near.directions,
            "neighbours.limit": np.array([near.limit]),
        }  # fmt: skip
    return bytes(to_bytes({name: np.ascontiguousarray(array) for name, array in arrays.items()}))


def _head_arrays(kind: str, head: Head) -> dict[str, Any]:
    numbers = np.array([getattr(head, name) for name in _HEAD_NUMBERS], np.float64)
    return {f"{kind}.{name}": getattr(head, name) for name in _HEAD_ARRAYS} | {f"{kind}.numbers": numbers}


def _head(kind: str, arrays: dict[str, Any]) -> Head:
    # A model from before there were two beliefs holds no weight of novelty: the head's own default is what it had.
    numbers: dict[str, Any] = dict(zip(_HEAD_NUMBERS, arrays[f"{kind}.numbers"].tolist(), strict=False))
    return Head(**numbers, **{name: arrays[f"{kind}.{name}"] for name in _HEAD_ARRAYS})


def _cascade(arrays: dict[str, Any]) -> Cascade | None:
    if "cascade.asks" not in arrays:
        return None
    low, high = arrays["cascade.asks"].tolist()
    return Cascade(_head("cascade", arrays), low, high)


def _reason_arrays(reasons: ReasonHeads) -> dict[str, Any]:
    if not reasons.codes:
        return {}
    return {
        "reasons.codes": np.frombuffer(canonical(list(reasons.codes)), np.uint8),
        "reasons.weights": reasons.weights,
        "reasons.bias": reasons.bias,
        "reasons.calibration": np.array([[one.slope, one.intercept, one.labels] for one in reasons.calibrations]),
    }


def _reasons(arrays: dict[str, Any]) -> ReasonHeads:
    """The heads of reasons; none in a model from before there were any."""
    if "reasons.codes" not in arrays:
        return NO_REASONS
    return ReasonHeads(
        tuple(json.loads(arrays["reasons.codes"].tobytes())),
        arrays["reasons.weights"],
        arrays["reasons.bias"],
        tuple(Calibration(a, b, int(labels)) for a, b, labels in arrays["reasons.calibration"].tolist()),
    )


def _neighbours(arrays: dict[str, Any]) -> Neighbours | None:
    if "neighbours.limit" not in arrays:
        return None
    limit = float(arrays["neighbours.limit"][0])
    return Neighbours(arrays["neighbours.centre"], arrays["neighbours.directions"], limit)


def _out_of_fold(predictions: OutOfFold) -> bytes:
    return canonical(
        {
            "doc_ids": list(predictions.doc_ids),
            "logits": predictions.logits.tolist(),
            "probabilities": predictions.probabilities.tolist(),
            "groups": predictions.groups.tolist(),
        }
    )


def _from_bytes(card: dict[str, Any], weights: bytes, predictions: bytes) -> TrainedModel:
    from safetensors.numpy import load as from_bytes

    arrays: dict[str, Any] = from_bytes(weights)
    numbers: dict[str, Any] = dict(zip(POOL_NUMBERS, arrays["pool.numbers"].tolist(), strict=True))
    numbers["documents"] = int(numbers["documents"])
    static = StaticVectors.of(arrays)
    pool = Pool(**numbers, **{name: arrays[f"pool.{name}"] for name in POOL_ARRAYS}, static=static, blocks={})
    slope, intercept, labels = arrays["calibration"].tolist()
    limit, usual = arrays["novelty.numbers"].tolist()
    novelty = Novelty(**{name: arrays[f"novelty.{name}"] for name in _NOVELTY_ARRAYS}, limit=limit, usual=usual)
    calibration = Calibration(slope, intercept, int(labels))
    return TrainedModel(
        card, pool, _head("head", arrays), calibration, _predictions(predictions), novelty, _reasons(arrays),
        _neighbours(arrays), cascade=_cascade(arrays),
    )  # fmt: skip


def _predictions(data: bytes) -> OutOfFold:
    stored = json.loads(data)
    return OutOfFold(
        tuple(stored["doc_ids"]),
        np.array(stored["logits"], np.float64),
        np.array(stored["probabilities"], np.float64),
        np.array(stored["groups"], np.int64),
    )
