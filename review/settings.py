"""review.toml, typed. A wrong key or value is refused with its line, what was got and what is allowed."""

from __future__ import annotations

import fnmatch
import json
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, ValidationError, field_validator, model_validator

from review.errors import ReviewError, SettingsError
from review.keys import ACTS, conflicts
from review.overlap import Overlap
from review.plan_settings import CONFIG, PlanSettings, ReadersSettings, ReleaseSettings, Risk
from review.rubric_settings import (
    DEFAULT_GUIDELINE,
    DEFAULT_REASONS,
    ExampleSettings,
    Key,
    ReasonSettings,
    RubricSettings,
    WordingSettings,
)
from review.template import TEMPLATE
from review.turns import Mix

FILE_NAME = "review.toml"
MAX_NAME = 80  # characters of a project's name


def _act(name: str) -> str:
    if name not in ACTS:
        raise ValueError(f"{name!r} is no act of the desk; allowed are: {', '.join(ACTS)}")
    return name


Act = Annotated[str, AfterValidator(_act)]
Beside = Literal["score", "shard", "labels"]


class Section(BaseModel):
    model_config = CONFIG


class ProjectSettings(Section):
    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME)] = "corpus review"


class CorpusSettings(Section):
    name: Annotated[str, Field(pattern=r"^[^\s/#][^\n#]{0,79}$")] | None = None
    text_column: str | None = None
    id_column: str | None = None
    language_column: str | None = None
    metadata_columns: Annotated[list[str], Field(strict=False)] | None = None
    hidden_columns: Annotated[list[str], Field(strict=False)] = []
    scan: Literal["full", "footer"] = "full"

    def shown(self, metadata: dict[str, Any]) -> dict[str, Any]:
        """The metadata a reviewer may see: without the hidden columns."""
        return {
            name: value
            for name, value in metadata.items()
            if not any(fnmatch.fnmatchcase(name, pattern) for pattern in self.hidden_columns)
        }


class SamplingSettings(Section):
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 20261122
    audit_per_shard: Annotated[int, Field(ge=1)] | None = None
    training_batch: Annotated[int, Field(ge=1, le=10_000)] = 50
    training_strategy: str = "uncertain"

    @field_validator("training_strategy")
    @classmethod
    def _known(cls, text: str) -> str:
        if text != "uncertain":
            from review.sampling import parse_mix  # not loaded for the default: `review --help` reads settings too

            try:
                parse_mix(text)
            except ReviewError as error:
                raise ValueError(str(error).rstrip(".")) from error
        return text


class ClassifierSettings(Section):
    @property
    def threshold(self) -> float:
        """P(keep) from which a document is kept, where both errors cost the same in the long run."""
        return self.false_accept_cost / (self.false_accept_cost + self.false_reject_cost)

    encoder: Annotated[str, Field(min_length=1)] = "static"
    cascade: Annotated[float, Field(gt=0, le=1)] = 1.0
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    false_accept_cost: Annotated[float, Field(gt=0)] = 1.0
    false_reject_cost: Annotated[float, Field(gt=0)] = 1.0
    objective: Literal["soft", "majority", "rating"] = "soft"
    precision: Annotated[float, Field(gt=0, lt=1)] = 0.95
    precision_risk: Risk = 0.10
    max_bytes: Annotated[int, Field(ge=0)] = 4_000


class DeskSettings(Section):
    queue: Annotated[int, Field(ge=2, le=100)] = 12
    lease_minutes: Annotated[int, Field(ge=1, le=24 * 60)] = 30
    overlap: Annotated[int, Field(ge=1, le=20)] = 1
    overlap_share: Annotated[float, Field(ge=0, le=1)] = 1.0
    until_agreement: bool = False
    gold_share: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    gold_feedback: bool = False
    repeat_share: Annotated[float, Field(ge=0, le=0.25)] = 0.0
    repeat_distance: Annotated[int, Field(ge=50, le=100_000)] = 200
    reasons: Literal["before", "after"] = "before"
    show_on_training: Annotated[list[Beside], Field(strict=False)] = []
    keys: dict[Act, Key] = {}

    @model_validator(mode="after")
    def _can_go_on(self) -> DeskSettings:
        if self.until_agreement and self.overlap < 3:
            raise ValueError(
                "until_agreement asks a third person where two differ, so it needs an overlap from 3; "
                f"overlap is {self.overlap}"
            )
        return self

    def planned(self) -> Overlap:
        """How many people judge which document."""
        return Overlap(self.overlap, self.overlap_share, self.until_agreement)


class DecisionSettings(Section):
    two_person: bool = False


class AuthSettings(Section):
    mode: Literal["local"] = "local"


class Settings(Section):
    """Everything review.toml may say. Every section and key may be left out."""

    project: ProjectSettings = ProjectSettings()
    corpus: CorpusSettings = CorpusSettings()
    rubric: RubricSettings = RubricSettings()
    sampling: SamplingSettings = SamplingSettings()
    plan: PlanSettings = Field(default_factory=PlanSettings)  # not made before it is asked for: it checks itself
    readers: ReadersSettings = ReadersSettings()
    classifier: ClassifierSettings = ClassifierSettings()
    desk: DeskSettings = DeskSettings()
    decisions: DecisionSettings = DecisionSettings()
    release: ReleaseSettings = ReleaseSettings()
    auth: AuthSettings = AuthSettings()

    def mix(self) -> Mix:
        """How blind checks are mixed into what reviewers get."""
        desk = self.desk
        return Mix(self.sampling.seed, desk.gold_share, desk.repeat_share, desk.repeat_distance)


def load_settings(root: Path) -> Settings:
    """Settings of the project in `root`. Raises SettingsError naming file, line, what was got and what is allowed."""
    path = root / FILE_NAME
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SettingsError(
            f"There is no {FILE_NAME} in {root}. Run `review init {root}` to make a project there, "
            "or name another folder with --project."
        ) from None
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not UTF-8 text (byte {error.start}). Save it as UTF-8.") from None
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror or error}.") from error
    return parse_settings(text, str(path))


def parse_settings(text: str, name: str = FILE_NAME) -> Settings:
    """Settings from TOML text; `name` stands in messages. Raises SettingsError."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{name} is not valid TOML: {error}.") from None
    try:
        settings = Settings.model_validate(raw)
    except ValidationError as error:
        problems = [_explain(problem, text, name) for problem in error.errors()]
        raise SettingsError("\n".join(problems)) from None
    clashes = conflicts(settings.rubric.rubric(1), settings.desk.keys)
    if clashes:
        path = ("desk", "keys") if settings.desk.keys else ("rubric", "reasons")
        where = f"{name}, line {line_of(text, path)}: {'.'.join(path)}"
        raise SettingsError("\n".join(f"{where}: {clash}" for clash in clashes))
    return settings


def _explain(problem: Any, text: str, name: str) -> str:
    path: tuple[str | int, ...] = tuple(part for part in problem["loc"] if part != "[key]")
    where = f"{name}, line {line_of(text, path)}"
    label = ".".join(str(part + 1) if isinstance(part, int) else part for part in path)
    if problem["type"] == "extra_forbidden":
        allowed = ", ".join(_allowed_keys(path[:-1]))
        return f"{where}: {label} is not a setting. Allowed here: {allowed}."
    message = problem["msg"].removeprefix("Value error, ")
    got = problem["input"]
    got_text = "" if isinstance(got, dict | list) else f" Got {got!r}."
    return f"{where}: {label}: {message}.{got_text}"


def _allowed_keys(path: tuple[str | int, ...]) -> list[str]:
    model: Any = Settings
    for part in path:
        if isinstance(part, str):
            annotation = model.model_fields[part].annotation
            lists: dict[str, Any] = {
                "reasons": ReasonSettings,
                "examples": ExampleSettings,
                "verdicts": WordingSettings,
            }
            model = lists.get(part, annotation)
    return list(model.model_fields)


def line_of(text: str, path: tuple[str | int, ...]) -> int:
    """1-based line where the value at `path` begins.

    tomllib keeps no positions, so lines are added until the key appears: exact for every TOML syntax, and only paid
    when there is an error to report.
    """
    keys = [part for part in path if isinstance(part, str)]
    entry = next((part for part in path if isinstance(part, int)), None)
    lines = text.splitlines()
    for depth in range(len(keys), 0, -1):  # a missing key is reported where its section begins
        sound = 0
        for end in range(1, len(lines) + 1):
            try:
                raw: Any = tomllib.loads("\n".join(lines[:end]))
            except tomllib.TOMLDecodeError:
                continue
            for key in keys[:depth]:
                raw = raw[key] if isinstance(raw, dict) and key in raw else None
            if raw is not None:
                return _entry_line(lines, sound, end, entry) if isinstance(raw, list) else sound + 1
            sound = end
    return 1


def _entry_line(lines: list[str], start: int, end: int, entry: int | None) -> int:
    """Line of entry number `entry` of an array written one inline table a line, else of the array."""
    if entry is not None:
        openings = [number for number in range(start, end) if "{" in lines[number]]
        if entry < len(openings):
            return openings[entry] + 1
    return start + 1


def default_toml(name: str = "corpus review") -> str:
    """The commented review.toml that `review init` writes. It parses to the defaults."""
    reasons = "\n".join(
        f'  {{ code = "{reason.code}", name = "{reason.name}", key = "{reason.key}" }},' for reason in DEFAULT_REASONS
    )
    quoted = json.dumps(name, ensure_ascii=False).replace("\x7f", "\\u007f")  # JSON's escapes are TOML's
    return TEMPLATE.format(name=quoted, guideline=DEFAULT_GUIDELINE, reasons=reasons)


def write_default(root: Path, *, name: str | None = None) -> Path:
    """Write review.toml into `root`, making the folder. Raises SettingsError when there is one, or none can be."""
    path = root / FILE_NAME
    text = default_toml(name or _sayable(root.resolve().name) or "corpus review")
    parse_settings(text, str(path))
    try:
        if path.exists():
            raise SettingsError(f"{path} exists already. Edit it, or choose another folder.")
        root.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"No project can be made in {root}: {error.strerror}. Choose another folder.") from error
    return path


def _sayable(folder: str) -> str:
    """A folder's name as a project's: bytes that are not UTF-8 are replaced, and what is too long is cut off."""
    name = folder.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return name if len(name) <= MAX_NAME else name[: MAX_NAME - 1] + "…"
