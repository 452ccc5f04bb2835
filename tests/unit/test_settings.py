import pytest

from review.errors import SettingsError
from review.settings import Settings, default_toml, load_settings, parse_settings, write_default


def test_the_written_file_parses_to_the_defaults():
    assert parse_settings(default_toml("corpus review")) == Settings()


@pytest.mark.parametrize("name", ['quote " and \\ slash', "new\nline", "日本\x7f", "'''"])
def test_any_folder_name_becomes_a_sound_project_name(name):
    assert parse_settings(default_toml(name)).project.name == name


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("alpha = 0.05", "alpha = 0.9", ["plan.alpha", "less than 0.5", "Got 0.9"]),
        ("accept = 0.02", "accept = 0.2", ["accept (0.2) must be below reject (0.06)"]),
        ("seed = 0\n", "sed = 0\n", ["classifier.sed is not a setting", "Allowed here: encoder, seed"]),
        ('key = "e"', 'key = "j"', ["key 'j' is one of the desk's own keys"]),
        ('key = "e"', 'key = "w"', ["key 'w' stands twice"]),
        ("queue = 12", 'queue = "x"', ["desk.queue", "valid integer", "Got 'x'"]),
        ("queue = 12", "queue = 1.5", ["desk.queue", "Got 1.5"]),
        ("[desk]", "[desks]", ["desks is not a setting", "Allowed here: project, corpus"]),
        ('scan = "full"', 'scan = "half"', ["corpus.scan", "'full' or 'footer'", "Got 'half'"]),
    ],
)
def test_a_wrong_key_or_value_names_its_line_and_what_is_allowed(old, new, expected):
    text = default_toml()
    line = next(n for n, row in enumerate(text.replace(old, new, 1).splitlines(), 1) if new.strip().split("\n")[0] in row)
    with pytest.raises(SettingsError) as caught:
        parse_settings(text.replace(old, new, 1))
    message = str(caught.value)
    for part in expected:
        assert part in message
    section_start = "plan: accept" in message or "rubric.reasons: key" in message
    assert section_start or f"line {line}:" in message


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


def test_hidden_columns_are_left_out():
    settings = parse_settings('[corpus]\nhidden_columns = ["truth_*", "score"]\n')
    assert settings.corpus.shown({"url": 1, "truth_verdict": 2, "score": 3, "scores": 4}) == {"url": 1, "scores": 4}
