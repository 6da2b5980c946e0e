# SPDX-License-Identifier: Apache-2.0
"""What a GPU or CPU delivers of its theoretical peak, 2·N·C, and what that means for a plan.

    >>> import derate
    >>> derate.peaks("Tesla P40", "f32").value
    11758080000000.0

The C++ library of derate computes; docs/python.md introduces this package. Figures are in SI units, which
their names state (`time_s`, `clock_hz`); one that no source gives is None."""
from __future__ import annotations

from . import _derate
from ._version import VERSION as __version__

if _derate.version != __version__:
    raise ImportError(f"derate: the files of this package are of version {__version__}, and its module "
                      f"{_derate.__file__} is of {_derate.version}: install the package again")

from ._calibration import BOUNDS, Calibration, Eta, GemmPrediction, GemmPredictions
from ._errors import (DoesNotFit, Error, Inconclusive, Interrupted, InvalidInput, MissingFile, NoDevice,
                      NotComparable, OutputError, UsageError)
from ._estimates import (CostEstimate, InferenceEstimate, Span, TrainingEstimate, TrainingLine, estimate_cost,
                         estimate_inference, estimate_training)
from ._measuring import Measurement, measure
from ._peaks import Device, Peak, Peaks, Product, catalog, devices, peaks
from ._records import Records, Report, Unreadable, read_records, report
from ._table import Table
from ._verdicts import Check, Comparison, check, compare

__all__ = [
    "BOUNDS", "Calibration", "Check", "Comparison", "CostEstimate", "Device", "DoesNotFit", "Error", "Eta",
    "GemmPrediction", "GemmPredictions", "Inconclusive", "InferenceEstimate", "Interrupted", "InvalidInput",
    "Measurement", "MissingFile", "NoDevice", "NotComparable", "OutputError", "Peak", "Peaks", "Product",
    "Records", "Report", "Span", "Table", "TrainingEstimate", "TrainingLine", "Unreadable", "UsageError",
    "__version__", "catalog", "check", "compare", "devices", "estimate_cost", "estimate_inference",
    "estimate_training", "measure", "peaks", "read_records", "report",
]
