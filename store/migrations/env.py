"""What Alembic runs: the migrations on the connection that `store.migrate` hands over."""

from collections.abc import Iterable
from typing import Any

from alembic import context
from alembic.operations.ops import CreateTableOp, MigrationScript

from store.schema import metadata


def write_plainly(_context: Any, _revision: Any, scripts: Iterable[MigrationScript]) -> None:
    """Leave out what the records say of a table beyond its columns: no file can hold it."""
    for script in scripts:
        for step in script.upgrade_ops.ops if script.upgrade_ops else ():
            if isinstance(step, CreateTableOp):
                step.info.clear()


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,
    process_revision_directives=write_plainly,
)
with context.begin_transaction():
    context.run_migrations()
