"""Which type the network computes in, and which parts of it need float32."""

from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode

from .network import Network, Part

PRECISIONS = ("auto", "float16", "bfloat16", "float32")
_TYPES = {"float16": torch.float16, "bfloat16": torch.bfloat16, "float32": torch.float32}

# Sixteenth of the largest float16: photos may have larger values than the test picture.
_SAFE = torch.finfo(torch.float16).max / 16

# Mean difference of a and b to float32 that auto accepts. float16 differs by 0.02, bfloat16 by 0.16.
_ACCEPTED = 0.5


class Choice(NamedTuple):
    """A type and the reason for it."""

    dtype: torch.dtype
    reason: str


def choose(wanted: str, device: torch.device) -> Choice:
    """The type to compute in. auto: bfloat16 from compute capability 8.0, float16 from 7.0, else float32.

    Raises ValueError for another word.
    """
    if wanted not in PRECISIONS:
        raise ValueError(f"precision: expected {', '.join(PRECISIONS)}, found {wanted!r}")
    if wanted != "auto":
        return Choice(_TYPES[wanted], "as asked")
    if device.type != "cuda":
        return Choice(torch.float32, f"on {device.type}")
    major, minor = torch.cuda.get_device_capability(device)
    dtype = torch.bfloat16 if major >= 8 else torch.float16 if major >= 7 else torch.float32
    return Choice(dtype, f"compute capability {major}.{minor}")


def cast(network: Network, wanted: str, device: torch.device, picture: Tensor | None = None) -> tuple[bool, str]:
    """Casts a network in float32 as `wanted` says; whether to use it, and a description for the log.

    In float16, parts whose values come near its largest one on a test picture stay in float32. With auto, a network
    is not to be used if the colours of the test picture differ from those in float32: weights that were cast do not
    come back.
    """
    dtype, reason = choose(wanted, device)
    name = str(dtype).removeprefix("torch.")
    if dtype is torch.float32:
        return True, f"{name} ({reason})"
    picture = (test_picture() if picture is None else picture).to(device)
    ranges = Ranges(network)
    exact = ranges.measure(picture)
    large = {part: value for part, value in ranges.largest().items() if not value <= _SAFE}
    kept = large if dtype is torch.float16 else {}
    network.cast(dtype, kept)
    beside = f", with values up to {max(kept.values()):.0f} in float32: {', '.join(kept)}" if kept else ""
    difference = (network(picture) - exact).abs().mean().item()
    if wanted == "auto" and not difference <= _ACCEPTED:
        return False, f"float32 ({reason}, but a and b of {name} differ by {difference:.3f}{beside})"
    return True, f"{name} ({reason}; a and b differ from float32 by {difference:.3f}{beside})"


def test_picture(side: int = 512) -> Tensor:
    """A made-up grey photo (1, 3, side, side): soft shapes, edges, black, white, and grain."""
    random = torch.Generator().manual_seed(1)
    soft = functional.interpolate(torch.rand(1, 1, 9, 9, generator=random) * 1.6 - 0.3, (side, side), mode="bicubic")
    edges = torch.rand(1, 1, 16, 16, generator=random).repeat_interleave(side // 16, 2).repeat_interleave(side // 16, 3)
    photo = torch.where(edges > 0.8, edges * 3 - 2, soft) + 0.03 * torch.randn(1, 1, side, side, generator=random)
    return photo.clamp(0, 1).expand(-1, 3, -1, -1)


class Ranges(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Records the largest absolute value of the inputs, weights and operations' results of each part."""

    def __init__(self, network: Network) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._network = network
        self._inside: list[str] = []
        self._largest: dict[str, Tensor] = {}

    def measure(self, picture: Tensor) -> Tensor:
        """What the network gives for a picture."""
        hooks = []
        for name, part in self._network.parts().items():
            hooks.append(part.register_forward_pre_hook(partial(self._enter, name)))
            hooks.append(part.register_forward_hook(lambda *_: self._leave()))
        try:
            with self:
                ab: Tensor = self._network(picture)
        finally:
            for hook in hooks:
                hook.remove()
        return ab

    def largest(self) -> dict[str, float]:
        """By part, in the order of computation. NaN where something is not a number."""
        values = torch.stack(list(self._largest.values())).tolist()
        return dict(zip(self._largest, values, strict=True))

    def _enter(self, name: str, part: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(part, Part)
        for value in (*inputs, *part.parameters()):
            self._note(name, value)
        self._inside.append(name)

    def _leave(self) -> None:
        self._inside.pop()

    def _note(self, name: str, value: Tensor) -> None:
        if value.is_floating_point() and value.numel() > 0:
            largest = value.detach().abs().amax().float()
            self._largest[name] = torch.maximum(self._largest[name], largest) if name in self._largest else largest

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if self._inside and not _is_view(func):
            for value in result if isinstance(result, tuple | list) else (result,):
                if isinstance(value, Tensor):
                    self._note(self._inside[-1], value)
        return result


def _is_view(func: Any) -> bool:
    return any(argument.alias_info is not None for argument in func._schema.arguments)
