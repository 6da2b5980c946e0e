// SPDX-License-Identifier: Apache-2.0
// JUnit XML as Jenkins' published schema has it (junit-10.xsd of its xUnit plugin), which GitLab
// reads too. That schema knows properties of a suite only, so the figures of a test case stand in
// its output, one "[[PROPERTY|name=value]]" a line.
#include <fmt/format.h>

#include <cmath>
#include <string>

#include "base/safe_text.h"
#include "regression/reporters/columns.h"
#include "regression/reporters/reporters.h"

namespace derate {
namespace {

using outputs::columns;
using safe_text::for_xml;

/// "failure", "error", "skipped", or "" for a test that passed.
std::string_view element_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::regression:
      return "failure";
    case Verdict::invalid:
      return "error";
    case Verdict::not_comparable:
    case Verdict::inconclusive:
    case Verdict::environment:
    case Verdict::collecting:
      return "skipped";
    case Verdict::improvement:
    case Verdict::unchanged:
      break;
  }
  return "";
}

/// What is known of it, except its name and why.
std::string figures(const Judgement& judgement) {
  std::string out;
  for (const Column<Judgement>& column : columns()) {
    if (column.name == "benchmark" || column.name == "reason") continue;
    const Value value = column.value(judgement);
    const auto* const number = std::get_if<double>(&value);
    if (number != nullptr && !std::isfinite(*number)) continue;
    const std::string text =
        number != nullptr ? fmt::format("{:.9g}", *number) : table::as_text(value);
    if (!text.empty()) out += fmt::format("[[PROPERTY|{}={}]]\n", column.name, for_xml(text));
  }
  return out;
}

/// In seconds, never as 1e-06, which the schema does not know.
std::string seconds(double value) {
  return fmt::format("{:.9f}", std::isfinite(value) && value >= 0 ? value : 0);
}

std::string test_case(const Comparison& comparison, const Judgement& judgement) {
  std::string out = fmt::format("    <testcase classname=\"derate.{}\" name=\"{}\" time=\"{}\">\n",
                                for_xml(comparison.command), for_xml(judgement.benchmark),
                                seconds(judgement.candidate_s));
  const std::string_view element = element_of(judgement.verdict);
  if (!element.empty()) {
    const bool known = std::isfinite(judgement.change.value);
    const std::string what = known ? outputs::change_text(judgement.change) + ": " : "";
    out += fmt::format("      <{0} type=\"{1}\" message=\"{2}{3}\"/>\n", element,
                       verdict_word(judgement.verdict), what, for_xml(judgement.reason));
  }
  out += fmt::format("      <system-out>\n{}</system-out>\n", figures(judgement));
  return out + "    </testcase>\n";
}

std::string properties(const Comparison& comparison) {
  const auto property = [](std::string_view name, std::string_view value) {
    return fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", for_xml(name),
                       for_xml(value));
  };
  std::string out = "    <properties>\n";
  out += property("headline", headline(comparison));
  out += property("base", comparison.base);
  out += property("candidate", comparison.candidate);
  for (const EnvironmentFact& fact : comparison.environment.facts) {
    if (!fact.value.empty()) out += property(fact.name, fact.value);
  }
  for (const std::string& note : outputs::notes(comparison)) out += property("remark", note);
  return out + "    </properties>\n";
}

}  // namespace

std::string junit_xml(const Comparison& comparison) {
  const auto failures = count(comparison, Verdict::regression);
  const auto errors = count(comparison, Verdict::invalid);
  const auto skipped =
      count(comparison, Verdict::not_comparable) + count(comparison, Verdict::inconclusive) +
      count(comparison, Verdict::environment) + count(comparison, Verdict::collecting);
  const std::string name = "derate " + for_xml(comparison.command);
  const std::string totals =
      fmt::format("name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{:.3f}\"", name,
                  comparison.judgements.size(), failures, errors, comparison.duration_s);
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  out += fmt::format("<testsuites {}>\n  <testsuite {} skipped=\"{}\"", totals, totals, skipped);
  if (!comparison.began_utc.empty()) {
    out += fmt::format(" timestamp=\"{}\"", for_xml(comparison.began_utc));
  }
  out += ">\n" + properties(comparison);
  for (const Judgement& each : outputs::in_order(comparison)) out += test_case(comparison, each);
  return out + "  </testsuite>\n</testsuites>\n";
}

}  // namespace derate
