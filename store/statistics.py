"""What SQLite's planner is told of the tables before there is anything in them.

Told nothing, it takes any equality to leave ten rows, and then would rather read all rows of a
mode than find one of them by its id. Told how a large store is made up, it plans for one from the
first day, and alike on every machine. PostgreSQL keeps its own statistics.
"""

from typing import Any

from sqlalchemy import Connection, Table

from store.fields import Field, fields_of
from store.schema import metadata

ROWS = 1_000_000
"""How many rows each table is said to have."""
SHARED = ("klarna_gateways", "payment_methods")
"""What many rows share; of anything else each has its own, or nearly."""


def tell_planner(connection: Connection) -> None:
    """Write the statistics of every index, unless they are there."""
    if not connection.dialect.has_table(connection, "sqlite_stat1"):
        connection.exec_driver_sql("ANALYZE alembic_version")  # There is no other way to make it
    said = set(connection.exec_driver_sql("SELECT tbl, idx, stat FROM sqlite_stat1"))
    for table in metadata.sorted_tables:
        wanted = {(table.name, name, stat) for name, stat in _statistics(connection, table)}
        if wanted != {row for row in said if row[0] == table.name}:
            connection.exec_driver_sql("DELETE FROM sqlite_stat1 WHERE tbl = ?", (table.name,))
            connection.exec_driver_sql("INSERT INTO sqlite_stat1 VALUES (?, ?, ?)", sorted(wanted))


def _statistics(connection: Connection, table: Table) -> list[tuple[str, str]]:
    """Return the name of each index, and how many rows are alike in its first columns."""
    fields = {field.name: field for field in fields_of(table.info["record"])}
    clustered = not table.dialect_options["sqlite"]["with_rowid"]
    found = []
    for row in connection.exec_driver_sql(f"PRAGMA index_list('{table.name}')").mappings():
        counts = [ROWS]
        for column in connection.exec_driver_sql(f"PRAGMA index_info('{row['name']}')").mappings():
            counts.append(max(1, counts[-1] // _values(fields[column["name"]])))
        name = table.name if clustered and row["origin"] == "pk" else row["name"]
        found.append((name, " ".join(map(str, counts))))
    return found


def _values(field: Field) -> int:
    """Return how many values a column is said to have."""
    kind: Any = field.type
    if field.is_enum:
        return len(kind)
    if field.references is not None:
        return 50 if field.references.table in SHARED else ROWS // 4
    return 2 if kind is bool else ROWS
