# SPDX-License-Identifier: Apache-2.0
"""Devices at hand, products of the catalogue, and their theoretical peaks."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, overload

from . import _commands, _derate
from ._commands import Quantity
from ._errors import raise_error
from ._table import Row, Table


@dataclass(frozen=True)
class Device:
    """A GPU or CPU of this machine. A figure that no source gives is None."""

    selector: str  #: "host", "cuda", "cuda:1"
    name: str
    architecture: str
    compute_units: float | None  #: SMs, or cores
    clock_specified_hz: float | None
    clock_maximum_hz: float | None
    peak_f32: float | None  #: 2·N·C in FLOP/s at the specified clock
    peak_f64: float | None
    memory_bytes_per_s: float | None
    memory_bytes: float | None
    driver_version: str
    id: str  #: a hash, the same in records and calibrations
    note: str
    row: Row = field(repr=False, compare=False)  #: everything that `derate devices` knows


@dataclass(frozen=True)
class Product:
    """A line of the catalogue. A figure that no source gives is None."""

    name: str
    architecture: str
    year: int | None
    clock_hz: float | None
    peak_f32: float | None  #: 2·N·C in FLOP/s, dense
    peak: float | None  #: of the precision that was asked for, on the faster units
    memory_bytes_per_s: float | None
    memory_gib: float | None
    tdp_w: float | None
    price_usd: float | None
    source: str
    note: str
    row: Row = field(repr=False, compare=False)  #: everything that `derate catalog` knows


@dataclass(frozen=True)
class Peak:
    """A theoretical peak, dense. `value` is None where it is not known, and `reason` says why: nothing else
    takes its place."""

    device: str
    value: float | None  #: FLOP/s (for integers operations a second), or B/s
    unit: str  #: "FLOP/s" or "B/s"
    source: str  #: of N, or of the bandwidth
    reason: str  #: empty where the peak is known
    of: str = "arithmetic"  #: or "memory", "link"
    precision: str = ""  #: of the operands
    accumulator: str = ""
    units: str = ""  #: "vector" or "tensor"
    instruction: str = ""
    clock_hz: float | None = None
    clock_source: str = ""


class Peaks(Table[Peak]):
    """Every peak of a device; where no device is meant by the name it is empty, and `reason` says why."""

    def __init__(self, device: str, peaks: list[dict[str, Any]], reason: str):
        super().__init__([{"device": device, **row} for row in peaks], lambda row: Peak(**row))
        self.device = device
        self.reason = reason


def devices() -> Table[Device]:
    """The devices of this machine, GPUs first. Raises derate.NoDevice where there is none."""
    rows = _commands.data(_commands.run("devices", format="json"))
    return Table(rows, lambda row: Device(
        row["device"], row["name"], row["architecture"], row["compute_units"], row["clock_specified_hz"],
        row["clock_maximum_hz"], row["peak_f32"], row["peak_f64"], row["memory_bytes_per_s"],
        row["memory_bytes"], row["driver_version"], row["id"], row["remark"], row))


@overload
def peaks(name: str, precision: None = None, clock: float | None = None, *,
          units: str | None = None) -> Peaks: ...
@overload
def peaks(name: str, precision: str, clock: float | None = None, *, units: str | None = None) -> Peak: ...
def peaks(name: str, precision: str | None = None, clock: float | None = None, *,
          units: str | None = None) -> Peak | Peaks:
    """The theoretical peaks 2·N·C of a device at hand ("host", "cuda:1") or a product ("Tesla P40"), dense.

    With a precision ("f32", "bf16", ...) the one of that, on the faster of vector and tensor units, or on
    the `units` that are named; without, all. `clock` in Hz stands in the place of the specified clock;
    bandwidths do not follow it. A name or a figure that nothing is known of gives a peak whose value is
    None, with the reason. Raises derate.UsageError for a precision, units or a clock that there cannot be.
    """
    if precision is None and units is not None:
        raise_error(2, "units: they choose among the peaks of a precision, and none is named")
    found = _derate.peaks(name, precision, clock, units)
    if precision is None:
        return Peaks(found["device"], found["peaks"], found["reason"])
    if not found["peaks"]:
        return Peak(name, None, "FLOP/s", "", found["reason"], precision=precision)
    return Peak(found["device"], **found["peaks"][0])


def catalog(name: str | None = None, *, architecture: str | None = None, since: int | None = None,
            max_price: Quantity | None = None, min_memory: Quantity | None = None,
            precision: str | None = None, sort: str | None = None,
            measurable: str | None = None) -> Table[Product]:
    """Known products: peaks, memory, power, prices.

    `name`: only those with these words in their name; `since`: a year; `max_price` in $; `min_memory` in
    GiB; `sort`: "peak", "per-watt", "per-dollar", "memory", "bandwidth", "power", "price", "year" or "name";
    `measurable`: "yes" or "no". Raises derate.UsageError where none is as asked for.
    """
    options = {"architecture": architecture, "since": since, "max_price": max_price, "min_memory": min_memory,
               "precision": precision, "sort": sort, "measurable": measurable, "format": "json"}
    if name is not None and (name.startswith("-") or not name):
        raise_error(2, f"name: \"{name}\" is no word of a product's name")
    words = [] if name is None else [name]
    rows = _commands.data(_commands.run("catalog", *words, **options))
    return Table(rows, lambda row: Product(
        row["name"], row["architecture"], row["year"], row["clock_hz"], row["peak_f32"], row["peak"],
        row["memory_bytes_per_s"], row["memory_gib"], row["tdp_w"], row["price_usd"], row["source"],
        row["note"], row))
