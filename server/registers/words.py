"""What an examination of a register says, in sentences: English as written, the page translates."""

from collections.abc import Mapping

from meroppet.ils.doctor.findings import Check, Finding, Judged
from meroppet.texts.patron import N_

CHECKS: Mapping[Check, str] = {
    Check.REACH: N_("Connection"),
    Check.ENCRYPTION: N_("Encryption"),
    Check.LOGIN: N_("Sign-in"),
    Check.STATUS: N_("What it says of itself"),
    Check.CLOCK: N_("Clock"),
    Check.TERMINATOR: N_("End of line"),
    Check.ERROR_DETECTION: N_("Checksums and numbering"),
    Check.BAD_CHECKSUM: N_("A wrong checksum"),
    Check.REPEAT: N_("Asked to repeat"),
    Check.UNKNOWN_CARD: N_("A card that nobody has"),
    Check.PATRON: N_("The test patron"),
    Check.CARD_ECHO: N_("Card number in the answer"),
    Check.ENCODING: N_("Letters such as å, ä and ö"),
    Check.ZONE: N_("Time stamps"),
    Check.INSTITUTION: N_("Institution (AO)"),
    Check.BIRTH_DATE: N_("Birth date"),
    Check.CATEGORY: N_("Category"),
    Check.EXPIRES: N_("Expiry date"),
    Check.HOME: N_("Home branch"),
    Check.PERMISSION: N_("Permission to enter"),
    Check.OTHER_FIELDS: N_("Other fields"),
    Check.LIMITS: N_("Limits"),
    Check.RIGHT_PIN: N_("The right PIN"),
    Check.MISSING_PIN: N_("No PIN at all"),
    Check.WRONG_PIN: N_("A wrong PIN"),
    Check.EMPTY_PIN: N_("An empty PIN"),
    Check.LOCK_OUT: N_("Too many wrong PINs"),
    Check.BLOCKED_PATRON: N_("A blocked patron"),
    Check.ITEM: N_("The test item"),
    Check.UNKNOWN_ITEM: N_("An item that nobody has"),
    Check.LOAN: N_("Loan and return"),
    Check.IDLE: N_("Silence"),
    Check.LATENCY: N_("Speed"),
    Check.PROOF: N_("The proposed profile at work"),
}

JUDGED: Mapping[Judged, str] = {
    Judged.GOOD: N_("good"),
    Judged.NOTE: N_("noted"),
    Judged.CAREFUL: N_("take care"),
    Judged.UNSAFE: N_("unsafe at a door"),
    Judged.FAILED: N_("failed"),
    Judged.UNSEEN: N_("not seen"),
}

_OPENING = {
    "reached": N_("Reached in %(ms)s ms."),
    "cannot_connect": N_("Nothing answers there: %(why)s."),
    "cannot_connect_again": N_("It could be reached, but not a second time: how many connections does it allow?"),
    "no_connection_in_time": N_("No connection within %(seconds)s s. Is a firewall in the way?"),
    "not_encrypted": N_(
        "PINs would cross the network in plain text to %(host)s. Use TLS; if plain text is meant, say so with %(how)s."
    ),
    "certificate_not_trusted": N_(
        "Its certificate is not trusted: %(why)s. If it is the right one, pin SHA-256 %(sha256)s."
    ),
    "certificate_unreadable": N_("The certificates of its authority cannot be read: %(why)s."),
    "certificate_not_pinned": N_(
        "Another certificate than the pinned one: SHA-256 %(sha256)s. Do not go on before somebody has said why."
    ),
    "no_tls_there": N_("It does not speak TLS on this port (%(why)s)."),
    "hangs_up_at_tls": N_("It does not speak TLS on this port: it hung up at the first words."),
    "encrypted": N_("TLS, and its certificate is trusted."),
    "encrypted_pinned": N_("TLS, and its certificate is the pinned one."),
    "loopback": N_(
        "In plain text, but within this machine. What lies behind (such as stunnel) cannot be seen from here."
    ),
    "plain_text": N_(
        "In plain text to %(host)s: whoever is on the way can read cards and PINs. Only within a VPN, if at all."
    ),
    "speaks_tls": N_("It speaks TLS on this port: switch TLS on."),
    "speaks_http": N_("That is a web server (%(shown)s): the port is not that of SIP2."),
    "not_sip2": N_("What answers there is not SIP2: it begins with “%(shown)s”."),
    "silent_at_login": N_(
        "It is silent for %(seconds)s s. Either it is not SIP2, or it has no room for another connection."
    ),
    "login_refused": N_(
        "User %(user)s or the password is wrong. Koha wants a user of its own with permission to circulate, too."
    ),
    "logged_in": N_("Signed in as %(user)s."),
    "no_login": N_("No user is given, so nobody signed in."),
    "offline": N_("It says that it is off line."),
    "status": N_("%(library)s, institution %(institution)s, SIP2 %(version)s, answers %(messages)s."),
    "other_version": N_(
        "It says version “%(version)s” instead of 2.00: %(library)s, institution %(institution)s, answers %(messages)s."
    ),
    "other_institution": N_("Yours is %(ours)s, it says %(theirs)s."),
    "clock_agrees": N_("Agrees with the clock here."),
    "clock_apart": N_("%(minutes)s minutes from the clock here, in %(zone)s. Is the time zone right?"),
    "clock_unreadable": N_("It gives no time that can be read."),
}

_TROUBLE = {
    "no_answer": N_("No answer within %(seconds)s s, nor in as long a time again."),
    "answers_late": N_("It answered, but later than within %(seconds)s s."),
    "no_line_end": N_("Its answer never ended: no carriage return within %(seconds)s s."),
    "answers_unasked": N_("It says more than it was asked for: answers could be mixed up."),
    "closes": N_("It closed the connection instead of answering."),
    "asks_again": N_("It did not understand, and asked to have it again (96)."),
    "bad_checksum": N_("The checksum of its answer is wrong: something changes the bytes on the way."),
    "sums_code_points": N_(
        "Checksums are over characters instead of bytes where there is å, ä or ö; that is taken too."
    ),
    "wrong_sequence": N_("Its answer carries the number of another request: answers could be mixed up."),
    "other_message": N_("It answered with message %(code)s, which belongs to another question."),
    "other_card": N_(
        "The answer is about another card. Was a card number given? Then this register must not open doors."
    ),
}

_WIRE = {
    "terminator": N_("Lines end with %(name)s."),
    "error_detection": N_("Answers carry the number of their request and a checksum."),
    "no_error_detection": N_(
        "It wants no checksums: a damaged answer, or one to another question, is harder to notice."
    ),
    "answers_without_checksum": N_(
        "It takes checksums and gives none: a damaged answer, or one to another question, is harder to notice."
    ),
    "bad_checksum_seen": N_("Noticed, and asked for again (96)."),
    "bad_checksum_obeyed": N_("Not noticed: it did what a damaged request said."),
    "bad_checksum_closes": N_("No usable answer; the connection was opened anew."),
    "repeats": N_("Its last answer again, numbered as before."),
    "repeats_with_zero": N_("Its last answer again, but numbered 0."),
    "repeats_bare": N_("Its last answer again, without number and checksum."),
    "no_repeat": N_("It cannot repeat; the connection is opened anew instead."),
    "institution_ignored": N_("Another institution is taken as well: the account alone decides which branch asks."),
    "institution_minded": N_("Another institution is refused: it must be the one the register says."),
    "institution_closes": N_(
        "With another institution there is no usable answer: it must be the one the register says."
    ),
    "zone_blank": N_("Local time, with blanks where the zone could stand."),
    "zone_zeros": N_("Local time, with 0000 where the zone could stand."),
    "zone_utc": N_("World time (Z)."),
    "zone_odd": N_("Between date and time stand several things: %(seen)s."),
    "zone_unseen": N_("None that can be read."),
}

_PERSON = {
    "no_card_given": N_("No test card was given: nothing can be said about patrons and PINs."),
    "patron_known": N_("Known, and nothing stands against the card."),
    "patron_flagged": N_(
        "Known, but position %(positions)s of the patron status is marked: use a patron in good standing."
    ),
    "patron_marked": N_("Known; position %(positions)s of the patron status is marked, which keeps nobody out."),
    "patron_unknown": N_("The register does not know this card. Was the number typed right?"),
    "patron_unsaid": N_("It does not say whether the card is valid (BL): nobody would be let in."),
    "echo_exact": N_("As it was asked for."),
    "echo_differs": N_("As it was asked for, but for capitals and blanks."),
    "echo_any_case": N_("Capitals and small letters are the same to it."),
    "letters_whole": N_("Written whole, as %(charset)s."),
    "letters_decomposed": N_("Written in two parts (letter and mark), as %(charset)s; they are put together here."),
    "letters_stripped": N_("It leaves the marks out: å becomes a. Names and titles are shown so."),
    "letters_questioned": N_("It writes question marks for them. Names and titles are shown so."),
    "letters_unseen": N_(
        "There were none in its answers. Give the test patron a name with å, ä or ö, or the test item such a title."
    ),
    "unknown_card_refused": N_("Refused."),
    "unknown_card_unsaid": N_("It says neither yes nor no; that is taken for no."),
    "unknown_card_closes": N_("No usable answer; that is taken for no."),
    "unknown_card_accepted": N_("Taken for a patron. A register that knows everybody must not open doors."),
    "birth_date_sure": N_("In %(field)s: it is the one you gave."),
    "birth_date_likely": N_("Probably in %(field)s. Give the test patron's birth date to be sure."),
    "birth_date_several": N_("Perhaps in one of %(fields)s. Give the test patron's birth date to know."),
    "birth_date_none": N_(
        "In no field. A branch with an age limit would let nobody in; ask for a field, or have no limit."
    ),
    "birth_date_needed": N_("In no field, and the age limit is %(years)s years: nobody would be let in."),
    "category_sure": N_("In %(field)s: it is the one you gave."),
    "category_likely": N_("Probably in %(field)s. Give the test patron's category to be sure."),
    "category_several": N_("Perhaps in one of %(fields)s. Give the test patron's category to know."),
    "category_none": N_("In no field. A branch that lets in some categories only would let nobody in."),
    "expires_sure": N_("In %(field)s: it is the one you gave."),
    "expires_likely": N_("Probably in %(field)s. Give the test patron's expiry date to be sure."),
    "expires_several": N_("Perhaps in one of %(fields)s. Give the test patron's expiry date to know."),
    "expires_none": N_("In no field: only the register's own blocks and words tell that a card has run out."),
    "home_sure": N_("In %(field)s: it is the one you gave."),
    "home_likely": N_("Probably in %(field)s."),
    "home_several": N_("Perhaps in one of %(fields)s."),
    "home_none": N_("In no field."),
    "permission_likely": N_(
        "Perhaps in %(field)s, as KohaSuomi has it: 1 is welcome, all others stay out. Ask before you use it."
    ),
    "permission_none": N_("In no field: who may enter is decided here."),
    "other_fields": N_("Not used: %(fields)s."),
    "limits": N_("As told for this patron: %(limits)s."),
    "no_limits": N_("None told."),
}

_PINS = {
    "no_pin_given": N_("No PIN was given: nothing can be said about PINs."),
    "right_pin": N_("Right, by message %(message)s."),
    "right_pin_refused": N_("Refused. Was it typed right, and is the patron not locked?"),
    "pin_not_checked": N_("It never says that a PIN is right. Is the check of PINs switched on for this account?"),
    "right_pin_no_more": N_("After that the right PIN was refused too: the test patron may be locked now."),
    "missing_pin": N_("Not said to be right."),
    "missing_pin_refused": N_("Said to be wrong; it may be counted as such."),
    "missing_pin_accepted": N_(
        "Said to be right! Ours always sends one; any machine that forgets it lets everybody in. Have it changed."
    ),
    "wrong_pin_refused": N_("Refused. The right one was sent after it, so nothing is left of it."),
    "wrong_pin_flags": N_("Refused, and the patron is marked as blocked for it. The right one was sent after it."),
    "wrong_pin_unsaid": N_("Not said to be right. The right one was sent after it."),
    "wrong_pin_accepted": N_("Said to be right! The PIN is not checked: this register must not open doors."),
    "empty_pin_refused": N_("Refused. The right one was sent after it."),
    "empty_pin_accepted": N_(
        "Said to be right! Nothing of ours sends one, but have it changed (Koha: allow_empty_passwords)."
    ),
    "locks": N_("Locked after %(number)s wrong PINs, and it looks like a wrong PIN. Have the test patron unlocked."),
    "locks_with_flags": N_(
        "Locked after %(number)s wrong PINs, and the patron is marked. Have the test patron unlocked."
    ),
    "never_locks": N_("Not locked after %(number)s wrong PINs: only doors and kiosks keep strangers from guessing."),
    "blocked_unknown": N_("Nothing was learnt: the register did not tell about that card."),
    "block_seen": N_("Known for what it is: %(blocks)s."),
    "block_unseen": N_("Not noticed! The block stands neither in the flags nor in the words that the profile reads."),
}

_REST = {
    "no_item_given": N_("No test item was given."),
    "item_known": N_("Known, circulation status %(status)s (03 is available)."),
    "other_item": N_("The answer is about another item."),
    "item_unknown": N_("Unknown. Was the number typed right?"),
    "item_unanswered": N_("No usable answer."),
    "unknown_item_refused": N_("Said to be unknown."),
    "unknown_item_has_title": N_("It gives a title for it: an unknown item looks like one that it has."),
    "unknown_item_unanswered": N_("No usable answer."),
    "loan_with_blank_date": N_("Lent and taken back; no due date need be proposed."),
    "loan_with_date": N_("Lent and taken back, but a due date must be proposed."),
    "loan_refused": N_("Refused, or not answered so that anybody knows. See how the item stands."),
    "loan_unanswered": N_("No usable answer; the item stands where it stood."),
    "return_failed": N_("Lent, but not taken back: take the item back by hand."),
    "keeps_idle": N_("The connection still stood after %(seconds)s s."),
    "hangs_up": N_("It hung up after %(seconds)s s; connections are given up after %(ours)s s here."),
    "fast_enough": N_("%(message)s: p50 %(p50)s ms, p95 %(p95)s ms, of %(times)s."),
    "rather_slow": N_("%(message)s: p50 %(p50)s ms, p95 %(p95)s ms, of %(times)s; a door waits %(door)s s."),
    "too_slow": N_("%(message)s: p50 %(p50)s ms, p95 %(p95)s ms, of %(times)s; a door waits %(door)s s."),
    "proof": N_("The client that doors use knows the test patron, category %(category)s."),
    "proof_failed": N_("The client that doors use learnt nothing: %(cause)s."),
    "proof_pin": N_("The client that doors use did not find the PIN right: %(pin)s."),
    "proof_blocked": N_("The client that doors use takes the test patron for: %(blocks)s."),
}  # fmt: skip

BLOCKS = (N_("not valid"), N_("expired"), N_("lost"), N_("debarred"), N_("may not borrow"))
"""What stands in `blocks`, for the page to translate."""

SENTENCES: Mapping[str, str] = _OPENING | _TROUBLE | _WIRE | _PERSON | _PINS | _REST


def sentence(finding: Finding) -> str:
    """The finding in English, without what a register could make a terminal do."""
    values = {
        name: "".join(mark if mark.isprintable() else "·" for mark in value) for name, value in finding.values.items()
    }
    return SENTENCES[finding.says] % values
