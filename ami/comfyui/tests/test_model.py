"""The network is upstream's, is loaded once, and computes in the type asked for."""

import os
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import cv2
import numpy as np
import pytest
import torch
from conftest import CPU, as_image, photo
from ddcolor import ColorizationPipeline, build_ddcolor_model
from ddcolor import DDColor as Network
from numpy.typing import NDArray
from torch import nn

from ddcolor_node import colours, model, precision, weights
from ddcolor_node.weights import CheckpointError


@pytest.fixture(scope="module")
def upstream(tiny: Path) -> nn.Module:
    network: nn.Module = build_ddcolor_model(Network, model_path=str(tiny), model_size="tiny", device=CPU)
    return network


def copied(checkpoint: Path, to: Path) -> Path:
    to.write_bytes(checkpoint.read_bytes())
    Path(f"{to}.sha256").write_text(f"{weights.expected_sha256(str(checkpoint))}  {to.name}\n")
    return to


def ours(checkpoint: Path, size: int, *photos: NDArray[np.uint8]) -> NDArray[np.float32]:
    network = model.load(str(checkpoint), CPU, "float32")
    coloured, _ = colours.colour(as_image(*photos).numpy(), size, lambda grey: model.chroma(network, grey))
    return coloured


@pytest.mark.parametrize("size", [512, 256])
def test_equals_upstream_where_nothing_is_enlarged(checkpoint: Path, upstream: nn.Module, size: int) -> None:
    rgb = photo(1, size, size)
    expected = ColorizationPipeline(upstream, input_size=size, device=CPU).process(rgb[:, :, ::-1])[:, :, ::-1]
    found = (ours(checkpoint, size, rgb)[0] * 255).round().astype(np.uint8)
    steps = np.abs(found.astype(int) - expected.astype(int))
    assert steps.max() <= 1  # Of 255: the same arithmetic, but for a spectral norm that is divided by beforehand.
    assert (steps == 0).mean() > 0.999
    assert np.abs(expected.astype(int) - rgb).mean() > 5  # It did colour.


def test_equals_upstreams_colours_enlarged_bilinearly(checkpoint: Path, upstream: nn.Module) -> None:
    rgb = photo(2, 201, 307)
    seen = []
    hook = upstream.register_forward_hook(lambda _module, _inputs, ab: seen.append(ab))
    ColorizationPipeline(upstream, input_size=128, device=CPU).process(rgb[:, :, ::-1])
    hook.remove()
    assert seen[0].abs().max() < 127  # Nothing to clamp.
    ab = seen[0][0].permute(1, 2, 0).numpy()
    # OpenCV's bilinear enlargement puts centres of pixels like align_corners=False.
    full = cv2.resize(ab, (307, 201), interpolation=cv2.INTER_LINEAR)
    light = cv2.cvtColor((rgb / 255).astype(np.float32), cv2.COLOR_RGB2Lab)[:, :, :1]
    expected = cv2.cvtColor(np.concatenate([light, full], axis=2), cv2.COLOR_Lab2RGB)
    np.testing.assert_allclose(ours(checkpoint, 128, rgb)[0], expected, atol=1 / 255)


def test_a_batch_equals_its_photos(checkpoint: Path) -> None:
    photos = [photo(seed, 80, 100) for seed in range(10)]
    together = ours(checkpoint, 64, *photos)
    alone = np.concatenate([ours(checkpoint, 64, one) for one in photos])
    np.testing.assert_allclose(together, alone, atol=0.5 / 255)
    assert np.abs(alone[0] - alone[1]).max() > 0.1


def test_no_value_is_left_from_building(checkpoint: Path) -> None:
    state = torch.load(checkpoint)["params"]
    network = model.build(state, CPU, "any name")
    folded = 0
    for name, value in [*network.named_parameters(), *network.named_buffers()]:
        assert value.device == CPU, name
        assert not value.requires_grad, name
        if name in state:
            torch.testing.assert_close(value, state[name], rtol=0, atol=0)
        else:
            folded += 1
            matrix = state[f"{name}_orig"].flatten(1)
            sigma = state[f"{name}_u"] @ matrix @ state[f"{name}_v"]
            torch.testing.assert_close(value, state[f"{name}_orig"] / sigma)
    assert folded == 8
    assert not any(module.training for module in network.modules())


def test_the_file_may_go_once_it_is_loaded(checkpoint: Path, tmp_path: Path) -> None:
    copy = copied(checkpoint, tmp_path / "copy.pth")
    network = model.load(str(copy), CPU, "float32")
    assert isinstance(network, nn.Module)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    # In place, as a copy onto it would: weights that are only mapped from the file would change with it.
    with copy.open("r+b") as stream:
        stream.write(bytes(copy.stat().st_size))
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_one_model_is_kept_until_its_file_changes(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = Mock(wraps=model.build)
    monkeypatch.setattr(model, "build", build)
    first = model.load(str(checkpoint), CPU, "auto")
    assert model.load(str(checkpoint), CPU, "auto") is first
    assert build.call_count == 1

    other = copied(checkpoint, tmp_path / "other.pth")
    second = model.load(str(other), CPU, "auto")
    assert second is not first
    assert model.load(str(other), CPU, "auto") is second
    os.utime(other, ns=(1, 1))
    assert model.load(str(other), CPU, "auto") is not second
    assert model.load(str(checkpoint), CPU, "auto") is not first
    assert build.call_count == 4
    exact = model.load(str(checkpoint), CPU, "float32")
    assert model.load(str(checkpoint), CPU, "auto") is exact  # On a CPU.
    assert build.call_count == 4
    monkeypatch.setattr(precision, "cast", lambda *_: (True, ""))
    assert model.load(str(checkpoint), CPU, "bfloat16") is not exact
    assert build.call_count == 5


def test_a_file_that_changes_while_it_is_read_fails(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = copied(checkpoint, tmp_path / "copy.pth")
    build = model.build

    def slow(*given: Any) -> nn.Module:
        os.utime(copy, ns=(5, 5))
        return build(*given)

    with monkeypatch.context() as patch:
        patch.setattr(model, "build", slow)
        with pytest.raises(CheckpointError, match=r"copy\.pth: expected an unchanged file"):
            model.load(str(copy), CPU, "auto")
    assert model.load(str(copy), CPU, "auto") is model.load(str(copy), CPU, "auto")
