"""Leases live as long as somebody reads, and no longer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from store_states import Clock, filled

from review.desk import exchange
from review.settings import parse_settings

LEASE = 30
ASK = 20  # seconds between a browser's messages


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path, clock):
    with filled(tmp_path, clock) as opened:
        opened.record_rubric(settings().rubric.rubric(1), "lead")
        yield opened


def settings():
    return parse_settings(f"[desk]\nqueue = 4\nlease_minutes = {LEASE}\n")


def talk(store, clock, who: str = "ana", tab: str = "t", **message: Any) -> dict[str, Any]:
    return exchange(store, settings(), who, {"n": 1, "tab": tab, "rubric": 1, **message}, clock.now)


def names(answer: dict[str, Any]) -> list[str]:
    return [one["doc_id"] for one in answer["items"]]


def wait(store, clock, minutes: int, have: list[str], quiet) -> list[dict[str, Any]]:
    """A browser that asks every now and then; `quiet` gives its silence in seconds at a time in seconds."""
    answers = []
    for second in range(0, minutes * 60, 6 * ASK):
        clock.now += timedelta(seconds=6 * ASK)
        answers.append(talk(store, clock, have=have, quiet=quiet(second)))
    return answers


def test_a_long_text_stays_its_readers_for_forty_minutes(store, clock):
    have = names(talk(store, clock, hello=True))
    answers = wait(store, clock, 40, have, lambda second: second % 300)  # a scroll every five minutes
    assert all(answer["gone"] == [] and answer["items"] == [] for answer in answers)
    assert not set(have) & set(names(talk(store, clock, "ben", hello=True)))
    assert max(until for name, *_, until in store.leases() if name in have) > clock.now + timedelta(minutes=LEASE - 6)


def test_a_dead_tab_keeps_nothing_beyond_its_lease(store, clock):
    have = names(talk(store, clock, hello=True))
    clock.now += timedelta(minutes=LEASE - 1)
    assert not set(have) & set(names(talk(store, clock, "ben", "b", hello=True)))
    store.release_leases("ben")
    clock.now += timedelta(minutes=1)
    assert set(names(talk(store, clock, "ben", "b", hello=True))) == set(have)


def test_a_page_somebody_walked_away_from_keeps_nothing_either(store, clock):
    have = names(talk(store, clock, hello=True))
    answers = wait(store, clock, LEASE + 10, have, lambda second: second + 6 * ASK)  # it goes on asking, all by itself
    assert all(answer["items"] == [] for answer in answers)
    assert store.leases() == []
    assert store.last_seen()["ana"] <= clock.now - timedelta(minutes=LEASE)
    taken = names(talk(store, clock, "ben", "b", hello=True))
    assert set(taken) == set(have)
    back = talk(store, clock, have=have, quiet=0)
    assert set(back["gone"]) == set(have)  # ben has them now
    assert len(names(back)) == 4


def test_who_comes_back_in_time_goes_on_where_they_were(store, clock):
    have = names(talk(store, clock, hello=True))
    wait(store, clock, LEASE + 10, have, lambda second: second + 6 * ASK)
    back = talk(store, clock, have=have, quiet=0)
    assert (back["gone"], back["items"]) == ([], [])
    assert {name for name, *_ in store.leases()} == set(have)


@pytest.mark.parametrize("quiet", [None, "7", -1, float("nan"), float("inf"), True, [], 10**12])
def test_a_silence_that_is_none_counts_as_none(store, clock, quiet):
    assert len(names(talk(store, clock, hello=True, quiet=quiet))) == 4
