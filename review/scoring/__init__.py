"""Scores for whole shards: one row-aligned Parquet sidecar a shard, by local processes."""

from __future__ import annotations

from review.scoring.shards import ScoreReport, read_scores, read_totals, score_shard, score_shards, sidecar_path
from review.scoring.totals import Totals

__all__ = ["ScoreReport", "Totals", "read_scores", "read_totals", "score_shard", "score_shards", "sidecar_path"]
