# SPDX-License-Identifier: Apache-2.0
"""Estimates of trainings, of language models that answer prompts, and of costs (docs/estimate.md).

The keyword arguments are the options of `derate estimate train`, `serve` and `cost`, whose help explains
each: numbers, texts such as "124M" and "2.5 TB/s", and, where a range is allowed, (lowest, highest)."""
from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field
from typing import Any, Iterable, Mapping, NamedTuple, Union

from . import _commands
from ._calibration import Calibration
from ._commands import Path, Quantity, Range
from ._table import HasRows, Row

CalibrationSource = Union[Path, Calibration, None]


class Span(NamedTuple):
    """A figure, and between which ends it lies."""

    low: float
    value: float
    high: float


def _span(data: Mapping[str, float] | None) -> Span | None:
    return None if data is None else Span(data["low"], data["value"], data["high"])


def _known_span(data: Mapping[str, float]) -> Span:
    return Span(data["low"], data["value"], data["high"])


def _file(calibration: CalibrationSource) -> Path | None:
    return calibration.file if isinstance(calibration, Calibration) else calibration


@dataclass(frozen=True)
class CostEstimate:
    """What a run costs on devices of one's own, against renting; money in the currency of the options ($)."""

    device: str
    hours: Span
    owning: Span
    renting: Span | None  #: None where no rent is known
    energy_kwh: Span
    purchase: Span
    break_even_hours: Span | None
    carbon_kg: Span | None
    data: Row = field(repr=False)  #: everything, as `derate estimate cost --json` writes it


def _cost_of(data: Mapping[str, Any]) -> CostEstimate:
    return CostEstimate(data["device"], _known_span(data["hours"]), _known_span(data["owning"]),
                        _span(data.get("renting")), _known_span(data["energy_kwh"]),
                        _known_span(data["purchase"]), _span(data.get("break_even_hours")),
                        _span(data.get("carbon_kg")), data)


@dataclass(frozen=True)
class TrainingLine:
    """The time by one derate factor: of nothing lost ("2·N·C"), of a rule, or of a calibration."""

    name: str
    source: str
    derate: Span
    flop_per_s: Span
    total_s: Span


@dataclass(frozen=True)
class TrainingEstimate(HasRows):
    """Time and memory of a training. `fits` is None where the device's memory, or the need, is not known;
    where it is False there are no lines, and `exit_code` is 7."""

    device: str
    precision: str
    flops: float
    lines: list[TrainingLine]
    memory_bytes: float | None
    device_memory_bytes: float | None
    fits: bool | None
    cost: CostEstimate | None
    exit_code: int
    messages: tuple[str, ...]
    data: Row = field(repr=False)  #: everything, as `derate estimate train --json` writes it

    @property
    def rows(self) -> list[dict[str, Any]]:
        """A row for each line, with low, value and high of each figure."""
        return [{"name": line.name, "source": line.source,
                 **{f"{name}{end}": getattr(getattr(line, name), place)
                    for name in ("derate", "flop_per_s", "total_s")
                    for end, place in (("", "value"), ("_low", "low"), ("_high", "high"))}}
                for line in self.lines]

    def __getitem__(self, name: str) -> TrainingLine:
        """The line of that name. Raises KeyError."""
        for line in self.lines:
            if line.name == name:
                return line
        raise KeyError(name)

    def _repr_html_(self) -> str:
        from ._html import table_html

        return table_html(self.rows)


def _training_of(answer: _commands.Answer) -> TrainingEstimate:
    data = _commands.data(answer)
    lines = [TrainingLine(line["name"], line["source"],
                          *(_known_span(line[name]) for name in ("derate", "flop_per_s", "total_s")))
             for line in data["estimates"]]
    cost = data.get("cost")
    return TrainingEstimate(data["device"], data["precision"], data["flops"], lines,
                            (data.get("memory") or {}).get("total_bytes"), data["device_memory_bytes"],
                            data["fits"], None if cost is None else _cost_of(cost), answer.exit_code,
                            answer.messages, data)


def estimate_training(
        *, device: str | None = None, calibration: CalibrationSource = None, params: Quantity | None = None,
        tokens: Quantity | None = None, samples: Quantity | None = None,
        tokens_per_param: Quantity | None = None, precision: str | None = None,
        epochs: Quantity | None = None, forward_flops: Quantity | None = None,
        backward_multiplier: Quantity | None = None,
        derate: Range | list[str | float] | list[str] | list[float] | None = None,
        devices: Quantity | None = None, batch: Quantity | None = None, batch_tokens: Quantity | None = None,
        batch_sequences: Quantity | None = None, sequence: Quantity | None = None, zero: int | None = None,
        link_bytes_per_s: Range | None = None, link_latency: Quantity | None = None,
        optimizer: str | None = None, micro_batch: Quantity | None = None,
        activation_bytes: Quantity | None = None, input_bytes: Quantity | None = None,
        memory_bytes: Quantity | None = None, cost: bool = False, by: str | None = None,
        price: Range | None = None, host_share: Range | None = None, lifetime: Range | None = None,
        in_use: Range | None = None, upkeep: Range | None = None, power: Range | None = None,
        tdp_fraction: Range | None = None, host_power: Range | None = None, pue: Range | None = None,
        kwh_price: Range | None = None, carbon: Range | None = None,
        rent: Range | None = None) -> TrainingEstimate:
    """Time and memory of a training: C = O_f·O_b·P·S·E operations at a derated 2·N·C (docs/estimate.md).

    `device` is one of the catalogue, `calibration` a file of the device or a loaded one. `params` are P,
    `tokens` or `samples` S. `derate` is a share, a range (a pair), or a list of several.
    Latency in seconds, `rent` and `kwh_price` in $, `lifetime` in years, `power` in W, `carbon` in g/kWh.

    Raises derate.UsageError (a ValueError), derate.InvalidInput, FileNotFoundError (derate.MissingFile) and
    derate.NotComparable. A training that does not fit is an answer: `fits`.
    """
    options = {**locals(), "calibration": _file(calibration), "json": True}
    return _training_of(_commands.run("estimate", "train", **options))


@dataclass(frozen=True)
class InferenceEstimate:
    """What a language model delivers to prompts. Where it does not fit there are no times, and `exit_code`
    is 7."""

    model: str
    parameters: float
    first_token_s: Span | None  #: a prompt alone
    token_s: Span | None  #: each further one, decode alone
    decode_tokens_per_s: Span | None  #: of all sequences
    mixed_token_s: Span | None  #: with prompts between
    mixed_tokens_per_s: Span | None
    largest_batch: int | None
    fits: bool
    exit_code: int
    messages: tuple[str, ...]
    data: Row = field(repr=False)  #: everything, as `derate estimate serve --format json` writes it


def estimate_inference(
        model: Path, *, prompt_tokens: int, device: str | None = None, calibration: CalibrationSource = None,
        gemm_table: Path | None = None, batch_sequences: int | None = None, output_tokens: int | None = None,
        weights: str | None = None, keys_values: str | None = None, tensor_parallel: int | None = None,
        link_bytes_per_s: Range | None = None, link_latency: Quantity | None = None,
        set_aside: Quantity | None = None) -> InferenceEstimate:
    """Time to the first token, time per token and largest batch of a language model (docs/estimate.md).

    `model` is the config.json beside the weights, or a model file; `device` a product or one at hand,
    `calibration` a file of it or a loaded one. Latency in seconds. Raises derate.UsageError (a ValueError),
    derate.InvalidInput, FileNotFoundError (derate.MissingFile) and derate.NotComparable.
    """
    options = {**locals(), "calibration": _file(calibration), "format": "json"}
    del options["model"]
    answer = _commands.run("estimate", "serve", _commands.file_name(model), **options)
    data = _commands.data(answer)
    names = ("first_token_s", "token_s", "decode_tokens_per_s", "mixed_token_s", "mixed_tokens_per_s")
    first, token, decode, mixed, all_mixed = (_span(data.get(name)) for name in names)
    return InferenceEstimate(data["model"], data["parameters"], first, token, decode, mixed, all_mixed,
                             data.get("largest_batch"), first is not None, answer.exit_code,
                             answer.messages, data)


def estimate_cost(
        *, device: str | None = None, hours: Range | None = None, devices: Quantity | None = None,
        training: TrainingEstimate | Path | None = None, by: str | None = None, price: Range | None = None,
        host_share: Range | None = None, lifetime: Range | None = None, in_use: Range | None = None,
        upkeep: Range | None = None, power: Range | None = None, tdp_fraction: Range | None = None,
        host_power: Range | None = None, pue: Range | None = None, kwh_price: Range | None = None,
        carbon: Range | None = None, rent: Range | None = None) -> CostEstimate:
    """What `hours` on `devices` cost, or a `training`: that of estimate_training(), or its file.

    Money in $, `lifetime` in years, `power` in W of one device, `carbon` in g/kWh, `rent` for an hour of one
    device. Raises derate.UsageError (a ValueError) and derate.InvalidInput.
    """
    options: dict[str, object] = {**locals(), "json": True}
    if not isinstance(training, TrainingEstimate):
        return _cost_of(_commands.data(_commands.run("estimate", "cost", **options)))
    import json

    with tempfile.TemporaryDirectory(prefix="derate-") as folder:
        path = os.path.join(folder, "training.json")
        options["training"] = path
        with open(path, "w", encoding="utf-8") as file:
            json.dump(training.data, file)
        return _cost_of(_commands.data(_commands.run("estimate", "cost", **options)))
