// SPDX-License-Identifier: Apache-2.0
// A JSON file read field by field, where what is wrong is named with its line: for files that
// people may edit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace derate {

/// Every function that reads a field takes the object that holds it and that object's own path,
/// such as "devices[0]", and throws Error(invalid_input) where the field is not what it should be.
class JsonFile {
 public:
  using Json = nlohmann::ordered_json;

  /// Throws Error(invalid_input) for a file that cannot be read, or is not JSON.
  explicit JsonFile(const std::filesystem::path& path);
  /// The same for what was read from the file `name`. Throws Error(invalid_input).
  JsonFile(std::string name, std::string text);

  [[nodiscard]] const Json& root() const { return json_; }
  /// "FILE, line N: field "PATH" WHAT"
  [[noreturn]] void refuse(const std::string& field, std::string_view what) const;

  [[nodiscard]] const Json& field(const Json& object, const std::string& at,
                                  const std::string& key) const;
  [[nodiscard]] std::string text(const Json& object, const std::string& at,
                                 const std::string& key) const;
  /// A text that is not empty.
  [[nodiscard]] std::string some_text(const Json& object, const std::string& at,
                                      const std::string& key) const;
  [[nodiscard]] std::int64_t count(const Json& object, const std::string& at,
                                   const std::string& key) const;
  [[nodiscard]] const Json& list(const Json& object, const std::string& at,
                                 const std::string& key) const;

  [[nodiscard]] static std::string joined(const std::string& at, const std::string& key) {
    return at.empty() ? key : at + "." + key;
  }

 private:
  std::string name_;
  std::string text_;
  Json json_;
};

}  // namespace derate
