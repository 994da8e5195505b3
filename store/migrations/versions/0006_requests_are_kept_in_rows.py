"""Requests are kept in rows.

Their table was clustered by key, like the history before. With its answer a request is longer than
SQLite keeps in a leaf of such a table: it got a page of its own beside that, at every change.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

COLUMNS = "mode, caller, key, fingerprint, claim, claimed_until, answer, created_at"


def upgrade() -> None:
    """Bring the schema forward."""
    if op.get_bind().dialect.name != "sqlite":
        return
    op.drop_index("ix_requests_created_at", "requests")
    op.rename_table("requests", "old_requests")
    op.create_table(
        "requests",
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("claimed_until", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.CheckConstraint("mode IN ('test', 'live')", name=op.f("ck_requests_mode")),
        sa.PrimaryKeyConstraint("mode", "caller", "key", name=op.f("pk_requests")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.execute(
        f"INSERT INTO requests ({COLUMNS}) SELECT {COLUMNS} FROM old_requests ORDER BY created_at"  # noqa: S608  (all of it stands here)
    )
    op.drop_table("old_requests")
    op.create_index("ix_requests_created_at", "requests", ["created_at"])
