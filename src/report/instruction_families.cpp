// SPDX-License-Identifier: Apache-2.0
// Rows of a slower family are no ceilings: they are named, set beside the family that makes the
// peak, and explained by what a source says of the architecture.
#include "report/instruction_families.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include "base/units.h"
#include "record/clock_cross_check.h"

namespace derate::report_notes {
namespace {

struct Reason {
  std::string_view architecture;
  std::string_view slower;
  std::string_view faster;
  std::string_view sentence;
};

constexpr std::string_view kTcgen05 =
    "tcgen05 alone makes the peak: it takes operands from shared memory and keeps sums in tensor "
    "memory, where mma.sync has both in registers; no source here says how much mma.sync reaches";

constexpr std::array kReasons = {
    Reason{"sm_90", "mma.sync", "wgmma",
           "wgmma alone reaches the peak: it takes operands from shared memory, where mma.sync has "
           "them in registers; measured on an H800, wgmma reached 95 % of the peak and mma.sync "
           "63 %, the mean over number formats (arXiv 2402.13499)"},
    Reason{"sm_100", "mma.sync", "tcgen05", kTcgen05},
    Reason{"sm_103", "mma.sync", "tcgen05", kTcgen05},
    Reason{"sm_110", "mma.sync", "tcgen05", kTcgen05},
};

/// The instruction that a row's variant is written in: chains say it, and of products the name
/// does. "" of a library, which chooses for itself, and of vector units.
std::string family_of(const Row& row) {
  if (row.units != to_string(Units::tensor)) return {};
  if (!row.instruction.empty()) return row.instruction;
  if (row.provider != "derate" || row.workload != "gemm") return {};
  if (row.variant == "mma_sync") return "mma.sync";
  if (row.variant == "tcgen05") return "tcgen05";
  return row.variant == "tma_wgmma" ? "wgmma" : "";
}

bool is_slower(const Row& row) {
  const std::string family = family_of(row);
  return !family.empty() && !row.peak_instruction.empty() && family != row.peak_instruction;
}

/// The best row of each family, of one workload and number format.
struct Compared {
  std::string what;  ///< "mma_chain bf16"
  std::string peak_instruction;
  std::vector<std::pair<std::string, double>> best = {};

  void add(const std::string& family, double share) {
    const auto found = std::find_if(best.begin(), best.end(),
                                    [&](const auto& known) { return known.first == family; });
    if (found == best.end()) {
      best.emplace_back(family, share);
    } else {
      found->second = std::fmax(found->second, share);
    }
  }
};

/// "mma_chain bf16: wgmma 97.8 %, mma.sync 59.9 %"
std::string text_of(Compared compared) {
  std::sort(compared.best.begin(), compared.best.end(),
            [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> parts;
  bool has_peaks = false;
  for (const auto& [family, share] : compared.best) {
    parts.push_back(fmt::format("{} {}", family, format_percent(share)));
    has_peaks = has_peaks || family == compared.peak_instruction;
  }
  if (!has_peaks)
    parts.push_back(fmt::format("nothing of {} was measured", compared.peak_instruction));
  return fmt::format("{}: {}", compared.what, fmt::join(parts, ", "));
}

/// Of every workload and number format with a row of a slower family, what each family reached.
std::string shares_sentence(std::span<const Row> rows) {
  std::vector<Compared> all;
  for (const bool of_slower : {true, false}) {
    for (const Row& row : rows) {
      const double share = implied_clock_share(row).value;
      const bool right = row.outcome == Outcome::passed || row.outcome == Outcome::unstable;
      const std::string family = family_of(row);
      if (!right || family.empty() || std::isnan(share) || is_slower(row) != of_slower) continue;
      const std::string what = row.workload + " " + row.precision;
      auto found = std::find_if(all.begin(), all.end(), [&](const Compared& compared) {
        return compared.what == what && compared.peak_instruction == row.peak_instruction;
      });
      if (found == all.end() && of_slower) {
        found = all.insert(found, Compared{what, row.peak_instruction});
      }
      if (found != all.end()) found->add(family, share);
    }
  }
  if (all.empty()) return {};
  std::vector<std::string> texts;
  for (const Compared& compared : all) texts.push_back(text_of(compared));
  return fmt::format("reached of the tensor peak per clock, the best row of each instruction: {}",
                     fmt::join(texts, "; "));
}

void append_new(std::string text, std::vector<std::string>& texts) {
  if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(std::move(text));
}

}  // namespace

std::vector<std::string> of_instruction_families(std::span<const Row> rows) {
  std::vector<std::string> pairs;
  std::vector<std::string> reasons;
  for (const Row& row : rows) {
    const bool is_lesser =
        !row.instruction.empty() && !row.peak_instruction.empty() && !is_ceiling(row);
    if (!is_lesser && !is_slower(row)) continue;
    const std::string family = row.instruction.empty() ? family_of(row) : row.instruction;
    append_new(fmt::format("{} (the peak takes {})", family, row.peak_instruction), pairs);
    for (const Reason& reason : kReasons) {
      const bool is_meant = reason.architecture == row.context->device_architecture &&
                            reason.slower == family &&
                            row.peak_instruction.starts_with(reason.faster);
      if (is_meant) append_new(std::string(reason.sentence), reasons);
    }
  }
  if (pairs.empty()) return {};
  std::vector<std::string> lines = {fmt::format("no ceiling: rows of {}", fmt::join(pairs, ", "))};
  for (const std::string& reason : reasons) lines.back() += ": " + reason;
  if (std::string shares = shares_sentence(rows); !shares.empty())
    lines.push_back(std::move(shares));
  return lines;
}

}  // namespace derate::report_notes
