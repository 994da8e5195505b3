"""Applications ask for tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "applications",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("secret_digest", sa.Text(), nullable=True),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.Text(), nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('sales_channel', 'integration', 'operator')",
            name=op.f("ck_applications_kind"),
        ),
        sa.CheckConstraint("mode IN ('test', 'live')", name=op.f("ck_applications_mode")),
        sa.CheckConstraint("json_valid(created_by)", name=op.f("ck_applications_created_by")),
        sa.CheckConstraint(
            "revoked_by IS NULL OR json_valid(revoked_by)", name=op.f("ck_applications_revoked_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_applications")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index("ix_applications_client_id", "applications", ["client_id"], unique=True)
    op.create_index(
        "ix_applications_mode_created_at_id", "applications", ["mode", "created_at", "id"]
    )
