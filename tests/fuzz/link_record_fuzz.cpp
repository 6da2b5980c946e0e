// SPDX-License-Identifier: Apache-2.0
// Lines that ranks write of what connects nodes.
#include <stdexcept>

#include "fuzz.h"
#include "record/link_record.h"

namespace derate::fuzz {
namespace {

void read_link_line(std::string_view input) {
  std::string once;
  try {
    once = to_json_line(parse_link_line(input.substr(0, input.find('\n'))));
  } catch (const std::invalid_argument&) {
    return;  // refused
  }
  require(once.find('\n') == std::string::npos, "a line has several lines");
  const LinkLine again = parse_link_line(once);  // what it throws ends the program
  require_equal(once, to_json_line(again), "a line changed as it was written");
}

const Registered link_record({"link_record", read_link_line});

}  // namespace
}  // namespace derate::fuzz
