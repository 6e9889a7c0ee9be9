"""What the device is, what it can do at most, and what it does during a loop."""

import platform
import subprocess
import time
from collections.abc import Callable

import torch

_FIELDS = (
    "utilization.gpu",
    "utilization.memory",
    "power.draw",
    "clocks.sm",
    "clocks.mem",
    "memory.used",
    "temperature.gpu",
)


def facts(device: torch.device) -> dict[str, object]:
    """Name, capability and versions."""
    common: dict[str, object] = {"python": platform.python_version(), "torch": torch.__version__}
    if device.type != "cuda":
        return {"name": f"cpu, {torch.get_num_threads()} threads", "capability": None, **common}
    capability = torch.cuda.get_device_capability(device)
    driver = _query("driver_version").splitlines()
    properties = torch.cuda.get_device_properties(device)
    return {
        "name": torch.cuda.get_device_name(device),
        "capability": f"{capability[0]}.{capability[1]}",
        "memoryGiB": round(properties.total_memory / 2**30, 1),
        "multiprocessors": properties.multi_processor_count,
        "driver": driver[0].strip() if driver else None,
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version(),
        **common,
    }


def _query(fields: str) -> str:
    command = ["nvidia-smi", f"--query-gpu={fields}", "--format=csv,noheader,nounits", "--id=0"]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False).stdout
    except OSError:
        return ""


def ceilings(device: torch.device, size: int = 8192) -> dict[str, float]:
    """TFLOP/s of a large matrix product by type, and GB/s of a copy, read and written bytes counted."""
    found: dict[str, float] = {}
    for name in ("float32", "tf32", "float16", "bfloat16"):
        dtype = {"float16": torch.float16, "bfloat16": torch.bfloat16}.get(name, torch.float32)
        torch.backends.cuda.matmul.allow_tf32 = name == "tf32"
        one, other = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
        found[name] = round(2 * size**3 / _seconds(lambda: one @ other) / 1e12, 1)  # noqa: B023
    torch.backends.cuda.matmul.allow_tf32 = False
    block = torch.randn(1 << 30, device=device)
    copy = torch.empty_like(block)
    found["copyGBps"] = round(2 * block.nbytes / _seconds(lambda: copy.copy_(block)) / 1e9, 1)
    return found


def _seconds(call: Callable[[], object]) -> float:
    for _ in range(3):
        call()
    start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    start.record()
    for _ in range(10):
        call()
    end.record()
    torch.cuda.synchronize()
    return start.elapsed_time(end) / 10_000


def watched(call: Callable[[], object], seconds: float) -> dict[str, float]:
    """Repeats a call, and the mean of what nvidia-smi reports meanwhile, after a first second; and calls/s."""
    command = [
        "nvidia-smi",
        f"--query-gpu={','.join(_FIELDS)}",
        "--format=csv,noheader,nounits",
        "--id=0",
        "-lms",
        "100",
    ]
    smi = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    start = time.perf_counter()
    calls = 0
    while time.perf_counter() - start < seconds:
        call()
        torch.cuda.synchronize()
        calls += 1
    elapsed = time.perf_counter() - start
    smi.terminate()
    lines = smi.communicate()[0].splitlines()
    rows = []
    for line in lines[10:]:
        try:
            rows.append([float(value) for value in line.split(",")])
        except ValueError:
            continue
    means = {name: round(sum(row[k] for row in rows) / len(rows), 1) for k, name in enumerate(_FIELDS)} if rows else {}
    return {"callsPerSecond": round(calls / elapsed, 2), "samples": len(rows), **means}
