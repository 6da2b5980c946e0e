// SPDX-License-Identifier: Apache-2.0
// nlohmann/json, compiled once: what its templates come to for ordered_json stands in json.cpp,
// and files that include this header only call it.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

namespace nlohmann {

extern template class basic_json<ordered_map>;

namespace detail {

extern template class serializer<ordered_json>;

}  // namespace detail
}  // namespace nlohmann

namespace derate {

/// What is wrong with a text that should be JSON, as "not JSON: WHY" or "field "PATH" WHY".
class BadJson : public std::runtime_error {
 public:
  BadJson(const std::string& what, std::size_t line) : std::runtime_error(what), line_(line) {}
  [[nodiscard]] std::size_t line() const { return line_; }  ///< from 1 on

 private:
  std::size_t line_;
};

/// Throws BadJson for what is no JSON, nests deeper or holds more values than input_limits.h
/// allows, holds a number that is too large, or a key twice in one object.
[[nodiscard]] nlohmann::ordered_json parse_json(std::string_view text);

/// The same without throwing: what is no JSON is_discarded().
[[nodiscard]] nlohmann::ordered_json try_parse_json(std::string_view text);

/// The line of a text of JSON in which a field such as "devices[0].problems" begins, or what should
/// hold it; with `nth` 2 the field's second line, where its key is there twice.
[[nodiscard]] std::size_t line_of_field(std::string_view text, std::string_view field, int nth = 1);

/// A value as text, on one line or with its members indented by `indent`, which shows no terminal
/// anything that it obeys; what is no UTF-8 is replaced.
[[nodiscard]] std::string dumped(const nlohmann::ordered_json& json, int indent = -1);

/// A number with so many digits, down to the smallest; null for one that is not finite.
[[nodiscard]] nlohmann::ordered_json number_of_digits(double value, int digits);

/// A value as a sentence may hold it: cut.
[[nodiscard]] std::string brief(const nlohmann::ordered_json& json);

}  // namespace derate
