"""What is measured of one network: each function notes its entries in a report."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import device as devices
import lab
import networks
import precision as precisions
import timing
import torch
from ddcolor_node import lab as node_lab
import traffic
import transfer


@dataclass
class Report:
    """Entries by part, written after each so that they outlive a failure."""

    path: str
    device: torch.device
    batches: list[int]
    repeats: int
    content: dict[str, Any] = field(default_factory=dict)
    began: float = field(default_factory=time.perf_counter)

    def note(self, part: str, entry: dict[str, Any]) -> None:
        """Adds an entry."""
        self.content.setdefault(part, []).append(entry)
        with open(self.path, "w", encoding="utf-8") as stream:
            json.dump(self.content, stream, indent=1)
        self.say(f"{part}  {json.dumps(entry)[:300]}")

    def say(self, line: str) -> None:
        """Prints a line of progress."""
        print(f"{time.perf_counter() - self.began:6.1f} s  {line}", flush=True)

    def attempt(self, part: str, entry: dict[str, Any], call: Callable[[], dict[str, Any]]) -> None:
        """Notes a measurement, or the error in its place."""
        try:
            self.note(part, {**entry, **call()})
        except (RuntimeError, ValueError, AttributeError, TypeError, AssertionError) as error:
            self.note(part, {**entry, "error": f"{type(error).__name__}: {error}"[:300]})
        if self.device.type == "cuda":
            torch.cuda.empty_cache()


def variants(report: Report) -> list[tuple[str, str, bool, str]]:
    """(network, precision, channels_last, mode) in the order of measurement."""
    cast = ["tf32", "float16", "bfloat16"]
    listed = [("upstream", precision, True, "eager") for precision in networks.PRECISIONS]
    listed += [("upstream", precision, False, "eager") for precision in cast]
    listed += [("node", precision, True, "eager") for precision in ["float32", *cast]]
    if report.device.type == "cuda":
        listed += [("upstream", precision, True, "graph") for precision in ["float16", "bfloat16"]]
        listed += [("node", precision, True, "graph") for precision in cast]
    return listed


def forward_part(report: Report, size: str, network: Any, grey: Any) -> None:
    """Seconds of a forward pass."""
    for kind, precision, channels_last, mode in variants(report):
        with networks.tf32(precision), torch.inference_mode():
            forward = networks.forward_of(network, kind, precision, channels_last)
            for batch in report.batches:
                entry = {"size": size, "network": kind, "precision": precision, "channelsLast": channels_last}
                some = grey[:batch].contiguous()

                def call(some: Any = some, forward: Any = forward, mode: str = mode, batch: int = batch) -> Any:
                    capture: dict[str, float] = {}
                    run = lambda: forward(some)  # noqa: E731
                    if mode == "graph":
                        run, _, seconds = timing.graphed(forward, some)
                        capture = {"captureSeconds": round(seconds, 3)}
                    return {**timing.measure(run, report.device, repeats=report.repeats).fields(batch), **capture}

                report.attempt("forward", {**entry, "mode": mode, "batch": batch}, call)
            del forward


def precision_part(report: Report, size: str, network: Any, grey: Any) -> None:
    """Ranges, and differences to float32 of upstream's network, one photo at a time."""
    light = node_lab.lightness(grey)
    others = [("upstream", p) for p in networks.PRECISIONS[1:]]
    others += [("node", p) for p in ("float32", "tf32", "float16", "bfloat16")]
    if report.device.type != "cuda":  # Float32 there.
        others = [(kind, p) for kind, p in others if p not in ("float32-default", "tf32")]
    batches = sorted({1, min(8, len(grey))})
    with networks.tf32("float32"), torch.inference_mode():
        exact_forward = networks.forward_of(network, "upstream", "float32")
        began = time.perf_counter()
        exact = precisions.colours(exact_forward, grey, 1)
        seconds = (time.perf_counter() - began) * len(batches) * len(others)
        report.say(f"precision, {size}: about {seconds:.0f} s if every precision were as fast as float32")
        ranges = precisions.Ranges(network)
        with ranges:
            network(grey[:4])
        ranges.close()
        report.note("ranges", {"size": size, "largest": ranges.table(25)})
        report.note("colours", {"size": size, "abStd": float(exact.std()), "abMax": float(exact.abs().max())})
        for batch in [batch for batch in report.batches if batch > 1]:
            together = precisions.compared(light, exact, precisions.colours(exact_forward, grey, batch))
            report.note(
                "precision", {"size": size, "network": "upstream", "precision": "float32", "batch": batch, **together}
            )
    for kind, precision in others:
        with networks.tf32(precision), torch.inference_mode():
            forward = networks.forward_of(network, kind, precision)
            for batch in batches:
                entry = {"size": size, "network": kind, "precision": precision, "batch": batch}
                some = precisions.colours(forward, grey, batch)
                report.attempt("precision", entry, lambda some=some: precisions.compared(light, exact, some))


def overflow_part(report: Report, size: str, network: Any, grey: Any) -> None:
    """Whether a and b stay finite and right if the encoder's first stage has larger values."""
    stem = network.get_submodule("encoder.arch.downsample_layers.0.1")
    light = node_lab.lightness(grey)
    with networks.tf32("float32"), torch.inference_mode():
        for scale in (1, 10, 30, 100, 1000, 10000):
            kept = [parameter.clone() for parameter in stem.parameters()]
            for parameter in stem.parameters():
                parameter.mul_(scale)
            exact = networks.forward_of(network, "upstream", "float32")(grey)
            for kind, precision in [
                ("upstream", "float16"),
                ("upstream", "float16-autocast"),
                ("node", "float16"),
                ("node", "bfloat16"),
            ]:
                found = networks.forward_of(network, kind, precision)(grey)
                entry = {"size": size, "network": kind, "precision": precision, "scale": scale}
                report.note("overflow", {**entry, **precisions.compared(light, exact, found)})
            for parameter, before in zip(stem.parameters(), kept, strict=True):
                parameter.copy_(before)


def compile_part(report: Report, size: str, network: Any, grey: Any) -> None:
    """torch.compile of our node's network, and of upstream's at one batch."""
    for kind, precision, batch, mode in [
        ("node", "bfloat16", 1, None),
        ("node", "bfloat16", 8, None),
        ("node", "float16", 8, None),
        ("node", "bfloat16", 8, "reduce-overhead"),
        ("upstream", "bfloat16", 8, None),
    ]:
        with networks.tf32(precision), torch.inference_mode():
            some = grey[:batch].contiguous()

            def call(kind: str = kind, precision: str = precision, mode: Any = mode, some: Any = some) -> Any:
                run, seconds = timing.compiled(networks.forward_of(network, kind, precision), some, mode)
                timed = timing.measure(run, report.device, repeats=report.repeats).fields(len(some))
                return {**timed, "compileSeconds": round(seconds, 1)}

            entry = {"size": size, "network": kind, "precision": precision, "mode": mode or "default", "batch": batch}
            report.attempt("compile", entry, call)


def traffic_part(report: Report, size: str, network: Any, grey: Any) -> None:
    """Floating-point operations and bytes of one photo."""
    for kind, precision in [("upstream", "float32"), ("upstream", "float16"), ("node", "float32"), ("node", "float16")]:
        operations = traffic.traffic_of(networks.forward_of(network, kind, precision), grey[:1])
        entry = {
            "gflop": round(sum(f for f, _ in operations) / 1e9, 1),
            "gb": round(sum(b for _, b in operations) / 1e9, 3),
        }
        report.note(
            "traffic", {"size": size, "network": kind, "precision": precision, **entry, "operations": operations}
        )


def transfer_part(report: Report, size: str, network: Any) -> None:
    """What surrounds the network, and the GPU's load during a loop."""
    for batch in report.batches:
        report.note(
            "transfer",
            {"batch": batch, **transfer.copies(report.device, batch), **transfer.lab_on_device(report.device, batch)},
        )
    report.note("opencv", {"batch": 1, **transfer.lab_in_opencv(1)})
    for kind, precision, floats in [
        ("upstream", "bfloat16-autocast", True),
        ("upstream", "bfloat16", True),
        ("node", "bfloat16", False),
        ("node", "float16", False),
    ]:
        with networks.tf32(precision), torch.inference_mode():
            forward = networks.forward_of(network, kind, precision)
            for batch in report.batches:
                entry = {"size": size, "network": kind, "precision": precision, "as": "floats" if floats else "bytes"}
                timed = transfer.end_to_end(forward, report.device, batch, floats)
                some = torch.rand(batch, 3, 512, 512, device=report.device)
                load = devices.watched(lambda f=forward, s=some: f(s), 3) if batch in (1, 8) else {}
                report.note("endToEnd", {**entry, "batch": batch, **timed, "load": load})


def boot_part(report: Report, size: str, network: Any) -> None:
    """A fresh process until its second picture, its weights in the page cache."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "state.pth")
        torch.save(network.state_dict(), path)
        for precision, kind, mode in [
            ("bfloat16-autocast", "upstream", "eager"),
            ("float16", "node", "graph"),
            ("bfloat16", "node", "compile"),
        ]:
            program = os.path.join(os.path.dirname(__file__), "boot.py")
            command = [sys.executable, program, sys.path[0], size, path, precision, kind, mode]
            start = time.perf_counter()
            done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
            found = json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else {"error": done.stderr[-300:]}
            report.note("boot", {**found, "seconds": round(time.perf_counter() - start, 2)})
