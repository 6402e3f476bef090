"""TLS as devices speak it: version 1.3 to servers of the one authority pinned at enrolment, and no others."""

import ssl


def pinned(authority_pem: str) -> ssl.SSLContext:
    """A client context that trusts this authority alone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_verify_locations(cadata=authority_pem)
    return context
