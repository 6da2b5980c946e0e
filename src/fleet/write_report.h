// SPDX-License-Identifier: Apache-2.0
// A fleet's report in four formats: coverage, each group's distribution, what to expect of many
// GPUs, and whom to drain.
#pragma once

#include <ostream>
#include <span>

#include "base/table.h"
#include "derate/format.h"
#include "fleet/verdicts.h"

namespace derate::fleet {

/// A row, or a part, of a group: what the report has of its distribution.
struct DistributionLine {
  std::string group;
  std::string name;
  bool is_part = false;
  std::string bound;
  std::string precision;
  Distribution distribution;
  double rate = kUnknown;  ///< median; of a row
  double eta = kUnknown;   ///< likewise
  double usual_low = kUnknown;
  double usual_high = kUnknown;
  double detectable = kUnknown;  ///< of a part
};

[[nodiscard]] std::vector<DistributionLine> distribution_lines(const FleetRecords& records,
                                                               const JudgedGroup& judged);
[[nodiscard]] std::span<const Column<DistributionLine>> distribution_columns();
[[nodiscard]] std::span<const Column<Finding>> finding_columns();

/// "512 GPUs on 64 of 66 nodes: 3 slow, 1 missing": the answer in one line.
[[nodiscard]] std::string headline(const FleetRecords& records, const FleetVerdicts& verdicts);

/// `all` shows every row's distribution beside the parts', and the evidence of every finding.
void write_report(std::ostream& out, const FleetRecords& records, const FleetVerdicts& verdicts,
                  Format format, bool all);

}  // namespace derate::fleet
