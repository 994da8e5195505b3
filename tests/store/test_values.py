"""Values as they are kept: instants as text, and records without their constructors."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from store.instants import SystemClock, instant, moment
from store.payments import KlarnaPayment, PaymentStatus
from store.records import replaced
from store.rows import rows_of
from tests.store.records import gateway, method, payment

ZONES = some.integers(-900, 900).map(lambda minutes: timezone(timedelta(minutes=minutes)))
FIRST, LAST = (datetime(year, 1, 1, tzinfo=UTC).replace(tzinfo=None) for year in (2, 9998))
MOMENTS = some.datetimes(FIRST, LAST, timezones=ZONES)


@given(MOMENTS)
def test_an_instant_is_a_moment_in_utc_cut_to_milliseconds(at: datetime) -> None:
    written = instant(at)

    assert written == at.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
    assert timedelta(0) <= at - moment(written) < timedelta(milliseconds=1)


def test_a_moment_is_written_alike_though_another_was_that_equals_it() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    first = datetime(2026, 10, 25, 2, 30, tzinfo=berlin)

    written = [instant(first), instant(first.replace(fold=1)), instant(first)]

    assert written == [f"2026-10-25T{hour}:30:00.000Z" for hour in ("00", "01", "00")]


def test_the_machines_clock_is_asked_once_a_millisecond_and_may_go_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    second = 1_790_000_000_000_000_000  # in nanoseconds since 1970
    times = iter([second, second + 999_999, second + 1_000_000, second - 1, 0])
    monkeypatch.setattr("time.time_ns", lambda: next(times))
    clock = SystemClock()

    moments = [clock.now() for _ in range(5)]

    assert moments[0] is moments[1]
    assert [instant(one) for one in moments[1:]] == [
        "2026-09-21T14:13:20.000Z",
        "2026-09-21T14:13:20.001Z",
        "2026-09-21T14:13:19.999Z",
        "1970-01-01T00:00:00.000Z",
    ]


def test_a_record_is_replaced_as_dataclasses_do_it() -> None:
    before = payment("p", "o", "g", metadata={"a": 1})

    after = replaced(before, status=PaymentStatus.PLACED, auth_token="t")

    assert after == replace(before, status=PaymentStatus.PLACED, auth_token="t")
    assert before == payment("p", "o", "g", metadata={"a": 1})
    with pytest.raises(TypeError, match="KlarnaPayment has no colour"):
        replaced(before, colour="blue")


@pytest.mark.parametrize("record", [gateway("g"), method("m", "g"), payment("p", "o", "g")])
def test_a_row_is_read_as_the_record_that_it_was_written_of(record: KlarnaPayment) -> None:
    rows = rows_of(type(record))

    row = list(rows.values(record).values())

    assert rows.read(row) == record
    with pytest.raises(ValueError, match="zip"):
        rows.read([*row, "more"])
