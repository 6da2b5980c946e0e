// SPDX-License-Identifier: Apache-2.0
// The report on one screen: a line for each class of work with a bar, where the loss went, and a
// verdict; at most 24 lines of the terminal's width.
#pragma once

#include <span>
#include <string>

#include "attribution/waterfall.h"
#include "derate/aggregate.h"
#include "report/usual.h"

namespace derate {

struct SummaryOptions {
  std::size_t width = 80;  ///< characters
  bool colours = false;
  std::string page;   ///< where the whole report is; empty: nowhere
  std::string table;  ///< the command that prints the table; empty: none
  /// Products that were taken apart; of any devices.
  std::span<const Waterfall> waterfalls = {};
};

[[nodiscard]] std::string summary(std::span<const Row> rows, const References& references,
                                  const SummaryOptions& options);

}  // namespace derate
