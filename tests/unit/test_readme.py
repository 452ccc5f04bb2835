"""The front door is true: what the README names exists."""

import csv
import importlib.util
import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer.main

from review.cli import app
from review.simulate import SimulatedReviewer

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands():
    group = typer.main.get_command(app)
    for name, command in group.commands.items():
        for sub in getattr(command, "commands", {}):
            yield f"{name} {sub}"
        if not hasattr(command, "commands"):
            yield name


def test_every_command_is_in_the_table_and_every_row_is_a_command():
    part = "export|import|new|list|set|adjudicated|remove"
    rows = re.findall(rf"^\| `review ([a-z]+(?: (?:{part}))?)", README, re.MULTILINE)
    assert sorted(rows) == sorted(commands())


def test_every_option_the_readme_names_exists():
    group = typer.main.get_command(app)
    known = set()
    for command in group.commands.values():
        for leaf in getattr(command, "commands", {"": command}).values():
            known |= {option for parameter in leaf.params for option in parameter.opts + parameter.secondary_opts}
    foreign = {"--shard_list_file"}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z_-]+", README)) <= known | foreign


def test_the_file_tree_is_the_file_tree():
    tree = README.split("## Files")[1].split("```")[1]
    named = {line.split()[0] for line in tree.strip().splitlines()}
    for entry in named:
        assert (ROOT / entry).exists() or (ROOT / "review" / entry).exists(), entry
    packages = {f"{path.name}/" for path in (ROOT / "review").iterdir() if (path / "__init__.py").exists()}
    modules = {path.name for path in (ROOT / "review").glob("*.py") if not path.name.startswith("__")}
    assert packages | modules <= named


def test_the_pictures_are_there():
    for picture in re.findall(r"!\[[^]]+\]\(([^)]+)\)", README):
        assert (ROOT / picture).stat().st_size > 10_000


def test_the_two_commands_are_make_targets():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make (\w+)", README, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def test_the_product_speaks_of_itself_alone():
    foreign = re.compile(
        r"(^|[^a-zA-Z0-9._-])/(root|work|opt)/|pypi\.org|files\.pythonhosted|registry\.npmjs|deb\.debian"
    )
    patterns = ("*.md", "*.toml", "Makefile", "review/**/*.py", "tests/**/*.py", "sample_data/**/*.py", ".ci/*")
    paths = [path for pattern in patterns for path in ROOT.glob(pattern) if path.name != Path(__file__).name]
    guilty = [path.name for path in paths if foreign.search(path.read_text(encoding="utf-8"))]
    assert guilty == []


def test_the_table_of_measurements_is_made_from_the_results():
    script = ROOT / "tests" / "benchmarks" / "run.py"
    spec = importlib.util.spec_from_file_location("benchmarks_run", script)
    run = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(run)
    assert README.split(run.BEGIN)[1].split(run.END)[0] == run.table()


WORDS = [
    first + last for first in ("salt", "rain", "oak", "wind", "stone") for last in ("mill", "ford", "gate", "wood")
]
WARES = [
    first + last for first in ("CHEAP", "BEST", "TOP", "MEGA", "HOT") for last in ("watch", "pill", "loan", "deal")
]


class Shell:
    """A shell in which `review` is the product; `cd` stays for the next line, and /data is a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "data"
        program = folder / "bin" / "review"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m review "$@"\n')
        program.chmod(0o755)
        self.environment = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
        self.environment.pop("REVIEW_PROJECT", None)

    def __call__(self, line: str) -> str:
        where = self.data / "where"
        script = f'{line.replace("/data/", f"{self.data}/")}\ncode=$?; pwd > "{where}"; exit $code'
        done = subprocess.run(
            ["sh", "-c", script], cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=240
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        self.folder = Path(where.read_text().rstrip("\n"))
        return done.stdout


@pytest.fixture
def shell(tmp_path):
    """With two shards in /data/web-en: of one every document is good, of the other every second one is an ad."""
    made = Shell(tmp_path)
    shards = made.data / "web-en"
    shards.mkdir(parents=True)
    for name, every in (("00000", 10**9), ("00001", 2)):
        dice = random.Random(name)
        texts = [
            f"BUY NOW {' '.join(dice.choices(WARES, k=30))} CLICK HERE"
            if row % every == 1
            else f"On day {row} the clerk of the harbour wrote of {' and of '.join(dice.choices(WORDS, k=20))}."
            for row in range(400)
        ]
        pq.write_table(pa.table({"text": texts}), shards / f"{name}.parquet")
    return made


def fill_in(waiting: Path, answered: Path) -> None:
    """A simulated reviewer with a spreadsheet, who makes no mistake."""
    reviewer = SimulatedReviewer("sim-ana")
    with waiting.open(newline="", encoding="utf-8") as source, answered.open("w", newline="", encoding="utf-8") as out:
        rows = csv.DictReader(source)
        writer = csv.DictWriter(out, rows.fieldnames)
        writer.writeheader()
        for row in rows:
            truth = "reject" if "BUY NOW" in row["text"] else "keep"
            answer = reviewer.answer(truth, key=row["doc_id"], words=len(row["text"].split()))
            writer.writerow(row | {"verdict": answer.verdict.value, "reviewer": reviewer.name})


def newest_version(shell: Shell) -> str:
    """What a reader puts in the place of VERSION."""
    return json.loads(shell("review models --json"))[-1]["version"]


@pytest.mark.slow
def test_the_five_steps_of_the_loop_do_what_they_say(shell):
    block = README.split("## The loop in five steps")[1].split("```sh\n")[1].split("```")[0]
    lines = block.strip().splitlines()
    (serve,) = (number for number, line in enumerate(lines) if line.startswith("review serve"))
    for line in lines[:serve]:
        shell(line)
    shell("review labels export waiting.csv --waiting")
    fill_in(shell.folder / "waiting.csv", shell.folder / "answered.csv")
    shell("review labels import answered.csv")
    said = []
    for line in lines[serve + 1 :]:
        version = re.search(r"review promote (VERSION)\b", line)
        said.append(shell(line.replace("VERSION", newest_version(shell)) if version else line))
    decided = said[0]
    assert "web-en/00000.parquet: approve" in decided
    assert "Left out: web-en/00001.parquet" in decided
    assert (shell.folder / "releases/2026-11/shards.txt").read_text() == f"{shell.data}/web-en/00000.parquet\n"
