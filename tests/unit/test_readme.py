"""The front door is true: what the README names exists."""

import importlib.util
import re
from pathlib import Path

import typer.main

from review.cli import app

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
    rows = re.findall(r"^\| `review ([a-z]+(?: (?:export|import))?)", README, re.MULTILINE)
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
