// SPDX-License-Identifier: Apache-2.0
// Factors as rows of a table, for machines and Markdown, and the pieces of a line of text.
#pragma once

#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attribution/factor.h"
#include "derate/format.h"
#include "derate/record.h"

namespace derate {

/// One factor of one waterfall, with what that is of.
struct FactorRow {
  const Record* record;
  std::string_view part;  ///< whole, delivered, beside, or library
  LossFactor factor;
  double share_after;  ///< of the peak, or of what the factors start from
  double lost;
};
/// What the factors multiply to, with all that is to be said of them.
[[nodiscard]] FactorRow delivered_row(const Record& record, const Estimate& share,
                                      const std::vector<std::string>& notes);
void write_factor_rows(std::ostream& out, std::span<const FactorRow> rows, Format format);

/// Columns of a waterfall's lines.
inline constexpr std::size_t kFactorBarCells = 20;
inline constexpr std::size_t kFactorNameWidth = 22;
inline constexpr std::size_t kFactorChangeWidth = 15;

/// With spaces up to so many characters.
[[nodiscard]] std::string padded(std::string text, std::size_t width);
/// "-8.1 % ±0.3"; a dash for an unknown one.
[[nodiscard]] std::string change_text(const LossFactor& factor);
/// "81.1 % [80.7, 81.5]", without an interval that is not known.
[[nodiscard]] std::string share_with_interval(const Estimate& share);
/// A line with its name, change, a bar that ends at `share`, cut to `widest`, the share, and the
/// note; in narrow lines without what has no room, the note and the bar first. Returns
/// the note that had none, as a sentence.
std::string write_factor_line(std::ostream& out, const LossFactor& factor, double share,
                              double widest);
/// "NAME  FIGURE  REST", cut in the middle where the line has no room.
void write_figure_line(std::ostream& out, const std::string& name, const std::string& figure,
                       const std::string& rest);

}  // namespace derate
