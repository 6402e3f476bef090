"""Whether a request that changes something came from a page of one's own, as browsers say it."""

from urllib.parse import urlsplit

from starlette.requests import Request


def says_own_page(request: Request) -> bool:
    """False for another site's page, and for whoever says nothing: every browser since 2011 says one of the two."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    # Browsers before 2023 send no Sec-Fetch-Site, but all send Origin with a POST.
    try:
        origin = urlsplit(request.headers.get("origin", ""))
    except ValueError:
        return False
    return origin.scheme in {"http", "https"} and origin.netloc == request.headers.get("host")
