"""Seconds of what surrounds the network: Lab on the device and in OpenCV, copies, and a batch from bytes to bytes."""

import time
from collections.abc import Callable

import lab
import torch
from ddcolor_node import lab as node_lab
from networks import Forward
from timing import measure
from torch import Tensor

SIDE = 512


def _photos(count: int, device: torch.device) -> Tensor:
    generator = torch.Generator(device=device).manual_seed(count)
    return torch.randint(0, 256, (count, SIDE, SIDE), dtype=torch.uint8, device=device, generator=generator)


def seen(grey: Tensor) -> Tensor:
    """The network's input from grey bytes (n, height, width) on the device: one byte a pixel is all that travels."""
    return (grey.float() / 255)[:, None].expand(-1, 3, -1, -1)


def lab_on_device(device: torch.device, batch: int) -> dict[str, float]:
    """Seconds of RGB bytes to L to the network's input, and of a and b to bytes."""
    rgb = torch.randint(0, 256, (batch, 3, SIDE, SIDE), dtype=torch.uint8, device=device)
    ab = torch.randn(batch, 2, SIDE, SIDE, device=device) * 20
    return {
        "greyFromRgb": measure(lambda: node_lab.grey(node_lab.lightness(rgb.float() / 255)), device).median,
        "bytesFromAb": measure(lambda: lab.levels(ab), device).median,
    }


def lab_in_opencv(batch: int) -> dict[str, float]:
    """The same by the node's OpenCV on one thread, float32; and L with a and b back to RGB."""
    import cv2
    import numpy as np

    cv2.setNumThreads(1)
    rgb = np.random.default_rng(0).random((SIDE, SIDE, 3), np.float32)
    merged = cv2.cvtColor(rgb, cv2.COLOR_RGB2Lab)

    def repeated(code: int, source: "np.ndarray") -> float:  # type: ignore[type-arg]
        start = time.perf_counter()
        for _ in range(5 * batch):
            cv2.cvtColor(source, code)
        return (time.perf_counter() - start) / 5

    return {"labFromRgb": repeated(cv2.COLOR_RGB2Lab, rgb), "rgbFromLab": repeated(cv2.COLOR_Lab2RGB, merged)}


def copies(device: torch.device, batch: int) -> dict[str, float]:
    """Seconds of copies between pageable or pinned memory and the device, with waiting for them."""
    found = {}
    shapes = {"greyBytes": ((batch, SIDE, SIDE), torch.uint8), "rgbFloats": ((batch, 3, SIDE, SIDE), torch.float32)}
    for name, (shape, dtype) in shapes.items():
        for pinned in (False, True):
            host = torch.zeros(shape, dtype=dtype, pin_memory=pinned)
            there = host.to(device)
            kind = "pinned" if pinned else "pageable"
            found[f"{name}-to-device-{kind}"] = _clocked(lambda: there.copy_(host, non_blocking=True))  # noqa: B023
            found[f"{name}-to-host-{kind}"] = _clocked(lambda: host.copy_(there, non_blocking=True))  # noqa: B023
    return found


def end_to_end(forward: Forward, device: torch.device, batch: int, precise_input: bool) -> dict[str, float]:
    """Seconds from grey bytes on the host to a and b as bytes on the host; or, as the node does it, floats both ways."""
    host = _photos(batch, torch.device("cpu")).pin_memory()
    floats = seen(host).contiguous()

    def by_bytes() -> Tensor:
        return lab.levels(forward(seen(host.to(device, non_blocking=True)))).cpu()

    def by_floats() -> Tensor:
        return forward(floats.to(device)).float().cpu()

    seconds = _clocked(by_floats if precise_input else by_bytes)
    return {"seconds": seconds, "photosPerSecond": batch / seconds}


def _clocked(call: Callable[[], object], repeats: int = 20) -> float:
    seconds = []
    for _ in range(repeats + 3):
        torch.cuda.synchronize()
        start = time.perf_counter()
        call()
        torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    return sorted(seconds[3:])[repeats // 2]
