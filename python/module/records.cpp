// SPDX-License-Identifier: Apache-2.0
// Records as the library reads them: every good line as JSON, every other with the reason.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "derate/record_file.h"
#include "module/bindings.h"

namespace derate::python {
namespace {

namespace nb = nanobind;

using Unreadable = std::tuple<std::string, std::int64_t, std::string>;

std::tuple<std::vector<std::string>, std::vector<Unreadable>> read_records_of(
    const nb::handle& path) {
  const std::string file = system_text(path);
  const nb::gil_scoped_release others_may_run;
  std::vector<std::string> lines;
  const ReadResult result =
      read_records(file, [&](const Record& record) { lines.push_back(to_json_line(record)); });
  std::vector<Unreadable> unreadable;
  for (const BadLine& bad : result.bad) unreadable.emplace_back(bad.file, bad.line, bad.reason);
  return {lines, unreadable};
}

}  // namespace

void bind_records(nb::module_& module) {
  module.def("read_records", read_records_of, nb::arg("path"));
}

}  // namespace derate::python
