// SPDX-License-Identifier: Apache-2.0
// What devices of a kind usually deliver of their peak: data/reference.csv, which the program
// holds, or a user's own file of the same columns.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "derate/aggregate.h"

namespace derate {

/// The range in which the next figure lies with 90 % probability, of η or of a rate.
struct Usual {
  double low = kUnknown;
  double high = kUnknown;
  std::int64_t figures = 0;  ///< collections or runs that it was made of
  std::string source;

  /// One figure makes no range: it is shown, and nothing is judged by it.
  [[nodiscard]] bool is_range() const { return figures > 1; }
};

class References {
 public:
  [[nodiscard]] static const References& built_in();
  /// Throws Error(invalid_input), which names file, line and field.
  [[nodiscard]] static References of_file(const std::filesystem::path& path);

  /// By the device's name as its driver has it, and by workload, precision, problem (or else its
  /// class of sizes) and mode; of products, those of a library, which is what others measured.
  /// None: no reference.
  [[nodiscard]] std::optional<Usual> usual(const Row& row) const;

 private:
  References(std::string_view text, const std::string& name);

  std::map<std::string, Usual> usual_;
};

}  // namespace derate
