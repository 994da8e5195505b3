"""Brings a database file to the newest schema."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool

from store.locking import StoreUnusable
from store.statistics import tell_planner


def migrate(path: Path) -> None:
    """Make a database file if there is none, and run the migrations that it lacks, all or none.

    Raises StoreUnusable.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with engine_of(path).begin() as connection:
            upgrade(connection)
            tell_planner(connection)
    except CommandError as error:
        raise StoreUnusable(
            f"{path} has a schema that this version does not know: run a newer klarna-graph."
        ) from error
    except (DatabaseError, OSError) as error:
        cause = error.orig if isinstance(error, DatabaseError) else error
        raise StoreUnusable(f"{path} cannot be used as the database: {cause}.") from error


def engine_of(path: Path) -> Engine:
    """Return SQLAlchemy's engine for a database file, with transactions that hold DDL too."""
    engine = create_engine(
        f"sqlite:///{path}", poolclass=NullPool, connect_args={"isolation_level": None}
    )

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def upgrade(connection: Connection) -> None:
    """Run the migrations inside the transaction that a connection has begun."""
    with config_of(connection) as config:
        command.upgrade(config, "head")


@contextmanager
def config_of(connection: Connection) -> Iterator[Config]:
    """Tell Alembic where the migrations are, and on which connection they run."""
    with as_file(files("store") / "migrations") as scripts:
        config = Config()
        config.set_main_option("script_location", str(scripts))
        config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
        config.attributes["connection"] = connection
        yield config
