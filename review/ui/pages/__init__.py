"""One page a file, each with `render(project, reviewer, ...)`: read, draw, callbacks that call one workflow verb."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module


def load(name: str) -> Callable[..., None]:
    """The `render` function of a page. Pages are imported when first opened, so the first one is quick."""
    render: Callable[..., None] = import_module(f"review.ui.pages.{name}").render
    return render
