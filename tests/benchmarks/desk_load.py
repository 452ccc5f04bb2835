"""Reviewers without a browser, for the desk's benchmark: each comes in as a browser does and labels at its own pace.

    python tests/benchmarks/desk_load.py URL REVIEWERS SECONDS [RATE]

A reviewer opens the page's websocket and speaks Streamlit's protobuf, takes the seat that the page hands it, and from
then on sends labels by the desk's route, RATE a second (default 1), each spread at random within its time. Prints
"ready" when all have their documents, starts at a line on stdin, and ends with a line of JSON: milliseconds of every
acknowledgement and of every fetch of documents, and how often a reviewer wanted a document and had none.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import sys
import threading
import time
import uuid
from typing import Any
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

PATIENCE = 120  # s for a page to come


class Reviewer:
    """One page of one reviewer."""

    def __init__(self, url: str, name: str) -> None:
        self.host = urlsplit(url).netloc
        self.name = name
        self.acks: list[float] = []
        self.fetches: list[float] = []
        self.dry = self.number = self.rubric = 0
        self.queue: list[dict[str, Any]] = []
        with contextlib.ExitStack() as stack:
            stream = connect(f"ws://{self.host}/_stcore/stream", subprotocols=["streamlit"], max_size=None)
            self.page = stack.enter_context(stream)
            self.seat = self._seat()
            self._stay = stack.pop_all()  # the page stays open, as a browser's does
        self.line = http.client.HTTPConnection(self.host)
        self.fetch(hello=True)

    def _seat(self) -> dict[str, str]:
        """Ask for the Review page and wait for the desk that is drawn on it."""
        ask = BackMsg()
        ask.rerun_script.query_string = f"reviewer={self.name}&role=reviewer"
        ask.rerun_script.page_name = "review"
        self.page.send(ask.SerializeToString())
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            said = ForwardMsg()
            said.ParseFromString(self.page.recv(timeout=PATIENCE))
            if said.WhichOneof("type") != "delta":
                continue
            desk = said.delta.new_element.bidi_component
            if desk.component_name.endswith("review_desk"):
                return json.loads(desk.json or desk.mixed.json)["seat"]
        raise TimeoutError("the page came without a desk")

    def say(self, **message: Any) -> tuple[dict[str, Any], float]:
        self.number += 1
        message |= {"n": self.number, "tab": f"load-{self.name}", "rubric": self.rubric}
        message["have"] = [one["doc_id"] for one in self.queue]
        body = json.dumps(message)
        start = time.perf_counter()
        try:
            raw = self._post(body)
        except (http.client.HTTPException, OSError):  # an idle connection was closed: a browser opens another, too
            self.line.close()
            raw = self._post(body)
        took = (time.perf_counter() - start) * 1e3
        answer = json.loads(raw)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        self.rubric = answer.get("rubric", {}).get("version", self.rubric)
        return answer, took

    def _post(self, body: str) -> bytes:
        headers = {"Content-Type": "application/json", "X-Desk-Seat": self.seat["secret"]}
        self.line.request("POST", self.seat["exchange"], body, headers)
        return self.line.getresponse().read()

    def fetch(self, **more: Any) -> None:
        while True:
            answer, took = self.say(**more)
            self.fetches.append(took)
            self.queue += answer["items"]
            if not answer.get("cut"):
                return

    def judge(self) -> None:
        if not self.queue:
            self.dry += 1
            self.fetch()
            return
        one = self.queue.pop(0)
        label = {"label_id": str(uuid.uuid4()), "doc_id": one["doc_id"], "hash": one["hash"], "verdict": "keep"}
        label |= {"reasons": [], "note": "", "score": None, "seconds": 1.0, "rubric": self.rubric}
        answer, took = self.say(labels=[label | {"shown": {"whole": True}}], documents=False)
        if answer["acks"] != [label["label_id"]]:
            raise RuntimeError(f"not acknowledged: {answer}")
        self.acks.append(took)
        if answer["low"]:
            self.fetch()

    def work(self, start: float, seconds: float, rate: float) -> None:
        dice = random.Random(self.name)
        for number in range(int(seconds * rate)):
            time.sleep(max(0.0, start + (number + dice.random()) / rate - time.monotonic()))
            self.judge()


def main(url: str, reviewers: int, seconds: float, rate: float) -> None:
    people = [Reviewer(url, f"load{number}") for number in range(reviewers)]
    print("ready", flush=True)
    sys.stdin.readline()
    start = time.monotonic()
    threads = [threading.Thread(target=one.work, args=(start, seconds, rate)) for one in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = {
        "acks": [round(took, 2) for one in people for took in one.acks],
        "fetches": [round(took, 2) for one in people for took in one.fetches],
        "dry": sum(one.dry for one in people),
    }
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]) if len(sys.argv) > 4 else 1.0)
