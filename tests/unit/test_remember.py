"""What pages keep between drawings."""

from __future__ import annotations

from types import SimpleNamespace

from review.ui.remember import forget, remembered


def test_a_value_is_computed_anew_for_other_grounds_and_held_where_asked(tmp_path):
    project, asked = SimpleNamespace(root=tmp_path), []

    def value(ground, **options):
        return remembered(project, "kind", ground, lambda: asked.append(ground) or ground, **options)

    assert value(1, hold=True) == 1  # there is none to hold
    assert value(1) == 1
    assert value(2, hold=True) == 1
    assert value(2) == 2
    assert asked == [1, 2]
    forget(project, "kind")
    assert value(2) == 2
    assert asked == [1, 2, 2]
