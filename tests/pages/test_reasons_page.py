"""The Classifier page: why documents are bad, which reasons have too few labels, and what one document is bad for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from streamlit.testing.v1 import AppTest

from review import workflow
from review.project import Project
from tests.pages.test_pages import html, ran, show


def _explained(project, doc_id, version):  # AppTest runs this text alone: imports stay inside
    from review.records import Verdict
    from review.ui import wrong
    from review.workflow import Suspect

    wrong._explain(project, Suspect(doc_id, Verdict.REJECT, 0.6, 0.6), version)


def reasons(at: AppTest) -> dict[str, tuple[str, str]]:
    """Documents and AUC of the table's reasons."""
    (found,) = [frame.value for frame in at.dataframe if "Reason" in frame.value.columns]
    return {row["Reason"]: (row["Documents"], row["AUC"]) for _, row in found.iterrows()}


def test_reasons_stand_with_their_labels_and_those_with_too_few_are_named(project_in: Callable[..., Project]) -> None:
    project = project_in("full")
    card = workflow.model_card(project, workflow.train(project, by="ana").version)
    names = {reason.code: reason.name for reason in project.store.rubric().reasons}
    at = show(project, "classifier")
    assert "Why documents are bad" in html(at)
    found = reasons(at)
    assert set(found) == set(names.values())
    learned = 0
    for row in card["reasons"]["rows"]:
        documents, auc = found[names[row["code"]]]
        assert documents == str(row["documents"])
        learned += row["learned"]
        assert (auc == "too few") == (not row["learned"])
        if row["tested"]:
            assert auc.startswith(f"{row['tested']['auc']['value']:.3f}, ")
    assert learned, "no reason of this project has enough labels: the test shows nothing"
    assert found[names["toxic"]] == ("0", "too few")


def test_an_explained_document_lists_reasons_by_chance(project_in: Callable[..., Project]) -> None:
    project = project_in("full")
    version = workflow.train(project, by="ana").version
    document = project.store.labelled_documents()[0].doc_id
    told = workflow.explain_document(project, document, version).reasons
    assert told
    names = {reason.code: reason.name for reason in project.store.rubric().reasons}
    shown = html(ran(AppTest.from_function(_explained, args=(project, document, version))))
    assert "If it is bad, then for" in shown
    places = [shown.index(names[code]) for code, _ in told]
    assert places == sorted(places)


def test_a_version_from_before_reasons_shows_no_table(project_in: Callable[..., Project]) -> None:
    project = project_in("full")
    workflow.train(project, by="ana")
    (row,) = project.store.models()
    card = {key: value for key, value in row.card.items() if key != "reasons"}
    project.store.models = lambda: [replace(row, card=card)]  # type: ignore[method-assign]
    assert "Why documents are bad" not in html(show(project, "classifier"))
