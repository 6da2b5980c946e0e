// SPDX-License-Identifier: Apache-2.0
// Exports of a history: what was imported is exported, and an import of that exports the same, once
// the sessions have the numbers that an import in the order of time gives them.
#include <sstream>

#include "fuzz.h"
#include "history/import_export.h"

namespace derate::fuzz {
namespace {

struct Undone {};

/// The export of a history into which `input` was imported. It lies in memory, and is empty again
/// afterwards, which takes less time than making one.
std::string exported(std::string_view input) {
  static history::History all(":memory:", history::Access::create);
  std::ostringstream lines;
  try {
    all.database().change([&] {
      static_cast<void>(history::import_lines(all, file_of(input)));
      history::export_lines(all, lines);
      std::ostringstream csv;
      history::export_csv(all, csv);
      throw Undone{};
    });
  } catch (const Undone&) {
  }
  return std::move(lines).str();
}

void import_and_export(std::string_view input) {
  const std::string first = exported(input);
  const std::string once = read_again([&] { return exported(first); });
  require_equal(once, read_again([&] { return exported(once); }),
                "a history changed as it was exported");
}

const Registered history_import({"history_import", import_and_export});

}  // namespace
}  // namespace derate::fuzz
