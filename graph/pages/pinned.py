"""What GraphiQL is made of: files of npm packages, pinned in `pinned.json` by checksums."""

import json
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha512
from pathlib import Path, PurePosixPath

ASSETS = Path(__file__).with_name("assets")


@dataclass(frozen=True, slots=True)
class Asset:
    """One file that we keep: the name it has here, where its package has it, its checksum."""

    name: str
    path: str
    integrity: str


@dataclass(frozen=True, slots=True)
class Package:
    """One npm package at one version, and the files that we keep of it."""

    name: str
    version: str
    integrity: str
    assets: tuple[Asset, ...]


def pinned_packages(table: str) -> tuple[Package, ...]:
    """Read the pins. An asset's name carries its version, so that browsers may keep it for good."""
    return tuple(
        Package(
            name=entry["name"],
            version=entry["version"],
            integrity=entry["integrity"],
            assets=tuple(
                Asset(
                    name=f"{entry['name']}-{entry['version']}{_ending(path)}",
                    path=path,
                    integrity=checksum,
                )
                for path, checksum in entry["files"].items()
            ),
        )
        for entry in json.loads(table)
    )


def _ending(path: str) -> str:
    return ".LICENSE.txt" if path == "LICENSE" else f".min{PurePosixPath(path).suffix}"


def integrity(content: bytes) -> str:
    """Write a checksum as npm and browsers do."""
    return "sha512-" + b64encode(sha512(content).digest()).decode()


def are_complete(folder: Path, packages: Iterable[Package]) -> bool:
    """Whether every asset is in the folder, as it was pinned."""
    return all(
        (file := folder / asset.name).is_file() and integrity(file.read_bytes()) == asset.integrity
        for package in packages
        for asset in package.assets
    )


PACKAGES = pinned_packages(Path(__file__).with_name("pinned.json").read_text("utf-8"))
