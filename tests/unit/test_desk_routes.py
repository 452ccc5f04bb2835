"""The desk's routes: who may say what, and how a message that is none is answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit import config

from review.project import Project, open_project
from review.ui.desk import seats
from review.ui.desk.routes import AROUND, EXCHANGE, KEYS, LEAVE, READ, ROUTES, address
from review.ui.desk.seats import new_secret, seat_of, take_seat
from review.workflow import draw, ingest

HALF = "half a character \ud800 stays"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    (tmp_path / "web.jsonl").write_text("".join(f'{{"text": "Document {at}"}}\n' for at in range(5)))
    (tmp_path / "review.toml").write_text('[project]\nname = "Desk"\n')
    with open_project(tmp_path) as made:
        ingest(made, [str(tmp_path / "web.jsonl")], by="test")
        draw(made, n=5, by="test")
        yield made


@pytest.fixture
def secret(project: Project) -> Iterator[str]:
    mine = new_secret()
    take_seat(mine, project, "ana", lambda: None)
    yield mine
    seats._seats.clear()


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=ROUTES), base_url="http://desk.example")


def say(client: TestClient, secret: str, message: object = None, path: str = EXCHANGE, **headers: str) -> Any:
    body = json.dumps({"n": 1, "tab": "tab-1", "rubric": 1, **(message or {})})
    send = {"X-Desk-Seat": secret, "Content-Type": "application/json", **headers}
    return client.post(path, content=body, headers=send)


def test_a_message_is_answered_in_the_name_of_its_seat(client, secret, project):
    hello = say(client, secret, {"hello": True})
    assert hello.status_code == 200
    assert hello.headers["cache-control"] == "no-store"
    items = hello.json()["items"]
    assert {one["parts"][0]["text"] for one in items} == {f"Document {at}" for at in range(5)}
    one = items[2]
    label = {"label_id": "a-label-0001", "doc_id": one["doc_id"], "hash": one["hash"], "verdict": "keep"}
    label |= {"reasons": [], "note": HALF, "score": None, "seconds": 1, "rubric": 1, "shown": {"whole": True}}
    for _ in range(2):  # an answer may get lost
        assert say(client, secret, {"labels": [label], "reviewer": "ben"}).json()["acks"] == ["a-label-0001"]
    [stored] = project.store.labels()
    assert (stored.reviewer, stored.note) == ("ana", HALF)
    [again] = say(client, secret, {"recall": [one["doc_id"]]}).json()["recalled"]
    assert again["label"]["note"] == HALF


@pytest.mark.parametrize("secret_sent", ["", "no secret", "x" * 5_000])
def test_without_a_seat_nothing_is_answered_and_nothing_read(client, secret, project, secret_sent):
    answer = say(client, secret_sent, {"hello": True})
    assert (answer.status_code, list(answer.json())) == (403, ["error"])
    assert project.store.leases() == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://desk.example.evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://desk.example"}, 200),
        ({"Origin": "http://desk.example"}, 200),
        ({"Content-Type": "application/json; charset=utf-8"}, 200),
    ],
)
def test_another_site_cannot_speak_even_with_the_secret(client, secret, headers, status):
    assert say(client, secret, **headers).status_code == status


def test_a_reviewers_keys_are_kept_for_their_seat_and_answered_with_the_rubric(client, secret, project):
    answer = say(client, secret, {"own": {"keep": "f", "reason.low_information": "z"}}, KEYS).json()
    assert answer["rubric"]["acts"]["keep"]["key"] == "f"
    assert project.store.preferences("ana") == {"keys": {"keep": "f", "reason.low_information": "z"}}
    refused = say(client, secret, {"own": {"keep": "s"}}, KEYS)
    assert (refused.status_code, refused.json()) == (
        200,
        {"error": "Key S would mean both 'Keep' and 'spam / SEO'. Give one of them another key."},
    )
    assert project.store.preferences("ana")["keys"]["keep"] == "f"
    for path in (KEYS, AROUND, READ):
        assert say(client, "no secret", {"own": {}}, path).status_code == 403
        assert say(client, secret, {"own": {}}, path, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_a_guideline_marked_as_read_is_kept_for_the_seats_reviewer(client, secret, project):
    assert say(client, secret, {"version": 1}, READ).json()["rubric"]["read"] == 1
    assert project.store.preferences("ana") == {"guideline": 1}
    for wrong in (0, 2, True, "1", None, [1]):
        assert set(say(client, secret, {"version": wrong}, READ).json()) == {"error"}
    assert project.store.preferences("ana") == {"guideline": 1}


def test_rows_around_a_document_come_to_who_holds_it(client, secret):
    name = say(client, secret, {"hello": True}).json()["items"][0]["doc_id"]
    rows = say(client, secret, {"doc_id": name}, AROUND).json()["rows"]
    assert {one["text"] for one in rows} < {f"Document {at}" for at in range(5)}
    for wrong in ("web.jsonl#999", "../../etc/passwd#1", None, ["x"], name + "0"):
        assert set(say(client, secret, {"doc_id": wrong}, AROUND).json()) == {"error"}


def test_another_site_cannot_make_a_page_leave(client, secret, project):
    say(client, secret, {"hello": True})
    assert client.post(LEAVE, content=secret, headers={"Origin": "http://evil.example"}).status_code == 403
    assert len(project.store.leases()) == 5
    assert client.post(LEAVE, content=secret).status_code == 204
    assert project.store.leases() == []
    assert say(client, secret).status_code == 403  # the seat is given up


@pytest.mark.parametrize(
    ("body", "status"),
    [("", 400), ("{", 400), ("[" * 100_000, 400), (b"\xff\xfe", 400), ('"' + "x" * 2_200_000 + '"', 413), ("7", 200)],
)
def test_a_body_that_is_no_message_is_refused_and_said(client, secret, body, status):
    answer = client.post(EXCHANGE, content=body, headers={"X-Desk-Seat": secret, "Content-Type": "application/json"})
    assert answer.status_code == status
    assert ("error" in answer.json()) == (status != 200)


def test_a_page_that_closes_sends_its_labels_with_the_goodbye(client, secret, project):
    one = say(client, secret, {"hello": True}).json()["items"][0]
    label = {"label_id": "a-label-0001", "doc_id": one["doc_id"], "hash": one["hash"], "verdict": "keep", "rubric": 1}
    label |= {"note": "", "seconds": 1}
    answer = say(client, secret, {"labels": [label], "have": [], "documents": False, "bye": True}).json()
    assert (answer["acks"], answer["items"]) == (["a-label-0001"], [])
    assert project.store.leases() == []
    assert seat_of(secret) is None


def test_a_seat_is_the_newest_page_s_alone(client, secret, project):
    say(client, secret, {"hello": True})
    newer = new_secret()
    take_seat(newer, project, "ana", lambda: None)
    say(client, newer)  # the same tab, loaded again
    assert say(client, secret).status_code == 403
    assert client.post(LEAVE, content=secret).status_code == 204
    assert len(project.store.leases()) == 5
    other = new_secret()
    take_seat(other, project, "ben", lambda: None)
    say(client, other)  # another reviewer's tab of the same name
    assert say(client, newer).status_code == 200


def test_the_seats_used_least_are_given_up_when_there_are_too_many(client, secret, project, monkeypatch):
    monkeypatch.setattr(seats, "_MOST", 3)
    more = [new_secret() for _ in range(3)]
    for one in more[:2]:
        take_seat(one, project, "ana", lambda: None)
    seat_of(secret)
    take_seat(more[2], project, "ana", lambda: None)
    assert [seat_of(one) is not None for one in (secret, *more)] == [True, False, True, True]


def test_routes_stand_under_the_base_path(client, secret, monkeypatch):
    ask = config.get_option
    monkeypatch.setattr(config, "get_option", lambda key: "/corpus/desk/" if key == "server.baseUrlPath" else ask(key))
    assert address(EXCHANGE) == "/corpus/desk/desk/exchange"
    assert say(client, secret, path=address(EXCHANGE)).status_code == 200
    assert say(client, secret, path="/elsewhere/desk/exchange").status_code == 404
