"""Signals and flags of single texts, by hand."""

import pytest

from review.signals import NAMES, SIGNALS, flags, signals
from review.signals.catalogue import COUNTS, POOL_SIGNALS
from review.signals.flags import RULES
from review.signals.reference import read
from review.signals.scan import Scanner, Texts
from review.signals.words import GROUPS

PAGE = "The river rose after the rain. The farmers who live near it have moved to the hills and wait.\n" * 3


def group(text):
    return GROUPS[read(text).group]


def test_there_are_57_signals_each_with_a_meaning_a_unit_and_a_source():
    assert len(set(NAMES)) == len(SIGNALS) == 57
    assert all(signal.meaning and signal.unit and signal.source for signal in SIGNALS)


def test_a_text_has_every_signal_but_those_of_the_pool():
    assert set(signals(PAGE)) == set(NAMES) - POOL_SIGNALS
    assert set(read(PAGE).counts) | {"pool_top", "pool_log_df", "pool_rare"} == set(COUNTS)


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("ONE two Three 4", "allcaps_words", 1 / 4),
        ("ONE two Three 4", "title_words", 1 / 4),
        ("www.a.org http://b.c d@e.f", "urls_per_word", 3 / 9),
        ("a\nb\na\n", "duplicate_lines", 1 / 3),
        ("One. Two! Three?", "log_words_per_sentence", 0.6931472),
        ("a b c d e f g h i j a b c d e f g h i j", "duplicate_10grams", 0.5),
        ("wait ... and see …", "symbols_per_token", 2 / 5),
        ("Ã¤ Ã¶", "bad_characters", 2 / 5),
        ("read more about cookies", "boilerplate", 20.0),
        ("кот и dog", "script_mix", 3 / 7),
        ("日本", "log_words", 1.0986123),
        ("", "character_entropy", 0.0),
    ],
)
def test_a_signal_counts_what_it_says(text, name, value):
    assert signals(text)[name] == pytest.approx(value, abs=1e-6)


def test_a_clean_page_breaks_no_rule_but_its_repeats():
    assert {flag.rule for flag in flags("A page. " + PAGE.split("\n")[0]) if flag.signal == "text"} == set()
    assert any(flag.signal == "duplicate_lines" for flag in flags(PAGE))


def test_flags_name_source_rule_and_value():
    found = {(flag.source, flag.rule): flag for flag in flags("{ lorem ipsum }\n" * 4)}
    assert found["C4", "no curly bracket"].value == 4
    assert found["Gopher", "50 words at least"].value == pytest.approx(2.1972246)
    assert found["FineWeb", "at most 67 % short lines"].value == 1


def test_every_rule_looks_at_a_signal():
    assert {rule.signal for rule in RULES} <= set(NAMES) - POOL_SIGNALS


def test_a_long_text_has_a_language_and_a_headline_has_none():
    assert group(PAGE) == "en"
    assert (
        group("Der Fluss stieg nach dem Regen und die Bauern, die in der Nähe sind, gehen auf den Berg. " * 2) == "de"
    )
    # Guessing a headline's language sorts headlines by their form and cost 0.02 AUC on clickbait.
    assert group("The cat is on the mat") == group("Yankees Pitchers Trade Fielding Drills") == "script:none"
    assert group("日本語の文章") == "script:han" or group("日本語の文章") == "script:kana"


def test_documents_read_together_are_what_each_is_alone():
    """Blank runs, lines and other alphabets in each, so that nothing one leaves behind may reach the next."""
    texts = [f"{n}  Some   words,\n\n  and  MORE of  them: {'ab ' * n}\n\tÄ 漢字  {n * 'x'}." for n in range(300)]
    scanner = Scanner()
    scan, grams = scanner.grams(Texts.from_strings(texts))
    for index in (0, 1, 17, 255, 256, 299):
        alone, mine = scanner.grams(Texts.from_strings(texts[index : index + 1]))
        assert (alone.counts[0] == scan.counts[index]).all()
        assert (alone.sums[0] == scan.sums[index]).all()
        assert alone.groups[0] == scan.groups[index]
        for values, ends in (("order", "order_ends"), ("words", "word_ends"), ("chars", "char_ends")):
            start, stop = [0, *getattr(grams, ends).tolist()][index : index + 2]
            assert (getattr(mine, values) == getattr(grams, values)[start:stop]).all()
