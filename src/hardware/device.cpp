// SPDX-License-Identifier: Apache-2.0
// hash_text(): FNV-1a with 64 bits, as 16 hexadecimal digits.
#include "derate/device.h"

#include <fmt/format.h>

namespace derate {

std::string hash_text(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return fmt::format("{:016x}", hash);
}

}  // namespace derate
