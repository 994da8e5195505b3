"""Small packages as npm packs them, pinned as they are, and a folder of what was asked for."""

import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from graph.pages.build import Packages
from graph.pages.pinned import integrity, pinned_packages

FILES = {
    "react": {"umd/react.production.min.js": b"var React;", "LICENSE": b"MIT, react"},
    "graphiql": {"graphiql.min.css": b"body{}", "LICENSE": b"MIT, graphiql"},
}
VERSION = "1.2.3"


def archive(files: Mapping[str, bytes]) -> bytes:
    """Pack files as npm does, in a folder called `package`."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for path, content in files.items():
            member = tarfile.TarInfo(f"package/{path}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


ARCHIVES = {name: archive(files) for name, files in FILES.items()}
PINS = json.dumps(
    [
        {
            "name": name,
            "version": VERSION,
            "integrity": integrity(ARCHIVES[name]),
            "files": {path: integrity(content) for path, content in files.items()},
        }
        for name, files in FILES.items()
    ]
)
PACKAGES = pinned_packages(PINS)


@dataclass(slots=True)
class Downloads:
    """Stands in npm's place: writes the archives and counts how often it was asked."""

    archives: Mapping[str, bytes] = field(default_factory=lambda: ARCHIVES)
    count: int = 0

    def __call__(self, packages: Packages, into: Path) -> None:
        self.count += 1
        for package in packages:
            name = f"{package.name}-{package.version}.tgz"
            (into / name).write_bytes(self.archives[package.name])
