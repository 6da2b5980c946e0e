// SPDX-License-Identifier: Apache-2.0
// A comparison as a page's data: the column table with values and texts, worst first.
#include "regression/reporters/comparison_page.h"

#include <algorithm>
#include <span>
#include <vector>

#include "page/page.h"
#include "page/page_json.h"
#include "regression/reporters/columns.h"
#include "regression/reporters/reporters.h"

namespace derate {
namespace {

using page::Json;

constexpr std::size_t kMostBenchmarks = 2'000;

/// Pairs of name and value; what is not known is left out.
Json facts_of(const Environment& environment) {
  Json facts = Json::array();
  for (const EnvironmentFact& fact : environment.facts) {
    if (!fact.value.empty()) facts.push_back({fact.name, fact.value});
  }
  return facts;
}

Json differences_of(const Comparison& comparison) {
  Json differences = Json::array();
  for (const EnvironmentDifference& each : comparison.differences) {
    differences.push_back({each.name, each.base, each.candidate});
  }
  return differences;
}

}  // namespace

Json comparison_data(const Comparison& comparison) {
  const std::vector<Judgement> all = outputs::in_order(comparison);
  const auto shown = std::span(all).first(std::min(all.size(), kMostBenchmarks));
  return {{"page", "comparison"},
          {"base", comparison.base},
          {"candidate", comparison.candidate},
          {"headline", headline(comparison)},
          {"context", outputs::context_text(comparison)},
          {"notes", outputs::notes(comparison)},
          {"promise", page::number(comparison.promise)},
          {"judgements", page::table_of<Judgement>(outputs::columns_of(shown), shown)},
          {"judgements_left_out", all.size() - shown.size()},
          {"facts", facts_of(comparison.environment)},
          {"differences", differences_of(comparison)}};
}

std::string comparison_html(const Comparison& comparison) {
  return page::html(comparison_data(comparison));
}

}  // namespace derate
