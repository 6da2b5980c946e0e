// SPDX-License-Identifier: Apache-2.0
// Takes one field after the other off the line.
#include "base/csv.h"

#include <algorithm>

namespace derate {
namespace {

std::string_view take_field(std::string_view& rest) {
  const bool is_quoted = rest.starts_with('"');
  if (is_quoted) rest.remove_prefix(1);
  const std::size_t end = std::min(rest.find(is_quoted ? '"' : ','), rest.size());
  const std::string_view field = rest.substr(0, end);
  rest.remove_prefix(end);
  if (is_quoted && !rest.empty()) rest.remove_prefix(1);
  return field;
}

}  // namespace

std::vector<std::string_view> csv_fields(std::string_view line) {
  std::vector<std::string_view> fields;
  while (true) {
    fields.push_back(take_field(line));
    if (!line.starts_with(',')) return fields;
    line.remove_prefix(1);
  }
}

void each_csv_line(std::string_view csv,
                   const std::function<void(int, const std::vector<std::string_view>&)>& use) {
  for (int line = 1; !csv.empty(); ++line) {
    const std::size_t end = std::min(csv.find('\n'), csv.size());
    std::string_view text = csv.substr(0, end);
    csv.remove_prefix(std::min(end + 1, csv.size()));
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (!text.empty() && !text.starts_with('#')) use(line, csv_fields(text));
  }
}

}  // namespace derate
