// SPDX-License-Identifier: Apache-2.0
// What module.cpp asks of the other files of the module: each binds one subject.
#pragma once

#include <nanobind/nanobind.h>

namespace derate::python {

void bind_commands(nanobind::module_& module);

}  // namespace derate::python
