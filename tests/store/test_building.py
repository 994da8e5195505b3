"""JSON that the database builds: of the very rows that it is asked for."""

import sqlite3
from contextlib import closing

from sqlalchemy import Column, MetaData, Table, Text, func, literal_column, select

from store.building import as_bytes, built_object, elements, gathered
from store.executing import DIALECT

_PEOPLE = Table("people", MetaData(), Column("id", Text, primary_key=True), Column("leader", Text))


def test_an_element_that_is_made_where_its_rows_are_read_may_read_others_of_their_table() -> None:
    people = _PEOPLE.c
    led = select(people.id).where(people.leader == literal_column('r1."id"'))
    some = led.order_by(people.id.desc()).subquery("r2")
    person = built_object(
        [
            ("id", literal_column('r1."id"')),
            ("leads", gathered(literal_column('r2."id"'), some)),
            ("many", led.with_only_columns(func.count()).scalar_subquery()),
        ]
    )
    everybody = select(people.id).where(people.id != "d").order_by(people.id.desc()).subquery("r1")
    question = as_bytes(elements(person, everybody)).compile(dialect=DIALECT)

    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE people (id TEXT PRIMARY KEY, leader TEXT)")
        rows = [("a", None), ("b", "a"), ("c", "a"), ("d", "b")]
        connection.executemany("INSERT INTO people VALUES (?, ?)", rows)
        ((found,),) = connection.execute(str(question), question.params)

    assert found == (
        b'{"id":"c","leads":[],"many":0},'
        b'{"id":"b","leads":["d"],"many":1},'
        b'{"id":"a","leads":["c","b"],"many":2}'
    )
    assert str(question).count("people AS r1") == 1
