"""Ranges of values by operation, and differences of a and b to float32."""

from collections.abc import Callable
from typing import Any

import torch
from lab import ciede2000
from networks import Forward
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

FLOAT16_MAX = 65504


class Ranges(TorchDispatchMode):
    """Records the largest absolute value of every operation's result, by module and operation."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.largest: dict[tuple[str, str], Tensor] = {}
        self._inside = [""]
        self._hooks = []
        for name, module in network.named_modules():
            if name:
                self._hooks.append(module.register_forward_pre_hook(self._enter(name)))
                self._hooks.append(module.register_forward_hook(self._leave))

    def _enter(self, name: str) -> Callable[..., None]:
        return lambda *_: self._inside.append(name)

    def _leave(self, *_: object) -> None:
        self._inside.pop()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for out in result if isinstance(result, tuple | list) else (result,):
            if isinstance(out, Tensor) and out.is_floating_point() and out.numel() > 0 and not _is_view(func):
                key = (self._inside[-1], func.overloadpacket.__name__)
                largest = out.detach().abs().amax()
                self.largest[key] = torch.maximum(self.largest[key], largest) if key in self.largest else largest
        return result

    def close(self) -> None:
        for hook in self._hooks:
            hook.remove()

    def table(self, count: int) -> list[dict[str, object]]:
        """The `count` largest."""
        values = sorted(((float(value), *key) for key, value in self.largest.items()), reverse=True)
        return [
            {"module": module, "operation": op, "max": float(f"{value:.5g}")} for value, module, op in values[:count]
        ]


def _is_view(func: Any) -> bool:
    return any(argument.alias_info is not None for argument in func._schema.arguments)


def colours(forward: Forward, photos: Tensor, batch: int) -> Tensor:
    """a and b of all photos, on the device."""
    parts = [forward(photos[start : start + batch]) for start in range(0, len(photos), batch)]
    return torch.cat(parts)


def compared(light: Tensor, exact: Tensor, other: Tensor) -> dict[str, object]:
    """Differences of a and b, and of the colours with the photos' lightness."""
    if not other.isfinite().all():
        return {"finite": False}
    exact, other = exact.clamp(-128, 127), other.clamp(-128, 127)
    delta = (exact - other).abs()
    pixels = [torch.cat([light, ab], dim=1).transpose(0, 1).flatten(1) for ab in (exact, other)]
    differences = ciede2000(pixels[0], pixels[1]).sort().values
    return {
        "finite": True,
        "abMax": round(float(delta.max()), 5),
        "abMean": round(float(delta.mean()), 6),
        "ciede2000Mean": round(float(differences.mean()), 5),
        "ciede2000P99": round(float(differences[int(0.99 * len(differences))]), 5),
        "ciede2000Max": round(float(differences[-1]), 5),
        "pixelsThatRoundOtherwise": round(float((exact.round() != other.round()).any(dim=1).float().mean()), 6),
    }
