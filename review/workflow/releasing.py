"""Decision -> release: the approved shard list, and whether it still holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from review.errors import NotFound, ReleaseError
from review.project import Project
from review.release import Approved, VerifyReport, verify_release, write_release
from review.workflow.deciding import approved

FOLDER = "releases"


@dataclass(frozen=True, slots=True)
class ReleaseResult:
    """A release that was made."""

    name: str
    path: Path
    manifest: Mapping[str, Any]
    files: tuple[str, ...]
    shards: int
    left_out: Mapping[str, str]  # decided shards that are not in it, and why


def release(project: Project, name: str, *, by: str, fmt: str = "paths") -> ReleaseResult:
    """Write `releases/<name>/` with every approved shard whose decision still holds and whose file still matches.

    The release's time is that of its newest decision, so that the same decisions give the same bytes. Raises
    ReleaseError when nothing may be released or the name is taken.
    """
    chosen, left_out = approved(project, by=by)
    if not chosen:
        why = "; ".join(f"{shard}: {reason}" for shard, reason in left_out.items())
        raise ReleaseError(f"No shard is approved, so there is nothing to release. {why}".rstrip())
    entries = [Approved(project.store.shard(place.shard), place.decision) for place in chosen if place.decision]
    written = write_release(
        project.root / FOLDER,
        name,
        entries,
        project=project.settings.project.name,
        plan=project.settings.plan.plan(),
        rubric=project.store.rubric().version,
        by=by,
        at=max(entry.decision.at for entry in entries if entry.decision.at),
        fmt=fmt,
        model=project.store.promoted(),
    )
    project.store.record_release(name, written.manifest, str(written.path), by)
    return ReleaseResult(name, written.path, written.manifest, written.files, len(entries), left_out)


def verify(root: Path, manifest: Path | None = None) -> VerifyReport:
    """Check a release from its manifest alone: needs no store, works beside a running server and on other machines.

    Without a manifest, the project's newest release. Raises NotFound, ReleaseError.
    """
    if manifest is None:
        made = sorted((root / FOLDER).glob("*/manifest.json"), key=lambda path: path.stat().st_mtime_ns)
        if not made:
            raise NotFound(f"There is no release in {root / FOLDER}. Make one with `review release NAME`.")
        manifest = made[-1]
    return verify_release(manifest / "manifest.json" if manifest.is_dir() else manifest)
