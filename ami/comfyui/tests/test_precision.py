"""Types that the network computes in."""

import importlib.util
from pathlib import Path

import pytest
import torch
from conftest import CPU
from torch import Tensor, nn

from ddcolor_node import lab, model, precision, weights
from ddcolor_node.network import Network

# The bench's.
_spec = importlib.util.spec_from_file_location("bench_lab", Path(__file__).parents[3] / "tools/bench/forward/lab.py")
assert _spec is not None and _spec.loader is not None
_bench_lab = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_bench_lab)
ciede2000 = _bench_lab.ciede2000

PICTURE = precision.test_picture(64)
PHOTOS = torch.rand(3, 1, 64, 64, generator=torch.Generator().manual_seed(4)).expand(-1, 3, -1, -1)
STEM = "encoder.arch.downsample_layers.0.1"


def upstream(tiny: Path, scale: float = 1) -> nn.Module:
    """Upstream's network, its encoder's first stage with values `scale` times larger; a and b stay about the same."""
    state = weights.read_state(weights.fingerprint(str(tiny)))
    return model.build({**state, **{f"{STEM}.{k}": state[f"{STEM}.{k}"] * scale for k in ("weight", "bias")}}, CPU, "")


def colours(network: nn.Module) -> Tensor:
    with torch.inference_mode():
        ab: Tensor = network(PHOTOS)
    return ab


def cast(network: Network, wanted: str, good: bool = True) -> str:
    with torch.inference_mode():
        found, report = precision.cast(network, wanted, CPU, PICTURE)
    assert found == good
    return report


def test_it_is_upstreams_function_and_a_batch_equals_its_photos(tiny: Path) -> None:
    network, expected = Network(upstream(tiny)), colours(upstream(tiny))
    found = colours(network)
    torch.testing.assert_close(found, expected, atol=0.001, rtol=0)
    with torch.inference_mode():
        alone = torch.cat([network(photo[None]) for photo in PHOTOS])
    torch.testing.assert_close(found, alone, atol=0.01, rtol=0)
    assert (found.round() != alone.round()).any(dim=1).float().mean() <= 0.001
    assert expected.std() > 2


@pytest.mark.parametrize(("wanted", "least", "most"), [("float16", 1e-5, 0.02), ("bfloat16", 0.003, 0.15)])
def test_sixteen_bits_come_close(tiny: Path, wanted: str, least: float, most: float) -> None:
    network, exact = Network(upstream(tiny)), colours(upstream(tiny))
    assert cast(network, wanted).startswith(f"{wanted} (as asked; a and b differ from float32 by 0.0")
    assert {part.dtype for part in network.parts().values()} == {getattr(torch, wanted)}
    # Weights were cast once: none is left in float32.
    assert {value.dtype for value in network.parameters()} == {getattr(torch, wanted)}
    found = colours(network)
    assert found.dtype == torch.float32
    assert least < (found - exact).abs().mean() < most


@pytest.mark.parametrize("wanted", ["float16", "bfloat16"])
def test_colours_in_sixteen_bits_cannot_be_told_from_those_in_float32(tiny: Path, wanted: str) -> None:
    network, exact = Network(upstream(tiny)), colours(upstream(tiny))
    cast(network, wanted)
    light = lab.lightness(PHOTOS)
    one, other = (torch.cat([light, ab], dim=1).transpose(0, 1).flatten(1) for ab in (exact, colours(network)))
    differences = ciede2000(one, other)
    assert differences.mean() < 0.3
    assert differences.quantile(0.99) < 1.5
    assert differences.max() > 0


@pytest.mark.parametrize("scale", [1e4, 1e5])
def test_what_overflows_float16_is_found_and_computed_in_float32(tiny: Path, scale: float) -> None:
    network, exact = Network(upstream(tiny, scale)), colours(upstream(tiny, scale))
    report = cast(network, "float16")
    stays = [name for name, part in network.parts().items() if part.dtype is torch.float32]
    assert stays == ["downsample.0", "downsample.1", "stages.0.0", "stages.0.1", "stages.0.2", "norms.0"]
    assert "in float32: downsample.0, stages.0.0," in report
    assert (colours(network) - exact).abs().mean() < 0.02
    network.cast(torch.float16)
    spoilt = (colours(network) - exact).abs().mean()
    assert scale < 1e5 or not spoilt < 1


def test_bfloat16_has_the_range_of_float32(tiny: Path) -> None:
    network, exact = Network(upstream(tiny, 1e5)), colours(upstream(tiny, 1e5))
    assert "in float32:" not in cast(network, "bfloat16")
    assert (colours(network) - exact).abs().mean() < 0.15


def test_auto_stays_in_float32_where_colours_differ(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    monkeypatch.setattr(precision, "choose", lambda *_: precision.Choice(torch.bfloat16, "compute capability 8.0"))
    monkeypatch.setattr(precision, "test_picture", lambda: PICTURE)
    assert isinstance(network := model.load(str(tiny), CPU, "auto"), Network)
    assert network.queries.dtype is torch.bfloat16
    assert "s, bfloat16 (compute capability 8.0; a and b differ from float32 by 0.0" in caplog.messages[-1]
    monkeypatch.setattr(precision, "_ACCEPTED", 0.001)
    monkeypatch.setattr(model, "_kept", None)
    exact = model.load(str(tiny), CPU, "auto")
    assert "s, float32 (compute capability 8.0, but a and b of bfloat16 differ by 0.0" in caplog.messages[-1]
    assert len(caplog.messages) == 2
    torch.testing.assert_close(model.chroma(exact, PHOTOS), colours(upstream(tiny)), atol=0.001, rtol=0)


@pytest.mark.parametrize(
    ("wanted", "device", "capability", "dtype"),
    [
        ("auto", "cpu", None, torch.float32),
        ("auto", "cuda", (6, 1), torch.float32),
        ("auto", "cuda", (7, 0), torch.float16),
        ("auto", "cuda", (7, 5), torch.float16),
        ("auto", "cuda", (8, 0), torch.bfloat16),
        ("auto", "cuda", (9, 0), torch.bfloat16),
        ("float32", "cuda", (9, 0), torch.float32),
        ("float16", "cuda", (9, 0), torch.float16),
        ("bfloat16", "cpu", None, torch.bfloat16),
    ],
)
def test_the_type_to_compute_in(
    wanted: str, device: str, capability: tuple[int, int], dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _device: capability)
    assert precision.choose(wanted, torch.device(device)).dtype is dtype


@pytest.mark.parametrize("wanted", ["half", "", "AUTO"])
def test_other_words_are_refused(wanted: str) -> None:
    with pytest.raises(ValueError, match=f"precision: expected auto, float16, bfloat16, float32, found '{wanted}'"):
        precision.choose(wanted, CPU)
