# SPDX-License-Identifier: Apache-2.0
"""What a GPU or CPU delivers of its theoretical peak, 2·N·C, and what that means for a plan.

The C++ library of derate computes; this package is its Python side."""
from __future__ import annotations

from . import _derate
from ._version import VERSION as __version__

if _derate.version != __version__:
    raise ImportError(
        f"derate: the files of this package are of version {__version__} and its module "
        f"{_derate.__file__} is of {_derate.version}: install one of them again")
