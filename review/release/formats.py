"""Shard lists as the pipelines that train on them read them. Each format is one function: shards in, files out.

Lists with one path a line cannot hold every file name: datatrove strips each line, DCLM splits at every character that
Unicode calls a line boundary. `check_line` refuses such names instead of writing a list that means something else.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from review.errors import ReleaseError

Files = dict[str, str | bytes]
ATTRIBUTE, KEPT = "review", "review__score__keep"  # dolma's names for a set of attributes, and for the one in it


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list needs to know of a released shard."""

    name: str
    uri: str  # absolute path or fsspec URL
    format: str  # parquet, jsonl, csv, tsv, arrow, text
    documents: int = 0
    entry: Mapping[str, Any] = field(default_factory=dict)  # the manifest's, for lists that repeat what it says


class Format(Protocol):
    def __call__(self, release: str, shards: Sequence[Listed]) -> Files: ...


def paths(release: str, shards: Sequence[Listed]) -> Files:
    """Absolute paths or URLs, one a line. Every release has this list."""
    return {"shards.txt": lines([shard.uri for shard in shards])}


def datatrove(release: str, shards: Sequence[Listed]) -> Files:
    """datatrove: a reader's `data_folder` and `paths_file`, whose lines are relative to that folder."""
    folder, relative = split_root(shards, "datatrove")
    return {
        "datatrove_paths.txt": lines(relative),
        "datatrove.json": config({"data_folder": folder, "paths_file": "datatrove_paths.txt"}),
    }


def dclm(release: str, shards: Sequence[Listed]) -> Files:
    """DCLM: `--raw_data_dirpath` and `--shard_list_file`.

    Lines are relative to the folder: DCLM also puts its output under that relative path, so an absolute one would
    write beside the input.
    """
    folder, relative = split_root(shards, "dclm")
    return {
        "dclm_shards.txt": lines(relative),
        "dclm.json": config({"raw_data_dirpath": folder, "shard_list_file": "dclm_shards.txt"}),
    }


def nemo(release: str, shards: Sequence[Listed]) -> Files:
    """NeMo Curator: the arguments of a `ParquetReader` and a `JsonlReader`, by the shards' format.

    A reader passes over files whose ending is not among its `file_extensions`, without a word: by default every
    compressed one. So the endings are listed, and paths it would take for a pattern are refused.
    """
    readers = {"parquet": "ParquetReader", "jsonl": "JsonlReader"}
    refuse_others(shards, readers, "nemo")
    for shard in shards:
        if any(mark in shard.uri for mark in "*?["):
            raise ReleaseError(
                f"NeMo Curator takes the path of shard {shard.name!r} for a pattern: {shard.uri!r}. Use the format "
                "'paths', or rename the file and ingest it again."
            )
    by_reader: dict[str, list[str]] = {}
    for shard in shards:
        by_reader.setdefault(readers[shard.format], []).append(shard.uri)
    return {
        "nemo.json": config(
            {
                reader: {
                    "file_paths": uris,
                    "file_extensions": sorted({posixpath.splitext(uri)[1].casefold() for uri in uris}),
                }
                for reader, uris in by_reader.items()
            }
        )
    }


def dolma(release: str, shards: Sequence[Listed]) -> Files:
    """dolma: one stream of the mixer's configuration; its output and filters are for the pipeline to add."""
    refuse_others(shards, {"jsonl": ""}, "dolma")
    stream = {"name": release, "documents": [shard.uri for shard in shards], "attributes": []}  # all three required
    return {"dolma.json": config({"streams": [stream]})}


def dolma_kept(release: str, shards: Sequence[Listed]) -> Files:
    """dolma with a keep list: only documents with the attribute, whose files are to be put where dolma looks."""
    (stream,) = json.loads(dolma(release, shards)["dolma.json"])["streams"]
    has = f"@.{KEPT} && @.{KEPT}[0]"
    stream |= {"attributes": [ATTRIBUTE], "filter": {"include": [f"$.attributes[?({has})]"], "exclude": []}}
    return {"dolma.json": config({"streams": [stream]})}


def data_juicer(release: str, shards: Sequence[Listed]) -> Files:
    """Data-Juicer: `dataset.configs`. JSON is YAML: the file loads as it is.

    With `max_sample_num` it takes from each shard in proportion to its weight: that is the number of documents, so
    that every document of the release has the same chance.
    """
    known = {"parquet": "", "jsonl": "", "csv": "", "tsv": "", "text": ""}
    refuse_others(shards, known, "data-juicer")
    remote = [shard.name for shard in shards if "://" in shard.uri]
    if remote:
        raise ReleaseError(f"Data-Juicer's local loader cannot read {remote[0]!r} by its URL. Use the format 'paths'.")
    configs = [{"type": "local", "path": shard.uri, "weight": float(shard.documents)} for shard in shards]
    return {"data_juicer.json": config({"dataset": {"configs": configs}})}


def table(release: str, shards: Sequence[Listed]) -> Files:
    """One row a shard, as Parquet and CSV: for notebooks, warehouses and spreadsheets."""
    from review.release.listing import as_csv, as_parquet

    entries = [shard.entry for shard in shards]
    return {"shards.csv": as_csv(entries), "shards.parquet": as_parquet(entries)}


FORMATS: dict[str, Format] = {
    "paths": paths,
    "datatrove": datatrove,
    "dclm": dclm,
    "nemo": nemo,
    "dolma": dolma,
    "data-juicer": data_juicer,
    "table": table,
}


def check_line(shard: Listed) -> None:
    """Raises ReleaseError, naming the shard, when its path cannot stand in a list with one path a line."""
    utf8 = shard.uri.encode("utf-8", "replace").decode("utf-8") == shard.uri
    if shard.uri.splitlines() != [shard.uri] or shard.uri != shard.uri.strip() or not utf8:
        raise ReleaseError(
            f"The path of shard {shard.name!r} is {shard.uri!r}; a list with one path a line holds UTF-8 without line "
            "breaks, and no blanks at the ends. Rename the file and ingest it again, or hold the shard."
        )


def refuse_others(shards: Sequence[Listed], known: Mapping[str, str], consumer: str) -> None:
    """Raises ReleaseError for the first shard whose format the consumer cannot read."""
    for shard in shards:
        if shard.format not in known:
            raise ReleaseError(
                f"The format {consumer!r} takes {', '.join(sorted(known))}; shard {shard.name!r} is {shard.format}. "
                "Use the format 'paths', or release these shards apart."
            )


def split_root(shards: Sequence[Listed], consumer: str) -> tuple[str, list[str]]:
    """The folder that holds all shards, and their paths relative to it. Raises ReleaseError when there is none."""
    folders = [posixpath.dirname(shard.uri) for shard in shards]
    protocols = {folder.partition("://")[0] if "://" in folder else "" for folder in folders}
    parts = [folder.split("/") for folder in folders]
    shared = 0
    while all(len(part) > shared and part[shared] == parts[0][shared] for part in parts):
        shared += 1
    if len(protocols) > 1 or ("" not in protocols and shared < 3):
        raise ReleaseError(
            f"The format {consumer!r} needs one folder that holds all shards; they lie in {len(set(folders))} without "
            "a common one. Use the format 'paths', or release them apart."
        )
    folder = "/".join(parts[0][:shared])
    return folder or "/", [shard.uri[len(folder) :].lstrip("/") for shard in shards]


def lines(entries: Sequence[str]) -> str:
    return "".join(f"{entry}\n" for entry in entries)


def config(content: Mapping[str, Any]) -> str:
    return json.dumps(content, sort_keys=True, indent=1) + "\n"
