"""Guards the local AWS: it serves signed requests and the gateway's, and no page of another origin.

The local AWS itself checks no signature but that of presigned links, and answers any page. Lambda makes that code execution.
"""

import hashlib
import hmac
import json
import re
from functools import lru_cache
from urllib.parse import parse_qsl, quote

from loopback import is_from_page, refusal

UNSIGNED = "the request is not signed with the credentials of this run."
NOT_FOR_PAGES = "a page may send requests to the gateway and by presigned links only."
ALGORITHM = "AWS4-HMAC-SHA256"
# With its stage, since the local AWS gives a shorter path to its other services.
GATEWAY = re.compile(rb"/_aws/execute-api/[a-z0-9]+/[^/]+/")
# The health check, and where CloudFormation takes the answer of a custom resource, under a random token.
OPEN = ((b"GET", b"/_ministack/health"), (b"PUT", b"/_ministack/cfn-response/"))
# An object that a browser opens by its link runs no script: it has the origin of the gateway's page.
OBJECT_HEADERS = [(b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; sandbox")]


def guarded(app, secret_of):
    """Wraps an ASGI application. secret_of: the secret access key that belongs to an access key id."""

    async def guard(scope, receive, send):
        if scope["type"] == "lifespan":
            return await app(scope, receive, send)
        body = Body(receive)
        why = await _refusal(scope, body, secret_of)
        if why is not None:
            return await _refuse(scope, send, why)
        await app(scope, body.receive, send if is_gateway(scope) else _with_object_headers(scope, send))

    return guard


def is_gateway(scope):
    # Some handlers of the local AWS look at this header before they look at the path.
    is_target = any(name == b"x-amz-target" for name, _ in scope["headers"])
    return GATEWAY.match(scope["raw_path"]) is not None and not is_target


async def _refusal(scope, body, secret_of):
    target, headers = scope["raw_path"], scope["headers"]
    method = scope.get("method", "GET").encode()

    def opens():
        # A sign-in ends with a navigation from the issuer's site to the gateway's page.
        return method == b"GET" and GATEWAY.fullmatch(target) is not None

    why = refusal(target, headers, opens)
    if why is not None:
        return why
    if is_gateway(scope):
        return None
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    presigned = any(name == "X-Amz-Signature" for name, _ in query)
    if is_from_page(headers) and not presigned:
        return NOT_FOR_PAGES
    if any(method == verb and target.startswith(start) for verb, start in OPEN):
        return None
    return None if await is_signed(method.decode(), target, query, headers, body, secret_of) else UNSIGNED


class Body:
    """The messages of a request, which can be read here before the application gets them."""

    def __init__(self, receive):
        self._receive = receive
        self._messages = []

    async def receive(self):
        return self._messages.pop(0) if self._messages else await self._receive()

    async def sha256(self):
        digest = hashlib.sha256()
        read = []
        while True:
            message = await self.receive()
            read.append(message)
            digest.update(message.get("body", b""))
            if not message.get("more_body", False):
                self._messages = read
                return digest.hexdigest()


async def is_signed(method, target, query, headers, body, secret_of):
    """Whether Signature Version 4 of a request is right, in its header or its query; the body only counts by its hash."""
    named = {}
    for name, value in headers:
        text = " ".join(value.decode("latin-1").split())
        key = name.decode("latin-1")
        named[key] = f"{named[key]},{text}" if key in named else text
    fields = dict(query)
    if "X-Amz-Signature" in fields:
        credential, signed, signature = (
            fields.get(f"X-Amz-{name}", "") for name in ("Credential", "SignedHeaders", "Signature")
        )
        date, payload = fields.get("X-Amz-Date", ""), "UNSIGNED-PAYLOAD"
    else:
        algorithm, _, rest = named.get("authorization", "").partition(" ")
        parts = dict(part.strip().partition("=")[::2] for part in rest.split(",")) if algorithm == ALGORITHM else {}
        credential, signed, signature = (parts.get(name, "") for name in ("Credential", "SignedHeaders", "Signature"))
        date, payload = named.get("x-amz-date", ""), named.get("x-amz-content-sha256")
    key_id, *scope = credential.split("/")
    if len(scope) != 4 or "host" not in signed.split(";"):
        return False
    if payload is None:
        payload = await body.sha256()
    path = target.decode("latin-1")
    canonical = "\n".join(
        [
            method,
            # S3 signs the path as it is sent, other services encode it once more.
            path if scope[2] == "s3" else quote(path, safe="/-_.~"),
            "&".join(
                f"{name}={value}"
                for name, value in sorted(
                    (_encoded(name), _encoded(value)) for name, value in query if name != "X-Amz-Signature"
                )
            ),
            *(f"{name}:{named.get(name, '')}" for name in signed.split(";")),
            "",
            signed,
            payload,
        ]
    )
    to_sign = "\n".join([ALGORITHM, date, "/".join(scope), hashlib.sha256(canonical.encode("latin-1")).hexdigest()])
    expected = hmac.new(_key(secret_of(key_id), *scope), to_sign.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, signature)


def _encoded(text):
    return quote(text, safe="-_.~")


@lru_cache(maxsize=256)
def _key(secret, *scope):
    key = f"AWS4{secret}".encode()
    for part in scope:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


async def _refuse(scope, send, why):
    start = "websocket.http.response" if scope["type"] == "websocket" else "http.response"
    text, kind = f"Refused: {why}\n", b"text/plain"
    if any(name == b"x-amz-target" for name, _ in scope["headers"]):
        # Clients of these services read errors as JSON.
        text, kind = json.dumps({"__type": "AccessDeniedException", "message": text.strip()}), b"application/json"
    headers = [(b"content-type", kind), (b"connection", b"close")]
    await send({"type": f"{start}.start", "status": 403, "headers": headers})
    await send({"type": f"{start}.body", "body": text.encode(), "more_body": False})


def _with_object_headers(scope, send):
    if not is_from_page(scope["headers"]):
        return send

    async def send_with_headers(message):
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *OBJECT_HEADERS]}
        await send(message)

    return send_with_headers
