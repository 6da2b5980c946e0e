# SPDX-License-Identifier: Apache-2.0
"""Pages and tables as a notebook shows them."""
from __future__ import annotations

import html
from typing import Any, Mapping, Sequence

_MOST_ROWS = 100


def framed(page: str, height_px: int = 720) -> str:
    """A whole page within a notebook's: in a frame of its own, so that styles and scripts stay apart, and
    without access to the notebook around it."""
    return (f'<iframe sandbox="allow-scripts" style="width:100%;height:{height_px}px;border:0" '
            f'srcdoc="{html.escape(page)}"></iframe>')


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    return html.escape(f"{value:.4g}" if isinstance(value, float) else str(value))


def table_html(rows: Sequence[Mapping[str, Any]]) -> str:
    """The first rows, with the columns in which any row has a figure or a text."""
    shown = rows[:_MOST_ROWS]
    columns = [name for name in (rows[0] if rows else ()) if any(row[name] not in (None, "") for row in shown)]
    head = "".join(f"<th>{html.escape(name)}</th>" for name in columns)
    body = "".join("<tr>" + "".join(f"<td>{_cell(row[name])}</td>" for name in columns) + "</tr>"
                   for row in shown)
    more = f"<p>and {len(rows) - len(shown)} more</p>" if len(rows) > len(shown) else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"
