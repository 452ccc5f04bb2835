"""Scores for whole shards: one row-aligned Parquet sidecar a shard, by local processes."""

from __future__ import annotations

from review.scoring.shards import ScoreReport, read_scores, score_shard, score_shards, sidecar_path

__all__ = ["ScoreReport", "read_scores", "score_shard", "score_shards", "sidecar_path"]
