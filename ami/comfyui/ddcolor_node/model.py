"""Builds the network of a checkpoint, keeps one, and runs it."""

import logging
import os
import time
from collections.abc import Callable, Mapping
from typing import Any

import torch
from ddcolor import DDColor
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from . import precision, weights
from .graphs import Graphs
from .network import Network
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

# A network: grey RGB of 0 to 1 (n, 3, size, size) on the device to a and b (n, 2, size, size), float32, there.
Forward = Callable[[Tensor], Tensor]

_log = logging.getLogger(__name__)
_kept: tuple[Fingerprint, torch.device, str, Forward] | None = None


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
    return network.eval().requires_grad_(False)


def load(path: str, device: torch.device, wanted: str) -> Forward:
    """The network of a checkpoint in a precision, from memory if its file is as it was. At most one is kept.

    Raises CheckpointError; the next call then tries again. Raises ValueError for a precision that does not exist.
    """
    global _kept
    # auto is the same network as float32 where it means that.
    computed = "float32" if precision.choose(wanted, device).dtype is torch.float32 else wanted
    file = weights.fingerprint(path)
    if _kept is not None and _kept[:3] == (file, device, computed):
        return _kept[3]
    started = time.monotonic()
    state = weights.read_state(file)
    _kept = None  # Before the new one is copied to the device, whose memory may not hold two.
    network = Network(build(state, device, path))
    with torch.inference_mode():
        good, computes = precision.cast(network, wanted, device)
    if not good:
        network = Network(build(state, device, path))
    if weights.fingerprint(path) != file:
        raise CheckpointError(f"{path}: expected an unchanged file, but it changed while it was read")
    graphs = device.type == "cuda" and os.environ.get("DDCOLOR_CUDA_GRAPHS") == "1"
    forward = Graphs(network) if graphs else network
    _kept = (file, device, computed, forward)
    # 90-gate.sh counts these lines: loading the model for each photo would be slow without failing any other check.
    _log.info("DDColor: loaded %s in %.1f s, %s", path, time.monotonic() - started, computes)
    return forward


def chroma(network: Forward, grey: Tensor) -> Tensor:
    """One forward pass."""
    with torch.inference_mode():
        return network(grey)


def _shortened(text: str, characters: int = 400) -> str:
    text = " ".join(text.split())
    return text if len(text) <= characters else f"{text[:characters]} ... ({len(text)} characters)"
