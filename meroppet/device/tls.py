"""TLS as devices speak it: version 1.3 to servers of the one authority pinned at enrolment, and no others."""

import ssl

_NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL, which Python has no name for (X509_VERIFY_PARAM_set_flags(3))."""


def pinned(authority_pem: str) -> ssl.SSLContext:
    """A client context that trusts this authority alone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_verify_locations(cadata=authority_pem)
    return context


def mind_the_time(context: ssl.SSLContext, *, knows_the_hour: bool) -> None:
    """Have the next connections look at a certificate's days of validity, or not where nobody knows today's (ADR 0017).

    Signature, authority and name are checked all the same.
    """
    flags = int(context.verify_flags)
    context.verify_flags = ssl.VerifyFlags(flags & ~_NO_CHECK_TIME if knows_the_hour else flags | _NO_CHECK_TIME)
