"""Decision -> release: the approved shard list, whether it still holds, and what changed since the last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from review.certificate.lists import Listed
from review.errors import NotFound, ReleaseError
from review.project import Project
from review.release import (
    Approved,
    Comparison,
    Place,
    PublicKey,
    SigningKey,
    VerifyReport,
    compare_releases,
    read_manifest,
    verify_release,
    write_release,
)
from review.standing import Standing
from review.workflow.deciding import approved, lot_of
from review.workflow.keeping import keep_above
from review.workflow.proving import journal_of, journal_problems
from review.workflow.risk import list_risk, stated, why_left_out

FOLDER = "releases"
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class ReleaseResult:
    """A release that was made."""

    name: str
    path: Path
    manifest: Mapping[str, Any]
    files: tuple[str, ...]
    shards: int
    left_out: Mapping[str, str]  # decided shards that are not in it, and why
    hashing: float  # seconds spent reading the shards' files


def release(
    project: Project,
    name: str,
    *,
    by: str,
    fmt: str = "paths",
    key: SigningKey | None = None,
    keep: float | None = None,
    risk: str | None = None,
) -> ReleaseResult:
    """Write `releases/<name>/` with every approved shard whose decision still holds and whose file still matches.

    `keep`: also list the documents that the model in use scores at or above this. `risk`: what the list promises as a
    whole (default: the settings'); shards that lack evidence for it are left out. The release's time is that of its
    newest decision, and its place in the journal that of the newest event about a shard it hangs on, so that the same
    decisions give the same bytes. Raises ReleaseError when nothing may be released or the name is taken.
    """
    chosen, left_out = approved(project, by=by)
    whole = list_risk(project, risk)
    left_out |= why_left_out(whole)
    listed = set(whole.shards)
    chosen = [place for place in chosen if place.shard in listed]
    if not chosen:
        shards_by = Counter(left_out.values())
        told = {reason: shard for shard, reason in reversed(left_out.items())}
        why = "; ".join(
            f"{told[reason]}: {reason}" if n == 1 else f"{told[reason]} and {n - 1:,} more: {reason}"
            for reason, n in shards_by.items()
        )
        raise ReleaseError(f"No shard is approved, so there is nothing to release. {why}".rstrip())
    shards = {shard.name: shard for shard in project.store.shards()}
    entries = [Approved(shards[place.shard], place.decision, lot_of(place)) for place in chosen if place.decision]
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
        journal=Place(*project.store.newest_event(_bearing(project, whole, chosen))),
        key=key,
        keep=None if keep is None else keep_above(project, keep),
        risk=stated(whole),
        # A builder that was killed may have put it in place and not recorded it.
        take_up=all(row.name != name for row in project.store.releases()),
    )
    project.store.record_release(name, written.head, str(written.path), by)
    return ReleaseResult(name, written.path, written.manifest, written.files, len(entries), left_out, written.hashing)


def _bearing(project: Project, whole: Listed, chosen: Sequence[Standing]) -> list[str]:
    """The shards that a release hangs on: a promise about the list as a whole is a matter of all that were audited."""
    return [place.shard for place in chosen] if whole.risk == "shard" else list(project.standings())


def verify(
    root: Path,
    manifest: Path | None = None,
    *,
    moved: Mapping[str, str] | None = None,
    key: PublicKey | None = None,
    journal: Path | None = None,
) -> VerifyReport:
    """Check a release from its manifest alone: needs no store, works beside a running server and on other machines.

    Where a journal is given, or lies in the project the release stands in, every decision must be there as the manifest
    has it, and every certificate must follow from the labels there. Without a manifest, the project's newest release.
    Raises NotFound, ReleaseError.
    """
    path = manifest_at(root, manifest)
    report = verify_release(path, moved=moved, key=key)
    folder = journal or journal_of(path)
    if folder is None:
        return report
    content, manifest_ = read_manifest(path)
    checked, problems = journal_problems(content, manifest_, folder)
    return replace(report, problems=(*report.problems, *problems), journalled=checked)


def compare_to(root: Path, before: Path, after: Path | None = None) -> Comparison:
    """What changed from one release to another, or to the newest; each by its name in the project or by its file."""
    old, new = manifest_at(root, before), manifest_at(root, after)
    return compare_releases(read_manifest(old)[1], read_manifest(new)[1])


def manifest_at(root: Path, which: Path | None) -> Path:
    """The manifest meant: a file, a release's folder, the name of one of the project's releases; None: the newest."""
    if which is None:
        # Not what a killed builder left in a hidden folder.
        made = sorted((root / FOLDER).glob(f"[!.]*/{MANIFEST}"), key=lambda path: path.stat().st_mtime_ns)
        if not made:
            raise NotFound(f"There is no release in {root / FOLDER}. Make one with `review release NAME`.")
        return made[-1]
    named = root / FOLDER / which / MANIFEST
    if not which.exists() and named.is_file():
        return named
    return which / MANIFEST if which.is_dir() else which
