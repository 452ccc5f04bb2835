"""Machine code is compiled once and kept: what is loaded ever after is that code, or it is compiled again."""

import math
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import FunctionType

import numpy as np
import pytest

from review import cache, compiled
from review.compiled import Kernel, helper, kernel

STEP = 3


@helper(inline=True)
def _stepped(value):
    return value + STEP


@helper()
def _spread(source, out):
    for i in range(len(source)):
        out[i] = _stepped(source[i])


@kernel
def _twice(low, high, source, square, out):
    _spread(source[low:high], out[low:high])
    for i in range(low, high):
        for j in range(square.shape[1]):
            out[i] += square[i, j]


@kernel
def _asks(out):
    out[0] = math.erf(out[0])


@kernel
def _allocates(out):
    mine = np.zeros(len(out))
    out[:] = mine


@kernel
def _works(turns, value):
    for _ in range(turns):
        value[0] = (value[0] ^ (value[0] >> np.uint64(7))) * np.uint64(0x9E3779B97F4A7C15)


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """An empty folder for object files."""
    monkeypatch.setattr(cache, "folder", lambda: tmp_path)
    return tmp_path


@pytest.fixture
def compilations(monkeypatch) -> list[str]:
    """Names of the functions that were compiled."""
    names, compile_it = [], compiled._compiled
    monkeypatch.setattr(compiled, "_compiled", lambda *what: (names.append(what[0].__name__), compile_it(*what))[1])
    return names


def _result(made: Kernel) -> list[float]:
    out = np.zeros(4)
    made.bind(np.arange(4.0), np.ones((4, 2), np.int32), out)(1, 3)
    return out.tolist()


def _again(function: FunctionType, **changed: object) -> Kernel:
    """The kernel as a later process has it, where names of its module may stand for something else."""
    return Kernel(FunctionType(function.__code__, function.__globals__ | changed, function.__name__))


def test_a_kernel_is_compiled_once_and_loaded_ever_after(folder, compilations):
    assert _result(_again(_twice.function)) == [0, 1 + STEP + 2, 2 + STEP + 2, 0]
    (kept,) = folder.iterdir()
    before = kept.stat().st_mtime_ns
    assert _result(_again(_twice.function)) == [0, 1 + STEP + 2, 2 + STEP + 2, 0]
    assert compilations == ["_twice"]
    assert kept.stat().st_mtime_ns == before


def test_other_kinds_of_arrays_and_other_values_are_other_code(folder, compilations):
    made = _again(_twice.function)
    _result(made)
    whole = np.zeros(4, np.int64)
    made.bind(np.arange(4), np.ones((4, 2), np.int32), whole)(0, 4)
    assert whole.tolist() == [5, 6, 7, 8]
    stepped = helper(inline=True)(
        FunctionType(_stepped.function.__code__, _stepped.function.__globals__ | {"STEP": 10}, "_stepped")
    )
    spread = helper()(FunctionType(_spread.function.__code__, _spread.function.__globals__ | {"_stepped": stepped}))
    assert _result(_again(_twice.function, _spread=spread)) == [0, 13, 14, 0]
    assert compilations == ["_twice"] * 3
    assert len(list(folder.iterdir())) == 3


@pytest.mark.parametrize("damage", [lambda data: data[:-40], lambda data: data[:99] + b"?" + data[100:], lambda _: b""])
def test_a_damaged_object_file_is_compiled_again(folder, compilations, damage):
    right = _result(_again(_twice.function))
    (kept,) = folder.iterdir()
    kept.write_bytes(damage(kept.read_bytes()))
    for _ in range(2):
        assert _result(_again(_twice.function)) == right
    assert len(compilations) == 2


def test_a_place_that_cannot_be_written_is_told_and_the_code_runs(tmp_path, monkeypatch, compilations):
    (tmp_path / "file").touch()
    monkeypatch.setattr(cache, "folder", lambda: tmp_path / "file" / "below")
    with pytest.warns(UserWarning, match="could not be kept .*below: .*each start will make it again"):
        assert _result(_again(_twice.function)) == [0, 6, 7, 0]


def test_without_any_place_code_is_compiled_and_that_is_told(monkeypatch, compilations):
    def nowhere():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setattr(Path, "home", nowhere)
    with pytest.warns(UserWarning, match="this user has no home"):
        assert _result(_again(_twice.function)) == [0, 6, 7, 0]
    assert compilations == ["_twice"]


def test_what_numba_is_told_is_part_of_the_code(folder, compilations, monkeypatch):
    _result(_again(_twice.function))
    monkeypatch.setenv("NUMBA_OPT", "0")
    assert _result(_again(_twice.function)) == [0, 6, 7, 0]
    assert compilations == ["_twice"] * 2


def test_loading_that_was_interrupted_can_be_done_again(folder, monkeypatch):
    """An engine takes its target machine with it when it goes."""
    import llvmlite.binding as llvm

    create = llvm.create_mcjit_compiler

    def interrupted(*how):
        create(*how)
        raise KeyboardInterrupt

    monkeypatch.setattr(llvm, "create_mcjit_compiler", interrupted)
    with pytest.raises(KeyboardInterrupt):
        _result(_again(_twice.function))
    monkeypatch.undo()
    monkeypatch.setattr(cache, "folder", lambda: folder)
    assert _result(_again(_twice.function)) == [0, 6, 7, 0]


def test_threads_that_keep_the_same_bytes_at_once_do_not_disturb_each_other(folder, recwarn):
    def keep():
        for number in range(50):
            assert cache.cached(f"bytes-{number}", lambda number=number: bytes(number)) == bytes(number)

    threads = [threading.Thread(target=keep) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not recwarn.list
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"bytes-{number}" for number in range(50))


def test_where_the_package_cannot_be_written_the_users_cache_is_taken(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert cache.folder() == tmp_path / "review"


@pytest.mark.parametrize(
    "array", [np.arange(8.0)[::2], np.asfortranarray(np.ones((3, 3))), np.arange(4, dtype=">i4"), [1.0, 2.0]]
)
def test_what_a_kernel_would_misread_is_refused(array):
    with pytest.raises(TypeError, match="array 0 must be a C-contiguous array"):
        _twice.bind(array)


def test_code_that_needs_numba_is_refused_where_it_is_compiled(folder):
    with pytest.raises(TypeError, match="_asks asks for what only numba has: erf"):
        _asks.bind(np.zeros(3))
    with pytest.raises(Exception, match="zeros"):  # numba's own error, a subclass of no other
        _allocates.bind(np.zeros(3))
    assert not list(folder.iterdir())


def test_a_kernel_holds_no_lock_while_it_runs(folder):
    thread = threading.Thread(target=_works.bind(np.ones(1, np.uint64)), args=(200_000_000,))
    thread.start()
    turns = 0
    while thread.is_alive():
        turns += 1
    assert turns > 1_000


def test_a_later_start_scans_without_numba():
    script = (
        "import sys; from review.signals.scan import Scanner, Texts; "
        "Scanner().grams(Texts.from_strings(['a text', 'another'])); "
        "print([name for name in ('numba', 'scipy', 'pandas') if name in sys.modules])"
    )
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
