// SPDX-License-Identifier: Apache-2.0
// The fields of a model's description in JSON, by type: what is missing or cannot be meant is
// refused with file, line and name.
#pragma once

#include <cstdint>
#include <string>

#include "base/json_file.h"
#include "derate/work.h"

namespace derate {

class ConfigFields {
 public:
  using Json = JsonFile::Json;

  /// `object` lies in the file at the path `at`, "" for the root.
  ConfigFields(const JsonFile& file, const Json& object, std::string at = "");

  /// Whether the field is there and is not null.
  [[nodiscard]] bool has(const std::string& key) const;
  /// A whole number from 1 to 10⁹.
  [[nodiscard]] std::int64_t extent(const std::string& key) const;
  [[nodiscard]] std::int64_t extent(const std::string& key, std::int64_t otherwise) const;
  /// The same from 0 on.
  [[nodiscard]] std::int64_t count(const std::string& key, std::int64_t otherwise) const;
  [[nodiscard]] bool flag(const std::string& key, bool otherwise) const;
  /// Without control characters.
  [[nodiscard]] std::string text(const std::string& key) const;
  [[nodiscard]] std::string text(const std::string& key, const std::string& otherwise) const;
  [[nodiscard]] const Json& list(const std::string& key) const;
  /// Of the names of derate's formats that matrix products take.
  [[nodiscard]] Precision precision(const std::string& key) const;
  [[nodiscard]] ConfigFields inside(const std::string& key) const;

  /// Refuses a `part` that does not divide the `whole`, whose name is `of`.
  void require_divides(const std::string& key, std::int64_t part, std::int64_t whole,
                       const std::string& of) const;
  [[noreturn]] void refuse(const std::string& key, std::string_view what) const;
  [[nodiscard]] const Json& object() const { return *object_; }

 private:
  [[nodiscard]] const Json& present(const std::string& key) const;
  [[nodiscard]] std::int64_t number(const std::string& key, std::int64_t least) const;

  const JsonFile* file_;
  const Json* object_;
  std::string at_;
};

}  // namespace derate
