"""Where the app may listen: in local mode nobody is asked who they are, so only on this machine."""

from __future__ import annotations

import asyncio
import socket

import pytest
from streamlit import config

from review.errors import ReviewError
from review.ui import serve as serving

OPEN = ["0.0.0.0", "::", "192.0.2.7", "2001:db8::7", "::ffff:0.0.0.0"]


@pytest.mark.parametrize("host", OPEN)
def test_an_address_others_can_reach_is_refused_before_anything_starts(project_root, monkeypatch, host):
    monkeypatch.setattr(serving.st, "App", lambda *_, **__: pytest.fail("the app was started"))
    with pytest.raises(ReviewError) as caught:
        serving.serve(project_root, host=host, open_browser=False)
    message = str(caught.value)
    assert f"listen on {host}" in message
    assert 'auth.mode = "local"' in message
    assert "ssh -L" in message


def test_a_name_with_one_address_that_others_can_reach_is_refused(project_root, monkeypatch):
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in ("127.0.0.1", "192.0.2.7")]
    monkeypatch.setattr(serving.socket, "getaddrinfo", lambda *_, **__: both)
    with pytest.raises(ReviewError, match="ssh -L"):
        serving.serve(project_root, host="box.example", open_browser=False)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_this_machine_s_own_addresses_are_taken(host):
    serving.refuse_strangers(host)


def test_an_address_that_is_none_is_told_as_such(project_root):
    with pytest.raises(ReviewError, match=r"Cannot listen on nowhere\.invalid"):
        serving.serve(project_root, host="nowhere.invalid", open_browser=False)


@pytest.mark.parametrize("host", ["0.0.0.0", None])
def test_streamlit_run_is_held_to_the_same(monkeypatch, host):
    monkeypatch.setattr(config, "get_option", {"server.address": host, "server.port": 1}.get)

    async def start() -> None:
        async with serving.lifespan(None):
            pytest.fail("the app was started")

    with pytest.raises(ReviewError, match="ssh -L"):
        asyncio.run(start())
