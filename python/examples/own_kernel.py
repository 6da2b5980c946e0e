# SPDX-License-Identifier: Apache-2.0
"""How much of the peak a function of your own gets: a matrix product of NumPy, checked and measured.

    python own_kernel.py [records.jsonl]

With a file, the records are appended to it: `derate report FILE` shows them beside others. With PyTorch or
CuPy the function returns a tensor on a GPU, and nothing else changes."""
from __future__ import annotations

import sys

import derate
import numpy

SIZE = 512


def main() -> None:
    random = numpy.random.default_rng(1)
    a, b = random.random((2, SIZE, SIZE), dtype=numpy.float32)
    c = numpy.empty_like(a)
    expected = a.astype(numpy.float64) @ b

    row = derate.measure(
        lambda: numpy.matmul(a, b, out=c),
        flops=2 * SIZE**3,
        bytes=3 * a.nbytes,
        check=lambda result: numpy.testing.assert_allclose(result, expected, rtol=1e-4),
        name="own_product",
        precision="f32",
        problem={"m": SIZE, "n": SIZE, "k": SIZE},
        out=sys.argv[1] if len(sys.argv) > 1 else None,
    )
    print(row)
    print(f"one call takes {1e3 * row.time_s:.3f} ms" if row.time_s else row.message)
    if row.eta_at_clock is not None:
        print(f"{row.eta_at_clock:.1%} of the peak at the clock that was measured meanwhile")


if __name__ == "__main__":
    main()
