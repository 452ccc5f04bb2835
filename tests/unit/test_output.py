import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from review.cli import output
from review.records import Verdict


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("95\N{NO-BREAK SPACE}% sure", "95\N{NO-BREAK SPACE}% sure"),
        ("5\N{NARROW NO-BREAK SPACE}717 read", "5\N{NARROW NO-BREAK SPACE}717 read"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("bell\x07", "bell\\x07"),
        ("gpj\u202eexe", "gpj\\u202eexe"),
        ("two\nlines", "two\nlines"),
        ("日本 é", "日本 é"),
        ("\ud800", "\\ud800"),
    ],
)
def test_text_cannot_steer_the_terminal(text, shown):
    assert output.printable(text) == shown


def test_records_become_plain_json(capsys):
    @dataclass
    class Thing:
        verdict: Verdict
        at: datetime
        path: Path
        shares: dict

    output.say_json(Thing(Verdict.KEEP, datetime(2026, 1, 2), Path("a"), {1: (0.5,)}))
    expected = {"verdict": "keep", "at": "2026-01-02T00:00:00", "path": "a", "shares": {"1": [0.5]}}
    assert json.loads(capsys.readouterr().out) == expected


def test_a_table_is_aligned_and_every_row_one_line(capsys):
    output.table([{"a": "x\ny", "n": 5}, {"a": "long name", "n": 1200}], {"a": "Name", "n": "Rows"})
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["Name       Rows", "x y           5", "long name  1200"]


@pytest.mark.parametrize(("n", "said"), [(0, "0 shards"), (1, "1 shard"), (1204, "1,204 shards")])
def test_one_is_said_as_one(n, said):
    assert output.counted(n, "shard") == said
