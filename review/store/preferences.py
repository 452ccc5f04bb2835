"""Verbs on preferences: how each reviewer wants to work. In the journal, so that they follow a reviewer to any browser
and come back with everything else."""

from __future__ import annotations

import json
from typing import Any

from review.store.core import Core
from review.store.encoding import pack, unpack
from review.store.events import Fact


class PreferenceVerbs(Core):
    """Preferences."""

    def record_preference(self, name: str, value: Any, by: str) -> bool:
        """Record what a reviewer wants under a name; False when they want just that already."""
        with self._turn():
            known = self.preferences(by)
            if name in known and known[name] == value:
                return False
            self._record([Fact("preference", by, {"name": name, "value": value})])
            return True

    def preferences(self, reviewer: str) -> dict[str, Any]:
        """What a reviewer wants now, by name."""
        with self._reading() as cursor:
            rows = cursor.execute(
                "select name, arg_max(value, seq) from preferences where author = ? group by 1 order by 1",
                [pack(reviewer)],
            ).fetchall()
        return {unpack(name): json.loads(value) for name, value in rows}
