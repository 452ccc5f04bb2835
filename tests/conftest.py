"""Fixtures that more than one kind of test needs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# The demo and the tests must work without any model hub.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of labelled corpora that lies beside the checkout, where there is one."""
    folder = Path(os.environ.get("REVIEW_SHARED", REPOSITORY.parent / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip(f"the labelled corpora are not at {folder}; set REVIEW_SHARED to the folder that holds data/")
    return folder


@pytest.fixture(scope="session")
def sample_data() -> Path:
    """The corpus that ships with the product."""
    return REPOSITORY / "sample_data"
