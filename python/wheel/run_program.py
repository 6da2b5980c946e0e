#!python
# SPDX-License-Identifier: Apache-2.0
# derate and derate_bench of the wheel: Python finds the program of this name in the package and becomes
# it. A script rather than an entry point, which would import the package, and load its module, first.
import importlib.util
import os
import signal
import sys

name = os.path.basename(sys.argv[0])
package = importlib.util.find_spec("derate")
for folder in package.submodule_search_locations or () if package else ():
    program = os.path.join(folder, "bin", name)
    if os.path.exists(program):
        # Python ignores these; the program is to find them as the shell left them.
        for ignored in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(ignored, signal.SIG_DFL)
        try:
            os.execv(program, [name, *sys.argv[1:]])
        except OSError as error:
            sys.exit(f"{name}: {program} cannot be run: {error.strerror}")
sys.exit(f"{name}: the Python package derate, with its programs, is not installed for {sys.executable}")
