"""How the code is laid out: imports flow one way, and one module reads the environment."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FORBIDDEN = {
    "store": {"graph", "resolvers", "tests"},
    "resolvers": {"graph", "tests"},
    "graph": {"tests"},
}
FILES = sorted(path for layer in FORBIDDEN for path in (ROOT / layer).rglob("*.py"))


def imported(tree: ast.Module) -> set[str]:
    """The packages a module imports, wherever in it."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names.add((node.module or "").partition(".")[0])
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_flow_from_graph_to_resolvers_to_store(path: Path) -> None:
    layer = path.relative_to(ROOT).parts[0]

    assert not imported(ast.parse(path.read_text())) & FORBIDDEN[layer]


def test_the_sandbox_stands_on_its_own() -> None:
    allowed = {"resolvers.klarna.rules", "resolvers.klarna.countries", "resolvers.klarna.contract"}
    for path in (ROOT / "resolvers/klarna/sandbox").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
                ("resolvers", "store")
            ):
                assert node.module is not None
                inside = node.module.startswith("resolvers.klarna.sandbox")
                assert inside or node.module in allowed, f"{path}: {node.module}"


def test_the_environment_is_read_in_one_place() -> None:
    readers = set()
    for path in FILES:
        tree = ast.parse(path.read_text())
        reads = any(
            isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")
            for node in ast.walk(tree)
        )
        if reads:
            readers.add(str(path.relative_to(ROOT)))

    assert readers <= {"graph/settings.py", "graph/pages/build.py"}


def test_packages_say_what_they_are_and_nothing_else() -> None:
    for layer in FORBIDDEN:
        for path in (ROOT / layer).rglob("__init__.py"):
            tree = ast.parse(path.read_text())
            assert ast.get_docstring(tree), path
            assert len(tree.body) == 1, path
