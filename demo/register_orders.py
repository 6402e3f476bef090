"""Orders to a running register, one line each: another fault, another dialect, everything as it was at the start."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from demo.register_words import dialects, faults, state_of
from meroppet.ils.acs_codings import UnstatedCoding
from meroppet.ils.acs_dialects import DIALECTS
from meroppet.ils.acs_faults import ABOUT, Fault
from meroppet.ils.acs_simulator import Register
from meroppet.ils.library import Library
from meroppet.sip2.acs_session import AcsForm
from meroppet.sip2.errors import SIP2Error

UNSTATED = "unstated"
"""As a Koha account without an encoding."""
LONGEST_ORDER = 1000
"""Characters."""
_LONGEST_ECHO = 40
TERMINATORS = {"CR": b"\r", "LF": b"\n", "CRLF": b"\r\n"}
HELP = """\
fault NAME [from-login]   one of the faults; login and 99 are spared unless from-login is said
dialect NAME              speak as another system; open connections are ended
seconds N                 how long slow and late answers take
idle N                    end connections after N seconds of silence; "idle dialect" takes the dialect's own limit
lock-after N              lock a card after N wrong PINs in a row; 0 for never
encoding NAME             such as utf-8, latin-1, cp850, ascii, or unstated: Latin-1 until a letter is beyond it
terminator CR|LF|CRLF     what ends an answer
error-detection on|off    whether checksums are verified and given
drop                      end every open connection
reset                     all patrons and items as they were at the start
state                     the patrons and items as they are now
dialects, faults, help    lists"""


class Unfit(Exception):
    """An order that cannot be obeyed; says why in one sentence."""


class Orders:
    """Obeys one line at a time. `renewed` makes the library as it was at the start."""

    def __init__(self, register: Register, renewed: Callable[[], Library]) -> None:
        self._register = register
        self._renewed = renewed
        self._known: Mapping[str, Callable[[list[str]], Awaitable[str]]] = {
            "fault": self._fault,
            "dialect": self._dialect,
            "seconds": self._seconds,
            "idle": self._idle,
            "lock-after": self._lock_after,
            "encoding": self._encoding,
            "terminator": self._terminator,
            "error-detection": self._error_detection,
            "drop": self._drop,
            "reset": self._reset,
            "state": self._state,
        }

    async def obey(self, line: str) -> str:
        """What was done, in one line or several; a sentence for an order that cannot be obeyed. Never raises."""
        if len(line) > LONGEST_ORDER:
            return f"the line is too long: an order has at most {LONGEST_ORDER} characters"
        try:
            return await self.do(line)
        except Unfit as refusal:
            return str(refusal)

    async def do(self, line: str) -> str:
        """What was done; raises Unfit for an order that cannot be obeyed."""
        words = line.split()
        lists = {"help": HELP, "dialects": dialects(), "faults": faults()}
        if not words:
            return ""
        if words[0] in lists:
            return lists[words[0]]
        order = self._known.get(words[0])
        if order is None:
            raise Unfit(f"no order {_short(words[0])!r}; known: {', '.join((*self._known, *lists))}")
        return await order(words[1:])

    async def _fault(self, words: list[str]) -> str:
        name = words[0] if words else ""
        if name not in set(Fault) or words[1:] not in ([], ["from-login"]):
            raise Unfit(f"no fault {_short(' '.join(words))!r}; known: {', '.join(Fault)}")
        control = self._register.control
        control.fault = Fault(name)
        control.from_login = bool(words[1:]) and control.fault is not Fault.NONE
        return f"fault {name}: {ABOUT[control.fault]}{', from login on' if control.from_login else ''}"

    async def _dialect(self, words: list[str]) -> str:
        name = " ".join(words)
        if name not in DIALECTS:
            raise Unfit(f"no dialect {_short(name)!r}; known: {', '.join(DIALECTS)}")
        self._register.control.dialect = DIALECTS[name]
        await self._register.drop()
        return f"dialect {name}: {DIALECTS[name].about}"

    async def _seconds(self, words: list[str]) -> str:
        self._register.control.seconds = _number("seconds", words)
        return f"seconds {_short(words[0])}"

    async def _idle(self, words: list[str]) -> str:
        self._register.control.idle_seconds = None if words == ["dialect"] else _number("idle", words)
        return f"idle {_short(words[0])}"

    async def _lock_after(self, words: list[str]) -> str:
        library = self._register.library
        library.rules = replace(library.rules, wrong_pins_until_locked=int(_number("lock-after", words)))
        return f"lock-after {library.rules.wrong_pins_until_locked}"

    async def _encoding(self, words: list[str]) -> str:
        name = " ".join(words)
        form = self._register.dialect.form
        if name == UNSTATED:
            return await self._reform(replace(form, coding=UnstatedCoding("latin-1", "utf-8")), f"encoding {name}")
        try:
            form = replace(form, coding=replace(form.coding, charset=name))
        except SIP2Error as error:
            raise Unfit(
                f"no encoding {_short(name)!r}; known are such as utf-8, latin-1, cp850, ascii, {UNSTATED}"
            ) from error
        return await self._reform(form, f"encoding {_short(name)}")

    async def _terminator(self, words: list[str]) -> str:
        name = " ".join(words).upper()
        if name not in TERMINATORS:
            raise Unfit(f"no terminator {_short(name)!r}; known: {', '.join(TERMINATORS)}")
        return await self._reform(
            replace(self._register.dialect.form, terminator=TERMINATORS[name]), f"terminator {name}"
        )

    async def _error_detection(self, words: list[str]) -> str:
        if words not in (["on"], ["off"]):
            raise Unfit("error-detection is on or off")
        form = replace(self._register.dialect.form, error_detection=words == ["on"])
        return await self._reform(form, f"error-detection {words[0]}")

    async def _reform(self, form: AcsForm, done: str) -> str:
        self._register.control.dialect = replace(self._register.dialect, form=form)
        await self._register.drop()
        return done

    async def _drop(self, _words: list[str]) -> str:
        await self._register.drop()
        return "dropped"

    async def _reset(self, _words: list[str]) -> str:
        rules = self._register.library.rules
        self._register.library = self._renewed()
        self._register.library.rules = rules
        return "as at the start"

    async def _state(self, _words: list[str]) -> str:
        return state_of(self._register.library)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_ECHO else f"{text[:_LONGEST_ECHO]}…"


def _number(order: str, words: list[str]) -> float:
    text = " ".join(words)
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise Unfit(f"{order} {_short(text)}: give a number of 0 or more")
    return number
