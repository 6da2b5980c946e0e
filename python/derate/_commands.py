# SPDX-License-Identifier: Apache-2.0
"""Commands of the program derate as functions: keyword arguments become options, output becomes data.

In this process, without the interpreter's lock; what measures takes the program, as a process."""
from __future__ import annotations

import os
import re
from typing import Any, Iterable, Mapping, NamedTuple, Sequence, Union

from . import _derate
from ._errors import raise_error

Path = Union[str, "os.PathLike[str]"]
#: A number, or a text of the programs' own, such as "124M" and "2.5 TB/s".
Quantity = Union[float, str]
#: The same, or its lowest and highest value.
Range = Union[float, str, "tuple[Quantity, Quantity]"]
#: What an option takes: True gives a flag, None leaves it out, a list gives it several times.
Option = Union[Range, bool, Path, None, Sequence[Union[str, float]]]

#: What no result stands beside.
_OUTPUT, _INTERRUPTED = 6, 130
_USAGE = 2


class Answer(NamedTuple):
    """How a command ended: its exit code, what it printed, and each sentence that it said besides."""

    exit_code: int
    output: str
    messages: tuple[str, ...]


def file_name(path: Path) -> str:
    name = os.fspath(path)
    if not isinstance(name, str):
        raise TypeError(f"a file's name is text, not {type(name).__name__}")
    if not name:
        raise_error(_USAGE, "a file's name is empty")
    return os.path.join(".", name) if name.startswith("-") else name


def _text(value: object) -> str:
    if isinstance(value, os.PathLike):
        return file_name(value)
    return repr(value) if isinstance(value, float) and type(value) is float else str(value)


def _given(name: str, value: object) -> str:
    """The text of a value: an empty one would make the next argument the option's."""
    text = _text(value)
    if not text:
        raise_error(_USAGE, f"{name}: an empty text")
    return text


def arguments(options: Mapping[str, object]) -> list[str]:
    """`{"batch_tokens": 5e5, "json": True, "rent": (1, 2)}` as --batch-tokens=500000.0 --json --rent=1..2."""
    words: list[str] = []
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if value is None or value is False:
            continue
        if value is True:
            words.append(flag)
        elif isinstance(value, tuple):
            if len(value) != 2:
                raise_error(_USAGE, f"{name}: a tuple is a range, of two ends; several are a list")
            words.append(f"{flag}={_given(name, value[0])}..{_given(name, value[1])}")
        elif isinstance(value, list):
            words += [f"{flag}={_given(name, each)}" for each in value]
        else:
            words.append(f"{flag}={_given(name, value)}")
    return words


def _sentences(messages: str) -> tuple[str, ...]:
    return tuple(line.removeprefix("derate: ") for line in messages.splitlines() if line)


def as_arguments(sentence: str) -> str:
    """--batch-tokens as batch_tokens, since that is what the caller wrote, and no word of the command's help."""
    sentence = re.sub(r" \(see [^()]* --help\)$", "", sentence)
    return re.sub(r"(?<!\S)--([a-z][a-z-]*)", lambda option: option[1].replace("-", "_"), sentence)


def answer_of(words: Sequence[str], exit_code: int, output: str, messages: str, is_missing_file: bool,
              sentences: int = 1) -> Answer:
    """Raises where the command ended without an answer: the last of its `sentences` say why."""
    said = _sentences(messages)
    if exit_code != 0 and (not output or exit_code in (_OUTPUT, _INTERRUPTED)):
        sentence = "; ".join(said[-sentences:]) or f"derate {words[0]} ended with {exit_code}"
        raise_error(exit_code, as_arguments(sentence) if exit_code == _USAGE else sentence, is_missing_file)
    return Answer(exit_code, output, said)


def run(*words: str, **options: object) -> Answer:
    """Runs `derate WORDS... --OPTIONS...` in this process. Raises derate.Error, unless it gave an answer."""
    line = [*words, *arguments(options)]
    return answer_of(line, *_derate.run(line))


def data(answer: Answer) -> Any:
    """What a command printed with --json or --format json."""
    import json

    return json.loads(answer.output)


def files_of(paths: Path | Iterable[Path]) -> list[str]:
    """One path, or several; at least one."""
    if isinstance(paths, (str, os.PathLike)):
        return [file_name(paths)]
    names = [file_name(path) for path in paths]
    if not names:
        raise_error(2, "no file was named")
    return names
