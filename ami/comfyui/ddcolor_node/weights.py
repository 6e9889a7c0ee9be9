"""Reads a checkpoint if its SHA-256 matches its .sha256 file."""

import hashlib
import os
import stat
import zipfile
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import safetensors.torch
import torch
from torch import Tensor

EXTENSIONS = {".pth", ".safetensors"}

_CHUNK_BYTES = 1 << 20
_STEM = "encoder.arch.downsample_layers.0.0.weight"
_ENCODERS = {96: "convnext-t", 192: "convnext-l"}


class CheckpointError(RuntimeError):
    """A checkpoint that cannot be used. The message has the file, what was expected and what was found."""


class Fingerprint(NamedTuple):
    """Identifies the content of a file without reading it."""

    path: str
    mtime_ns: int
    size: int


def fingerprint(path: str) -> Fingerprint:
    """The fingerprint of a file. Raises CheckpointError where there is no file."""
    try:
        found = os.stat(path)
    except OSError as error:
        raise CheckpointError(f"{path}: expected a checkpoint, found none ({error.strerror})") from error
    if not stat.S_ISREG(found.st_mode):
        raise CheckpointError(f"{path}: expected a checkpoint, found something that is no file")
    return Fingerprint(path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=16)
def sha256(file: Fingerprint) -> str:
    """The SHA-256 of a file in hexadecimal, computed once for each fingerprint."""
    digest = hashlib.sha256()
    with open(file.path, "rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def expected_sha256(path: str) -> str:
    """The SHA-256 in `<path>.sha256`, in the format of sha256sum. Raises CheckpointError if it has none."""
    name = os.path.basename(path)
    how = f"if you trust the checkpoint, make it in its folder: sha256sum {name} > {name}.sha256"
    try:
        with open(f"{path}.sha256", encoding="utf-8") as stream:
            lines = stream.read().splitlines()
    except FileNotFoundError as error:
        raise CheckpointError(f"{path}: expected {name}.sha256 in its folder, found none; {how}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise CheckpointError(f"{path}.sha256: expected lines of sha256sum, found {error}; {how}") from error
    for line in lines:
        digest, _, file = line.partition(" ")
        # The character after the blank is sha256sum's mode: a blank or an asterisk.
        if os.path.basename(file[1:]) == name and len(digest) == 64 and set(digest.lower()) <= set("0123456789abcdef"):
            return digest.lower()
    raise CheckpointError(f"{path}.sha256: expected a line 'SHA256  {name}', found {len(lines)} other lines; {how}")


def read_state(file: Fingerprint) -> dict[str, Tensor]:
    """The tensors of a checkpoint by name, on the CPU and backed by the file: copy them before the file may change.

    Takes safetensors, and what torch.save wrote of {'params': state} or of a bare state. Raises CheckpointError for a
    missing or wrong hash and for a file that holds anything else.
    """
    expected, found = expected_sha256(file.path), sha256(file)
    if found != expected:
        raise CheckpointError(
            f"{file.path}: expected SHA-256 {expected}, found {found} in {file.size} bytes; "
            "the file is cut off, damaged or another one"
        )
    try:
        loaded = _load(file.path)
    except Exception as error:  # The exception for a damaged file depends on where the damage is.
        raise CheckpointError(f"{file.path}: expected a checkpoint, found {type(error).__name__}: {error}") from error
    state = loaded.get("params", loaded) if isinstance(loaded, Mapping) else loaded
    if not isinstance(state, Mapping) or not all(isinstance(value, Tensor) for value in state.values()):
        raise CheckpointError(f"{file.path}: expected tensors by name, found {type(state).__name__} of other things")
    return dict(state)


def _load(path: str) -> object:
    if path.endswith(".safetensors"):
        return safetensors.torch.load_file(path)
    # Only torch's newer format, a zip archive, can be mapped into memory.
    return torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))


def encoder_of(state: Mapping[str, Tensor], path: str) -> str:
    """Upstream's name of the encoder that a state is for, by the width of its first layer. `path` is for the error."""
    if _STEM not in state:
        raise CheckpointError(f"{path}: expected a DDColor checkpoint, found {len(state)} tensors without {_STEM}")
    width = state[_STEM].shape[0]
    if width not in _ENCODERS:
        raise CheckpointError(f"{path}: expected an encoder of width {' or '.join(map(str, _ENCODERS))}, found {width}")
    return _ENCODERS[width]
