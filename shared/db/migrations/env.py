"""What Alembic runs: migrates the connection that it is handed."""

from alembic import context

from shared.accounts import tables as _accounts  # noqa: F401 - registers its tables
from shared.db.base import Base
from shared.jobs import tables as _jobs  # noqa: F401
from shared.library import tables as _library  # noqa: F401
from shared.retention import tables as _retention  # noqa: F401
from shared.uploads import tables as _uploads  # noqa: F401
from shared.webhooks import tables as _webhooks  # noqa: F401

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
