// SPDX-License-Identifier: Apache-2.0
// What the readers of JSON share: values that may be missing, and which times a program can take.
#pragma once

#include <string>
#include <string_view>

#include "base/json_file.h"
#include "derate/statistics.h"

namespace derate::json_values {

/// An object of a list, and its path for what is said of it: "benchmarks[3]".
struct Row {
  const JsonFile::Json& json;
  std::string path;
};

/// The member, or `otherwise` where it is missing or of another type.
[[nodiscard]] std::string text_or(const JsonFile::Json& object, std::string_view key,
                                  const std::string& otherwise);
[[nodiscard]] double number_or_unknown(const JsonFile::Json& object, std::string_view key);

/// Whether an iteration can take it: nothing that is measured lies outside.
[[nodiscard]] bool is_a_time(double time_s);

/// Seconds of "ns", "us", "ms" or "s"; NaN for any other word.
[[nodiscard]] double seconds_of(std::string_view unit);

/// A value as the text of a fact.
[[nodiscard]] std::string as_text(const JsonFile::Json& value);

}  // namespace derate::json_values
