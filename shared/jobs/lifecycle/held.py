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


def rows(held: Mapping[str, tuple[int, float, datetime]]) -> Any:
    """Return held jobs as a table, made of arrays: one statement does for any number of them."""
    by_column = zip(*((job_id, *of_job) for job_id, of_job in held.items()), strict=True)
    arrays = (
        bindparam(None, list(values), ARRAY(kind))
        for kind, values in zip(_COLUMNS.values(), by_column, strict=True)
    )
    columns = (column(name, kind) for name, kind in _COLUMNS.items())
    return func.unnest(*arrays).table_valued(*columns, name="mine").render_derived()
