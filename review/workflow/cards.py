"""The cards of versions, and the state of the project that each was made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from review.errors import NotFound, ReviewError
from review.project import Project
from review.records import Document, LabelledDocument
from review.workflow.learning import documents

if TYPE_CHECKING:
    from review.settings import ClassifierSettings


def model_card(project: Project, version: str | None = None) -> Mapping[str, Any]:
    """The card of a version (default: the one in use, else the newest). Raises NotFound."""
    rows = project.store.models()
    wanted = version or project.store.promoted() or (rows[-1].version if rows else None)
    for row in rows:
        if row.version == wanted:
            return row.card
    raise NotFound(f"There is no model {wanted!r}. Trained: {', '.join(row.version for row in rows) or 'none yet'}.")


def part_name(part: str) -> str:
    """A part of the corpus that a card tells apart, as people say it."""
    script = part.removeprefix("script:")
    if script == part:
        return part
    return "no known language" if script == "none" else f"{script} script"


def as_of(
    project: Project, card: Mapping[str, Any]
) -> tuple[list[Document], Sequence[LabelledDocument], ClassifierSettings]:
    """The drawn documents, labels and settings that a version was made from, replayed from the journal.

    Raises ReviewError for a card that does not say which state of the store it was made from.
    """
    from review.settings import ClassifierSettings
    from review.store import replayed

    if "state" not in card:
        raise ReviewError(f"{card['version']} was trained by an older version of the program. Train again.")
    made = {key: value for key, value in card["settings"].items() if key in ClassifierSettings.model_fields}
    settings = ClassifierSettings(**{**made, "max_bytes": made["max_bytes"] or 0})
    with replayed(project.root / "journal", card["state"]["seq"]) as then:
        if then is None:
            raise ReviewError("The journal ends before the labels of this model. `review check` says what is wrong.")
        labelled = then.labelled_documents()
        drawn = {draw.doc_id for draw in then.draws()}
    return [document for document in documents(project) if document.doc_id in drawn], labelled, settings
