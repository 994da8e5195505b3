"""The README's walk-through: a new field of a payment, step by step in a copy of the project."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("graph", "resolvers", "store", "tests")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "assets", "node_modules")
ANCHOR = '    currency_code: Annotated[str, Doc("The session\'s currency, ISO 4217.")]\n'
READ = """
import sys
from graph.schema import printed
schema = printed()
for kind in ("type KlarnaPayment ", "input KlarnaPaymentFilter "):
    body = schema[schema.index(kind):]
    assert "  note: " in body[:body.index("\\n}")], kind
body = schema[schema.index("enum KlarnaPaymentOrderField"):]
assert "  NOTE\\n" in body[:body.index("\\n}")]
"""


def blocks(language: str) -> list[str]:
    """The walk-through's blocks of code, in their order."""
    text = (ROOT / "README.md").read_text("utf-8")
    section = text[text.index("So a new field of a payment") :]
    found = re.findall(rf"^   ```{language}\n(.*?)^   ```", section, re.MULTILINE | re.DOTALL)
    return [re.sub(r"^   ", "", block, flags=re.MULTILINE) for block in found]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=LEFT_OUT)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def run(copy: Path, command: list[str]) -> str:
    """Run a command in the copy; what it prints."""
    environment = os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        command, cwd=copy, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def contents(folder: Path) -> dict[Path, bytes]:
    found = (path for package in PACKAGES for path in (folder / package).rglob("*"))
    return {path.relative_to(folder): path.read_bytes() for path in found if path.is_file()}


def test_a_new_field_takes_three_files_and_the_one_that_fills_it(copy: Path) -> None:
    (field,), (migration, schema) = blocks("python"), blocks("sh")
    before = contents(copy)
    next_number = len(list((copy / "store" / "migrations" / "versions").glob("0*.py"))) + 1

    record = copy / "store" / "payments.py"
    text = record.read_text("utf-8")
    assert text.count(ANCHOR) == 1
    record.write_text(text.replace(ANCHOR, f"    {field}{ANCHOR}"), "utf-8")
    assert migration.startswith(".venv/bin/python -m store.migrations ")
    title = migration.split('"')[1]
    run(copy, [sys.executable, "-m", "store.migrations", title])
    assert schema == ".venv/bin/klarna-graph schema > graph/schema.graphql\n"
    printed = run(copy, [sys.executable, "-m", "graph", "schema"])
    (copy / "graph" / "schema.graphql").write_text(printed, "utf-8")

    after = contents(copy)
    changed = {str(path) for path, content in after.items() if before.get(path) != content}
    assert changed == {
        "store/payments.py",
        f"store/migrations/versions/{next_number:04}_payments_have_a_note.py",
        "graph/schema.graphql",
    }
    run(copy, [sys.executable, "-c", READ])
    tests = [
        "tests/store/test_migrations.py::test_a_migrated_database_is_what_the_records_declare",
        "tests/test_schema.py::test_the_schema_that_is_checked_in_is_the_schema_that_is_served",
        "tests/test_schema.py::test_everything_in_the_schema_is_described",
    ]
    run(copy, [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests])
