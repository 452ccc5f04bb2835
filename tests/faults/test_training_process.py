"""The process that trains: kept for the next training, replaced when it was killed, gone when nobody needs it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from review.classifier import worker
from review.errors import ModelError

ALONE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_training_process import run
print(run(Path(sys.argv[1])))
"""


def identity(progress, cancel):
    return os.getpid()


def killed(progress, cancel):
    os.kill(os.getpid(), signal.SIGKILL)


def run(folder, work=identity):
    return worker._watched(worker._KEPT.submit(work, folder), folder, None, None)


def alive(pid):
    """Whether the process runs; one that is over but was not asked for its status does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_gone(pid, seconds=30):
    end = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.1)
    assert not alive(pid)


def test_one_process_serves_one_training_after_the_other_and_goes_last(tmp_path):
    pid = run(tmp_path)
    assert run(tmp_path) == pid != os.getpid()
    assert os.getpriority(os.PRIO_PROCESS, pid) == worker.NICE


def test_a_process_killed_while_it_waits_is_replaced(tmp_path):
    pid = run(tmp_path)
    os.kill(pid, signal.SIGKILL)
    wait_until_gone(pid)
    time.sleep(1)  # until the pool has noticed
    assert run(tmp_path) != pid


def test_a_process_killed_while_it_trains_is_told_and_the_next_training_has_another(tmp_path):
    pid = run(tmp_path)
    with pytest.raises(ModelError, match="ended before it was done"):
        run(tmp_path, killed)
    assert run(tmp_path) != pid


def test_no_process_is_left_when_the_app_ends(tmp_path):
    here = str(Path(__file__).parent)
    told = subprocess.run(
        [sys.executable, "-c", ALONE, str(tmp_path), here], capture_output=True, text=True, timeout=120, check=False
    )
    assert told.returncode == 0, told.stderr
    wait_until_gone(int(told.stdout))
