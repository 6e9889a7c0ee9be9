"""DDColor with random weights and converged norms, and the ways to compute it in a type."""

import contextlib
import copy
from collections.abc import Callable, Iterator

import torch
from ddcolor import DDColor
from ddcolor_node import precision as precisions
from ddcolor_node.network import Network
from torch import Tensor, nn

ENCODERS = {"tiny": "convnext-t", "large": "convnext-l"}

# Architecture of all published checkpoints.
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

Forward = Callable[[Tensor], Tensor]

TYPES = {"float16": torch.float16, "bfloat16": torch.bfloat16}

# How to compute: float32 without TF32, with PyTorch's default (TF32 in convolutions only), with TF32 everywhere; a 16-bit type
# with weights cast once, or by autocast on float32 weights.
PRECISIONS = ("float32", "float32-default", "tf32", "float16", "bfloat16", "float16-autocast", "bfloat16-autocast")

# Standard deviation of a and b, about that of photographs.
SPREAD = 8


def random_network(size: str, seed: int, photos: Tensor) -> nn.Module:
    """Upstream's network on the device of `photos`, its norms converged on them.

    Layer scales are drawn around 0.2: at their initial 1e-6 the encoder's blocks would add nothing, and no error either.
    Gains of norms are drawn too, with one channel in a hundred five times larger, as trained networks have outliers.
    """
    torch.manual_seed(seed)
    with torch.device(photos.device):
        network: nn.Module = DDColor(encoder_name=ENCODERS[size], **ARCHITECTURE)
    # Upstream makes `mean` and `std` by torch.Tensor, which ignores the device.
    network.to(photos.device).eval().requires_grad_(False)
    for name, module in network.named_modules():
        if name.endswith((".dwconv", ".pwconv1", ".pwconv2")):
            nn.init.kaiming_normal_(module.get_parameter("weight"))
        if isinstance(getattr(module, "gamma", None), nn.Parameter):
            module.get_parameter("gamma").copy_(0.2 * torch.randn_like(module.get_parameter("gamma")).mul(0.7).exp())
        if "LayerNorm" in type(module).__name__ and "encoder" in name:
            gain = module.get_parameter("weight")
            gain.copy_(torch.randn_like(gain).mul(0.3).exp() * (1 + 4 * (torch.rand_like(gain) < 0.01)))
        if hasattr(module, "weight_orig"):
            _converge(module)
            nn.utils.remove_spectral_norm(module)
    _statistics(network, photos)
    _scale(network, photos)
    return network


def _converge(module: nn.Module, steps: int = 200) -> None:
    matrix = module.get_parameter("weight_orig").flatten(1)
    u = nn.functional.normalize(torch.randn(matrix.shape[0], device=matrix.device), dim=0)
    for _ in range(steps):
        v = nn.functional.normalize(matrix.T @ u, dim=0)
        u = nn.functional.normalize(matrix @ v, dim=0)
    module.get_buffer("weight_u").copy_(u)
    module.get_buffer("weight_v").copy_(v)
    # The hook of the norm computes `weight` from them.
    for hook in module._forward_pre_hooks.values():
        hook(module, None)


def _statistics(network: nn.Module, photos: Tensor) -> None:
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # A cumulative average.
        norm.train()
    with torch.no_grad():
        for start in range(0, len(photos), 4):
            network(photos[start : start + 4])
    for norm in norms:
        norm.eval()


def _scale(network: nn.Module, photos: Tensor) -> None:
    with torch.no_grad():
        ab = torch.cat([network(photo[None]) for photo in photos])
        last = network.get_submodule("refine_net.0.0")
        factor = SPREAD / ab.std()
        last.get_parameter("weight").mul_(factor)
        bias = last.get_parameter("bias")
        bias.copy_((bias - ab.mean((0, 2, 3))) * factor)


class _Cast(nn.Module):
    """Position encodings in the type of the features; upstream computes them in float32."""

    def __init__(self, encoding: nn.Module) -> None:
        super().__init__()
        self.encoding = encoding

    def forward(self, features: Tensor) -> Tensor:
        encoded: Tensor = self.encoding(features)
        return encoded.to(features.dtype)


@contextlib.contextmanager
def tf32(precision: str) -> Iterator[None]:
    """Sets TF32 as a precision says, and restores PyTorch's default."""
    torch.backends.cudnn.allow_tf32 = precision != "float32"
    torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = True, False


def forward_of(network: nn.Module, kind: str, precision: str, channels_last: bool = True) -> Forward:
    """A function from grey RGB (n, 3, 512, 512), float32 of 0 to 1, to a and b in float32. Call it within `tf32`.

    `kind` is upstream (as it is) or node (as our node computes it). The network itself is not changed.
    """
    own = copy.deepcopy(network)
    dtype = TYPES.get(precision, torch.float32)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    if kind == "node":
        rewritten = Network(own)
        if dtype is not torch.float32:
            precisions.cast(rewritten, precision, next(network.parameters()).device)
        return rewritten
    own.to(memory_format=layout)
    if dtype is not torch.float32:
        decoder = own.get_submodule("decoder.color_decoder")
        decoder.pe_layer = _Cast(decoder.get_submodule("pe_layer"))
        own.to(dtype)
    automatic = TYPES.get(precision.removesuffix("-autocast")) if precision.endswith("-autocast") else None

    def forward(grey: Tensor) -> Tensor:
        with torch.autocast(grey.device.type, automatic, enabled=automatic is not None):
            ab: Tensor = own(grey.to(dtype, memory_format=layout))
        return ab.float()

    return forward
