"""Which files are accepted, and what is said of the others."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import safetensors.torch
import torch
from conftest import CPU

from ddcolor_node import model, weights
from ddcolor_node.weights import CheckpointError

GREY = torch.rand(1, 1, 64, 64, generator=torch.Generator().manual_seed(3)).repeat(1, 3, 1, 1)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def with_hash(path: Path) -> Path:
    Path(f"{path}.sha256").write_text(f"{digest(path)}  {path.name}\n")
    return path


def replace(path: Path, content: bytes) -> None:
    """A new file under the same name: the session's checkpoint, which is linked here, stays as it is."""
    path.unlink()
    path.write_bytes(content)


def missing(path: Path) -> None:
    path.unlink()


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def truncated(path: Path) -> None:
    replace(path, path.read_bytes()[:1_000_000])


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    replace(path, bytes(content))


def truncated_with_its_hash(path: Path) -> None:
    truncated(path)
    Path(f"{path}.sha256").unlink()
    with_hash(path)


def no_hash_file(path: Path) -> None:
    Path(f"{path}.sha256").unlink()


def hash_of_another(path: Path) -> None:
    replace(Path(f"{path}.sha256"), f"{'0' * 64}  another.pth\n".encode())


def hash_cut_off(path: Path) -> None:
    replace(Path(f"{path}.sha256"), f"{digest(path)[:40]}  {path.name}\n".encode())


def foreign(path: Path) -> None:
    path.unlink()
    Path(f"{path}.sha256").unlink()
    torch.save({"params": {"conv.weight": torch.ones(3)}}, path)
    with_hash(path)


def other_width(path: Path) -> None:
    foreign(path)
    torch.save({"encoder.arch.downsample_layers.0.0.weight": torch.ones(128, 3, 4, 4)}, path)
    with_hash(path)


def one_tensor_less(path: Path) -> None:
    state = torch.load(path)["params"]
    del state["decoder.color_decoder.query_feat.weight"]
    foreign(path)
    torch.save({"params": state}, path)
    with_hash(path)


def one_tensor_more(path: Path) -> None:
    state = torch.load(path)["params"]
    foreign(path)
    torch.save({"params": {**state, "extra": torch.ones(1)}}, path)
    with_hash(path)


def not_tensors(path: Path) -> None:
    foreign(path)
    torch.save(["tensors", "elsewhere"], path)
    with_hash(path)


def code(path: Path) -> None:
    """A pickle that would run a command when loaded without weights_only."""

    class Command:
        def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
            return os.system, (f"touch {path.parent}/ran",)

    foreign(path)
    torch.save({"params": Command()}, path)
    with_hash(path)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (missing, "expected a checkpoint, found none .No such file"),
        (folder, "expected a checkpoint, found something that is no file"),
        (truncated, "expected SHA-256 {hash}, found {found} in 1000000 bytes"),
        (flipped, "expected SHA-256 {hash}, found {found} in {size} bytes"),
        (truncated_with_its_hash, "expected a checkpoint, found RuntimeError: PytorchStreamReader"),
        (no_hash_file, "expected tiny.pth.sha256 in its folder, found none; .* sha256sum tiny.pth > tiny.pth.sha256"),
        (hash_of_another, "expected a line 'SHA256  tiny.pth', found 1 other lines"),
        (hash_cut_off, "expected a line 'SHA256  tiny.pth', found 1 other lines"),
        (foreign, "expected a DDColor checkpoint, found 1 tensors without encoder"),
        (other_width, "expected an encoder of width 96 or 192, found 128"),
        (one_tensor_less, "expected a DDColor checkpoint, found .*Missing key.*query_feat"),
        (one_tensor_more, "expected a DDColor checkpoint, found .*Unexpected key.*extra"),
        (not_tensors, "expected tensors by name, found list"),
        (code, "expected a checkpoint, found UnpicklingError"),
    ],
)
def test_a_spoilt_checkpoint_fails_with_its_reason_and_the_next_good_one_loads(
    checkpoint: Path, tiny: Path, spoil: Callable[[Path], None], message: str
) -> None:
    expected, size = digest(checkpoint), checkpoint.stat().st_size
    spoil(checkpoint)
    found = digest(checkpoint) if checkpoint.is_file() else ""
    for _ in range(2):  # The second attempt fails too: nothing half made was kept.
        with pytest.raises(CheckpointError, match=message.format(hash=expected, found=found, size=size)) as raised:
            model.load(str(checkpoint), CPU, "float32")
        assert str(checkpoint) in str(raised.value)
    assert not (checkpoint.parent / "ran").exists()

    if checkpoint.is_dir():
        checkpoint.rmdir()
    checkpoint.unlink(missing_ok=True)
    checkpoint.hardlink_to(tiny)
    with_hash_file = Path(f"{checkpoint}.sha256")
    with_hash_file.unlink(missing_ok=True)
    with_hash_file.hardlink_to(f"{tiny}.sha256")
    assert model.chroma(model.load(str(checkpoint), CPU, "float32"), GREY).isfinite().all()


def test_a_bare_state_safetensors_the_old_format_and_half_precision_are_the_same_network(
    checkpoint: Path, tmp_path: Path
) -> None:
    state = torch.load(checkpoint)["params"]
    files = {name: tmp_path / name for name in ("bare.pth", "old.pth", "half.pth", "other.safetensors")}
    torch.save(state, files["bare.pth"])
    torch.save({"params": state}, files["old.pth"], _use_new_zipfile_serialization=False)
    torch.save({k: v.half() if v.is_floating_point() else v for k, v in state.items()}, files["half.pth"])
    safetensors.torch.save_file(dict(state), files["other.safetensors"])
    expected = model.chroma(model.load(str(checkpoint), CPU, "float32"), GREY)
    for name, path in files.items():
        found = model.chroma(model.load(str(with_hash(path)), CPU, "float32"), GREY)
        torch.testing.assert_close(found, expected, rtol=0, atol=0.5 if name == "half.pth" else 0)


@pytest.mark.parametrize("line", ["{hash} *{name}", "{hash}  a/folder/{name}", "{other}  b.pth\n{upper}  {name}"])
def test_the_formats_of_sha256sum(checkpoint: Path, line: str) -> None:
    found = digest(checkpoint)
    text = line.format(hash=found, name=checkpoint.name, other="0" * 64, upper=found.upper())
    replace(Path(f"{checkpoint}.sha256"), text.encode())
    assert weights.expected_sha256(str(checkpoint)) == found


def test_a_hash_is_computed_once_for_a_content(tmp_path: Path, fresh_hashes: None) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"one" * 1_000_000)
    first = weights.sha256(weights.fingerprint(str(path)))
    assert first == digest(path)
    assert weights.sha256(weights.fingerprint(str(path))) == first
    assert weights.sha256.cache_info()[:2] == (1, 1)
    path.write_bytes(b"two")
    assert weights.sha256(weights.fingerprint(str(path))) == digest(path) != first


@pytest.mark.parametrize(("width", "encoder"), [(96, "convnext-t"), (192, "convnext-l")])
def test_the_encoder_is_found_by_its_shape(width: int, encoder: str) -> None:
    state = {"encoder.arch.downsample_layers.0.0.weight": torch.empty(width, 3, 4, 4, device="meta")}
    assert weights.encoder_of(state, "any name") == encoder
    network = model.skeleton(encoder)
    assert network.state_dict()["encoder.arch.downsample_layers.0.0.weight"].shape == (width, 3, 4, 4)
