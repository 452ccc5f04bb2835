"""Verbs on the rubric: its versions, and what each change means for the labels before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from review.errors import NotFound, StoreError
from review.records import Passage, Rubric, RubricChoice
from review.store.core import Core
from review.store.encoding import unpack
from review.store.events import Fact
from review.store.rubric_rows import read_choices, read_passages, to_rubric

_NEWEST = "rubric"  # in the store's memory


@dataclass(frozen=True, slots=True)
class RubricRow:
    """A version as it was recorded."""

    rubric: Rubric
    by: str  # "review.toml" where it was read from the settings
    at: datetime
    seq: int


class RubricVerbs(Core):
    """The rubric."""

    def record_rubric(self, rubric: Rubric, by: str) -> bool:
        """Record the next version of the rubric; False when it is stored already.

        Raises StoreError when the version exists with other content or is not the next one.
        """
        with self._turn():
            with self._reading() as cursor:
                rows = cursor.execute("select version, body from rubrics").fetchall()
            known = {version: to_rubric(body) for version, body in rows}
            if rubric.version in known:
                if known[rubric.version] == rubric:
                    return False
                raise StoreError(
                    f"Rubric version {rubric.version} is stored with other content, and labels may name it. "
                    f"Record the change as version {max(known) + 1}."
                )
            if rubric.version != max(known, default=0) + 1:
                raise StoreError(f"The next rubric version is {max(known, default=0) + 1}, got {rubric.version}.")
            try:
                self._record([Fact("rubric", by, asdict(rubric))])
            finally:
                self._memory = {}
            return True

    def rubric(self, version: int | None = None) -> Rubric:
        """A version of the rubric, by default the newest. Raises NotFound."""
        self._require_open()
        memory = self._memory
        if version is None and _NEWEST in memory:
            return memory[_NEWEST]  # type: ignore[no-any-return]
        with self._reading() as cursor:
            rows = cursor.execute(
                "select body from rubrics where version = coalesce(?, (select max(version) from rubrics))", [version]
            ).fetchall()
        if not rows:
            raise NotFound(f"There is no rubric {'yet' if version is None else f'version {version}'}.")
        found = to_rubric(rows[0][0])
        if version is None:
            memory[_NEWEST] = found
        return found

    def rubric_history(self) -> list[RubricRow]:
        """Every version, oldest first."""
        with self._reading() as cursor:
            rows = cursor.execute(
                "select body, author, recorded_at, r.seq from rubrics r join events e on e.seq = r.seq order by version"
            ).fetchall()
        return [RubricRow(to_rubric(body), unpack(by), at, seq) for body, by, at, seq in rows]

    def record_rubric_choices(self, choices: Sequence[RubricChoice]) -> None:
        """Record what versions mean for the labels before them, all or none; a later choice on a version replaces it.

        Raises NotFound for a version that is none, StoreError for a mapping to a reason that version does not have.
        """
        with self._turn():
            for one in choices:
                codes = {reason.code for reason in self.rubric(one.version).reasons}
                strange = sorted(set(one.mapping.values()) - codes)
                if one.version < 2:
                    raise StoreError("The first version of a rubric changes nothing, so there is nothing to choose.")
                if strange:
                    raise StoreError(
                        f"{strange[0]!r} is not a reason of rubric version {one.version}; allowed are: "
                        f"{', '.join(sorted(codes))}."
                    )
            self._record([Fact("rubric_choice", one.by, _data(one)) for one in choices])

    def rubric_choices(self) -> dict[int, RubricChoice]:
        """The choice that holds for each version that has one."""
        with self._reading() as cursor:
            return read_choices(cursor)

    def passages(self) -> dict[int, Passage]:
        """What became of the labels of each version."""
        with self._reading() as cursor:
            return read_passages(cursor)

    def touched_labels(self) -> dict[str, int]:
        """How many labels and adjudications count now, by reason in the code it was given in; "": with none, "*": in
        all. A label with two reasons stands under both."""
        with self._reading() as cursor:
            rows = cursor.execute("""
                with said as (
                    select reasons, verdict from current_labels union all
                    select reasons, verdict from current_adjudications
                )
                select '*', count(*) from said union all
                select '', count(*) from said where verdict = 'reject' and len(reasons) = 0 union all
                select code, count(*) from (select unnest(list_distinct(reasons)) as code from said) group by code
            """).fetchall()
        return {unpack(code): count for code, count in rows}

    def touched_verdicts(self) -> dict[str, int]:
        """How many labels and adjudications count now, by verdict; "score": how many labels with one."""
        with self._reading() as cursor:
            rows = cursor.execute("""
                select verdict, count(*) from (
                    select verdict from current_labels union all select verdict from current_adjudications
                ) group by verdict union all
                select 'score', count(score) from current_labels""").fetchall()
        return dict(rows)

    def labels_by_rubric(self) -> dict[int, int]:
        """How many labels and adjudications count now, by the version they were given under."""
        with self._reading() as cursor:
            rows = cursor.execute("""
                select rubric, count(*) from (
                    select rubric from current_labels union all select rubric from current_adjudications
                ) group by rubric""").fetchall()
        return dict(rows)


def _data(one: RubricChoice) -> dict[str, Any]:
    return {"version": one.version, "mapping": dict(one.mapping), "every": one.every, "again": sorted(set(one.again))}
