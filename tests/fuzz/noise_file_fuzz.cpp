// SPDX-License-Identifier: Apache-2.0
// What `derate noise --format json` wrote, as compare --noise takes it.
#include "fuzz.h"
#include "regression/compare/noise_file.h"

namespace derate::fuzz {
namespace {

void read_noise_file(std::string_view input) {
  for (const auto& [benchmark, spread] : read_noise(file_of(input))) {
    require(!benchmark.empty() && spread.sd >= 0 && spread.freedom > 0, "a spread is none");
  }
}

const Registered noise_file({"noise_file", read_noise_file});

}  // namespace
}  // namespace derate::fuzz
