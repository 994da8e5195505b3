"""Gateways hold a next pair."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the schema forward."""
    with op.batch_alter_table("klarna_gateways", schema=None) as batch_op:
        batch_op.add_column(sa.Column("next_credentials", sa.Text(), nullable=True))
