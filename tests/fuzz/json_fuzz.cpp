// SPDX-License-Identifier: Apache-2.0
// JSON under the limits of input_limits.h: what is written is read as the same, a refusal names a
// line that there is, and what is made strict stays what it was.
#include <algorithm>

#include "base/input_limits.h"
#include "base/json.h"
#include "base/strict_json.h"
#include "fuzz.h"

namespace derate::fuzz {
namespace {

using Json = nlohmann::ordered_json;

void require_line(std::size_t line, std::string_view text) {
  const auto last = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  require(line >= 1 && line <= last, "a line is named that there is not");
}

/// NaN and Infinity are no JSON, so that text that is JSON has none outside of strings.
void require_strict(std::string_view text, const Json& json) {
  std::string strict(text);
  make_strict_json(strict);
  require(strict.size() == text.size(), "a text changed its length");
  if (text.starts_with('{')) require(parse_json(strict) == json, "a strict text changed");
}

void read_json(std::string_view input) {
  try {
    const Json json = parse_json(input);
    require(!try_parse_json(input).is_discarded(), "one text is JSON and is none");
    require(parse_json(json.dump()) == json, "a value changed as it was written");
    require(brief(json).size() <= input_limits::kMostEchoed_bytes, "a brief value is long");
    require_strict(input, json);
    if (!json.is_object()) return;
    for (const auto& [key, value] : json.items()) require_line(line_of_field(input, key), input);
  } catch (const BadJson& bad) {
    require_line(bad.line(), input);
    require(try_parse_json(input).is_discarded(), "one text is JSON and is none");
  }
}

const Registered json({"json", read_json});

}  // namespace
}  // namespace derate::fuzz
