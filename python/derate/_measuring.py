# SPDX-License-Identifier: Apache-2.0
"""A function of the user's own as a workload: measured by the project's sampler, judged against the
device's peak, kept as the records that every workload has.

This file finds out what a function works with and on which device; C++ measures (python/module/measure.cpp)."""
from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn

from . import _derate
from ._errors import UsageError
from ._frameworks import Framework, framework_of, place_of, stream_of


@dataclass(frozen=True)
class Measurement:
    """One row: all rounds of one function, as ``derate report`` shows it.

    ``outcome`` is "passed", "unstable" (the interval is wider than ±5 %, or others had the device),
    "suspect" (faster than the peak: a bug, not a success), "incorrect" (``check`` refused what the
    function returned) or "failed" (it raised; ``error`` is the exception). ``message`` says why.
    Where nothing was timed, or a peak is not known, figures are None."""

    name: str
    outcome: str
    message: str
    bound: str
    """"compute": ``achieved`` is in FLOP/s; "memory": in B/s."""
    achieved: float | None
    achieved_interval: tuple[float, float] | None
    """95 %; of several rounds that of one more round."""
    time_s: float | None
    """Of one call."""
    peak: float | None
    """In the unit of ``achieved``, at the specified clock."""
    peak_source: str
    eta: float | None
    """``achieved`` ÷ ``peak``: the derate factor. Above 1 where the clock exceeds the specified one."""
    interval: tuple[float, float] | None
    """Of ``eta``."""
    eta_at_clock: float | None
    """``achieved`` ÷ the peak at the clock that was measured meanwhile."""
    eta_at_clock_interval: tuple[float, float] | None
    clock_hz: float | None
    records: tuple[dict[str, Any], ...] = field(repr=False)
    """One for each round, with the fields of docs/record.md."""
    error: BaseException | None = field(repr=False)
    _line: str = field(repr=False)

    @property
    def record(self) -> dict[str, Any]:
        """That of the last round."""
        return self.records[-1]

    @property
    def samples_s(self) -> list[float]:
        """The time of one call in each sample of each round, in s."""
        return [time_s for record in self.records for time_s in record["samples_s"]]

    def __repr__(self) -> str:
        return f"<{self._line}>"


def measure(
    function: Callable[[], Any],
    *,
    flops: float | None = None,
    bytes: float | None = None,
    check: Callable[[Any], Any] | None = None,
    name: str | None = None,
    precision: str = "f32",
    bound: Literal["compute", "memory"] | None = None,
    units: Literal["vector", "tensor"] | None = None,
    problem: Mapping[str, int] | None = None,
    cache: Literal["hot", "cold"] = "hot",
    device: str | None = None,
    stream: Any = None,
    rounds: int = 1,
    time_limit_s: float = 0.3,
    out: str | os.PathLike[str] | None = None,
    run: str = "",
) -> Measurement:
    """Calls ``function()`` as often as the sampler needs, and says how much of the peak it gets.

    flops, bytes: of one call; a fused multiply-add is two operations, and each operand counts once
        that must be read or written. At least one of them. With both, ``bound`` says which is held
        against its peak, or else it is the one that takes longer at its peak.
    check: is called with what the function returned, before and after the samples. None, or what is
        true, is right; something false, a sentence, or an exception is the outcome "incorrect", and
        a wrong result is never timed. Without it the record says that nothing was checked.
    precision: "f64", "f32", "tf32", "f16", "bf16", "fp8", "fp4", "i32", "i8" or "i64"; whose peak.
    units: whose peak, "vector" or "tensor". Usual: on a GPU "tensor" where it has some for the precision, as
        libraries take them for all but f32 unless they are told to; otherwise "vector".
    problem: sizes, such as {"m": 512, "n": 512, "k": 512}; they tell rows of one name apart.
    cache: "cold" where the function goes through more data than the last-level cache holds.
    device: "host", "cuda" or "cuda:1". Usual: where the tensor is that the function returns.
    stream: that the function launches on: of PyTorch, of CuPy, or a cudaStream_t as an integer.
        Usual: the framework's current one on the device. GPU work is timed by events and stamps on
        it; work on the host by the host's clock, until the function returns.
    rounds: measurements of which the row is made. time_limit_s: of sampling in one round.
    out: a file that the records are appended to, for ``derate report``. run: names them.

    Raises TypeError and derate.UsageError (a ValueError) for arguments that are not what they should be,
    derate.NoDevice with the reason where there is no GPU, and derate.OutputError for a file that cannot be
    written. That the function raises is an outcome. KeyboardInterrupt ends the measurement; rounds that
    were finished are in ``out``."""
    if not callable(function):
        raise TypeError(f"function: needs something to call without arguments, not {_shown(function)}")
    if check is not None and not callable(check):
        raise TypeError(f"check: needs a function of what the function returned, not {_shown(check)}")
    request: dict[str, Any] = {
        "name": _name(function, name),
        "precision": precision,
        "flops": _amount("flops", flops),
        "bytes": _amount("bytes", bytes),
        "bound": bound or "",
        "units": units or "",
        "problem": _problem(problem),
        "cache": cache,
        "rounds": _whole("rounds", rounds, 1, 1000),
        "time_limit_s": _limit(time_limit_s),
        "out": "" if out is None else os.fsdecode(out),
        "run": _text("run", run),
    }
    _one_of("precision", precision, _derate.precisions)
    _one_of("bound", bound, (None, "compute", "memory"))
    _one_of("units", units, (None, "vector", "tensor"))
    _one_of("cache", cache, ("hot", "cold"))
    if not request["flops"] and not request["bytes"]:
        raise UsageError("flops, bytes: at least one of them is needed, as what one call amounts to")
    missing = {"compute": "flops", "memory": "bytes"}.get(bound or "", "")
    if missing and not request[missing]:
        raise UsageError(f"bound: \"{bound}\" needs {missing}")
    import json

    first = _first_call(function)
    place = place_of(first.framework, first.result, device, stream)
    with stream_of(place, stream) as handle:
        lines, row_text, error = _derate.measure(
            first.function, check, variant=first.framework.name, provider=first.framework.name,
            library=first.framework.version, device=place, stream=handle, **request)
    return _measurement(request["name"], [json.loads(line) for line in lines], json.loads(row_text), error)


@dataclass
class _FirstCall:
    function: Callable[[], Any]
    framework: Framework
    result: Any


def _first_call(function: Callable[[], Any]) -> _FirstCall:
    """What the function works with, by what it returns. One that raises is not called again: it fails
    by that exception."""
    try:
        result = function()
    except Exception as error:
        raised = error

        def raise_again() -> NoReturn:
            raise raised

        return _FirstCall(raise_again, framework_of(None), None)
    framework = framework_of(result)
    if framework.waits_by:
        return _FirstCall(lambda: getattr(function(), framework.waits_by)(), framework, result)
    return _FirstCall(function, framework, result)


def _measurement(name: str, records: list[dict[str, Any]], row: dict[str, Any],
                 error: BaseException | None) -> Measurement:
    def ends(figure: dict[str, Any]) -> tuple[float, float] | None:
        return None if figure["value"] is None else (figure["low"], figure["high"])

    return Measurement(
        name=name, outcome=row["outcome"], message=row["message"], bound=row["bound"],
        achieved=row["achieved"]["value"], achieved_interval=ends(row["achieved"]),
        time_s=row["time_s"], peak=row["peak"], peak_source=row["peak_source"],
        eta=row["eta"]["value"], interval=ends(row["eta"]),
        eta_at_clock=row["eta_at_clock"]["value"], eta_at_clock_interval=ends(row["eta_at_clock"]),
        clock_hz=row["clock_hz"], records=tuple(records), error=error, _line=row["line"])


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _one_of(argument: str, value: object, allowed: Any) -> None:
    if value not in allowed:
        names = ", ".join(f'"{word}"' for word in allowed if word is not None)
        raise UsageError(f"{argument}: {_shown(value)} is none of {names}")


def _number(argument: str, value: Any) -> float:
    if isinstance(value, (bool, str)):
        raise TypeError(f"{argument}: needs a number, not {_shown(value)}")
    try:
        return float(value)
    except OverflowError:
        return math.inf
    except (TypeError, ValueError):
        raise TypeError(f"{argument}: needs a number, not {_shown(value)}") from None


def _amount(argument: str, value: Any) -> float:
    if value is None:
        return 0.0
    amount = _number(argument, value)
    if not 0 < amount < math.inf:
        raise UsageError(f"{argument}: needs a finite number above 0, not {_shown(value)}")
    return amount


def _limit(value: Any) -> float:
    limit_s = _number("time_limit_s", value)
    if not 0 < limit_s <= 86400:
        raise UsageError(f"time_limit_s: needs seconds above 0 and at most 86400, not {_shown(value)}")
    return limit_s


def _whole(argument: str, value: Any, least: int, most: int) -> int:
    if isinstance(value, bool) or not hasattr(type(value), "__index__"):
        raise TypeError(f"{argument}: needs a whole number, not {_shown(value)}")
    number = int(value.__index__())
    if not least <= number <= most:
        raise UsageError(f"{argument}: needs a whole number from {least} to {most}, not {number}")
    return number


def _text(argument: str, value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{argument}: needs a text, not {_shown(value)}")
    if not all(character.isprintable() for character in value):
        raise UsageError(f"{argument}: {value!a} holds a character that cannot be printed")
    return value


def _name(function: Any, name: str | None) -> str:
    if name is None:
        inner = getattr(function, "func", function)  # of a functools.partial
        name = str(getattr(inner, "__name__", type(inner).__name__)).strip("<>")
    if not _text("name", name) or "/" in name:
        raise UsageError(f"name: needs a text without \"/\", not {_shown(name)}")
    return name


def _problem(problem: Mapping[str, int] | None) -> str:
    if problem is None:
        return ""
    if not isinstance(problem, Mapping):
        raise TypeError(f"problem: needs sizes by name, such as {{\"n\": 1000}}, not {_shown(problem)}")
    extents = []
    for key, value in problem.items():
        if not isinstance(key, str) or not key.isidentifier():
            raise UsageError(f"problem: {_shown(key)} is no name of a size")
        extents.append(f"{key}:{_whole(f'problem[{key!r}]', value, 1, 2**63 - 1)}")
    return "/".join(extents)
