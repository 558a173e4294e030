"""What a worker knows of the jobs that it holds, as a table for a statement."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, DateTime, Float, Integer, Text, bindparam, column, func
from sqlalchemy.types import TypeEngine

_COLUMNS: dict[str, TypeEngine[Any]] = {
    "id": Text(),
    "lease": Integer(),
    "progress": Float(),
    "due_at": DateTime(timezone=True),
}

# Made of arrays: one statement does for any number of jobs.
MINE: Any = (
    func.unnest(*(bindparam(f"of_{name}", type_=ARRAY(kind)) for name, kind in _COLUMNS.items()))
    .table_valued(*(column(name, kind) for name, kind in _COLUMNS.items()), name="mine")
    .render_derived()
)


def given(held: Mapping[str, tuple[int, float, datetime]]) -> dict[str, Any]:
    """Return what makes :data:`MINE` the table of these jobs, which are not none."""
    by_column = zip(*((job_id, *of_job) for job_id, of_job in held.items()), strict=True)
    return {f"of_{name}": list(values) for name, values in zip(_COLUMNS, by_column, strict=True)}
