# SPDX-License-Identifier: Apache-2.0
"""Records, and the report of them."""
from __future__ import annotations

import contextlib
import os
import tempfile
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Iterable, Iterator, Mapping, NamedTuple, Sequence, Union, cast, overload

from . import _commands, _derate
from ._commands import Path
from ._table import HasRows, Row


class Unreadable(NamedTuple):
    """A line that is no usable record."""

    file: str
    line: int  #: counted from 1
    reason: str  #: names the field


class Records(HasRows, Sequence[Row]):
    """Records as dict, in the order of their files (docs/record.md has the fields)."""

    def __init__(self, files: Sequence[str], lines: Sequence[str], unreadable: Sequence[Unreadable]):
        import json

        self.files = tuple(files)
        self.unreadable = tuple(unreadable)
        self._records: list[dict[str, Any]] = [json.loads(line) for line in lines]

    @property
    def rows(self) -> list[dict[str, Any]]:
        return list(self._records)

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Row]: ...
    def __getitem__(self, at: int | slice) -> Row | Sequence[Row]:
        return self._records[at]

    def __len__(self) -> int:
        return len(self._records)

    def __repr__(self) -> str:
        return f"<{len(self)} records of {', '.join(self.files)}>"


#: Records in files or folders that hold a records.jsonl, or those that read_records() gave, or some of them.
Source = Union[Path, Iterable[Path], Records, Iterable[Mapping[str, Any]]]


def read_records(paths: Path | Iterable[Path]) -> Records:
    """Reads records.jsonl files, or folders that hold one. Lines that are no records are in `.unreadable`.

    Raises FileNotFoundError (derate.MissingFile) for a file that is not there, and derate.InvalidInput for
    one without a good line.
    """
    files = _commands.files_of(paths)
    lines: list[str] = []
    unreadable: list[Unreadable] = []
    for file in files:
        good, bad = _derate.read_records(file)
        lines += good
        unreadable += [Unreadable(*each) for each in bad]
    return Records(files, lines, unreadable)


def settled(source: Source) -> Source:
    """The same, to be used more than once."""
    if isinstance(source, (str, os.PathLike, Records)):
        return source
    return cast(Source, list(source))


@contextlib.contextmanager
def as_files(source: Source) -> Iterator[list[str]]:
    """The files of a source; records that are in none are written into a temporary one."""
    if isinstance(source, Records):
        yield list(source.files)
        return
    if isinstance(source, (str, os.PathLike)):
        yield _commands.files_of(source)
        return
    items = list(source)
    if not any(isinstance(item, Mapping) for item in items):
        yield _commands.files_of(item for item in items if not isinstance(item, Mapping))
        return
    import json

    with tempfile.TemporaryDirectory(prefix="derate-") as folder:
        file = os.path.join(folder, "records.jsonl")
        with open(file, "w", encoding="utf-8") as out:
            for item in items:
                out.write(json.dumps(item) + "\n")
        yield [file]


@dataclass(frozen=True, repr=False)
class Report(HasRows):
    """What a device delivers of its peak: a row for each workload in each precision and size.

    `str()` is the table; a notebook shows the page with plots, which is made when it is asked for.
    `exit_code` is 1 where a row is wrong, failed or suspect."""

    devices: list[dict[str, Any]]  #: notes on each, and its conclusion
    unreadable: tuple[str, ...]  #: lines that were left out: "FILE:LINE: reason", at most twenty
    exit_code: int
    messages: tuple[str, ...]  #: what the program says besides
    _rows: list[dict[str, Any]]
    _source: Source = field(compare=False)
    _options: Mapping[str, object]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """With the columns that `derate schema report` lists: η and its interval, clock, outcome, ..."""
        return [dict(row) for row in self._rows]

    @cached_property
    def page(self) -> str:
        """The page with plots: HTML that needs no network."""
        with as_files(self._source) as files, tempfile.TemporaryDirectory(prefix="derate-") as folder:
            page = os.path.join(folder, "report.html")
            _commands.run("report", *files, **self._options, format="json", write=f"html={page}")
            with open(page, encoding="utf-8") as file:
                return file.read()

    def __repr__(self) -> str:
        names = ", ".join(str(device["device"]) for device in self.devices)
        return f"<report of {names or 'no device'}: {len(self._rows)} rows>"

    def __str__(self) -> str:
        with as_files(self._source) as files:
            return _commands.run("report", *files, **self._options, all=True).output

    def _repr_html_(self) -> str:
        from ._html import framed

        return framed(self.page)


def report(source: Source, *, device: str | None = None, calibration: Path | None = None,
           force: bool = False) -> Report:
    """The report of records: files, folders, or what read_records() gave.

    `device` keeps one device (an id, or a part of its name); `calibration` is a file to compare with, which
    `force` allows to be of another device. Raises derate.InvalidInput, FileNotFoundError (derate.MissingFile),
    derate.NotComparable and derate.UsageError.
    """
    options = {"device": device, "calibration": calibration, "force": force}
    kept = settled(source)
    with as_files(kept) as files:
        answer = _commands.run("report", *files, **options, format="json")
    found = _commands.data(answer)
    return Report(found["devices"], tuple(found["unreadable_lines"]), answer.exit_code, answer.messages,
                  found["rows"], kept, options)
