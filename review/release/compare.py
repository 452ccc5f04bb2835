"""What changed between two releases, from their manifests alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# What else a reader of a release should know has changed, with the words for it.
HEADS = {"plan": "plan", "rubric": "rubric", "model": "model in use", "format": "format", "key": "signing key"}


@dataclass(frozen=True, slots=True)
class Changed:
    """A shard that both releases list, and what is another thing now."""

    name: str
    what: tuple[str, ...]  # of "content", "path", "certificate", "decision"
    said: str  # the sentence of the newer certificate


@dataclass(frozen=True, slots=True)
class Comparison:
    """From one release to another. All names are sorted."""

    before: str
    after: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[Changed, ...]
    same: int
    documents: int  # more than before; negative: fewer
    heads: tuple[str, ...]  # what else changed, as sentences

    @property
    def equal(self) -> bool:
        """Whether both list the same content on the same grounds."""
        return not (self.added or self.removed or self.changed or self.heads)

    def sentences(self) -> list[str]:
        """The comparison for people, a line each."""
        if self.equal:
            return [f"{self.after} lists what {self.before} lists: {_shards(self.same)}, on the same grounds."]
        said = [
            f"{self.before} -> {self.after}: {_shards(len(self.added))} added, {len(self.removed):,} removed, "
            f"{len(self.changed):,} changed, {self.same:,} as before; {self.documents:+,} documents."
        ]
        said += self.heads
        said += [f"+ {name}" for name in self.added]
        said += [f"- {name}" for name in self.removed]
        said += [f"~ {one.name}: {', '.join(one.what)}: {one.said}" for one in self.changed]
        return said


def compare_releases(before: Mapping[str, Any], after: Mapping[str, Any]) -> Comparison:
    """What changed from one manifest to another."""
    old, new = ({shard["name"]: shard for shard in one["shards"]} for one in (before, after))
    both = sorted(old.keys() & new.keys())
    changed = [
        Changed(name, what, str(new[name]["certificate"].get("sentence", "")))
        for name in both
        if (what := _differences(old[name], new[name]))
    ]
    heads = [
        f"The {words} changed: {_short(before.get(key))} -> {_short(after.get(key))}."
        for key, words in HEADS.items()
        if before.get(key) != after.get(key)
    ]
    return Comparison(
        before=str(before.get("release")),
        after=str(after.get("release")),
        added=tuple(sorted(new.keys() - old.keys())),
        removed=tuple(sorted(old.keys() - new.keys())),
        changed=tuple(changed),
        same=len(both) - len(changed),
        documents=_documents(after["shards"]) - _documents(before["shards"]),
        heads=tuple(heads),
    )


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    found = {
        "content": old["sha256"] != new["sha256"],
        "path": old["path"] != new["path"],
        "certificate": old["certificate"] != new["certificate"],
        "decision": _ruled(old["decision"]) != _ruled(new["decision"]),
    }
    return tuple(what for what, differs in found.items() if differs)


def _ruled(decision: Mapping[str, Any]) -> tuple[Any, ...]:
    """What makes a decision the same one; the first schema had fewer of these."""
    return tuple(decision.get(key) for key in ("by", "at", "reason", "overruled", "confirmed_by"))


def _documents(shards: Sequence[Mapping[str, Any]]) -> int:
    return sum(int(shard.get("documents", 0)) for shard in shards)


def _short(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {value[key]}" for key in sorted(value))
    return "none" if value is None else str(value)[:40]


def _shards(count: int) -> str:
    return "1 shard" if count == 1 else f"{count:,} shards"
