"""The Team page in the states it must show."""

from __future__ import annotations

from datetime import timedelta

from streamlit.testing.v1 import AppTest

from review import workflow
from review.records import Assignment, Verdict


def shown(app: AppTest) -> str:
    return " ".join(str(one.proto.body) for one in app.get("html")) + " ".join(
        frame.value.to_string() for frame in app.dataframe
    )


def page(project, *, lead: bool = True) -> AppTest:
    def draw(project, lead):
        from review.ui.pages import load

        load("team")(project, "lena", lead=lead)

    app = AppTest.from_function(draw, args=(project, lead), default_timeout=60)
    app.run()
    assert not app.exception
    return app


def test_an_empty_project_says_what_to_do(project_in):
    told = shown(page(project_in("empty")))
    assert "Nobody has worked here yet." in told
    assert "review gold set" in told


def test_people_gold_and_what_nobody_is_given(project_in):
    project = project_in("halfway")
    name = project.store.draws()[0].doc_id
    workflow.set_gold(project, [name], Verdict.KEEP, by="lena")
    project.store.assign(Assignment("otto", shards=("nothing/*",), by="lena"))  # of shards that are gone, say
    told = shown(page(project))
    for text in ("ana", "otto", "nothing/*", "0 bad and 1 good documents", "gold_share = 0.05"):
        assert text in told


def test_a_lead_assigns_and_a_reviewer_only_looks(project_in):
    project = project_in("drawn")
    app = page(project)
    app.text_input(key="team-name").set_value("nora").run()
    app.multiselect(key="new-corpora-nora").set_value([project.store.shards()[0].corpus])
    next(button for button in app.button if button.label == "Assign").click().run()
    assert not app.exception
    assert [one.reviewer for one in project.store.assignments()] == ["nora"]
    looking = page(project, lead=False)
    assert not looking.button
    assert not looking.text_input
    assert "nora" in shown(looking)


def test_the_words_of_the_page():
    from datetime import datetime

    from review.records import Assignment
    from review.ui import people
    from review.workflow.team import Unread

    now = datetime(2026, 11, 22, 12, 0)
    assert people.seen(None, now) == "not yet"
    assert people.seen(now - timedelta(seconds=30), now) == "here now"
    assert people.seen(now - timedelta(minutes=31), now) == "31\u00a0min ago"
    assert people.seen(now - timedelta(days=3), now) == "19 Nov"
    given = Assignment("x", ("web",), ("de", "fr"), ("a/*",))
    assert people.given(given) == "de and fr, from web, in a/*"
    assert people.unread(Unread("web", "de", 3, 1, ())) == "Nobody is given 3 documents of web in de."
    assert people.unread(Unread("web", None, 1, 2, ("ana",))).endswith("but only ana is given them.")
