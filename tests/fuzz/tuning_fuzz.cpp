// SPDX-License-Identifier: Apache-2.0
// Tuning tables: what is read can be merged, and written and read again it is the same.
#include "fuzz.h"
#include "measure/tuning.h"

namespace derate::fuzz {
namespace {

void read_and_write_tuning(std::string_view input) {
  const Tuning tuning = read_tuning(file_of(input));
  const std::string once = to_json(tuning);
  require_equal(once, read_again([&] { return to_json(read_tuning(file_of(once))); }),
                "a tuning changed as it was written");
  Tuning merged;
  for (const TunedDevice& device : tuning.devices) merge(device, merged);
  require(merged.devices.size() <= tuning.devices.size(), "merging made devices");
}

const Registered tuning({"tuning", read_and_write_tuning});

}  // namespace
}  // namespace derate::fuzz
