"""The desk's keys: one key, one meaning, whatever a project and a reviewer wish."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.errors import SettingsError
from review.keys import ACTS, REASON, lay, why_no_key
from review.records import Reason, Rubric, Verdict, Wording
from review.rubric_settings import DEFAULT_REASONS
from review.settings import parse_settings

REASONS = tuple(Reason(one.code, one.name, one.key) for one in DEFAULT_REASONS)
WHATS = (*ACTS, *(REASON + one.code for one in REASONS))
KEYS = st.sampled_from("abcdefghijklmnopqrstuvwxyz,./?+-")


def rubric(reasons, *verdicts):
    usual = [one for one in Rubric(1, (), "").verdicts if one.verdict not in {said.verdict for said in verdicts}]
    return Rubric(1, tuple(reasons), "", verdicts=(*verdicts, *usual))


def test_the_default_keys_do_not_clash():
    keys = lay(rubric(REASONS), {})
    assert keys.problems == ()
    assert keys.acts["keep"] == "j"
    assert keys.reasons["spam"] == "s"


def test_a_reviewers_wish_goes_over_the_projects():
    keys = lay(rubric(REASONS), {"keep": "q"}, {"keep": "z", "reason.spam": "q"})
    assert (keys.acts["keep"], keys.reasons["spam"], keys.problems) == ("z", "q", ())


def test_two_acts_may_swap_their_keys():
    keys = lay(rubric(REASONS), {}, {"keep": "l", "reject": "j"})
    assert (keys.acts["keep"], keys.acts["reject"], keys.problems) == ("l", "j", ())


def test_a_wish_for_a_taken_key_is_left_out_and_named():
    keys = lay(rubric(REASONS), {}, {"keep": "s", "unsure": "z"})
    assert (keys.acts["keep"], keys.acts["unsure"], keys.reasons["spam"]) == ("j", "z", "s")
    assert keys.problems == ("Key S would mean both 'Keep' and 'spam / SEO'. Give one of them another key.",)


def test_a_new_reason_takes_its_key_from_an_old_wish_but_never_from_an_act_without_a_word():
    newer = (*REASONS, Reason("rude", "rude", "z"), Reason("quiet", "quiet", "p"))
    keys = lay(rubric(newer), {}, {"keep": "z"})
    assert (keys.acts["keep"], keys.reasons["rude"]) == ("j", "z")
    assert (keys.acts["pause"], keys.reasons["quiet"]) == ("", "p")
    assert len(keys.problems) == 2


def test_wishes_for_reasons_that_are_gone_are_forgotten():
    assert lay(rubric(REASONS[:1]), {}, {"reason.spam": "z"}).problems == ()


def test_the_rubric_names_verdicts_and_gives_them_keys_under_the_projects_own():
    good, bad = Wording(Verdict.KEEP, "Good", key="q"), Wording(Verdict.REJECT, "Bad", "Not worth reading.", key="z")
    assert [lay(rubric(REASONS, good, bad), {}).acts[act] for act in ("keep", "unsure", "reject")] == ["q", "k", "z"]
    keys = lay(rubric(REASONS, good, bad), {"keep": "y", "neighbours": "q"}, {"reject": "s"})
    assert (keys.acts["keep"], keys.acts["neighbours"], keys.acts["reject"]) == ("y", "q", "z")
    assert keys.problems == ("Key S would mean both 'Bad' and 'spam / SEO'. Give one of them another key.",)


@given(
    said=st.lists(KEYS | st.just(""), min_size=3, max_size=3),
    project=st.dictionaries(st.sampled_from(list(ACTS)), KEYS),
    own=st.dictionaries(st.sampled_from(WHATS), KEYS),
)
def test_no_key_ever_means_two_things(said, project, own):
    verdicts = [Wording(verdict, verdict.title(), key=key) for verdict, key in zip(Verdict, said, strict=True)]
    keys = lay(rubric(REASONS, *verdicts), project, own)
    used = [key for key in (*keys.acts.values(), *keys.reasons.values()) if key]
    assert len(used) == len(set(used))
    assert set(keys.acts) == set(ACTS)
    assert all(keys.reasons.values())
    if not keys.problems:
        assert all(keys.acts[act] == key for act, key in {**project, **own}.items() if act in ACTS)


@pytest.mark.parametrize("key", ["J", "jj", "", " ", "0", "5", "é", "<", None, 3])
def test_what_is_no_key_is_refused(key):
    assert "cannot be a key" in str(why_no_key(key))


@pytest.mark.parametrize(
    ("settings", "line", "why"),
    [
        ('[desk.keys]\nkeep = "s"\n', 1, "Key S would mean both 'Keep' and 'spam / SEO'"),
        ('[desk]\n[desk.keys]\nundo = "q"\nkep = "f"\n', 4, "'kep' is no act of the desk; allowed are: keep, unsure"),
        ('[desk.keys]\nkeep = "Q"\n', 2, "'Q' cannot be a key of the desk; allowed is one small letter"),
    ],
)
def test_a_projects_clashing_keys_are_refused_where_they_are_read(settings, line, why):
    with pytest.raises(SettingsError, match=rf"^review\.toml, line {line}: desk\.keys") as caught:
        parse_settings(settings)
    assert why in str(caught.value)


def test_a_project_may_free_an_acts_key_for_a_reason():
    reasons = '{ code = "odd", name = "odd", key = "p" }'
    with pytest.raises(SettingsError, match=r"rubric\.reasons: Key P would mean both 'Pause' and 'odd'"):
        parse_settings(f"[rubric]\nreasons = [{reasons}]\n")
    settings = parse_settings(f'[rubric]\nreasons = [{reasons}]\n[desk.keys]\npause = "z"\n')
    assert lay(settings.rubric.rubric(1), settings.desk.keys).problems == ()
