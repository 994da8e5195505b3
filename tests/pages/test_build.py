import tempfile
from pathlib import Path

import pytest

from graph.pages.build import ChecksumError, Packages, UnavailableError, add_assets
from tests.pages.archives import ARCHIVES, PACKAGES, Downloads, archive


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "assets"


def kept(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


COMPLETE = {
    "react-1.2.3.min.js": b"var React;",
    "react-1.2.3.LICENSE.txt": b"MIT, react",
    "graphiql-1.2.3.min.css": b"body{}",
    "graphiql-1.2.3.LICENSE.txt": b"MIT, graphiql",
}


def test_the_pinned_files_and_their_licences_are_kept(folder: Path) -> None:
    add_assets(folder, PACKAGES, Downloads())

    assert kept(folder) == COMPLETE


def test_nothing_is_downloaded_where_everything_is_in_place(folder: Path) -> None:
    downloads = Downloads()
    add_assets(folder, PACKAGES, downloads)

    add_assets(folder, PACKAGES, downloads)

    assert downloads.count == 1


def test_damaged_and_outdated_files_are_replaced(folder: Path) -> None:
    add_assets(folder, PACKAGES, Downloads())
    (folder / "react-1.2.3.min.js").write_bytes(b"var Rea")
    (folder / "react-1.2.2.min.js").write_bytes(b"var Old;")

    add_assets(folder, PACKAGES, Downloads())

    assert kept(folder) == COMPLETE


def test_another_archive_than_the_pinned_one_is_refused(folder: Path) -> None:
    other = Downloads({**ARCHIVES, "react": archive({"LICENSE": b"none"})})

    with pytest.raises(ChecksumError, match=r"react-1\.2\.3\.tgz should have the checksum sha512-"):
        add_assets(folder, PACKAGES, other)

    assert not folder.exists()


def test_what_was_in_place_stays_when_the_download_is_out_of_reach(folder: Path) -> None:
    add_assets(folder, PACKAGES, Downloads())
    (folder / "react-1.2.3.min.js").unlink()

    def unreachable(packages: Packages, into: Path) -> None:
        raise UnavailableError("no network")

    with pytest.raises(UnavailableError, match="no network"):
        add_assets(folder, PACKAGES, unreachable)

    assert len(kept(folder)) == len(COMPLETE) - 1


def test_a_folder_that_cannot_be_written_counts_as_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(UnavailableError):
        add_assets(tmp_path / "file" / "assets", PACKAGES, Downloads())


def test_no_temporary_file_is_left(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))

    add_assets(folder, PACKAGES, Downloads())

    assert not list(temporary.iterdir())
