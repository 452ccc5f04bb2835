"""Commands without pandas, which none of the store's libraries needs and both import."""

from __future__ import annotations

import sys
import warnings
from types import ModuleType

import duckdb
import pyarrow as pa


def spare_pandas() -> None:
    """Keep DuckDB and pyarrow from importing pandas, a third of a short command's time.

    DuckDB does at the first value it binds, to ask whether the value is pandas' NaT or NA, and pyarrow at the first it
    makes. So each of them meets a stand-in at its first: DuckDB keeps the stand-in's two values, which no command
    binds, and pyarrow notes that pandas is too old, and imports it where a caller asks for pandas by name. DuckDB makes
    no data frames in this process any more.
    """
    stand_in = ModuleType("pandas")
    stand_in.__dict__.update(NaT=object(), NA=object(), __version__="0")
    sys.modules["pandas"] = stand_in
    try:
        with warnings.catch_warnings(action="ignore"):
            pa.scalar(0)
            duckdb.execute("select ?", [0])
    finally:
        del sys.modules["pandas"]
