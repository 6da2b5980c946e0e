// SPDX-License-Identifier: Apache-2.0
// What the fuzz targets share. A target is one file, NAME_fuzz.cpp, that hands any bytes to one
// reader; all are one program, so that its readers are compiled and linked once.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "derate/error.h"

namespace derate::fuzz {

/// A reader under test. It may throw Error, which is how bad input is refused; anything else that
/// it throws, and a property that require() finds broken, ends the program.
struct Target {
  std::string_view name;
  void (*read)(std::string_view input);
};

/// Makes a target known; one object of it stands in each file.
struct Registered {
  explicit Registered(const Target& target);
};

/// In the order of their names.
[[nodiscard]] std::vector<Target> targets();
/// Ends the program for a name that no target has.
[[nodiscard]] Target target_named(std::string_view name);

/// One input. Ends the program where reading takes more than a second of the processor.
void read(const Target& target, std::string_view input);

/// Ends the program with the sentence where a property does not hold.
void require(bool holds, std::string_view sentence);
/// The same for two texts that should be equal, both of which are shown.
void require_equal(std::string_view one, std::string_view other, std::string_view sentence);

/// What `read` makes of what was written by derate itself. To refuse that, which read() takes for
/// bad input, ends the program.
template <class Read>
[[nodiscard]] auto read_again(const Read& read) {
  try {
    return read();
  } catch (const Error& refused) {
    require(false, std::string("what was written is refused: ") + refused.what());
    throw;
  }
}

/// A file in memory that holds `text` until the next call, for readers that take a path.
[[nodiscard]] std::filesystem::path file_of(std::string_view text);

}  // namespace derate::fuzz
