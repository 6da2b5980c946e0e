# SPDX-License-Identifier: Apache-2.0
"""Calibrations: derate factors with their intervals, and the times of matrix products of any shape."""
from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Iterable, Mapping, Union, overload

from . import _commands, _derate
from ._commands import Path
from ._errors import raise_error
from ._table import HasRows, Row

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

    #: Extents of products: whole numbers from 1 to a milliard.
    Extents = Union[NDArray[Any], list[int], tuple[int, ...], range]

#: What the largest term of the model is.
BOUNDS = ("launch", "compute", "memory")


@dataclass(frozen=True)
class Eta:
    """A derate factor: `value` of the peak at the specified clock is delivered; one more round lies between
    `low` and `high` with the probability `confidence`. None where the peak, or the clock, is not known."""

    value: float | None
    low: float | None
    high: float | None
    confidence: float
    value_at_clock: float | None  #: of the peak at the clock that was measured meanwhile
    achieved: float  #: FLOP/s, B/s or steps/s
    workload: str
    variant: str
    provider: str
    precision: str
    size: str
    outcome: str  #: "passed", or "unstable"
    row: Row = field(repr=False, compare=False)  #: everything that the calibration says of it

    def __float__(self) -> float:
        if self.value is None:
            raise_error(3, f"the peak of {self.workload} in {self.precision} is not known, so there is no η")
        return self.value


@dataclass(frozen=True)
class GemmPrediction:
    """The time of one more product of a shape lies between low_s and high_s with the probability
    `confidence`. `eta` is operations ÷ time ÷ peak, None where no peak is known. Far from what was measured
    (`extrapolated`) nothing tests the interval."""

    m: int
    n: int
    k: int
    time_s: float
    low_s: float
    high_s: float
    confidence: float
    bound: str  #: "launch", "compute" or "memory"
    distance_octaves: float
    extrapolated: bool
    eta: float | None
    provider: str  #: whose products the model is of
    variant: str
    doubt: str  #: what to know before planning with it: "5 of its measurements unstable: ..."; else empty


@dataclass(frozen=True, eq=False)
class GemmPredictions(HasRows):
    """The same for arrays, all of the shape that m, n and k broadcast to."""

    m: NDArray[numpy.int64]
    n: NDArray[numpy.int64]
    k: NDArray[numpy.int64]
    time_s: NDArray[numpy.float64]
    low_s: NDArray[numpy.float64]
    high_s: NDArray[numpy.float64]
    confidence: float
    bound: NDArray[numpy.int8]  #: places in derate.BOUNDS
    distance_octaves: NDArray[numpy.float64]
    extrapolated: NDArray[numpy.bool_]
    peak_flop_per_s: float | None
    provider: str  #: whose products the model is of
    variant: str
    doubt: str  #: as of one prediction

    @property
    def eta(self) -> NDArray[numpy.float64] | None:
        """Operations ÷ time ÷ peak; None where no peak is known."""
        if self.peak_flop_per_s is None:
            return None
        operations = 2.0 * self.m * self.n * self.k
        result: NDArray[numpy.float64] = operations / self.time_s / self.peak_flop_per_s
        return result

    @property
    def rows(self) -> list[dict[str, Any]]:
        eta = self.eta
        columns = {name: getattr(self, name).ravel().tolist()
                   for name in ("m", "n", "k", "time_s", "low_s", "high_s", "distance_octaves", "extrapolated")}
        columns["bound"] = [BOUNDS[bound] for bound in self.bound.ravel().tolist()]
        columns["eta"] = [None] * self.time_s.size if eta is None else eta.ravel().tolist()
        return [dict(zip(columns, values)) for values in zip(*columns.values())]

    def __len__(self) -> int:
        return int(self.time_s.size)


def _known(number: float) -> float | None:
    return number if number == number else None


class Calibration(HasRows):
    """A calibration.json (docs/calibration.md). A notebook shows its factors and models as plots."""

    def __init__(self, loaded: _derate.Calibration, file: str):
        self._loaded = loaded
        self._products: dict[tuple[str, str], _derate.Products] = {}
        self.file = file

    @staticmethod
    def load(path: Path) -> Calibration:
        """Reads a calibration.json, or that of a folder; files of older versions too.

        Raises FileNotFoundError (derate.MissingFile) where there is none, and derate.InvalidInput, with file
        and field, for anything else than a calibration and for one of a newer derate, with its version.
        """
        file = _commands.file_name(path)
        return Calibration(_derate.Calibration.load(file), file)

    @cached_property
    def _data(self) -> dict[str, Any]:
        import json

        data: dict[str, Any] = json.loads(self._loaded.to_json())
        return data

    @property
    def device(self) -> Mapping[str, Any]:
        """Device, driver and clocks that it holds for, and the derate that measured (`tool_version`)."""
        device: Mapping[str, Any] = self._data["device"]
        return device

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The factors."""
        return [dict(factor) for factor in self._data["factors"]]

    @property
    def gemm_models(self) -> list[dict[str, Any]]:
        return [dict(model) for model in self._data["gemm_models"]]

    @property
    def losses(self) -> list[dict[str, Any]]:
        """Where the rest of the peak went, of each product that was attributed (docs/attribution.md)."""
        return [dict(loss) for loss in self._data["losses"]]

    def eta(self, workload: str, provider: str | None = None, precision: str = "f32",
            size: str = "large") -> Eta:
        """The derate factor of a workload ("gemm", "fma_chain", "memory_triad", ...) on random data: cold
        caches before hot ones, sustained before burst, then the fastest variant, of any provider unless one
        is named. Raises derate.NotComparable where the calibration has none, with what it has.
        """
        row = self._data["factors"][self._loaded.place_of_factor(workload, provider, precision, size)]
        eta, at_clock = row.get("eta") or {}, row.get("eta_measured") or {}
        return Eta(eta.get("value"), eta.get("low"), eta.get("high"), eta.get("confidence", 0.95),
                   at_clock.get("value"), row["achieved"]["value"], row["workload"], row["variant"],
                   row["provider"], row["precision"], row["size_class"], row.get("outcome", ""), row)

    @overload
    def predict_gemm(self, m: int, n: int, k: int, *, precision: str = "f32", provider: str | None = None,
                     confidence: float = 0.9) -> GemmPrediction: ...
    @overload
    def predict_gemm(self, m: Extents, n: Extents | int, k: Extents | int, *, precision: str = "f32",
                     provider: str | None = None, confidence: float = 0.9) -> GemmPredictions: ...
    @overload
    def predict_gemm(self, m: int, n: Extents, k: Extents | int, *, precision: str = "f32",
                     provider: str | None = None, confidence: float = 0.9) -> GemmPredictions: ...
    @overload
    def predict_gemm(self, m: int, n: int, k: Extents, *, precision: str = "f32",
                     provider: str | None = None, confidence: float = 0.9) -> GemmPredictions: ...
    def predict_gemm(self, m: Extents | int, n: Extents | int, k: Extents | int, *, precision: str = "f32",
                     provider: str | None = None,
                     confidence: float = 0.9) -> GemmPrediction | GemmPredictions:
        """The time of products C = A·B, where A is m x k and B is k x n, with its interval.

        m, n and k are whole numbers from 1 to 1e9, or arrays of them (NumPy, lists, whatever numpy.asarray
        takes; floating-point ones where each is whole) that broadcast. A library's model goes before that of
        our own kernels, unless a `provider` is named. Arrays are predicted in one loop in C++, without the
        interpreter's lock, so that threads run side by side.

        Raises derate.UsageError (a ValueError), which names the argument and the index, for other extents and
        for a confidence that is not between 0 and 1; derate.NotComparable where there is no such model.
        """
        products = self._model(precision, provider or "")
        if not 0 < confidence < 1:
            raise_error(2, f"confidence: {confidence!r} is not between 0 and 1")
        extents = {"m": m, "n": n, "k": k}
        from ._extents import broadcast, is_scalar, whole

        if all(is_scalar(value) for value in extents.values()):
            shape = [whole(name, value) for name, value in extents.items()]
            return _predict_one(products, shape[0], shape[1], shape[2], confidence)
        return _predict_arrays(products, broadcast(extents), confidence)

    def _model(self, precision: str, provider: str) -> _derate.Products:
        key = (precision, provider)
        if key not in self._products:
            self._products[key] = self._loaded.products(precision, provider)
        return self._products[key]

    def __str__(self) -> str:
        return self._loaded.to_table()

    def __repr__(self) -> str:
        device = self.device
        return (f"<calibration of {device['device_name']}: {len(self._data['factors'])} factors, "
                f"{len(self._data['gemm_models'])} GEMM models, {self._data['time_utc']}>")

    def _repr_html_(self) -> str:
        from ._html import framed

        return framed(self._loaded.to_html())


def _doubt(products: _derate.Products) -> str:
    return products.doubt.removeprefix(", ")  # the programs end a sentence with it


def _predict_one(products: _derate.Products, m: int, n: int, k: int, confidence: float) -> GemmPrediction:
    time_s, low_s, high_s, bound, distance, extrapolated = products.predict_one(m, n, k, confidence)
    peak = _known(products.peak_flop_per_s)
    eta = None if peak is None else 2.0 * m * n * k / time_s / peak
    return GemmPrediction(m, n, k, time_s, low_s, high_s, confidence, BOUNDS[bound], distance, extrapolated, eta,
                          products.provider, products.variant, _doubt(products))


def _predict_arrays(products: _derate.Products, extents: Iterable[NDArray[numpy.int64]],
                    confidence: float) -> GemmPredictions:
    import numpy

    m, n, k = extents
    time_s, low_s, high_s, distance = (numpy.empty(m.shape) for _ in range(4))
    bound = numpy.empty(m.shape, numpy.int8)
    extrapolated = numpy.empty(m.shape, numpy.bool_)
    filled: list[NDArray[Any]] = [time_s, low_s, high_s, distance, bound, extrapolated]
    flat = [each.reshape(-1) for each in (m, n, k, *filled)]  # views: all are contiguous
    products.predict_arrays(flat[0], flat[1], flat[2], confidence, *flat[3:])
    return GemmPredictions(m, n, k, time_s, low_s, high_s, confidence, bound, distance, extrapolated,
                           _known(products.peak_flop_per_s), products.provider, products.variant, _doubt(products))
