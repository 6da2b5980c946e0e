# SPDX-License-Identifier: Apache-2.0
# What derate.measure makes of its arguments and of what the function returns: where to measure, on which stream,
# and what it refuses. The frameworks say what the test wants; what is measured is the host.
import math
import time
import unittest
from unittest import mock

import numpy

import derate
from derate import _derate
from fake_frameworks import fake_cupy, fake_torch, imported

BRIEF = {"flops": 1e6, "time_limit_s": 0.05}


class OnAGpu(unittest.TestCase):
    """What is asked of the frameworks; the measuring itself is of the host."""

    def measured(self, function, **arguments):
        real, asked = _derate.measure, {}

        def on_host(called, check, **settings):
            asked.update(settings)
            return real(called, check, **{**settings, "device": "host", "stream": None})

        with mock.patch.object(_derate, "measure", on_host):
            derate.measure(function, **BRIEF, **arguments)
        return asked["device"], asked["stream"], asked["provider"]

    def test_a_tensor_says_where_and_the_current_stream_is_timed(self):
        torch = fake_torch({0: 0, 1: 0x7F00})
        with imported(torch=torch):
            self.assertEqual(self.measured(lambda: torch.tensor()), ("cuda:0", 0, "torch"))
            self.assertEqual(self.measured(lambda: torch.tensor(index=1)), ("cuda:1", 0x7F00, "torch"))
            self.assertEqual(self.measured(lambda: (3, [torch.tensor(index=1)])), ("cuda:1", 0x7F00, "torch"))
            self.assertEqual(self.measured(lambda: torch.tensor("cpu")), ("host", None, "torch"))
            self.assertEqual(self.measured(lambda: numpy.ones(1)), ("host", None, "numpy"))
        self.assertEqual(torch.gpus.current, 0)

    def test_the_gpu_is_current_while_the_function_is_timed(self):
        torch, seen = fake_torch({0: 0, 1: 5}), []
        with imported(torch=torch):
            self.measured(lambda: seen.append(torch.gpus.current), device="cuda:1")
        self.assertEqual(set(seen[1:]), {1})

    def test_of_cupy_too(self):
        cupy = fake_cupy({0: 11, 1: 12})
        with imported(cupy=cupy):
            self.assertEqual(self.measured(lambda: cupy.array(1)), ("cuda:1", 12, "cupy"))

    def test_the_user_may_say_the_device_or_the_stream(self):
        torch = fake_torch({0: 3, 1: 4})
        with imported(torch=torch):
            self.assertEqual(self.measured(lambda: None, device="cuda"), ("cuda:0", 3, "user"))
            self.assertEqual(self.measured(lambda: None, device=torch.Device("cuda:1")), ("cuda:1", 4, "user"))
            self.assertEqual(self.measured(lambda: None, stream=torch.stream(9, 1)), ("cuda:1", 9, "user"))
            self.assertEqual(self.measured(lambda: None, device="host"), ("host", None, "user"))
        with imported():
            self.assertEqual(self.measured(lambda: None, stream=77), ("cuda:0", 77, "user"))

    def test_what_is_not_known_is_asked_for(self):
        torch, cupy = fake_torch({0: 1}), fake_cupy({0: 2})
        with imported(torch=torch):
            self.assertRaisesRegex(derate.UsageError, "^device: PyTorch may have a GPU at work", derate.measure,
                                   lambda: None, **BRIEF)
            self.assertRaisesRegex(derate.UsageError, '^function: returns a tensor on "mps"', derate.measure,
                                   lambda: torch.tensor("mps"), **BRIEF)
        with imported(torch=torch, cupy=cupy):
            self.assertRaisesRegex(derate.UsageError, "^stream: PyTorch and CuPy have different", derate.measure,
                                   lambda: None, device="cuda", **BRIEF)
        with imported():
            self.assertRaisesRegex(derate.UsageError, "^device: a function on a GPU needs PyTorch with CUDA or CuPy",
                                   derate.measure, lambda: None, device="cuda", **BRIEF)
        with imported(torch=fake_torch({}, available=False)):
            self.assertRaisesRegex(derate.UsageError, "^device: a function on a GPU needs PyTorch with CUDA or CuPy",
                                   derate.measure, lambda: None, device="cuda", **BRIEF)

    def test_who_returns_before_the_work_is_done_is_waited_for(self):
        waited = []
        array = type("Array", (), {"__module__": "jaxlib.xla", "block_until_ready": lambda self: waited.append(self)})()
        with imported():
            derate.measure(lambda: array, **BRIEF)
            self.assertGreater(len(waited), 100)
            self.assertRaisesRegex(derate.UsageError, "^function: JAX returns before", derate.measure,
                                   lambda: (array,), **BRIEF)


class Refusals(unittest.TestCase):
    def test_each_wrong_argument_is_named(self):
        unwanted = (
            (TypeError, "function: ", {"function": 3}),
            (TypeError, "check: ", {"check": 3}),
            (derate.UsageError, "flops, bytes: ", {"flops": None}),
            (derate.UsageError, "flops: ", {"flops": -1}),
            (derate.UsageError, "flops: ", {"flops": math.nan}),
            (derate.UsageError, "flops: ", {"flops": math.inf}),
            (derate.UsageError, "flops: ", {"flops": 0}),
            (derate.UsageError, "flops: ", {"flops": 10**400}),
            (TypeError, "flops: ", {"flops": "1e9"}),
            (TypeError, "flops: ", {"flops": True}),
            (derate.UsageError, "bytes: ", {"bytes": -8}),
            (derate.UsageError, 'precision: .*"?f33', {"precision": "f33"}),
            (derate.UsageError, "bound: ", {"bound": "link"}),
            (derate.UsageError, 'bound: "memory" needs bytes', {"bound": "memory"}),
            (derate.UsageError, "units: ", {"units": "cores"}),
            (derate.UsageError, "cache: ", {"cache": "warm"}),
            (TypeError, "problem: ", {"problem": [3]}),
            (derate.UsageError, "problem: ", {"problem": {"n:m": 3}}),
            (derate.UsageError, r"problem\['n'\]: ", {"problem": {"n": 0}}),
            (TypeError, r"problem\['n'\]: ", {"problem": {"n": 1.5}}),
            (derate.UsageError, "name: ", {"name": ""}),
            (derate.UsageError, "name: ", {"name": "a/b"}),
            (derate.UsageError, "name: ", {"name": "a\nb"}),
            (TypeError, "name: ", {"name": 3}),
            (derate.UsageError, "rounds: ", {"rounds": 0}),
            (TypeError, "rounds: ", {"rounds": 1.0}),
            (derate.UsageError, "time_limit_s: ", {"time_limit_s": 0}),
            (derate.UsageError, "time_limit_s: ", {"time_limit_s": math.nan}),
            (derate.UsageError, "device: ", {"device": "tpu"}),
            (derate.UsageError, "stream: ", {"device": "host", "stream": 3}),
            (TypeError, "stream: ", {"stream": "current"}),
            (TypeError, "stream: ", {"stream": -1}),
        )
        for kind, text, arguments in unwanted:
            with self.subTest(arguments=arguments):
                given = {"function": lambda: None, "flops": 1.0, **arguments}
                self.assertRaisesRegex(kind, "^" + text, derate.measure, given.pop("function"), **given)

    def test_a_device_that_is_not_there(self):
        has_gpus = any(device.selector.startswith("cuda") for device in derate.devices())
        with self.assertRaises(derate.UsageError if has_gpus else derate.NoDevice) as refused:
            derate.measure(lambda: None, flops=1, device="cuda:97", stream=0)
        self.assertRegex(str(refused.exception),
                         'no device "cuda:97" here; choose from' if has_gpus else "^no cuda device: .+")

    def test_every_precision_is_taken(self):
        for precision in _derate.precisions:
            self.assertEqual(derate.measure(lambda: time.sleep(1e-3), precision=precision, **BRIEF).record["precision"],
                             precision)


if __name__ == "__main__":
    unittest.main()
