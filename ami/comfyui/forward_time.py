"""Seconds of a forward pass at 512 x 512 by size, type and batch, as the node runs it, with made-up weights."""

import argparse
import json
import statistics
import time
from dataclasses import asdict, dataclass

import torch

from ddcolor_node.model import build, chroma, skeleton
from ddcolor_node.network import Network
from random_weights import ENCODERS

TYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True)
class Timing:
    """Median, minimum and maximum seconds of a pass, with the transfers to and from the device."""

    size: str
    dtype: str
    batch: int
    median_s: float
    min_s: float
    max_s: float
    s_per_picture: float


def network_of(size: str, device: torch.device) -> Network:
    """A network with small positive weights; their values do not change the duration of a pass."""
    torch.manual_seed(0)
    shapes = skeleton(ENCODERS[size]).state_dict()
    state = {name: (torch.rand(value.shape) * 0.02).to(value.dtype) for name, value in shapes.items()}
    return Network(build(state, device, "made-up weights"))


def measure(network: Network, size: str, dtype: str, batch: int, device: torch.device, repeats: int) -> Timing:
    """Times passes after one warm-up pass."""
    grey = torch.rand(batch, 1, 512, 512).repeat(1, 3, 1, 1)
    network.cast(TYPES[dtype])
    seconds = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        chroma(network, grey.to(device)).cpu()  # Once its result is on the CPU, the device has finished.
        seconds.append(time.perf_counter() - start)
    del seconds[0]
    median = statistics.median(seconds)
    return Timing(size, dtype, batch, median, min(seconds), max(seconds), median / batch)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--sizes", default="tiny,large")
    parser.add_argument("--dtypes", default="float32,bfloat16")
    parser.add_argument("--batches", default="1,4,8")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", metavar="FILE", help="write the timings here too")
    given = parser.parse_args()

    device = torch.device(given.device)
    name = torch.cuda.get_device_name() if device.type == "cuda" else f"cpu, {torch.get_num_threads()} threads"
    print(f"{name}, torch {torch.__version__}\n")
    print(f"{'size':6} {'type':9} {'batch':>5} {'median s':>9} {'min s':>9} {'max s':>9} {'s a picture':>12}")
    timings = []
    for size in given.sizes.split(","):
        network = network_of(size, device)
        for dtype in given.dtypes.split(","):
            for batch in map(int, given.batches.split(",")):
                t = measure(network, size, dtype, batch, device, given.repeats)
                timings.append(t)
                times = f"{t.median_s:9.4f} {t.min_s:9.4f} {t.max_s:9.4f} {t.s_per_picture:12.4f}"
                print(f"{size:6} {dtype:9} {batch:5} {times}", flush=True)
    if given.json:
        with open(given.json, "w", encoding="utf-8") as stream:
            json.dump(
                {"device": name, "torch": torch.__version__, "timings": [asdict(t) for t in timings]}, stream, indent=2
            )
            stream.write("\n")


if __name__ == "__main__":
    main()
