"""Review desk for pretraining corpora: from shard files to an approved shard list and a retrained classifier."""

__version__ = "0.1.0"
