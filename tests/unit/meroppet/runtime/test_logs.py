"""Log lines: one each, readable, and not to be forged by what a reader or a register sends."""

import io
import logging
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meroppet.runtime.logs import LONGEST_LINE, KeyValueFormatter, Recurring, configure, quoted


def _record(message: str, level: int = logging.INFO, **extra: object) -> logging.LogRecord:
    return logging.getLogger("door").makeRecord("door", level, "f.py", 1, message, (), None, extra=extra)


def test_a_line_is_level_logger_message_and_fields() -> None:
    line = KeyValueFormatter(for_journald=True).format(_record("lease ended", lease=7, why="leaf opened"))

    assert line == '<6>level=info logger=door msg="lease ended" lease=7 why="leaf opened"'


def test_outside_journald_the_time_stands_first() -> None:
    assert KeyValueFormatter().format(_record("hello")).startswith("time=")


@given(st.text())
def test_no_value_breaks_out_of_its_line(value: str) -> None:
    line = KeyValueFormatter(for_journald=True).format(_record(value.replace("%", ""), why=value))

    assert not any(unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp", "Cs"} for character in line)
    assert len(line) <= LONGEST_LINE + 5


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("plain-1.2", "plain-1.2"),
        ("", '""'),
        ('a"b c', '"a\\"b c"'),
        ("x level=error", '"x level=error"'),
        ("å\u202e", '"å\\u202e"'),
    ],
)
def test_quoting(value: str, shown: str) -> None:
    assert quoted(value) == shown


def test_an_exception_is_told_in_the_same_line() -> None:
    stream = io.StringIO()
    before = logging.getLogger().handlers[:], logging.getLogger().level
    try:
        configure("debug", stream=stream, environ={})
        try:
            raise ValueError("two\nlines")
        except ValueError:
            logging.getLogger("door").exception("could not")
        logging.getLogger("httpx2").info("HTTP Request: POST https://server/verify")
        logging.getLogger("httpcore2.http11").debug("send_request_headers")
    finally:
        logging.getLogger().handlers[:], level = before
        logging.getLogger().setLevel(level)

    assert stream.getvalue().count("\n") == 1
    assert 'error="ValueError: two\\nlines" at=test_logs.py:' in stream.getvalue()


def test_only_the_first_failure_and_the_recovery_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    push = Recurring(logging.getLogger("sync"), "journal push")

    push.succeeded()
    for _ in range(5):
        push.failed("refused")
    assert push.failing
    push.failed("timed out")
    push.succeeded()
    push.succeeded()

    assert [record.getMessage() for record in caplog.records] == [
        "journal push failed",
        "journal push failed",
        "journal push works again",
    ]
    assert caplog.records[-1].__dict__["failures"] == 6
