# SPDX-License-Identifier: Apache-2.0
"""What can go wrong: one exception for each exit code of the programs (docs/cli.md), with their sentence.

Where an exit code is an answer (a check that finds a slow device, a comparison that finds a regression, a
plan that does not fit), nothing is raised: the result has it as `exit_code`."""
from __future__ import annotations

from typing import NoReturn


class Error(Exception):
    """A request or a machine that is not as it should be, in one sentence.

    `exit_code` is what the program derate would have ended with."""

    exit_code: int = 1


class UsageError(Error, ValueError):
    """An option, a name, a quantity or an extent that there is not (exit code 2)."""

    exit_code = 2


class NotComparable(Error):
    """A calibration or a run of another device, or one without what was asked for (exit code 3)."""

    exit_code = 3


class Inconclusive(Error):
    """It could not be told (exit code 4)."""

    exit_code = 4


class InvalidInput(Error, ValueError):
    """A file that is not what it should be; the sentence names file, line and field (exit code 5)."""

    exit_code = 5


class MissingFile(InvalidInput, FileNotFoundError):
    """A file that is not there (exit code 5)."""


class OutputError(Error, OSError):
    """What cannot be written (exit code 6)."""

    exit_code = 6


class DoesNotFit(Error):
    """A plan that needs more memory than there is, where there is nothing else to say (exit code 7)."""

    exit_code = 7


class NoDevice(Error):
    """No device of the kind that was asked for (exit code 77)."""

    exit_code = 77


class Interrupted(Error):
    """A signal ended it; what was finished is kept (exit code 130)."""

    exit_code = 130


_BY_CODE: dict[int, type[Error]] = {
    each.exit_code: each
    for each in (UsageError, NotComparable, Inconclusive, InvalidInput, OutputError, DoesNotFit, NoDevice,
                 Interrupted)}


def error_of(exit_code: int, sentence: str, is_missing_file: bool = False) -> Error:
    """The exception of an exit code."""
    kind: type[Error] = _BY_CODE.get(exit_code, Error)
    if is_missing_file:
        kind = MissingFile
    error = kind(sentence)
    error.exit_code = exit_code
    return error


def raise_error(exit_code: int, sentence: str, is_missing_file: bool = False) -> NoReturn:
    raise error_of(exit_code, sentence, is_missing_file)
