"""Which size of classifier does a job in time, and what a card and a command say of sizes."""

import json

import pytest
from typer.testing import CliRunner

from review import workflow
from review.cli import app
from review.errors import ModelError
from review.workflow.learning import model_folder
from review.workflow.sizing import STORED, advise, encoder_sentence, sizes, took


def between(value, low, high):
    return {"value": value, "low": low, "high": high}


def measured(gain=None, encoded=0.05):
    """1,000 documents a second for the recipe, some 20 with an encoder; gains are (value, low, high)."""
    found = {
        "documents": 200,
        "encoder": {"name": "minilm"} if gain else None,
        "sizes": [
            {"name": name, "auc": between(0.8, 0.7, 0.9), "gain": None}
            for name in ("signals", "words", "grams", "static")
        ],
        "cascade": [],
        "timing": {"without_characters": 0.0008, "looked_up": 0.001, "encoded": encoded if gain else 0.0},
    }
    if gain:
        found["sizes"].append({"name": "encoder", "auc": between(0.85, 0.8, 0.9), "gain": between(*gain)})
        share = {"share": 0.1, "width": 0.5, "auc": between(0.84, 0.8, 0.9)}
        found["cascade"] = [{**share, "gain": between(*gain)}]
    return found


PROVEN, NOISE = (0.02, 0.01, 0.03), (0.02, -0.01, 0.03)


@pytest.mark.parametrize(
    ("found", "hours", "cores", "name", "said"),
    [
        (measured(), 1, 1, "static", "signals, words, characters and word vectors, 17 minutes"),
        (measured(), 0.1, 1, None, "it takes 3 cores"),
        (measured(), 0.1, 3, "static", "word vectors"),
        (measured(PROVEN), 24, 1, "encoder", "minilm adds +0.010 to +0.030 AUC"),
        (measured(PROVEN), 24, 1, "encoder", "[classifier]: encoder = 'minilm'; and train"),
        (measured(PROVEN), 2, 1, "cascade", "minilm for the 10\u00a0% least sure adds +0.010 to +0.030 AUC, 95 % sure"),
        (
            measured(PROVEN),
            2,
            1,
            "cascade",
            "takes 1.69 hours. Put into review.toml, [classifier]: encoder = 'minilm', ",
        ),
        (measured(PROVEN), 2, 1, "cascade", "cascade = 0.1; and train"),
        (measured(PROVEN), 1.5, 1, "static", "adds +0.010 to +0.030 AUC, 95 % sure, but would take 10 cores"),
        (measured(PROVEN), 0.1, 1, None, "it takes 3 cores"),
        (measured(NOISE), 24, 1, "static", "minilm is not shown to add anything"),
    ],
)
def test_the_best_size_that_is_proven_and_fast_enough_is_advised(found, hours, cores, name, said):
    told = advise(found, 1_000_000, hours, cores)
    assert (told.size and told.size.name) == name
    assert said in told.sentence


def test_sizes_stand_by_what_they_cost():
    rows = sizes(measured(PROVEN))
    assert [one.title for one in rows] == [
        "signals only", "+ words", "+ characters", "+ word vectors", "minilm for the 10\u00a0% least sure", "+ minilm",
    ]  # fmt: skip
    rates = [one.documents_per_second for one in rows]
    assert rates == pytest.approx([1250, 1250, 1000, 1000, 1 / 0.0061, 1 / 0.051])
    assert rows[3].hours(3_600_000, 2) == pytest.approx(0.5)
    assert [one.proven for one in rows] == [False, False, False, False, True, True]


@pytest.mark.parametrize(
    ("hours", "said"),
    [(0.001, "under a minute"), (0.1, "6 minutes"), (1, "1 hours"), (2.25, "2.25 hours"), (1234, "1,234 hours")],
)
def test_times_in_words(hours, said):
    assert took(hours) == said.replace("1 hours", "1 hour")


def test_a_card_says_what_became_of_its_encoder():
    def card(**told):
        return {"encoder": {"name": "minilm", **told}}

    assert encoder_sentence({"encoder": None}) == encoder_sentence({}) == ""
    part = encoder_sentence(card(joined=True, gain=between(*PROVEN), cascade={"share": 0.2, "width": 0.4}))
    assert part.startswith("minilm joins for the 20 % least sure: it adds +0.020 AUC")
    joined = encoder_sentence(card(joined=True, gain=between(*PROVEN)))
    assert joined == "minilm joins: it adds +0.020 AUC, 95 % sure +0.010 to +0.030."
    assert "left out: it adds +0.020 AUC, 95 % sure \u22120.010" in encoder_sentence(
        card(joined=False, gain=between(*NOISE))
    )
    assert "too few distinct audit documents" in encoder_sentence(card(joined=False, gain=None))


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    from review.demo import make_demo

    root = tmp_path_factory.mktemp("sizing") / "demo"
    make_demo(root)
    return root


def test_a_version_is_measured_once_stored_beside_it_and_recomputed(demo, monkeypatch):
    with workflow.open_project(demo) as project:
        version = project.store.promoted()
        assert workflow.stored_scaling(project, version) is None
        found = workflow.scaling(project)
        stored = workflow.stored_scaling(project, version)
        assert stored == json.loads(json.dumps(found))
        assert found["sizes"][-1]["auc"] == workflow.model_card(project, version)["metrics"]["auc"]
        again = workflow.recompute(project, version)
        assert again.same
        monkeypatch.setattr("review.classifier.scaling.measure", lambda *_, **__: pytest.fail("measured again"))
        assert workflow.scaling(project) == stored
        wrong = {**stored, "documents": stored["documents"] + 1}
        (model_folder(project, version) / STORED).write_text(json.dumps(wrong))
        monkeypatch.undo()
        (difference,) = workflow.recompute(project, version).differences
        assert difference.startswith("scaling.documents:")
        (model_folder(project, version) / STORED).write_text("{")
        with pytest.raises(ModelError, match=r"Measure again with `review scaling"):
            workflow.stored_scaling(project, version)
        assert workflow.scaling(project, again=True, apart=True)["sizes"] == found["sizes"]


def test_the_command_answers_for_a_stated_job(demo):
    def run(*options):
        return CliRunner().invoke(app, ["scaling", "--project", str(demo), *options])

    easy = run("--hours", "2")
    assert easy.exit_code == 0, easy.output
    assert "+ word vectors" in easy.output
    assert "in 2 hours on 1 core: signals, words, characters and word vectors" in easy.output
    hard = run("--documents", "1000000000000", "--hours", "1", "--json")
    assert hard.exit_code == 1
    told = json.loads(hard.output)
    assert told["advice"]["size"] is None
    assert "No size scores 1,000,000,000,000 documents in 1 hour" in told["advice"]["sentence"]
