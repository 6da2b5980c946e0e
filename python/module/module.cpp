// SPDX-License-Identifier: Apache-2.0
// The module derate._derate: what the Python package calls of the C++ libraries. Private: the
// package's own functions, in derate/, have the types, the documentation and the exceptions.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include "derate/build_info.h"
#include "module/bindings.h"

NB_MODULE(_derate, module) {
  // Objects may outlive the module when the interpreter ends; that is no fault of a user.
  nanobind::set_leak_warnings(false);
  const derate::BuildInfo build = derate::build_info();
  module.attr("version") = build.version;
  module.attr("commit") = build.commit;
  module.attr("build_type") = build.build_type;
  derate::python::translate_errors();
  derate::python::bind_commands(module);
  derate::python::bind_catalogue(module);
  derate::python::bind_records(module);
  derate::python::bind_calibration(module);
  derate::python::bind_measure(module);
}
