"""Builds the network from a checkpoint, keeps one, and runs it."""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

import torch
from ddcolor import DDColor
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from . import weights
from .weights import CheckpointError, Fingerprint

# Architecture of all published checkpoints. The encoder, their only difference, is read from the checkpoint.
ARCHITECTURE = {
    "decoder_name": "MultiScaleColorDecoder",
    "input_size": [512, 512],
    "num_output_channels": 2,
    "last_norm": "Spectral",
    "do_normalize": False,
    "num_queries": 100,
    "num_scales": 3,
    "dec_layers": 9,
}

PRECISIONS = ("auto", "float16", "bfloat16", "float32")

_log = logging.getLogger(__name__)
_kept: tuple[Fingerprint, torch.device, nn.Module] | None = None


class _LinspaceOnCpu(TorchFunctionMode):
    """ConvNeXt reads the values of a linspace while it is built, and tensors on the meta device have none."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        return func(*args, **({"device": "cpu", **kwargs} if func is torch.linspace else kwargs))


def skeleton(encoder: str) -> nn.Module:
    """Upstream's network on the meta device, so that no time goes into random weights that are replaced."""
    with torch.device("meta"), _LinspaceOnCpu():
        network: nn.Module = DDColor(encoder_name=encoder, **ARCHITECTURE)
    return network


def build(state: Mapping[str, Tensor], device: torch.device, path: str) -> nn.Module:
    """The network with the weights of a state, copied to a device as float32, ready to run. `path` is for the error.

    Raises CheckpointError unless names and shapes are exactly those of DDColor.
    """
    network = skeleton(weights.encoder_of(state, path))
    values = {
        name: value.to(device, torch.float32 if value.is_floating_point() else value.dtype, copy=True)
        for name, value in state.items()
    }
    try:
        network.load_state_dict(values, strict=True, assign=True)
    except RuntimeError as error:
        raise CheckpointError(f"{path}: expected a DDColor checkpoint, found {_shortened(str(error))}") from error
    for module in network.modules():
        # Upstream divides these weights by their norm in each forward pass. For inference once is enough, and keeps the
        # division out of bfloat16.
        if hasattr(module, "weight_orig"):
            nn.utils.remove_spectral_norm(module)
    # channels_last makes a forward pass on the CPU one eighth faster.
    return network.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def load(path: str, device: torch.device) -> nn.Module:
    """The network of a checkpoint, from memory if its file is as it was. At most one is kept.

    Raises CheckpointError; the next call then tries again.
    """
    global _kept
    file = weights.fingerprint(path)
    if _kept is not None and _kept[:2] == (file, device):
        return _kept[2]
    started = time.monotonic()
    state = weights.read_state(file)
    _kept = None  # Before the new one is copied to the device, whose memory may not hold two.
    network = build(state, device, path)
    if weights.fingerprint(path) != file:
        raise CheckpointError(f"{path}: expected an unchanged file, but it changed while it was read")
    _kept = (file, device, network)
    # 90-gate.sh counts these lines: loading the model for each photo would be slow without failing any other check.
    _log.info("DDColor: loaded %s in %.1f s", path, time.monotonic() - started)
    return network


def precision(wanted: str, device: torch.device) -> torch.dtype:
    """The type to compute in: float32, bfloat16, or for auto bfloat16 where the GPU has it (compute capability 8)."""
    if wanted not in PRECISIONS:
        raise ValueError(f"precision: expected {', '.join(PRECISIONS)}, found {wanted!r}")
    if wanted == "auto":
        fast = device.type == "cuda" and torch.cuda.get_device_capability(device)[0] >= 8
        return torch.bfloat16 if fast else torch.float32
    return {"float16": torch.float16, "bfloat16": torch.bfloat16, "float32": torch.float32}[wanted]


def chroma(network: nn.Module, grey: Tensor, dtype: torch.dtype) -> Tensor:
    """One forward pass on the device: grey RGB of 0 to 1 (n, 3, size, size) to a and b (n, 2, size, size), float32.

    One call at a time: upstream's network keeps the features of its encoder in itself.
    """
    # Autocast, since upstream adds float32 position encodings and so cannot run with weights in bfloat16.
    with torch.inference_mode(), torch.autocast(grey.device.type, dtype, enabled=dtype is not torch.float32):
        ab: Tensor = network(grey)
    return ab.float()


def _shortened(text: str, characters: int = 400) -> str:
    text = " ".join(text.split())
    return text if len(text) <= characters else f"{text[:characters]} ... ({len(text)} characters)"
