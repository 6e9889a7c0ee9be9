"""Measures DDColor's network on a device by precision and batch, with random weights, and writes JSON."""

import argparse
import sys

PARTS = "of device, forward, precision, overflow, traffic, compile, transfer and boot"

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--ddcolor", required=True, help="checkout of piddnad/DDColor")
parser.add_argument("--device", choices=["cuda", "cpu"], required=True)
parser.add_argument("--sizes", default="tiny,large")
parser.add_argument("--batches", default="1,4,8,16")
parser.add_argument("--parts", default="forward,precision,overflow", help=PARTS)
parser.add_argument("--photos", help="folder of grey photos; made-up ones without it")
parser.add_argument("--side", type=int, default=512, help="other than 512 only to try the program")
parser.add_argument("--count", type=int, help="photos; by default 8, or the largest batch")
parser.add_argument("--repeats", type=int, default=20, help="timed calls after the warm-up")
parser.add_argument("--json", required=True)
given = parser.parse_args()
sys.path.insert(0, given.ddcolor)  # First: boot.py gets it from there.

import device as devices  # noqa: E402
import networks  # noqa: E402
import parts  # noqa: E402
import photos  # noqa: E402
import torch  # noqa: E402


def main() -> None:
    device = torch.device(given.device)
    report = parts.Report(given.json, device, [int(batch) for batch in given.batches.split(",")], given.repeats)
    report.content.update(weights="random", side=given.side, device=devices.facts(device))
    wanted = given.parts.split(",")
    count = given.count or max(*report.batches, 8)
    report.batches = [batch for batch in report.batches if batch <= count]
    grey = photos.load(given.photos, count, given.side).to(device)
    if "device" in wanted and device.type == "cuda":
        report.note("ceilings", devices.ceilings(device))
    for size in given.sizes.split(","):
        report.say(f"a random network, {size}: its norms converge on {count} photos")
        network = networks.random_network(size, 1, grey)
        if "precision" in wanted:
            parts.precision_part(report, size, network, grey)
        if "overflow" in wanted:
            parts.overflow_part(report, size, network, grey[:2])
        if "forward" in wanted:
            parts.forward_part(report, size, network, grey)
        if "traffic" in wanted:
            parts.traffic_part(report, size, network, grey)
        if "transfer" in wanted and device.type == "cuda":
            parts.transfer_part(report, size, network)
        if "boot" in wanted and device.type == "cuda":
            parts.boot_part(report, size, network)
        if "compile" in wanted:
            parts.compile_part(report, size, network, grey)


main()
