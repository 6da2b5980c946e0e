// SPDX-License-Identifier: Apache-2.0
// One table; int4 and int8 with a 16-bit scale for each 128 numbers, as GPTQ and AWQ store them.
#include "estimate/number_format.h"

#include <array>

namespace derate {
namespace {

struct StoredFormat {
  std::string_view name;
  double bytes;
};

constexpr double kScale_bytes = 2.0 / 128;
constexpr std::array kStored = {StoredFormat{"f32", 4},
                                StoredFormat{"bf16", 2},
                                StoredFormat{"f16", 2},
                                StoredFormat{"fp8", 1},
                                StoredFormat{"int8", 1 + kScale_bytes},
                                StoredFormat{"int4", 0.5 + kScale_bytes}};

}  // namespace

std::optional<double> stored_bytes(std::string_view name) {
  for (const StoredFormat& format : kStored) {
    if (format.name == name) return format.bytes;
  }
  return std::nullopt;
}

std::vector<std::string> stored_format_names() {
  std::vector<std::string> names;
  for (const StoredFormat& format : kStored) names.emplace_back(format.name);
  return names;
}

}  // namespace derate
