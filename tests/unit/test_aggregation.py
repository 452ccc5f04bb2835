"""One answer from several reviewers, and how each of them errs."""

import numpy as np
import pytest

from review.agreement import Judgements, dawid_skene, majority, spammer_score

# Dawid and Skene, Applied Statistics 28, 1979, table 1: 45 patients, by observer 1 three times and 2 to 5 once each.
ANAESTHESIA = """
    1111111 3334334 1122122 2223121 2223222 2223322 1222111 3333433 2222223 2322223 4444444 2223343 1111111 2223212
    1211111 1112111 1111111 1111111 2222221 2221322 2222222 2222221 2223222 2212222 1111111 1111111 2322222 1111111
    1111111 1121121 1111111 3333233 1111111 2222222 2223232 4334343 2212232 2323233 3333432 1111111 1111111 1212111
    2322222 1211111 2222222"""


@pytest.fixture(scope="module")
def anaesthesia():
    return Judgements.from_tuples(
        (patient, observer, int(value))
        for patient, said in enumerate(ANAESTHESIA.split(), 1)
        for observer, value in zip("1112345", said, strict=True)
    )


def simulated(seed, reviewers, *, documents=400, each=5, bad=0.2):
    """Documents of which a share is bad, judged by reviewers with (sensitivity, specificity)."""
    rng = np.random.default_rng(seed)
    truth = rng.random(documents) < bad
    rows = []
    for document in range(documents):
        for at in rng.choice(len(reviewers), each, replace=False):
            sensitivity, specificity = reviewers[at]
            says_bad = rng.random() < (sensitivity if truth[document] else 1 - specificity)
            rows.append((document, f"r{at}", "reject" if says_bad else "keep"))
    return Judgements.from_tuples(rows, values=["keep", "reject"]), truth


def test_the_model_is_that_of_dawid_and_skenes_example(anaesthesia):
    model = dawid_skene(anaesthesia, smoothing=0)
    assert model.converged
    assert model.shares.round(2).tolist() == [0.40, 0.42, 0.11, 0.07]
    assert model.confusion[anaesthesia.reviewers.index("1")].round(2).tolist() == [
        [0.89, 0.11, 0, 0], [0.07, 0.88, 0.05, 0], [0, 0.34, 0.66, 0], [0, 0, 0.56, 0.44],
    ]  # fmt: skip
    assert anaesthesia.values[model.answers.best[anaesthesia.items.index(36)]] == 4  # only 3 of 7 said 4


def test_the_plain_model_is_that_of_another_implementation(anaesthesia):
    crowdkit = pytest.importorskip("crowdkit.aggregation", reason="crowd-kit is not installed; it is only an oracle")
    pandas = pytest.importorskip("pandas")
    ours = dawid_skene(anaesthesia, smoothing=0, tolerance=1e-9)
    frame = pandas.DataFrame(
        {
            "task": [anaesthesia.items[code] for code in anaesthesia.item],
            "worker": [anaesthesia.reviewers[code] for code in anaesthesia.reviewer],
            "label": [anaesthesia.values[code] for code in anaesthesia.value],
        }
    )
    # Its lower bound counts the class shares once a judgement and may fall, which would stop it early: never stop.
    theirs = crowdkit.DawidSkene(n_iter=300, tol=-np.inf).fit(frame)
    columns = list(anaesthesia.values)
    assert theirs.probas_.loc[list(anaesthesia.items), columns].to_numpy() == pytest.approx(
        ours.answers.probability, abs=1e-4
    )
    assert theirs.priors_.loc[columns].to_numpy() == pytest.approx(ours.shares, abs=1e-4)


def test_likelihood_rises_with_every_round(anaesthesia):
    reached = [dawid_skene(anaesthesia, smoothing=0, rounds=rounds).log_likelihood for rounds in range(1, 9)]
    assert reached == sorted(reached)


def test_majority_takes_the_frequent_value_and_says_where_it_is_tied():
    rows = [(1, "a", "keep"), (1, "b", "keep"), (1, "c", "reject"), (2, "a", "keep"), (2, "b", "reject")]
    answers = majority(Judgements.from_tuples(rows, values=["keep", "reject"]))
    assert answers.probability.tolist() == [[2 / 3, 1 / 3], [0.5, 0.5]]
    assert answers.best.tolist() == [0, 0]  # keep is more frequent overall
    assert answers.tied.tolist() == [False, True]


def test_a_second_vote_of_one_person_does_not_make_a_majority():
    rows = [(1, "a", "keep"), (1, "b", "reject"), (1, "b", "reject")]
    assert majority(Judgements.from_tuples(rows)).tied.tolist() == [True]


def test_the_model_finds_the_rubber_stamp():
    careful, stamp = (0.9, 0.95), (0.0, 1.0)  # the stamp keeps everything
    judged, truth = simulated(2, [careful] * 5 + [stamp])
    model = dawid_skene(judged)
    score = dict(zip(judged.reviewers, spammer_score(model.confusion), strict=True))
    assert score["r5"] < 0.02
    assert min(score[f"r{at}"] for at in range(5)) > 0.5
    bad = truth[list(judged.items)]
    found = model.answers.best == 1
    voted = majority(judged).best == 1
    assert found[bad].mean() > voted[bad].mean()
    assert (found == bad).mean() > 0.97


def test_the_models_confusion_is_near_the_truth():
    judged, _ = simulated(5, [(0.95, 0.8), (0.7, 0.98), (0.9, 0.9), (0.85, 0.95), (0.95, 0.95)], documents=1500)
    confusion = dawid_skene(judged).confusion
    for name, (sensitivity, specificity) in {"r0": (0.95, 0.8), "r1": (0.7, 0.98)}.items():
        keep, reject = confusion[judged.reviewers.index(name)]
        assert keep[0] == pytest.approx(specificity, abs=0.05)
        assert reject[1] == pytest.approx(sensitivity, abs=0.08)


def test_someone_with_one_judgement_is_taken_to_err_like_the_rest():
    judged, truth = simulated(3, [(0.9, 0.95)] * 5, documents=300)
    rows = [(judged.items[i], judged.reviewers[r], judged.values[v])
            for i, r, v in zip(judged.item, judged.reviewer, judged.value, strict=True)]  # fmt: skip
    late = Judgements.from_tuples([*rows, (int(np.flatnonzero(~truth)[0]), "late", "keep")], values=["keep", "reject"])
    confusion = dawid_skene(late).confusion
    assert confusion[-1] == pytest.approx(confusion[:-1].mean(0), abs=0.1)


@pytest.mark.parametrize(
    ("confusion", "score"),
    [
        ([[1, 0], [0, 1]], 1.0),
        ([[1, 0], [1, 0]], 0.0),
        ([[0.3, 0.7], [0.3, 0.7]], 0.0),
        ([[0.9, 0.1], [0.2, 0.8]], 0.49),  # (sensitivity + specificity - 1) squared
        (np.eye(3).tolist(), 1.0),
    ],
)
def test_spammer_score(confusion, score):
    assert spammer_score(np.array(confusion)) == pytest.approx(score)


def test_nothing_judged_gives_nothing():
    empty = Judgements.from_tuples([], values=["keep", "reject"])
    assert majority(empty).best.tolist() == []
    assert dawid_skene(empty).answers.best.tolist() == []
