"""A value that takes long to make is made once, renewed aside, and never kept for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from review.desk.fresh import Fresh


class Slow:
    """Makes 1, 2, 3, ...; from the second on it waits to be let go."""

    def __init__(self) -> None:
        self.now = 0.0
        self.made = 0
        self.go_on = threading.Event()
        self.fails = False

    def __call__(self) -> int:
        self.made += 1
        if self.made > 1:
            assert self.go_on.wait(20)
        if self.fails:
            raise ValueError("no plan meets these numbers")
        return self.made


def until(true: Callable[[], bool]) -> None:
    for _ in range(2_000):
        if true():
            return
        threading.Event().wait(0.005)
    pytest.fail("it never came true")


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def value(slow: Slow) -> Fresh[int]:
    return Fresh(slow, soon=5, late=60, clock=lambda: slow.now)


def test_a_young_value_is_served_and_an_old_one_renewed_aside(slow, value):
    assert [value(), value()] == [1, 1]
    slow.now = 6
    assert [value(), value(), value()] == [1, 1, 1]  # nobody waits
    until(lambda: slow.made == 2)  # and it is made once
    slow.go_on.set()
    until(lambda: value() == 2)
    assert slow.made == 2


def test_a_value_nobody_asked_for_in_a_long_time_is_waited_for(slow, value):
    assert value() == 1
    slow.now = 61
    slow.go_on.set()
    assert value() == 2


def test_those_who_wait_for_the_first_value_share_it(slow, value):
    slow.made = 1
    got: list[int] = []
    threads = [threading.Thread(target=lambda: got.append(value())) for _ in range(5)]
    for thread in threads:
        thread.start()
    slow.go_on.set()
    for thread in threads:
        thread.join()
    assert got == [2] * 5


def test_what_goes_wrong_aside_is_told_to_the_next_who_asks(slow, value):
    assert value() == 1
    slow.now, slow.fails = 6, True
    slow.go_on.set()
    assert value() == 1
    until(lambda: value._error is not None)
    with pytest.raises(ValueError, match="no plan"):
        value()
    slow.fails = False
    until(lambda: value() > 2)
