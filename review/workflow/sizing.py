"""What each part of a classifier adds and costs, and which size does a job in a given time."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from review.errors import ModelError
from review.project import Project
from review.workflow.cards import as_of, model_card
from review.workflow.intake import Progress
from review.workflow.learning import CACHE, model_folder

STORED = "scaling.json"  # beside the version's other files
RECIPE = "static"  # the size that is trained without an encoder: the largest that one pass over the text serves
_ADDED = {"signals": "signals only", "words": "+ words", "grams": "+ characters", "static": "+ word vectors"}


@dataclass(frozen=True, slots=True)
class Size:
    """A size of classifier, or a cascade of two: what it is worth and what it costs."""

    name: str  # of the part it adds; "cascade" for a cascade
    title: str
    sent: float  # share of the documents that an encoder reads
    auc: Mapping[str, float] | None  # out of fold, on the same audit labels; None: too few distinct ones
    gain: Mapping[str, float] | None  # over the size before; for a cascade, over the one that sends nothing on
    documents_per_second: float  # one core

    @property
    def proven(self) -> bool:
        """Whether it is 95 % sure that it adds something."""
        return self.gain is not None and self.gain["low"] > 0

    def hours(self, documents: float, cores: int) -> float:
        """What scoring so many documents takes."""
        return documents / (self.documents_per_second * cores * 3_600)


@dataclass(frozen=True, slots=True)
class Advice:
    """Which size to score with, for a job that was stated."""

    size: Size | None  # None: none is fast enough
    sentence: str


def scaling(
    project: Project,
    version: str | None = None,
    *,
    encoder: str | None = None,
    again: bool = False,
    progress: Progress | None = None,
    cancel: Callable[[], bool] | None = None,
    apart: bool = False,
) -> Mapping[str, Any]:
    """What each part of a version (default: the one in use, else the newest) adds and costs: measured and stored
    beside the version, or what was stored there, unless it is to be measured again or with another encoder.

    encoder: to be measured with it; default: that of review.toml. apart: in a process of its own. Returns what
    `classifier.scaling.measure` does. Raises NotFound, ModelError, NotEnoughLabels, TrainingCancelled, and ReviewError
    for a version whose state cannot be replayed.
    """
    card = model_card(project, version)
    folder = model_folder(project, str(card["version"]))
    wanted = encoder or _of_settings(project)
    found = None if again else stored_scaling(project, str(card["version"]))
    if found is not None and (wanted is None or (found["encoder"] or {}).get("name") == wanted):
        return found
    found = measured(project, card, wanted, model=folder, progress=progress, cancel=cancel, apart=apart)
    _store(folder / STORED, found)
    return found


def _of_settings(project: Project) -> str | None:
    from review.classifier.encoders import STATIC

    name = project.settings.classifier.encoder
    return None if name == STATIC else name


def measured(
    project: Project,
    card: Mapping[str, Any],
    encoder: str | None,
    *,
    model: Path | None = None,
    progress: Progress | None = None,
    cancel: Callable[[], bool] | None = None,
    apart: bool = False,
) -> Mapping[str, Any]:
    """The sizes of a version on the labels it was made from; nothing is stored. encoder: None for none."""
    from review.classifier.encoders import STATIC
    from review.classifier.scaling import measure
    from review.classifier.worker import measure_apart

    texts, labelled, settings = as_of(project, card)

    def step(stage: str, done: int, total: int) -> None:
        if progress:
            progress(stage, done, total, 0)

    return (measure_apart if apart else measure)(
        texts,
        labelled,
        settings.model_copy(update={"encoder": encoder or STATIC}),
        seed=int(card["seed"]),
        progress=step,
        cancel=cancel,
        cache=project.root / CACHE,
        model=model,
    )


def stored_scaling(project: Project, version: str) -> Mapping[str, Any] | None:
    """What was measured of a version; None where nothing was. Raises ModelError for a file that cannot be read."""
    path = model_folder(project, version) / STORED
    try:
        found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{path} cannot be read: {error}. Measure again with `review scaling {version} --again`."
        ) from error
    return found


def _store(path: Path, found: Mapping[str, Any]) -> None:
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_text(json.dumps(found, indent=1, allow_nan=False), encoding="utf-8")
    part.replace(path)


def sizes(found: Mapping[str, Any]) -> list[Size]:
    """What was measured, from the smallest size to the largest; before it cascades, by the share they send on."""
    timing, name = found["timing"], found["encoder"]["name"] if found["encoder"] else ""
    rows, cascades = [], []
    for one in found["sizes"]:
        added = one["name"]
        title = _ADDED.get(added, f"+ {name}")
        rows.append(Size(added, title, float(added not in _ADDED), one["auc"], one["gain"], _rate(timing, added)))
    for one in found["cascade"]:
        seconds = timing["looked_up"] + one["share"] * (timing["looked_up"] + timing["encoded"])
        title = f"{name} for the {round(100 * one['share'])}\u00a0% least sure"
        cascades.append(Size("cascade", title, one["share"], one["auc"], one["gain"], 1 / seconds))
    return sorted(rows + cascades, key=lambda one: one.sent)


def _rate(timing: Mapping[str, float], added: str) -> float:
    """Documents a second. Words and word vectors are looked up in the pass that the signals need."""
    if added in ("signals", "words"):
        return 1 / timing["without_characters"]
    return 1 / (timing["looked_up"] + (0.0 if added in _ADDED else timing["encoded"]))


def advise(found: Mapping[str, Any], documents: int, hours: float, cores: int) -> Advice:
    """Which size to score `documents` with in `hours` on `cores`: the recipe, unless an encoder adds more than noise
    and is fast enough, asked about all documents or about the largest share of the least sure that time allows.
    """
    known = sizes(found)
    rows = {one.name: one for one in known}
    recipe, costly = rows[RECIPE], rows.get("encoder")
    job = f"{documents:,} documents in {took(hours)} on {_cores(cores)}"
    able = [one for one in known if one.sent and one.proven and one.hours(documents, cores) <= hours]
    if able:
        best = able[-1]  # the one that sends most on
        asked = "" if best.sent == 1 else f", cascade = {best.sent:.2g}"
        use = f"Put into review.toml, [classifier]: encoder = {found['encoder']['name']!r}{asked}; and train."
        return Advice(best, f"For {job}: {_adds(best)}, and takes {took(best.hours(documents, cores))}. {use}")
    if recipe.hours(documents, cores) > hours:
        needed = math.ceil(recipe.hours(documents, 1) / hours)
        return Advice(None, f"No size scores {job}: it takes {_cores(needed)} in that time.")
    said = f"For {job}: signals, words, characters and word vectors, {took(recipe.hours(documents, cores))}."
    if costly is None:
        return Advice(recipe, said)
    if costly.proven:
        needed = math.ceil(costly.hours(documents, 1) / hours)
        return Advice(recipe, f"{said} {_adds(costly)}, but would take {_cores(needed)}.")
    return Advice(recipe, f"{said} {found['encoder']['name']} is not shown to add anything.")


def _adds(size: Size) -> str:
    assert size.gain is not None
    low, high = signed(size.gain["low"]), signed(size.gain["high"])
    return f"{size.title.removeprefix('+ ')} adds {low} to {high} AUC, 95 % sure"


def took(hours: float) -> str:
    """A time in words: "6 minutes"."""
    if hours < 1 / 60:
        return "under a minute"
    if hours < 1:
        return f"{hours * 60:.0f} minutes"
    number = f"{hours:,.0f}" if hours >= 100 else f"{hours:.3g}"
    return f"{number} hour{'s' if number != '1' else ''}"


def _cores(cores: int) -> str:
    return f"{cores:,} core{'s' if cores != 1 else ''}"


def encoder_sentence(card: Mapping[str, Any]) -> str:
    """What a card says of its encoder, in words; "" where none was asked for."""
    told = card.get("encoder")
    if not told:
        return ""
    gain = told["gain"]
    if gain is None:
        return f"{told['name']} is left out: too few distinct audit documents to show that it adds anything."
    added = f"it adds {signed(gain['value'])} AUC, 95 % sure {signed(gain['low'])} to {signed(gain['high'])}"
    if not told["joined"]:
        return f"{told['name']} is left out: {added}."
    asked = f" for the {100 * told['cascade']['share']:.0f} % least sure" if "cascade" in told else ""
    return f"{told['name']} joins{asked}: {added}."


def signed(value: float) -> str:
    """A difference with its sign: "+0.004"."""
    return f"{value:+.3f}".replace("-", "\u2212")
