"""Patterns become shards with names that are unique and stay."""

from pathlib import Path

import pytest

from review.corpus import read_rows, resolve, scan
from review.corpus.formats import SUFFIXES, allowed_suffixes, format_of
from review.errors import CorpusError


@pytest.fixture
def tree(tmp_path) -> Path:
    for name in [
        "web/a/0.jsonl",
        "web/b/0.jsonl",
        "web/b/deep/1.jsonl.gz",
        "web/notes.md",
        "texts/en/x.txt",
        "texts/de/y.txt",
    ]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('{"text": "one"}\n')
    return tmp_path


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        (["web/**/*.jsonl"], ["a/0.jsonl", "b/0.jsonl"]),
        (["web/**/*.jsonl*"], ["a/0.jsonl", "b/0.jsonl", "b/deep/1.jsonl.gz"]),
        (["web/b/*.jsonl"], ["0.jsonl"]),
        (["web/b/0.jsonl"], ["0.jsonl"]),
        (["web/[ab]/0.jsonl"], ["a/0.jsonl", "b/0.jsonl"]),
        (["web/**/*.jsonl", "web/b/0.jsonl"], ["a/0.jsonl", "b/0.jsonl"]),  # the same file again: once
        (["texts/en"], ["en"]),
        (["texts/*/"], ["de", "en"]),
        (
            ["web/*"],
            ["notes.md"],
        ),  # folders that a glob meets are no shards; a file of an unknown kind is refused later
    ],
)
def test_a_pattern_names_shards_below_its_fixed_part(tree, patterns, names):
    found = resolve(patterns, tree, corpus="c")
    assert [source.name for source in found] == [f"c/{name}" for name in names]
    assert all(Path(source.uri).is_absolute() for source in found)
    assert [source.uri for source in found] == sorted(source.uri for source in found)


def test_absolute_patterns_and_file_urls_give_the_same_sources(tree):
    relative = resolve(["web/**/*.jsonl"], tree, corpus="c")
    assert resolve([f"{tree}/web/**/*.jsonl"], Path("/"), corpus="c") == relative
    assert resolve([f"file://{tree}/web/**/*.jsonl"], Path("/"), corpus="c") == relative
    assert resolve(["../web/**/*.jsonl"], tree / "texts", corpus="c") == relative


def test_two_files_that_would_get_one_name_are_an_error_that_says_what_to_do(tree):
    with pytest.raises(CorpusError, match=r"would both be the shard 'c/0\.jsonl'"):
        resolve(["web/a/0.jsonl", "web/b/0.jsonl"], tree, corpus="c")


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("nothing/*.jsonl", "No file matches"),
        ("nothing.jsonl", "No file matches"),
        ("web", "shard files"),
        ("web/a", "give a pattern such as"),
        ("memory://nowhere/*.parquet", "No file matches"),
        ("nosuchprotocol://x/*.parquet", "nosuchprotocol"),
        ("zip://a.parquet::file.zip", "chained"),
    ],
)
def test_a_pattern_that_cannot_be_read_is_refused_with_a_next_step(tree, pattern, words):
    with pytest.raises(CorpusError, match=words):
        resolve([pattern], tree, corpus="c")


def test_a_missing_extra_is_named(tree, monkeypatch):
    import fsspec

    def absent(url, **_):
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(fsspec.core, "url_to_fs", absent)
    with pytest.raises(CorpusError, match=r"pip install 'review-desk\[s3\]'"):
        resolve(["s3://bucket/*.parquet"], tree, corpus="c")


@pytest.mark.parametrize(
    "name",
    ["a b.jsonl", "#1#.jsonl", "caf\u00e9 \u0645.jsonl", "-rf.jsonl", "new\nline.jsonl", "[x]*?.jsonl", "'\";--.jsonl"],
)
def test_awkward_file_names_work(tmp_path, name):
    from review.records import split_doc_id

    folder = tmp_path / "[odd] #folder"
    folder.mkdir()
    (folder / name).write_text('{"text": "one"}\n{"text": "two"}\n')
    for patterns in ([name], ["*.jsonl"]):
        (source,) = resolve(patterns, folder, corpus="c")
        assert source.name == f"c/{name}"
        (document,) = read_rows(scan(source).shard, [1])
        assert document.text == "two"
        assert split_doc_id(document.doc_id) == (f"c/{name}", 1)


def test_suffixes_tell_the_format_whatever_their_case():
    assert format_of("A.PARQUET") == "parquet"
    assert format_of("c4-train.00000-of-01024.json.gz") == "jsonl"
    assert format_of("a.jsonl.ZST") == "jsonl"
    assert format_of("a.parquet.gz") == "unknown"
    assert all(suffix in allowed_suffixes() for suffix in SUFFIXES)
