// SPDX-License-Identifier: Apache-2.0
// The text is kept, so that a refusal can look up the line of the field that it names.
#include "base/json_file.h"

#include <fmt/format.h>

#include <utility>

#include "base/fit_text.h"
#include "base/input_file.h"
#include "base/input_limits.h"
#include "derate/error.h"

namespace derate {

JsonFile::JsonFile(const std::filesystem::path& path)
    : JsonFile(path.string(), text_of_file(path)) {}

JsonFile::JsonFile(std::string name, std::string text)
    : name_(std::move(name)), text_(std::move(text)) {
  try {
    json_ = parse_json(text_);
  } catch (const BadJson& bad) {
    throw Error(ExitCode::invalid_input,
                fmt::format("{}, line {}: {}", name_, bad.line(), bad.what()));
  }
}

void JsonFile::refuse(const std::string& field, std::string_view what) const {
  const std::string subject =
      field.empty() ? "the whole" : fmt::format("field \"{}\"", fit_text::echoed(field));
  throw Error(ExitCode::invalid_input,
              fmt::format("{}, line {}: {} {}", name_, line_of_field(text_, field), subject, what));
}

const JsonFile::Json& JsonFile::field(const Json& object, const std::string& at,
                                      const std::string& key) const {
  if (!object.is_object()) refuse(at, "is not an object");
  const auto found = object.find(key);
  if (found == object.end()) refuse(joined(at, key), "is missing");
  return *found;
}

std::string JsonFile::text(const Json& object, const std::string& at,
                           const std::string& key) const {
  const Json& value = field(object, at, key);
  if (!value.is_string()) refuse(joined(at, key), "is not a string");
  return value;
}

std::string JsonFile::some_text(const Json& object, const std::string& at,
                                const std::string& key) const {
  std::string value = text(object, at, key);
  if (value.empty()) refuse(joined(at, key), "is empty");
  return value;
}

std::int64_t JsonFile::count(const Json& object, const std::string& at,
                             const std::string& key) const {
  const Json& value = field(object, at, key);
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > input_limits::kLargestCount) {
    refuse(joined(at, key), "is not a count");
  }
  return value;
}

const JsonFile::Json& JsonFile::list(const Json& object, const std::string& at,
                                     const std::string& key) const {
  const Json& value = field(object, at, key);
  if (!value.is_array()) refuse(joined(at, key), "is not a list");
  return value;
}

}  // namespace derate
