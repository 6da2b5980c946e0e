# SPDX-License-Identifier: Apache-2.0
"""Times 100,000 predictions of products from NumPy arrays, and the loop in C++ within the same calls: the whole
call is to take at most 1.2 times as long. Run by hand, like gemm_model_speed.cpp:

    PYTHONPATH=build/release/python python3 tests/perf/python_predictions.py CALIBRATION"""
import sys
import time

import numpy

import derate

PREDICTIONS = 100_000
REPETITIONS = 7


def main():
    calibration = derate.Calibration.load(sys.argv[1])
    model = calibration.gemm_models[0]
    which = {"precision": model["precision"], "provider": model["provider"]}
    products = calibration._model(**which)
    random = numpy.random.default_rng(1)
    m, n, k = (numpy.exp2(random.uniform(4, 13, PREDICTIONS)).astype(numpy.int64) for _ in range(3))
    calls, loops = [], []
    original = products.predict_arrays
    calibration._model = lambda precision, provider: Timed(original, products, loops)
    for _ in range(REPETITIONS):
        before = time.perf_counter()
        calibration.predict_gemm(m, n, k, **which)
        calls.append(time.perf_counter() - before)
    ratios = [call / loop for call, loop in zip(calls, loops)]
    print(f"{PREDICTIONS} predictions by {model['variant']}, {products.shapes} shapes: whole call {min(calls):.3f} s, "
          f"loop in C++ {min(loops):.3f} s; the call takes {sorted(ratios)[REPETITIONS // 2]:.3f} times the loop "
          f"(middle one of {REPETITIONS}, {min(ratios):.3f} to {max(ratios):.3f})")


class Timed:
    """The products of a calibration, whose loops' times are kept."""

    def __init__(self, predict, products, loops):
        self._predict, self._loops = predict, loops
        self.peak_flop_per_s = products.peak_flop_per_s

    def predict_arrays(self, *arguments):
        self._loops.append(self._predict(*arguments))


if __name__ == "__main__":
    main()
