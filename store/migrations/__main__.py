"""Writes the migration to what the records declare now: `python -m store.migrations "A title"`."""

import io
import re
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.script import Script, ScriptDirectory

from store.migrate import config_of, engine_of, migrate

_REMARK = re.compile(r"^ *# ###.*\n", re.MULTILINE)


def write(title: str) -> Path:
    """Compare the newest schema with the records, and return the file that leads to them.

    Checks are not compared: a number, a word or JSON takes its CHECK by hand.
    """
    with tempfile.TemporaryDirectory() as folder:
        newest = Path(folder) / "newest.sqlite"
        migrate(newest)
        with engine_of(newest).begin() as connection, config_of(connection) as config:
            config.stdout = io.StringIO()
            number = len(list(ScriptDirectory.from_config(config).walk_revisions())) + 1
            made = command.revision(config, title, autogenerate=True, rev_id=f"{number:04}")
    assert isinstance(made, Script)  # noqa: S101  (one revision is one script)
    path = Path(made.path)
    path.write_text(_REMARK.sub("", path.read_text("utf-8")), "utf-8")
    return path


if __name__ == "__main__":
    print(write(sys.argv[1]))  # noqa: T201  (a person asked)
