# SPDX-License-Identifier: Apache-2.0
"""Rows for pandas, polars and plain Python; neither of the two is needed."""
from __future__ import annotations

import importlib
from typing import Any, Callable, Generic, Iterator, Mapping, Sequence, TypeVar, overload

Row = Mapping[str, Any]
Item = TypeVar("Item", covariant=True)


def _needed(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(f"{name} is not installed here: pip install {name}, or take .rows, a list of "
                          "dict") from error


class HasRows:
    """What holds `rows`: a list of dict with the same keys, a figure that is not known being None."""

    @property
    def rows(self) -> list[dict[str, Any]]:
        raise NotImplementedError

    def to_pandas(self) -> Any:
        """The rows as a pandas.DataFrame. Raises ImportError where pandas is not installed."""
        return _needed("pandas").DataFrame(self.rows)

    def to_polars(self) -> Any:
        """The rows as a polars.DataFrame. Raises ImportError where polars is not installed."""
        return _needed("polars").DataFrame(self.rows, infer_schema_length=None)


class Table(HasRows, Sequence[Item], Generic[Item]):
    """Items of one kind, each made from a row."""

    def __init__(self, rows: Sequence[Row], make: Callable[[Row], Item]):
        self._rows = [dict(row) for row in rows]
        self._items = [make(row) for row in self._rows]

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [dict(row) for row in self._rows]

    @overload
    def __getitem__(self, at: int) -> Item: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Item]: ...
    def __getitem__(self, at: int | slice) -> Item | Sequence[Item]:
        return self._items[at]

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)

    def __repr__(self) -> str:
        return f"<{len(self)} items: {', '.join(repr(item) for item in self._items[:3])}" + (
            ", ...>" if len(self) > 3 else ">")

    def _repr_html_(self) -> str:
        from ._html import table_html

        return table_html(self._rows)
