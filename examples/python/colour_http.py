"""Colours one photo over the HTTP API, with requests: announce it, upload it to the link, ask for its status until it has an outcome.

    python colour_http.py API_URL PHOTO RESULT

TOKEN, where it is set, is the bearer token of a stage with sign-in.
"""

import os
import sys
import time
from pathlib import Path

import requests

TYPES = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".webp": "image/webp", ".tif": "image/tiff",
         ".tiff": "image/tiff", ".avif": "image/avif"}
TIMEOUT = 60


class Failed(Exception):
    """The photo cannot be coloured; `code` and `message` say why."""


def colour(api: str, photo: Path, token: str | None = None, **more: object) -> bytes:
    """Returns the photo in colour. `more` are further fields of the announcement, such as lane="bulk"."""
    session = requests.Session()
    if token:
        session.headers["authorization"] = f"Bearer {token}"
    body = photo.read_bytes()
    new = {"name": photo.name, "type": TYPES[photo.suffix.lower()], "size": len(body), **more}
    created = answer(session.post(f"{api}photos", json=new, timeout=TIMEOUT))
    upload = created["upload"]
    # Exactly the headers of the answer, for which the link is signed; and without the token.
    requests.put(upload["url"], data=body, headers=upload["headers"], timeout=TIMEOUT).raise_for_status()
    while True:
        response = session.get(f"{api}photos/{created['id']}", timeout=TIMEOUT)
        status = answer(response)
        if status["status"] == "succeeded":
            result = requests.get(status["links"]["result"], timeout=TIMEOUT)
            result.raise_for_status()
            return result.content
        if status["status"] == "failed":
            raise Failed(f"{status['code']}: {status['message']}")
        time.sleep(float(response.headers.get("retry-after", 5)))


def answer(response: requests.Response) -> dict:
    """The JSON of a response; an error of the API has its reason in `detail`."""
    if response.status_code >= 400 and response.headers["content-type"].startswith("application/problem+json"):
        raise requests.HTTPError(response.json()["detail"], response=response)
    response.raise_for_status()
    return response.json()


if __name__ == "__main__":
    try:
        Path(sys.argv[3]).write_bytes(colour(sys.argv[1], Path(sys.argv[2]), os.environ.get("TOKEN")))
    except (Failed, requests.HTTPError) as error:
        sys.exit(str(error))
