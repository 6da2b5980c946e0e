// SPDX-License-Identifier: Apache-2.0
// Each reader says what it found where it cannot take it.
#include "estimate/config_fields.h"

#include <fmt/format.h>

#include <algorithm>

namespace derate {

ConfigFields::ConfigFields(const JsonFile& file, const Json& object, std::string at)
    : file_(&file), object_(&object), at_(std::move(at)) {
  if (!object.is_object()) file.refuse(at_, "is not a JSON object");
}

bool ConfigFields::has(const std::string& key) const {
  const auto found = object_->find(key);
  return found != object_->end() && !found->is_null();
}

void ConfigFields::refuse(const std::string& key, std::string_view what) const {
  file_->refuse(JsonFile::joined(at_, key), what);
}

const ConfigFields::Json& ConfigFields::present(const std::string& key) const {
  const auto found = object_->find(key);
  if (found == object_->end()) refuse(key, "is missing");
  return *found;
}

std::int64_t ConfigFields::number(const std::string& key, std::int64_t least) const {
  constexpr std::int64_t kMost = 1'000'000'000;  // no extent of a model is near it
  const Json& value = present(key);
  if (!value.is_number_integer() || value < least || value > kMost) {
    refuse(key, fmt::format("is {}, not a whole number from {} to 10⁹", brief(value), least));
  }
  return value.get<std::int64_t>();
}

std::int64_t ConfigFields::extent(const std::string& key) const { return number(key, 1); }

std::int64_t ConfigFields::extent(const std::string& key, std::int64_t otherwise) const {
  return has(key) ? number(key, 1) : otherwise;
}

std::int64_t ConfigFields::count(const std::string& key, std::int64_t otherwise) const {
  return has(key) ? number(key, 0) : otherwise;
}

bool ConfigFields::flag(const std::string& key, bool otherwise) const {
  if (!has(key)) return otherwise;
  const Json& value = present(key);
  if (!value.is_boolean()) refuse(key, "is neither true nor false");
  return value.get<bool>();
}

std::string ConfigFields::text(const std::string& key) const {
  const Json& value = present(key);
  if (!value.is_string()) refuse(key, "is not text");
  std::string text = value.get<std::string>();
  const auto is_control = [](unsigned char c) { return c < ' ' || c == 0x7F; };
  if (std::any_of(text.begin(), text.end(), is_control)) {
    refuse(key, "holds a control character");
  }
  return text;
}

std::string ConfigFields::text(const std::string& key, const std::string& otherwise) const {
  return has(key) ? text(key) : otherwise;
}

const ConfigFields::Json& ConfigFields::list(const std::string& key) const {
  const Json& value = present(key);
  if (!value.is_array()) refuse(key, "is not a list");
  return value;
}

Precision ConfigFields::precision(const std::string& key) const {
  const Json& value = present(key);
  std::string names;
  for (const PrecisionFacts& facts : kPrecisions) {
    const bool is_integer = facts.product == Precision::i32;
    if (facts.arithmetic != Arithmetic::matrix_products || is_integer) continue;
    if (value.is_string() && value.get<std::string>() == facts.name) return facts.precision;
    names += (names.empty() ? "" : ", ") + std::string(facts.name);
  }
  refuse(key, fmt::format("is {}, not one of {}", brief(value), names));
}

ConfigFields ConfigFields::inside(const std::string& key) const {
  return {*file_, present(key), JsonFile::joined(at_, key)};
}

void ConfigFields::require_divides(const std::string& key, std::int64_t part, std::int64_t whole,
                                   const std::string& of) const {
  if (whole % part == 0) return;
  refuse(key, fmt::format("is {}, which does not divide {} {}", part, whole, of));
}

}  // namespace derate
