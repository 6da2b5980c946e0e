# SPDX-License-Identifier: Apache-2.0
"""What is answered with a verdict: is a device as it should be, is one run slower than another?

A verdict is never raised: the result has it, with the exit code of the program."""
from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Iterable, Mapping, Union

from . import _commands
from ._commands import Path
from ._records import Source, as_files
from ._table import HasRows, Row

#: From the worst to the best.
_STATES = ("slow", "disturbed", "not known", "healthy")


@dataclass(frozen=True)
class Check(HasRows):
    """Whether a device delivers what is usual. `exit_code`: 0 healthy, 1 slow, 4 disturbed or not known."""

    state: str  #: of the worst device: "healthy", "slow", "disturbed" or "not known"
    reasons: tuple[str, ...]
    exit_code: int
    messages: tuple[str, ...]
    _rows: list[dict[str, Any]] = field(repr=False)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """A row for each class of work: what was achieved, what is usual, what earlier runs delivered."""
        return [dict(row) for row in self._rows]

    def __bool__(self) -> bool:
        """Whether it is healthy."""
        return self.exit_code == 0

    def _repr_html_(self) -> str:
        from html import escape

        from ._html import table_html

        return f"<p>{escape('; '.join((self.state, *self.reasons)))}</p>{table_html(self._rows)}"


def check(records: Source | None = None, *, device: str | None = None, reference: Path | None = None,
          out: Path | None = None, db: Path | None = None, quick: bool = False) -> Check:
    """Holds a device against what is usual and what it delivered earlier (docs/cli.md#check).

    Takes `records` (files, folders, or what read_records() gave), or measures for half a minute (`quick`: a
    quarter) into the folder `out`, by the program derate in processes of its own. Raises derate.UsageError,
    derate.InvalidInput, FileNotFoundError (derate.MissingFile), derate.NoDevice and derate.OutputError.
    """
    options = {"device": device, "reference": reference, "out": out, "db": db, "quick": quick,
               "format": "json"}
    if records is None:
        from ._programs import run_program

        answer = run_program("check", *_commands.arguments(options))
    else:
        with as_files(records) as files:
            answer = _commands.run("check", *files, **options)
    found = _commands.data(answer)
    verdicts = found["verdicts"]
    worst = min(verdicts, key=lambda each: _STATES.index(each["state"]) if each["state"] in _STATES else -1)
    return Check(worst["state"], tuple(reason for each in verdicts for reason in each["reasons"]),
                 answer.exit_code, answer.messages, found["classes"])


@dataclass(frozen=True)
class Comparison(HasRows):
    """What two runs tell (docs/ci.md). A notebook shows the page with plots. `exit_code` is that of `derate
    compare`: 0, or that of the worst verdict (1 regression, 3 not comparable, 4 inconclusive, 5 invalid)."""

    headline: str
    counts: Mapping[str, int]  #: of benchmarks by verdict: "regression", "unchanged", ...
    exit_code: int
    messages: tuple[str, ...]
    data: Row = field(repr=False)  #: the verdict file, docs/verdict.schema.json
    _words: list[str] = field(repr=False)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """A row for each benchmark: its verdict, the change and its interval."""
        return [dict(row) for row in self.data["judgements"]]

    @property
    def has_regressed(self) -> bool:
        return self.counts["regression"] > 0

    @cached_property
    def page(self) -> str:
        """The page with plots: HTML that needs no network."""
        with tempfile.TemporaryDirectory(prefix="derate-") as folder:
            page = os.path.join(folder, "comparison.html")
            _commands.run(*self._words, f"--write=html={page}")
            with open(page, encoding="utf-8") as file:
                return file.read()

    def __str__(self) -> str:
        return self.headline

    def _repr_html_(self) -> str:
        from ._html import framed

        return framed(self.page)


def compare(base: Union[Path, Iterable[Path]], candidate: Union[Path, Iterable[Path]], *,
            noise: Path | None = None, db: Path | None = None, metric: str | None = None,
            force: bool = False, fail_on: str | None = None) -> Comparison:
    """Compares two recorded runs, or several of either: records, or results of Google Benchmark and others.

    `noise` is what `derate noise` found and `db` a history, which say how runs differ by themselves; without
    either nothing is called slower, unless there are several runs a side. Raises derate.UsageError,
    derate.InvalidInput and FileNotFoundError (derate.MissingFile).
    """
    bases, candidates = _commands.files_of(base), _commands.files_of(candidate)
    options = {"base": bases[1:], "candidate": candidates[1:], "noise": noise, "db": db, "metric": metric,
               "force": force, "fail_on": fail_on}
    words = ["compare", bases[0], candidates[0], *_commands.arguments(options), "--no-github",
             "--format=json"]
    answer = _commands.run(*words)
    data = _commands.data(answer)
    return Comparison(data["headline"], data["counts"], answer.exit_code, answer.messages, data, words)
