# SPDX-License-Identifier: Apache-2.0
# pytorch.py FILE EDGE: a yardstick that is not ours: PyTorch's products and copies on the first GPU, of the
# sizes and data that gpu_check measures, timed by the GPU's events. Writes a line of JSON each, as soon as
# it is measured. Exit code 77: there is no PyTorch here, or none that sees a GPU.
import json
import statistics
import sys

SHORTEST_S = 5e-3  # of a sample, as in derate
SAMPLES = 20
COPIED_BYTES = 8e9

try:
    import torch
except ImportError as error:
    print(f"no PyTorch: {error}")
    sys.exit(77)
if not torch.cuda.is_available():
    print("PyTorch sees no GPU")
    sys.exit(77)

path, edge = sys.argv[1], int(sys.argv[2])
torch.backends.cuda.matmul.allow_tf32 = False


def seconds(work, count):
    begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    begin.record()
    for _ in range(count):
        work()
    end.record()
    end.synchronize()
    return begin.elapsed_time(end) * 1e-3 / count


def samples(work):
    """Seconds of one call, after half a second of calls for the clock to rise."""
    spent = 0.0
    while spent < 0.5:
        once = seconds(work, 5)
        spent += 5 * once
    return [seconds(work, max(1, round(SHORTEST_S / once))) for _ in range(SAMPLES)]


def filled(shape, dtype, data):
    made = torch.zeros(shape, dtype=dtype, device="cuda")
    return made.uniform_(-1, 1) if data == "uniform" else made


def wrong(a, b, c):
    """Whether a corner of the product differs from f64's by more than sums in f32 and one rounding of
    the result explain; products of operands cut to tf32 do."""
    a, b, corner = a[:8].double(), b[:, :8].double(), c[:8, :8].double()
    exact = a @ b
    allowed = 2 * 2**-23 * edge**0.5 * ((a**2) @ (b**2)).sqrt()
    if c.dtype == torch.bfloat16:
        allowed += 2**-8 * exact.abs()
    return not bool(((corner - exact).abs() <= allowed).all())


def write(out, what, data, times_s, **facts):
    median_s = statistics.median(times_s)
    line = {"torch": torch.__version__, "device": torch.cuda.get_device_name(0), "what": what, "data": data,
            **facts, "median_s": median_s}
    if "flops" in facts:
        line["tflop_per_s"] = facts["flops"] / median_s / 1e12
    if "bytes" in facts:
        line["gb_per_s"] = facts["bytes"] / median_s / 1e9
    out.write(json.dumps({**line, "samples_s": times_s}) + "\n")
    out.flush()


def multiply(out, dtype, name, data):
    a, b = (filled((edge, edge), dtype, data) for _ in range(2))
    c = torch.full((edge, edge), float("nan"), dtype=dtype, device="cuda")
    times_s = samples(lambda: torch.matmul(a, b, out=c))
    if wrong(a, b, c):
        sys.exit(f"PyTorch's {name} product of {data} data is not the product")
    write(out, "matmul", data, times_s, precision=name, problem=f"m:{edge}/n:{edge}/k:{edge}",
          flops=2.0 * edge**3)


def copy(out, data):
    free, _ = torch.cuda.mem_get_info()
    count = int(min(COPIED_BYTES, 0.4 * free) / 4)
    source, target = filled(count, torch.float32, data), torch.empty(count, device="cuda")
    times_s = samples(lambda: target.copy_(source))
    write(out, "copy", data, times_s, problem=f"n:{count}", bytes=8.0 * count)


with open(path, "w", encoding="utf-8") as lines:
    for each in ("uniform", "zeros"):
        multiply(lines, torch.bfloat16, "bf16", each)
        multiply(lines, torch.float32, "f32", each)
    for each in ("uniform", "zeros"):
        copy(lines, each)
