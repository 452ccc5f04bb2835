"""`review serve` ends when it is told to, whatever its connections do: nobody may have to kill it."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

HANDSHAKE = (
    "GET /_stcore/stream HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nOrigin: http://{host}\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
HALF = "POST /desk/exchange HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n{{"


UNREAD = "GET /static/{script} HTTP/1.1\r\nHost: {host}\r\n\r\n" * 60


@pytest.fixture
def server(project_root):
    command = [sys.executable, "-m", "review", "serve", "--project", str(project_root), "--no-browser", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        found = re.search(r"http://([\d.]+):(\d+)", process.stdout.readline())
        yield process, (found[1], int(found[2]))
        process.kill()


@pytest.mark.parametrize("said", [HANDSHAKE, HALF, UNREAD], ids=["answers nothing", "half a message", "reads nothing"])
def test_a_connection_that_never_ends_does_not_keep_it(server, said):
    process, place = server
    with socket.create_connection(place, timeout=30) as line:
        line.sendall(said.format(host=f"{place[0]}:{place[1]}", script=_script(place)).encode())
        if said is HANDSHAKE:
            assert b"101" in line.recv(100)
        time.sleep(0.5)
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
        assert time.monotonic() - begun < 20
    assert "Stopped. Everything acknowledged is on disk." in process.stdout.read()


def _script(place):
    """The app's own script, by name: a megabyte, or near."""
    with urllib.request.urlopen(f"http://{place[0]}:{place[1]}/") as page:
        return re.search(r'src="[^"]*static/(js/index[^"]+)"', page.read().decode())[1]
