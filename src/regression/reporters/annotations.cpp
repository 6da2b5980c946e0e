// SPDX-License-Identifier: Apache-2.0
// GitHub's workflow commands: an annotation for each benchmark that needs a look.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/safe_text.h"
#include "regression/reporters/columns.h"
#include "regression/reporters/reporters.h"

namespace derate {
namespace {

std::string annotation(std::string_view level, std::string_view title, std::string_view text) {
  return fmt::format("::{} title={}::{}\n", level, safe_text::for_annotation_property(title),
                     safe_text::for_annotation(text));
}

std::string_view level_of(Verdict verdict) {
  return verdict == Verdict::regression || verdict == Verdict::invalid ? "error" : "warning";
}

}  // namespace

std::string workflow_annotations(const Comparison& comparison, std::size_t most) {
  std::vector<Judgement> told = outputs::in_order(comparison);
  std::erase_if(told, [](const Judgement& each) {
    return each.verdict == Verdict::unchanged || each.verdict == Verdict::improvement ||
           each.verdict == Verdict::collecting;
  });
  if (comparison.judgements.empty()) return annotation("error", "derate", headline(comparison));
  if (told.empty() || most == 0) return {};
  const std::size_t alone = told.size() <= most ? told.size() : most - 1;
  std::string out;
  for (std::size_t i = 0; i < alone; ++i) {
    const Judgement& each = told[i];
    const std::string change =
        std::isfinite(each.change.value) ? outputs::change_text(each.change) + ": " : "";
    out += annotation(level_of(each.verdict),
                      fmt::format("{}: {}", to_string(each.verdict), each.benchmark),
                      change + each.reason);
  }
  if (alone < told.size()) {
    out += annotation(level_of(told[alone].verdict), "derate",
                      fmt::format("{} more benchmarks, which the job's summary lists: {}",
                                  told.size() - alone, headline(comparison)));
  }
  return out;
}

}  // namespace derate
