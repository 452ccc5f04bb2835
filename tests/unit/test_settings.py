import os
import subprocess
import sys

import pytest

from review.errors import SettingsError
from review.settings import Settings, default_toml, load_settings, parse_settings, write_default


def test_the_written_file_parses_to_the_defaults():
    assert parse_settings(default_toml("corpus review")) == Settings()


@pytest.mark.parametrize("name", ['quote " and \\ slash', "new\nline", "日本\x7f", "'''"])
def test_any_folder_name_becomes_a_sound_project_name(name):
    assert parse_settings(default_toml(name)).project.name == name


@pytest.mark.parametrize(
    ("old", "new", "at", "expected"),
    [
        ("alpha = 0.05", "alpha = 0.9", "alpha = 0.9", ["plan.alpha", "less than 0.5", "Got 0.9"]),
        ("accept = 0.02", "accept = 0.2", "[plan]", ["accept (0.2) must be below reject (0.06)"]),
        ("reject = 0.06", "reject = 0.0201", "[plan]", ["more than 100,000 labels", "Move accept and reject apart"]),
        (
            "seed = 0\n",
            "sed = 0\n",
            "sed = 0",
            ["classifier.sed is not a setting", "Allowed here: encoder, cascade, seed"],
        ),
        ('key = "e"', 'key = "j"', "reasons = [", ["Key J would mean both 'Keep' and 'extraction damage'"]),
        ('key = "e"', 'key = "w"', "reasons = [", ["key 'w' stands twice"]),
        ("queue = 12", 'queue = "x"', 'queue = "x"', ["desk.queue", "valid integer", "Got 'x'"]),
        ("queue = 12", "queue = 1.5", "queue = 1.5", ["desk.queue", "Got 1.5"]),
        ("queue = 12", "blind = false", "blind = false", ["desk.blind is not a setting"]),
        ("[desk]", "[desks]", "[desks]", ["desks is not a setting", "Allowed here: project, corpus"]),
        ('scan = "full"', 'scan = "half"', 'scan = "half"', ["corpus.scan", "'full' or 'footer'", "Got 'half'"]),
    ],
)
def test_a_wrong_key_or_value_names_its_line_and_what_is_allowed(old, new, at, expected):
    text = default_toml().replace(old, new, 1)
    (line,) = (number for number, row in enumerate(text.splitlines(), 1) if row.startswith(at))
    with pytest.raises(SettingsError) as caught:
        parse_settings(text)
    message = str(caught.value)
    assert message.startswith(f"review.toml, line {line}: ")
    for part in expected:
        assert part in message


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        ('accept = 0\nreject = 0.05\nmethod = "sequential"', "needs an acceptable bad share above 0"),
        ('accept = 0.02\nreject = 0.03\nmethod = "sequential"', "10,600 labels a shard; allowed are 10,000"),
        ("accept = 0.01\nreject = 0.0105", "more than 100,000 labels"),
    ],
)
def test_a_plan_that_cannot_be_met_is_refused_where_it_is_read(plan, expected):
    with pytest.raises(SettingsError, match=r"review\.toml, line 3: plan: ") as caught:
        parse_settings(f"[desk]\nqueue = 5\n[plan]\n{plan}\n")
    assert expected in str(caught.value)


@pytest.mark.parametrize("method", ["fixed", "sequential"])
def test_a_plan_that_can_be_met_is_taken(method):
    assert parse_settings(f'[plan]\nmethod = "{method}"\n').plan.method == method


def test_reading_settings_leaves_statistics_alone_until_there_is_a_plan():
    code = "import sys, review.settings; print('review.certificate' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"


def test_a_value_inside_a_reason_names_the_line_of_that_reason():
    text = default_toml().replace('key = "t"', 'key = "TT"')
    line = next(n for n, row in enumerate(text.splitlines(), 1) if '"TT"' in row)
    with pytest.raises(SettingsError, match=rf"line {line}: rubric.reasons.4.key"):
        parse_settings(text)


def test_every_problem_is_told_at_once():
    text = default_toml().replace("alpha = 0.05", "alpha = 2").replace("overlap = 1", "overlap = 0")
    with pytest.raises(SettingsError) as caught:
        parse_settings(text)
    assert len(str(caught.value).splitlines()) == 2


def test_broken_toml_names_the_line():
    with pytest.raises(SettingsError, match="line 2"):
        parse_settings("[plan]\nalpha = = 1\n")


def test_a_missing_file_says_how_to_make_one(tmp_path):
    with pytest.raises(SettingsError, match="review init"):
        load_settings(tmp_path)


def test_bytes_that_are_not_utf8_are_refused(tmp_path):
    (tmp_path / "review.toml").write_bytes(b"[project]\nname = '\xff'\n")
    with pytest.raises(SettingsError, match="UTF-8"):
        load_settings(tmp_path)


def test_init_never_overwrites(tmp_path):
    path = write_default(tmp_path / "p")
    path.write_text("# mine\n")
    with pytest.raises(SettingsError, match="exists already"):
        write_default(tmp_path / "p")
    assert path.read_text() == "# mine\n"


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        (b"n" * 80, "n" * 80),
        (b"n" * 81, "n" * 79 + "…"),
        (b"caf\xe9", "caf\N{REPLACEMENT CHARACTER}"),
        ("日本".encode(), "日本"),
    ],
)
def test_a_project_can_be_made_in_a_folder_of_any_name(tmp_path, folder, name):
    root = tmp_path / os.fsdecode(folder)
    write_default(root)
    assert load_settings(root).project.name == name


def test_hidden_columns_are_left_out():
    settings = parse_settings('[corpus]\nhidden_columns = ["truth_*", "score"]\n')
    assert settings.corpus.shown({"url": 1, "truth_verdict": 2, "score": 3, "scores": 4}) == {"url": 1, "scores": 4}


@pytest.mark.parametrize(("written", "mode"), [("false", "off"), ("true", "also"), ('"instead"', "instead")])
def test_a_score_that_was_a_switch_is_still_read(written, mode):
    assert parse_settings(f"[rubric]\nscore = {written}\n").rubric.score == mode


def test_a_folder_that_can_be_none_is_said_plainly(tmp_path):
    (tmp_path / "file").write_text("no folder")
    for root in (tmp_path / "file", tmp_path / "file" / "below", tmp_path / ("x" * 300)):
        with pytest.raises(SettingsError, match="No project can be made in"):
            write_default(root)
