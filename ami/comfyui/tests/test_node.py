"""The node as ComfyUI sees it."""

import sys
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from conftest import Comfy, as_image, photo
from numpy.typing import NDArray

import ddcolor_node
from ddcolor_node import colours, model, weights
from ddcolor_node.node import DDColor, DDColorChroma, LoadGrey, SaveChroma
from ddcolor_node.weights import CheckpointError


def test_it_is_found_under_its_names() -> None:
    classes: dict[str, Any] = dict(ddcolor_node.NODE_CLASS_MAPPINGS)
    assert classes.keys() == {"DDColor", "DDColorChroma", "LoadGrey", "SaveChroma"}
    assert ddcolor_node.NODE_DISPLAY_NAME_MAPPINGS.keys() == classes.keys()
    for name, node in classes.items():
        assert node.__name__ == name
        assert callable(getattr(node, node.FUNCTION))


def test_inputs_are_those_of_the_public_node(comfy: Comfy, checkpoint: Path) -> None:
    inputs = DDColor.INPUT_TYPES()
    assert inputs.keys() == {"required"}
    assert list(inputs["required"]) == ["image", "model_input_size", "checkpoint"]
    assert inputs["required"]["image"] == ("IMAGE",)
    assert inputs["required"]["model_input_size"] == ("INT", {"default": 512, "min": 32, "max": 4096, "step": 32})
    assert DDColor.RETURN_TYPES[0] == "IMAGE" and DDColor.RETURN_NAMES[0] == "colorized_image"
    assert DDColor.RETURN_TYPES[1] == "IMAGE" and DDColor.RETURN_NAMES[1] == "ab"


def test_checkpoints_are_the_files_that_are_there(comfy: Comfy, checkpoint: Path) -> None:
    for name in ("b.safetensors", "notes.txt", "c.ckpt"):
        (checkpoint.parent / name).touch()
    assert DDColor.INPUT_TYPES()["required"]["checkpoint"] == (["b.safetensors", "tiny.pth"],)


def test_folders_of_extra_model_paths_stay(comfy: Comfy, checkpoint: Path, tmp_path: Path) -> None:
    extra = tmp_path / "extra"
    extra.mkdir()
    (extra / "more.pth").touch()
    comfy.folders["ddcolor"] = ([str(extra)], set())
    assert DDColor.INPUT_TYPES()["required"]["checkpoint"] == (["more.pth", "tiny.pth"],)


def test_photos_come_back_in_colour_at_their_size(comfy: Comfy, checkpoint: Path) -> None:
    image = as_image(photo(1, 90, 70), photo(2, 90, 70))
    coloured, ab = DDColor().process(image, 64, "tiny.pth")
    assert coloured.shape == image.shape and ab.shape == (2, 64, 64, 3)
    assert coloured.dtype == ab.dtype == torch.float32
    # Both outputs are of the same a and b, the second one in steps of 1.
    planes = (ab[0].numpy() * 255 - 128)[:, :, :2]
    merged = colours.merge(colours.lightness(image[0].numpy()), planes)
    np.testing.assert_allclose(coloured[0].numpy(), merged, atol=0.03)
    assert np.abs(planes).max() > 5


def test_transparency_is_left_out_and_the_image_is_not_changed(comfy: Comfy, checkpoint: Path) -> None:
    image = as_image(photo(1, 40, 40))
    before = image.clone()
    with_alpha = torch.cat([image, torch.full((1, 40, 40, 1), 0.5)], dim=3)
    plain = DDColor().process(image, 32, "tiny.pth")
    for found, expected in zip(DDColor().process(with_alpha, 32, "tiny.pth"), plain, strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=0)
    assert torch.equal(image, before)


def test_the_model_is_loaded_once_for_two_nodes(
    comfy: Comfy, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Mock(wraps=weights.read_state)
    monkeypatch.setattr(weights, "read_state", read)
    image = as_image(photo(1, 40, 40))
    first, _ = DDColor().process(image, 32, "tiny.pth")
    second, _ = DDColor().process(image, 64, "tiny.pth")
    assert read.call_count == 1
    assert first.shape == second.shape


def test_a_checkpoint_that_is_not_there_fails(comfy: Comfy, checkpoint: Path) -> None:
    with pytest.raises(CheckpointError, match=f"gone.pth: expected it in {checkpoint.parent}, found no such file"):
        DDColor().process(as_image(photo(1, 40, 40)), 32, "gone.pth")


def test_the_environment_chooses_the_type(comfy: Comfy, checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = as_image(photo(1, 40, 40))
    exact, _ = DDColor().process(image, 32, "tiny.pth")
    monkeypatch.setenv("DDCOLOR_DTYPE", "bfloat16")
    close, _ = DDColor().process(image, 32, "tiny.pth")
    assert 0 < (exact - close).abs().mean() < 0.02
    monkeypatch.setenv("DDCOLOR_DTYPE", "half")
    with pytest.raises(ValueError, match="precision: expected auto, float16, bfloat16, float32, found 'half'"):
        DDColor().process(image, 32, "tiny.pth")


def test_the_device_is_comfyuis(comfy: Comfy, checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Reached(Exception):  # noqa: N818
        pass

    def load(_path: str, device: torch.device, _wanted: str) -> None:
        raise Reached(device)

    monkeypatch.setattr(comfy.management, "get_torch_device", lambda: torch.device("meta"))
    monkeypatch.setattr(model, "load", load)
    with pytest.raises(Reached, match=r"^meta$"):
        DDColor().process(as_image(photo(1, 40, 40)), 32, "tiny.pth")


def stacked(*levels: NDArray[np.uint8]) -> bytes:
    """A PGM of square grey photos from top to bottom, as the worker sends it."""
    side = len(levels[0])
    return b"P5\n%d %d\n255\n" % (side, side * len(levels)) + np.concatenate(levels).tobytes()


def test_a_stack_of_photos_becomes_the_planes_of_each(comfy: Comfy, checkpoint: Path, tmp_path: Path) -> None:
    greys = [photo(seed, 64, 64)[:, :, 0] for seed in range(3)]
    (tmp_path / "input" / "job").mkdir(parents=True)
    (tmp_path / "input" / "job" / "in.png").write_bytes(stacked(*greys))
    assert LoadGrey.VALIDATE_INPUTS("job/in.png") is True
    assert LoadGrey.VALIDATE_INPUTS("job/gone.png") == "Invalid image file: job/gone.png"
    assert LoadGrey.IS_CHANGED("job/in.png") == LoadGrey.IS_CHANGED("job/in.png")
    (image,) = LoadGrey().load("job/in.png")
    assert image.shape == (1, 192, 64, 3)
    (ab,) = DDColorChroma().process(image, 64, "tiny.pth", "auto")
    saved = SaveChroma().save(ab, "job/out")
    assert saved == {"ui": {"images": [{"filename": "out_00001_.pgm", "subfolder": "job", "type": "output"}]}}

    header, pixels = (tmp_path / "output" / "job" / "out_00001_.pgm").read_bytes().split(b"\n255\n", 1)
    assert header == b"P5\n64 384"
    planes = np.frombuffer(pixels, np.uint8).reshape(3, 2, 64, 64)
    for grey, found in zip(greys, planes, strict=True):
        _, picture = DDColor().process(as_image(np.repeat(grey[:, :, None], 3, axis=2)), 64, "tiny.pth")
        expected = (picture[0] * 255).round().numpy().astype(np.uint8)
        assert (found[0] != expected[:, :, 0]).mean() < 0.001
        assert (found[1] != expected[:, :, 1]).mean() < 0.001
        assert found.std() > 2


def test_the_input_decides_the_precision_and_auto_leaves_it_to_the_environment(
    comfy: Comfy, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Reached(Exception):  # noqa: N818
        pass

    def load(_path: str, _device: torch.device, wanted: str) -> None:
        raise Reached(wanted)

    monkeypatch.setattr(model, "load", load)
    assert DDColorChroma.INPUT_TYPES()["required"]["precision"] == (
        ["auto", "float16", "bfloat16", "float32"],
        {"default": "auto"},
    )
    for setting, given, expected in [
        (None, "auto", "auto"),
        ("bfloat16", "auto", "bfloat16"),
        ("bfloat16", "float32", "float32"),
    ]:
        if setting:
            monkeypatch.setenv("DDCOLOR_DTYPE", setting)
        with pytest.raises(Reached, match=f"^{expected}$"):
            DDColorChroma().process(torch.zeros(1, 64, 64, 3), 64, "tiny.pth", given)


@pytest.mark.parametrize(("height", "width"), [(64, 60), (96, 64), (0, 64)])
def test_a_picture_that_is_no_stack_fails(comfy: Comfy, checkpoint: Path, height: int, width: int) -> None:
    with pytest.raises(ValueError, match=f"expected photos of 64 x 64 .* found {width} x {height} pixels"):
        DDColorChroma().process(torch.zeros(1, height, width, 3), 64, "tiny.pth", "auto")


def test_it_can_be_imported_without_comfyui() -> None:
    assert "folder_paths" not in sys.modules and "comfy" not in sys.modules
