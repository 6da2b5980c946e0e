// SPDX-License-Identifier: Apache-2.0
// Lines of a terminal's width: text, columns, and a verdict in its colour; 24 of them at most.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "report/device_verdict.h"

namespace derate {

/// A class of work as it is shown.
struct ClassLine {
  std::string name;
  std::string what;
  std::string delivers;
  std::string share;
  std::string bar;  ///< kBarCells wide, or empty
  std::string usual;
};

inline constexpr std::size_t kBarCells = 16;

class SummaryScreen {
 public:
  SummaryScreen(std::size_t width, bool colours) : width_(width), colours_(colours) {}

  [[nodiscard]] std::size_t width() const { return width_; }

  /// One line that is safe for a terminal, cut in the middle where it is too long.
  void add(std::string_view safe);
  /// The same, filled into as many lines as it takes.
  void add_filled(std::string_view safe);
  /// "healthy: ..." over at most three lines, with the word, and `whose` before it, in its colour.
  void add(const DeviceVerdict& verdict, std::string_view whose);
  /// Columns of safe texts; those that have no room are left out: the bar first, then what is
  /// usual.
  void add(const std::vector<ClassLine>& lines, std::string_view share_heading);

  /// Where there are too many lines, those before the last two are left out.
  [[nodiscard]] std::string text() const;

 private:
  std::size_t width_;
  bool colours_;
  std::vector<std::string> lines_;
};

}  // namespace derate
