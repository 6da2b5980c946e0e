# SPDX-License-Identifier: Apache-2.0
# The types of the module that python/module/*.cpp binds.
version: str
commit: str
build_type: str

def run(arguments: list[str]) -> tuple[int, str, str]: ...
