"""Colours one photo through the bucket, with boto3 and AWS credentials: put it under incoming/, wait for its outcome.

    python colour_bucket.py BUCKET PHOTO RESULT [OPTION=VALUE ...]

IAM: s3:PutObject on incoming/*, s3:GetObject on results/* and failed/*, and s3:ListBucket, without which S3 answers 403 for what is not there.
"""

import json
import sys
import time
import uuid
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

WAIT_SECONDS = 900


class Failed(Exception):
    """The photo cannot be coloured; the failure record says why."""


def colour(bucket: str, photo: Path, options: dict[str, str] | None = None) -> bytes:
    """Returns the photo in colour. `options` are those of the stage's workflow, as metadata of the upload."""
    s3 = boto3.client("s3")
    # A name of its own: outcomes have the same one, and an older photo's must not be taken for this one's.
    name = f"{uuid.uuid4().hex}/{photo.name}"
    s3.upload_file(str(photo), bucket, f"incoming/{name}", ExtraArgs={"Metadata": options or {}})
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        result = read(s3, bucket, f"results/{name}")
        if result is not None:
            return result
        record = read(s3, bucket, f"failed/{name}.json")
        if record is not None:
            failure = json.loads(record)
            raise Failed(f"{failure['code']}: {failure['message']}")
        time.sleep(2)
    raise TimeoutError(f"no outcome of {name} within {WAIT_SECONDS} s; it may still come")


def read(s3, bucket: str, key: str) -> bytes | None:
    """The object, or None where there is none yet."""
    try:
        return s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchKey":
            return None
        raise


if __name__ == "__main__":
    try:
        given = dict(option.split("=", 1) for option in sys.argv[4:])
        Path(sys.argv[3]).write_bytes(colour(sys.argv[1], Path(sys.argv[2]), given))
    except (Failed, TimeoutError) as error:
        sys.exit(str(error))
