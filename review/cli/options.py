"""Options that several commands share, and opening the project they name."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from review.names import tidy

if TYPE_CHECKING:
    from review.project import Project

ProjectDir = Annotated[
    Path, typer.Option("--project", envvar="REVIEW_PROJECT", help="The project's folder.", show_default="this folder")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
By = Annotated[str | None, typer.Option("--by", help="Who answers for this.", show_default="your login name")]
HERE = Path()

own_process = False  # whether nothing runs here but one command, as `main` knows: the app's own process needs pandas


def opened(root: Path) -> Project:
    """The project in `root`, open; use it in a `with` block."""
    from review.cli.output import warn
    from review.project import open_project

    if own_process and "pandas" not in sys.modules:
        from review.store.spare import spare_pandas

        spare_pandas()
    project = open_project(root)
    for warning in project.store.warnings:
        warn(f"Warning: {warning}")
    return project


def person(by: str | None) -> str:
    """The name that stands in the journal."""
    if by:
        return tidy(by)
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no login name, as in some containers
        return "unknown"
