// SPDX-License-Identifier: Apache-2.0
// What module.cpp asks of the other files of the module: each binds one subject.
#pragma once

#include <nanobind/nanobind.h>

#include <string>

namespace derate::python {

/// derate::Error becomes the exception of derate/_errors.py that its exit code stands for.
void translate_errors();

void bind_commands(nanobind::module_& module);
void bind_catalogue(nanobind::module_& module);
void bind_records(nanobind::module_& module);
void bind_calibration(nanobind::module_& module);
void bind_measure(nanobind::module_& module);

/// A path as the system has it, so that every name of a file goes through: of str, not of bytes.
[[nodiscard]] std::string system_text(nanobind::handle text);

}  // namespace derate::python
