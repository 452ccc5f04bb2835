"""The package's walls: who may import what, and what may be imported at start."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "review"
FILES = [*sorted(PACKAGE.rglob("*.py")), ROOT / "app.py"]

# library -> the only places that may import it
WALLS = {
    "streamlit": ("app.py", "review/ui/"),
    "altair": ("review/ui/",),
    "duckdb": ("review/store/", "review/corpus/"),
    "torch": ("review/classifier/",),
    "sentence_transformers": ("review/classifier/",),
    "numba": ("review/compiled.py",),
    "llvmlite": ("review/compiled.py",),
    "typer": ("review/cli/",),
}
# package -> the packages of ours it must not know: data flows one way
DOWNSTREAM = {
    "review/errors.py": ("review",),
    "review/records.py": ("review",),
    "review/certificate/": ("store", "corpus", "desk", "release", "workflow", "ui", "cli", "classifier"),
    "review/agreement/": ("store", "corpus", "desk", "release", "workflow", "ui", "cli", "classifier"),
    "review/sampling/": ("store", "corpus", "desk", "release", "workflow", "ui", "cli", "classifier"),
    "review/corpus/": ("store", "desk", "release", "workflow", "ui", "cli", "classifier", "certificate"),
    "review/store/": ("corpus", "desk", "release", "workflow", "ui", "cli", "classifier", "certificate"),
    "review/desk/": ("workflow", "ui", "cli", "release"),
    "review/release/": ("workflow", "ui", "cli", "desk", "classifier"),
    "review/classifier/": ("workflow", "ui", "cli", "desk", "store", "release"),
    "review/signals/": ("workflow", "ui", "cli", "desk", "store", "release", "classifier"),
    "review/scoring/": ("workflow", "ui", "cli", "desk", "store", "release"),
    "review/workflow/": ("ui", "cli"),
    "review/ui/": ("cli",),
}


def imported(path: Path) -> set[str]:
    """Every module a file imports, at any depth, type-checking imports left out."""
    names: set[str] = set()

    def walk(node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                continue
            if isinstance(child, ast.Import):
                names.update(alias.name for alias in child.names)
            elif isinstance(child, ast.ImportFrom) and child.module:
                names.add(child.module)
                names.update(f"{child.module}.{alias.name}" for alias in child.names)
            walk(child)

    walk(ast.parse(path.read_text(encoding="utf-8")))
    return names


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", FILES, ids=place)
def test_a_library_is_imported_only_behind_its_wall(path):
    for library, allowed in WALLS.items():
        if any(name == library or name.startswith(f"{library}.") for name in imported(path)):
            assert place(path).startswith(allowed), f"{place(path)} imports {library}"


@pytest.mark.parametrize("path", FILES, ids=place)
def test_data_flows_one_way_through_the_package(path):
    for home, forbidden in DOWNSTREAM.items():
        if not place(path).startswith(home):
            continue
        for name in imported(path):
            for package in forbidden:
                full = "review" if package == "review" else f"review.{package}"
                assert not f"{name}.".startswith(f"{full}."), f"{place(path)} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=place)
def test_nothing_unpickles_or_evaluates(path):
    assert not imported(path) & {"pickle", "joblib", "dill", "cloudpickle", "shelve", "marshal"}


def sources():
    for folder in ("review", "tests", "sample_data"):
        for suffix in ("*.py", "*.js", "*.css"):
            yield from (ROOT / folder).rglob(suffix)
    yield ROOT / "app.py"


def test_no_file_is_longer_than_400_lines():
    long = {place(p): n for p in sources() if (n := len(p.read_text(encoding="utf-8").splitlines())) > 400}
    assert not long


@pytest.mark.parametrize("module", ["review.cli", "review.workflow"])
def test_heavy_libraries_are_not_loaded_at_start(module):
    # pandas: pyarrow loads it with the first value it makes, so no module may make one while it is imported
    heavy = {"torch", "sentence_transformers", "numba", "llvmlite", "streamlit", "sklearn", "transformers", "pandas"}
    code = f"import sys, {module}; print(*sorted({heavy!r} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert loaded.stdout.split() == []


def test_the_command_line_answers_before_it_loads_what_only_commands_need():
    heavy = {"numpy", "pandas", "pyarrow", "duckdb", "scipy", "pydantic"}
    code = f"import sys, review.cli; print(*sorted({heavy!r} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert loaded.stdout.split() == []


def test_a_project_opens_without_scipy(tmp_path):
    """A fixed plan is checked at every start."""
    code = (
        "import sys; from pathlib import Path; from review.settings import write_default; from review import workflow; "
        "root = Path(sys.argv[1]); write_default(root); workflow.open_project(root).close(); "
        "print('scipy' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "project")]
    assert subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.strip() == "False"


def test_no_page_reruns_itself():
    guilty = [place(p) for p in (PACKAGE / "ui").rglob("*.py") if "st.rerun(" in p.read_text(encoding="utf-8")]
    assert not guilty


@pytest.mark.parametrize("path", FILES, ids=place)
def test_duckdb_is_asked_for_no_data_frames(path):
    """In a command's process it has met a stand-in for pandas: see `store.spare`."""
    assert not re.search(r"\.(df|fetchdf|fetch_df_chunk)\(", path.read_text(encoding="utf-8"))
