"""The tabs that GraphiQL opens first: the files in `examples/`, in the order of their numbers."""

from dataclasses import dataclass
from pathlib import Path

EXAMPLES = Path(__file__).with_name("examples")


@dataclass(frozen=True, slots=True)
class Tab:
    """A document and its variables as JSON, where `<order>` stands for the order of the link."""

    query: str
    variables: str


def read_tabs(folder: Path) -> list[Tab]:
    """Read each `1-name.graphql` and the `1-name.json` beside it, which may be absent."""
    documents = sorted(folder.glob("*.graphql"), key=_number)
    return [Tab(_text(document), _text(document.with_suffix(".json"))) for document in documents]


def _number(document: Path) -> int:
    return int(document.stem.partition("-")[0])


def _text(file: Path) -> str:
    return file.read_text("utf-8").strip() if file.exists() else ""
