"""Seconds of a fresh process until the second picture, by step: `boot.py DDCOLOR SIZE STATE PRECISION KIND MODE`."""

import sys
import time

start = time.perf_counter()
sys.path.insert(0, sys.argv[1])
steps: dict[str, float] = {}


def step(name: str) -> None:
    """Adds the seconds since the last step."""
    global start
    now = time.perf_counter()
    steps[name] = round(now - start, 3)
    start = now


import json  # noqa: E402

import networks  # noqa: E402
import timing  # noqa: E402
import torch  # noqa: E402

step("import")
_, _, size, path, precision, kind, mode = sys.argv
torch.zeros(1, device="cuda")
step("cudaContext")
with torch.device("cuda"):
    network = networks.DDColor(encoder_name=networks.ENCODERS[size], **networks.ARCHITECTURE)
step("build")
for module in network.modules():
    if hasattr(module, "weight_orig"):
        torch.nn.utils.remove_spectral_norm(module)
        module._load_state_dict_pre_hooks.clear()  # The norm leaves one that looks for its own names.
network.to("cuda").eval().requires_grad_(False).load_state_dict(torch.load(path, map_location="cpu", mmap=True, weights_only=True))
torch.cuda.synchronize()
step("weights")
with networks.tf32(precision), torch.inference_mode():
    forward = networks.forward_of(network, kind, precision)
    grey = torch.rand(1, 1, 512, 512, device="cuda").expand(-1, 3, -1, -1)
    step("cast")
    forward(grey).cpu()
    step("first")
    forward(grey).cpu()
    step("second")
    if mode == "graph":
        replay, _, _ = timing.graphed(forward, grey)
        replay()
        torch.cuda.synchronize()
        step("graph")
    if mode == "compile":
        timing.compiled(forward, grey)
        step("compile")
print(json.dumps({"size": size, "precision": precision, "network": kind, "mode": mode, "steps": steps}))
