"""The rule of loopback.ts for Python servers: requests of programs and of the server's own pages, and of no other page."""

import re

# Names that only this machine's resolver or nobody decides over: with any other, DNS may have brought a page here.
_LOOPBACK = re.compile(rb"(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)


def refusal(target, headers, opens=lambda: False):
    """Says why a request may not be served; None for one to serve.

    target: of the request line, in bytes. headers: (name, value) pairs in bytes, names in lower case.
    opens: whether a link of another site may open this target as a page; called for navigations only.
    """

    def values(name):
        return [value for key, value in headers if key == name]

    hosts = values(b"host")
    if len(hosts) != 1 or not _LOOPBACK.fullmatch(hosts[0]):
        return "the Host must be 127.0.0.1, localhost or [::1]."
    if not target.startswith(b"/"):
        return "the request target must be a path."
    for origin in values(b"origin"):
        if origin.lower() != b"http://" + hosts[0].lower():
            return "a page of another origin may not send requests here."
    navigation = (values(b"sec-fetch-mode"), values(b"sec-fetch-dest")) == ([b"navigate"], [b"document"])
    for site in values(b"sec-fetch-site"):
        if site == b"same-origin" or (navigation and (site == b"none" or opens())):
            continue
        return "a page of another site may not send requests here."
    return None


def is_from_page(headers):
    """Whether a browser sent the request: programs send neither header (Node's fetch does send Sec-Fetch-Mode)."""
    return any(name in (b"origin", b"sec-fetch-site") for name, _ in headers)
