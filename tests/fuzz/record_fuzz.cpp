// SPDX-License-Identifier: Apache-2.0
// Records: what is read is summarised, and written and read again it is the same.
#include "derate/aggregate.h"
#include "derate/record_file.h"
#include "fuzz.h"

namespace derate::fuzz {
namespace {

std::string lines_of(const std::filesystem::path& path, Aggregate& aggregate) {
  std::string lines;
  static_cast<void>(read_records(path, [&](const Record& record) {
    lines += to_json_line(record) + "\n";
    aggregate.add(record);
  }));
  return lines;
}

void read_and_write_records(std::string_view input) {
  Aggregate aggregate;
  const std::string once = lines_of(file_of(input), aggregate);
  static_cast<void>(aggregate.rows());
  Aggregate again;
  require_equal(once, read_again([&] { return lines_of(file_of(once), again); }),
                "records changed as they were written");
}

const Registered record({"record", read_and_write_records});

}  // namespace
}  // namespace derate::fuzz
