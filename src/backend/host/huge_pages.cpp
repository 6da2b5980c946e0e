// SPDX-License-Identifier: Apache-2.0
// A mapping of smaps begins with a line "7f00-7fff rw-p ...", and its sizes follow, "Rss: 4 kB".
#include "backend/host/huge_pages.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string>
#include <string_view>

#include "derate/host/buffer.h"

namespace derate::host {
namespace {

struct AddressRange {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
};

/// Empty for a line that does not begin a mapping.
std::optional<AddressRange> range_of(std::string_view line) {
  AddressRange range;
  const char* const line_end = line.data() + line.size();
  const auto [dash, of_begin] = std::from_chars(line.data(), line_end, range.begin, 16);
  if (of_begin != std::errc() || dash == line_end || *dash != '-') return std::nullopt;
  const auto [space, of_end] = std::from_chars(dash + 1, line_end, range.end, 16);
  if (of_end != std::errc() || space == line_end || *space != ' ') return std::nullopt;
  return range;
}

/// Of "Rss:   4 kB" under its name with the colon; empty for another line.
std::optional<std::uint64_t> kilobytes(std::string_view line, std::string_view name) {
  if (!line.starts_with(name)) return std::nullopt;
  line.remove_prefix(name.size());
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
  if (error != std::errc()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<double> share_in_huge_pages(std::istream& smaps, std::uintptr_t begin,
                                          std::uintptr_t end) {
  std::uint64_t resident_kb = 0;
  std::uint64_t huge_kb = 0;
  bool counted = false;
  bool inside = false;
  for (std::string line; std::getline(smaps, line);) {
    if (const std::optional<AddressRange> range = range_of(line)) {
      inside = range->begin < end && begin < range->end;
    } else if (!inside) {
      continue;
    } else if (const auto resident = kilobytes(line, "Rss:")) {
      resident_kb += *resident;
    } else if (const auto huge = kilobytes(line, "AnonHugePages:")) {
      huge_kb += *huge;
      counted = true;
    }
  }
  if (!counted || resident_kb == 0) return std::nullopt;
  return static_cast<double>(huge_kb) / static_cast<double>(resident_kb);
}

std::optional<double> share_in_huge_pages(const void* begin, std::size_t bytes) {
  std::ifstream smaps("/proc/self/smaps");
  const auto first = reinterpret_cast<std::uintptr_t>(begin);
  return share_in_huge_pages(smaps, first, first + bytes);
}

}  // namespace derate::host
