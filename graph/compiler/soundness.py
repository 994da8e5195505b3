"""Soundness: whether this SQLite writes JSON as it is taken to, asked once of each database."""

import orjson
import structlog
from sqlalchemy import (
    Column,
    MetaData,
    Table,
    Text,
    case,
    func,
    literal,
    literal_column,
    select,
)

from store.building import (
    as_bytes,
    built_list,
    built_object,
    elements,
    gathered,
    lines,
    number,
    stored,
    truth,
    word,
)
from store.database import Reader, StoreUnavailable
from store.statements import Statement

log = structlog.get_logger()

_ROWS = func.json_each(literal("[1,3,2]")).table_valued("value", name="numbers")
_SORTED = select(_ROWS.c.value.label("n")).order_by(_ROWS.c.value.desc()).subquery("sorted")
_FIRST = select(_ROWS.c.value.label("n")).order_by(_ROWS.c.value.desc()).limit(3).subquery("first")
_OTHERS = func.json_each(literal("[2,3,1]")).table_valued("value", name="others")
_JOINED = _FIRST.outerjoin(_OTHERS, _OTHERS.c.value == _FIRST.c.n)
_MASTER = Table("sqlite_master", MetaData(), Column("name", Text), Column("type", Text))
_TABLES = (
    select(_MASTER.c.name)
    .where(_MASTER.c.type == "table", _MASTER.c.name.in_([word("orders"), word("versions")]))
    .order_by(_MASTER.c.name.desc())
    .subquery("tables")
)
_ONE = built_object([("n", literal(1))])
_TEXT = '\x01\x1f\x7f"\\/\b\f\n\r\t\u2028\uffffé😀'
_OBJECT = built_object(
    [
        ("text", literal(_TEXT)),
        ("numbers", gathered(built_object([("n", _SORTED.c.n)]), _SORTED)),
        ("elements", elements(built_object([("n", _SORTED.c.n)]), _SORTED)),
        ("read", elements(built_list(literal_column("tables.name")), _TABLES)),
        ("case", case((literal(1) == literal(1), _ONE), else_=literal(None))),
        ("coalesce", func.coalesce(literal(None), select(_ONE).scalar_subquery())),
        ("floats", built_list(*map(number, map(literal_column, ("10.0", "0.07"))))),
        ("truth", truth(literal(1) == literal(1))),
        ("stored", stored(literal('{"a":1.0,"b":[null,-0.5e-7]}'))),
        ("nothing", word("")),
        *((f"m{count}", literal_column(str(count))) for count in range(60)),
    ]
)
_LINES = select(lines(_OTHERS.c.value)).select_from(_JOINED).scalar_subquery()
_STATEMENT = Statement(as_bytes(_OBJECT).add_columns(_LINES))
_EXPECTED = orjson.dumps(
    {
        "text": _TEXT,
        "numbers": [{"n": 3}, {"n": 2}, {"n": 1}],
        "elements": '{"n":3},{"n":2},{"n":1}',
        "read": '["versions"],["orders"]',
        "case": {"n": 1},
        "coalesce": {"n": 1},
        "floats": [10.0, 0.07],
        "truth": True,
        "stored": orjson.Fragment(b'{"a":1.0,"b":[null,-0.5e-7]}'),
        "nothing": "",
    }
    | {f"m{count}": count for count in range(60)}
)
_LISTED = b"3\n2\n1"


async def is_sound(reader: Reader) -> bool:
    """Whether all that answers are built of comes out as graphql-core and orjson would write it."""
    try:
        (written,) = await reader.rows(_STATEMENT)
    except StoreUnavailable:
        written = ()
    sound = written == (_EXPECTED, _LISTED)
    if not sound:
        log.warning("compiled_path_off", reason="This SQLite writes JSON in another way.")
    return sound
