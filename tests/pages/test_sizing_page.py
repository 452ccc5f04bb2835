"""The Classifier page: what each size is worth and costs, measured on request, and which one does a job in time."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from streamlit.testing.v1 import AppTest

from review import workflow
from review.project import Project
from review.workflow.learning import model_folder
from review.workflow.sizing import STORED
from tests.pages.test_pages import click, finish, html, show


def sizes(at: AppTest) -> Any:
    (found,) = [frame.value for frame in at.dataframe if "Size" in frame.value.columns]
    return found


def test_sizes_are_measured_on_request_and_answer_for_a_job(project_in: Callable[..., Project]) -> None:
    project = project_in("full")
    version = workflow.train(project, by="ana").version
    at = show(project, "classifier")
    assert not [frame for frame in at.dataframe if "Size" in frame.value.columns]
    at = finish(project, "scaling", click(at, "scaling"))
    stored = workflow.stored_scaling(project, version)
    assert stored is not None
    found = sizes(at)
    assert list(found["Size"]) == ["signals only", "+ words", "+ characters", "+ word vectors"]
    assert [text[:5] for text in found["AUC"]] == [f"{one['auc']['value']:.3f}" for one in stored["sizes"]]
    assert "signals, words, characters and word vectors, under a minute" in html(at)
    at.number_input(key="scaling-documents").set_value(10**12)
    at.number_input(key="scaling-hours").set_value(1.0).run()
    assert not at.exception
    assert "No size scores 1,000,000,000,000 documents in 1 hour" in html(at)
    assert "hours" in sizes(at)["Takes"].iloc[0]


def test_an_encoder_stands_with_its_cascade_and_a_chart(project_in: Callable[..., Project]) -> None:
    project = project_in("full")
    version = workflow.train(project, by="ana").version
    workflow.scaling(project)
    path = model_folder(project, version) / STORED
    found = json.loads(path.read_text())
    recipe = found["sizes"][-1]
    proven = {"value": 0.02, "low": 0.01, "high": 0.03}
    found["encoder"] = {"name": "minilm"}
    found["sizes"].append({**recipe, "name": "encoder", "gain": proven})
    found["cascade"] = [{"share": 0.1, "width": 0.4, "auc": recipe["auc"], "gain": proven}]
    found["timing"]["encoded"] = 0.05
    path.write_text(json.dumps(found))
    at = show(project, "classifier")
    assert list(sizes(at)["Size"])[-2:] == ["minilm for the 10\u00a0% least sure", "+ minilm"]
    assert sizes(at)["Adds"].iloc[-1] == "+0.020, +0.010 to +0.030"
    assert "minilm adds +0.010 to +0.030 AUC" in html(at)
