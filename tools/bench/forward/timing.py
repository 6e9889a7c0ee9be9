"""Seconds and memory of a function on the device, eager, as a CUDA graph and compiled."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from networks import Forward
from torch import Tensor

WARM_UP, REPEATS = 5, 20


@dataclass(frozen=True)
class Timing:
    """Of the repeats after a warm-up. Memory is the high-water mark of tensors during them, weights included."""

    median: float
    least: float
    most: float
    peak_mib: float

    def fields(self, batch: int) -> dict[str, float]:
        return {
            "medianSeconds": round(self.median, 6),
            "minSeconds": round(self.least, 6),
            "maxSeconds": round(self.most, 6),
            "secondsPerPhoto": round(self.median / batch, 6),
            "peakMiB": round(self.peak_mib),
        }


def measure(call: Callable[[], object], device: torch.device, warm_up: int = WARM_UP, repeats: int = REPEATS) -> Timing:
    """Times each call by events on a GPU, by the clock on a CPU."""
    for _ in range(warm_up):
        call()
    if device.type != "cuda":
        seconds = []
        for _ in range(repeats):
            start = time.perf_counter()
            call()
            seconds.append(time.perf_counter() - start)
        return Timing(statistics.median(seconds), min(seconds), max(seconds), 0)
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    events = [(torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)) for _ in range(repeats)]
    for start_event, end_event in events:
        start_event.record()
        call()
        end_event.record()
    torch.cuda.synchronize()
    seconds = [one.elapsed_time(other) / 1000 for one, other in events]
    peak = torch.cuda.max_memory_allocated() / 2**20
    return Timing(statistics.median(seconds), min(seconds), max(seconds), peak)


def graphed(forward: Forward, grey: Tensor) -> tuple[Callable[[], object], Tensor, float]:
    """A replay of the forward pass of `grey`, its output, and the seconds of warm-up and capture."""
    start = time.perf_counter()
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3):
            forward(grey)
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        out = forward(grey)
    torch.cuda.synchronize()
    return graph.replay, out, time.perf_counter() - start


def compiled(forward: Forward, grey: Tensor, mode: str | None = None) -> tuple[Callable[[], object], float]:
    """The compiled forward pass of `grey`, and the seconds of its first call. Shapes are fixed."""
    torch._dynamo.reset()
    fast = torch.compile(forward, dynamic=False, mode=mode)
    start = time.perf_counter()
    fast(grey)
    if grey.is_cuda:
        torch.cuda.synchronize()
    return (lambda: fast(grey)), time.perf_counter() - start
