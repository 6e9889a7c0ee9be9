"""Floating-point operations and bytes of a forward pass by operation, and the time that they need at least on a device."""

from typing import Any

import torch
from networks import Forward
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry


class Traffic(TorchDispatchMode):
    """Counts what each operation computes, reads and writes. Views and allocations count nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.operations: list[tuple[int, int]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        packet = func.overloadpacket
        results = result if isinstance(result, tuple | list) else (result,)
        if not any(out.data_ptr() in _pointers(args) for out in results if isinstance(out, Tensor)):
            count = flop_registry[packet](*args, **kwargs, out_val=result) if packet in flop_registry else 0
            if "empty" not in packet.__name__:
                moved = sum(_bytes(value) for value in (*args, *results))
                self.operations.append((count, moved))
        elif packet.__name__.endswith("_"):
            self.operations.append((0, sum(_bytes(value) for value in (*args, *results))))
        return result


def _tensors(value: Any) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    return [one for one in value if isinstance(one, Tensor)] if isinstance(value, tuple | list) else []


def _bytes(value: Any) -> int:
    return sum(one.numel() * one.element_size() for one in _tensors(value))


def _pointers(args: Any) -> set[int]:
    return {one.data_ptr() for value in args for one in _tensors(value)}


def traffic_of(forward: Forward, grey: Tensor) -> list[tuple[int, int]]:
    """(floating-point operations, bytes) of each operation. Not in inference mode, where convolutions have no formula."""
    with torch.no_grad(), Traffic() as traffic:
        forward(grey)
    return traffic.operations


def floor_seconds(operations: list[tuple[int, int]], flops_per_second: float, bytes_per_second: float) -> float:
    """Each operation takes the longer of its arithmetic and its memory traffic."""
    return sum(max(flops / flops_per_second, moved / bytes_per_second) for flops, moved in operations)
