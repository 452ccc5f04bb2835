"""Verbs on what labels lead to: models, scores, releases."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from review.errors import NotFound, StoreError
from review.records import doc_id
from review.store.core import Core
from review.store.encoding import pack, unpack
from review.store.events import Fact
from review.store.rows import doc_places, insert, place_columns, shard_numbers, with_batch


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A trained model as it was recorded."""

    version: str
    card: Mapping[str, Any]
    at: datetime
    by: str
    promoted: bool  # the one in use now


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """A release as it was recorded."""

    name: str
    manifest: Mapping[str, Any]
    path: str
    at: datetime
    by: str
    seq: int


class OutcomeVerbs(Core):
    """Models, scores, releases."""

    def record_model(self, version: str, card: Mapping[str, Any], by: str) -> None:
        """Record a trained model. Raises StoreError when the version is taken."""
        with self._turn():
            if any(model.version == version for model in self.models()):
                raise StoreError(f"There is a model {version!r} already. Give the new one another version.")
            self._record([Fact("model", by, {"version": version, "card": dict(card)})])

    def models(self) -> list[ModelRow]:
        """Every recorded model, oldest first."""
        promoted = self.promoted()
        with self._reading() as cursor:
            rows = cursor.execute("select version, card, recorded_at, author from models order by seq").fetchall()
        return [
            ModelRow(unpack(version), json.loads(card), at, unpack(by), unpack(version) == promoted)
            for version, card, at, by in rows
        ]

    def promote(self, version: str, by: str, reason: str = "") -> None:
        """Make a model the one in use. Raises NotFound."""
        with self._turn():
            self._require_model(version)
            self._record([Fact("promotion", by, {"version": version, "reason": reason})])

    def promoted(self) -> str | None:
        """Version of the model in use."""
        with self._reading() as cursor:
            rows = cursor.execute("select version from promotions order by seq desc limit 1").fetchall()
        return unpack(rows[0][0]) if rows else None

    def promotions(self) -> list[str]:
        """Versions in the order they came into use, oldest first."""
        with self._reading() as cursor:
            rows = cursor.execute("select version from promotions order by seq").fetchall()
        return [unpack(version) for (version,) in rows]

    def record_scores(self, version: str, scores: Mapping[str, float]) -> None:
        """Keep a model's P(keep) of drawn documents, replacing earlier ones. Not journalled: scoring makes them again.

        Raises NotFound for an unknown model or shard.
        """
        with self._turn():
            self._require_model(version)
            with self._reading() as cursor:
                places = place_columns(doc_places(cursor, list(scores)))
            with self._atomic() as cursor:
                with_batch(
                    cursor,
                    places,
                    "delete from scores using batch b where version = ? and scores.shard_no = b.shard_no "
                    'and scores."row" = b."row"',
                    [pack(version)],
                )
                values = np.fromiter(scores.values(), dtype=np.float64, count=len(scores))
                insert(cursor, "scores", {"version": [pack(version)] * len(scores), **places, "score": values})

    def scores(self, version: str, doc_ids: Sequence[str] | None = None) -> dict[str, float]:
        """A model's scores by document: of all it has scored, or of those asked for."""
        with self._reading() as cursor:
            wanted = place_columns([] if doc_ids is None else doc_places(cursor, doc_ids))
            rows = with_batch(
                cursor,
                wanted,
                "select name, scores.row, score from scores join shards using (shard_no) "
                + (
                    ""
                    if doc_ids is None
                    else 'semi join batch b on b.shard_no = scores.shard_no and b."row" = scores."row" '
                )
                + "where version = ? order by shard_no, scores.row",
                [pack(version)],
            ).fetchall()
        return {doc_id(unpack(name), row): score for name, row, score in rows}

    def record_release(self, name: str, manifest: Mapping[str, Any], path: str, by: str) -> None:
        """Record a release. Raises StoreError when the name is taken."""
        with self._turn():
            if any(release.name == name for release in self.releases()):
                raise StoreError(f"There is a release {name!r} already. Give the new one another name.")
            self._record([Fact("release", by, {"name": name, "manifest": dict(manifest), "path": str(path)})])

    def newest_event(self, shards: Sequence[str]) -> tuple[int, str]:
        """Place and hash of the newest event about one of these shards. Raises NotFound."""
        with self._reading() as cursor:
            numbers = list(shard_numbers(cursor, shards).values())
            rows = cursor.execute(
                "select seq, line[-66:-3] from events where seq = "
                "(select max(seq) from events where shard_no in (select unnest(?::integer[])))",
                [numbers],
            ).fetchall()
        return int(rows[0][0]), str(rows[0][1])

    def releases(self) -> list[ReleaseRow]:
        """Every release, oldest first."""
        with self._reading() as cursor:
            rows = cursor.execute("select name, manifest, path, recorded_at, author, seq from releases order by seq")
            found = rows.fetchall()
        return [
            ReleaseRow(unpack(name), json.loads(body), unpack(path), at, unpack(by), seq)
            for name, body, path, at, by, seq in found
        ]

    def _require_model(self, version: str) -> None:
        known = [model.version for model in self.models()]
        if version not in known:
            raise NotFound(f"There is no model {version!r}. There are: {', '.join(known) or 'none yet; train one'}.")
