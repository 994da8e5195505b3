"""The schema: what migrations make is what the records declare."""

from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, Inspector, inspect, text

from store.migrate import config_of, engine_of, migrate
from store.schema import metadata

Schema = dict[str, object]


def described(connection: Connection) -> Schema:
    """Everything that makes a schema, whatever the order of its declaration."""
    inspector = inspect(connection)
    objects = connection.execute(
        text("SELECT name, sql FROM sqlite_master WHERE type IN ('index', 'trigger')")
    )
    statements = {name: " ".join(sql.split()) for name, sql in objects if sql}
    tables = set(inspector.get_table_names()) - {"alembic_version"}
    return {"statements": statements} | {name: _table(inspector, name) for name in tables}


def _table(inspector: Inspector, name: str) -> dict[str, object]:
    return {
        "columns": {
            column["name"]: (str(column["type"]), column["nullable"], column["default"])
            for column in inspector.get_columns(name)
        },
        "key": inspector.get_pk_constraint(name)["constrained_columns"],
        "references": sorted(
            (key["constrained_columns"], key["referred_table"])
            for key in inspector.get_foreign_keys(name)
        ),
        "checks": sorted(
            (str(check["name"]), check["sqltext"])
            for check in inspector.get_check_constraints(name)
        ),
        "unique": sorted(
            constraint["column_names"] for constraint in inspector.get_unique_constraints(name)
        ),
        "options": inspector.get_table_options(name),
    }


def test_a_migrated_database_is_what_the_records_declare(tmp_path: Path) -> None:
    migrate(tmp_path / "migrated.sqlite")

    with engine_of(tmp_path / "migrated.sqlite").begin() as connection:
        by_migration = described(connection)
    with engine_of(tmp_path / "fresh.sqlite").begin() as connection:
        metadata.create_all(connection)
        by_declaration = described(connection)

    assert by_migration == by_declaration
    assert {"klarna_payments", "klarna_gateways", "orders", "operations"} < by_migration.keys()


def test_migrating_a_migrated_database_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "some" / "folder" / "gateway.sqlite"
    migrate(path)
    before = path.read_bytes()

    migrate(path)

    assert path.read_bytes() == before


def test_a_migration_that_fails_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "gateway.sqlite"
    monkeypatch.setattr("alembic.op.create_index", _fail)

    with pytest.raises(ZeroDivisionError):
        migrate(path)
    monkeypatch.undo()
    migrate(path)

    with engine_of(path).begin() as connection:
        assert "ix_orders_token" in str(described(connection))


def _fail(*_: object, **__: object) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize("table", ["versions", "event_stores"])
@pytest.mark.parametrize("action", ["UPDATE {} SET who = '{{}}'", "DELETE FROM {}"])
def test_the_log_of_changes_only_grows(tmp_path: Path, table: str, action: str) -> None:
    path = tmp_path / "gateway.sqlite"
    migrate(path)
    engine = engine_of(path)
    row = {
        column.name: 1 if column.name in ("revision", "position") else "{}"
        for column in metadata.tables[table].columns
    }
    with engine.begin() as connection:
        connection.execute(metadata.tables[table].insert().values(row | {"mode": "test"}))

    with (
        engine.begin() as connection,
        pytest.raises(Exception, match=f"{table} only grows"),
    ):
        connection.execute(text(action.format(table)))


@pytest.mark.parametrize("table", ["versions", "event_stores", "requests"])
def test_rows_are_taken_over_when_their_table_is_made_anew(tmp_path: Path, table: str) -> None:
    path = tmp_path / "gateway.sqlite"
    engine = engine_of(path)
    columns = metadata.tables[table].columns
    rows = [
        {
            name: number
            if name in ("revision", "position")
            else "test"
            if name == "mode"
            else f'{{"{number}": "{"x" * 2000}"}}'
            if name in ("changes", "payload", "who")
            else f"{name} {number}"
            for name in columns.keys()  # noqa: SIM118  (a collection of columns, not a dict)
        }
        for number in range(50)
    ]
    with engine.begin() as connection, config_of(connection) as config:
        command.upgrade(config, "0004")
        connection.execute(metadata.tables[table].insert(), rows)

    migrate(path)

    with engine.begin() as connection:
        found = connection.execute(metadata.tables[table].select()).mappings()
        assert sorted(map(dict, found), key=str) == sorted(rows, key=str)
        left = connection.execute(text("SELECT name FROM sqlite_master WHERE name LIKE 'old_%'"))
        assert left.all() == []
        assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
