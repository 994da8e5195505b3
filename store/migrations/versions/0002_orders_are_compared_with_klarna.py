"""Orders are compared with Klarna's."""

from alembic import op

revision = "0002"
down_revision = "0001"

_KINDS = ("authorization", "review", "recovery", "comparison")


def upgrade() -> None:
    """Let errands be comparisons."""
    words = ", ".join(f"'{kind}'" for kind in _KINDS)
    with op.batch_alter_table("errands", table_kwargs={"sqlite_strict": True}) as errands:
        errands.drop_constraint(op.f("ck_errands_kind"), type_="check")
        errands.create_check_constraint(op.f("ck_errands_kind"), f"kind IN ({words})")
