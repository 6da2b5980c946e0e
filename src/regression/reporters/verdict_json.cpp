// SPDX-License-Identifier: Apache-2.0
// The verdict file: all of a comparison, its schema and its documentation, from the column table.
#include <array>
#include <sstream>
#include <vector>

#include "base/json.h"
#include "base/json_fields.h"
#include "base/json_text.h"
#include "regression/reporters/columns.h"
#include "regression/reporters/reporters.h"

namespace derate {
namespace {

using json::Json;
using json::number;
using outputs::columns;

constexpr std::string_view kKind = "derate verdict";
Json json_of(const Value& value) {
  return std::visit(Overloaded{[](std::string_view text) { return Json(text); },
                               [](const std::string& text) { return Json(text); },
                               [](double known) { return number(known); },
                               [](std::int64_t whole) { return Json(whole); },
                               [](bool yes) { return Json(yes); }},
                    value);
}

Json json_of(const Judgement& judgement) {
  Json object;
  for (const Column<Judgement>& column : columns()) {
    object[std::string(column.name)] = json_of(column.value(judgement));
  }
  return object;
}

Json json_of(const Environment& environment) {
  Json facts = Json::array();
  for (const EnvironmentFact& fact : environment.facts) {
    facts.push_back({{"name", fact.name}, {"value", fact.value}, {"hard", fact.hard}});
  }
  return {{"fingerprint", environment.fingerprint()}, {"facts", facts}};
}

Json json_of(const EnvironmentDifference& each) {
  return {
      {"name", each.name}, {"base", each.base}, {"candidate", each.candidate}, {"hard", each.hard}};
}

Json counts(const Comparison& comparison) {
  Json object;
  for (const Verdict verdict : outputs::kVerdicts) {
    object[std::string(verdict_word(verdict))] = count(comparison, verdict);
  }
  return object;
}

Json described(Json schema, std::string_view meaning) {
  schema["description"] = meaning;
  return schema;
}

const Json kText = {{"type", "string"}};
const Json kTrueOrFalse = {{"type", "boolean"}};
const Json kNumber = {{"type", "number"}};

/// An object that has all of these, and whatever a later version adds.
Json object_of(const Json& properties) {
  Json required = Json::array();
  for (const auto& [key, value] : properties.items()) required.push_back(key);
  return {{"type", "object"}, {"properties", properties}, {"required", required}};
}

Json list_of(const Json& items) { return {{"type", "array"}, {"items", items}}; }

Json verdict_words() {
  Json words = Json::array();
  for (const Verdict verdict : outputs::kVerdicts) words.push_back(verdict_word(verdict));
  return words;
}

Json judgement_schema() {
  const Judgement any;
  Json properties;
  for (const Column<Judgement>& column : columns()) {
    Json property = std::visit(
        Overloaded{[](std::string_view) { return kText; }, [](const std::string&) { return kText; },
                   [](double) {
                     return Json{{"type", {"number", "null"}}};
                   },
                   [](std::int64_t) {
                     return Json{{"type", "integer"}, {"minimum", 0}};
                   },
                   [](bool) { return kTrueOrFalse; }},
        column.value(any));
    if (column.name == "verdict") property["enum"] = verdict_words();
    properties[std::string(column.name)] = described(property, column.meaning);
  }
  return object_of(properties);
}

Json counts_schema() {
  Json properties;
  for (const Verdict verdict : outputs::kVerdicts) {
    properties[std::string(verdict_word(verdict))] = {{"type", "integer"}, {"minimum", 0}};
  }
  return object_of(properties);
}

Json properties() {
  const Json fact = object_of({{"name", kText}, {"value", kText}, {"hard", kTrueOrFalse}});
  const Json difference =
      object_of({{"name", kText}, {"base", kText}, {"candidate", kText}, {"hard", kTrueOrFalse}});
  return {
      {"schema", {{"const", kVerdictSchema}}},
      {"kind", {{"const", kKind}}},
      {"command", described(kText, "gate, compare or track")},
      {"base", described(kText, "command, file or label of what is compared with")},
      {"candidate", described(kText, "and of what is compared")},
      {"metric", described({{"enum", {"real_time", "cpu_time"}}},
                           "which time was judged; of cpu_time every benchmark's name says so")},
      {"began_utc", described(kText, "RFC 3339; empty when not known")},
      {"duration_s", described(kNumber, "of the measurements; 0 for files")},
      {"promise", described(kNumber, "the slowdown that is to be found: 0.02 is 2 %")},
      {"family_error", described(kNumber, "probability of any false alarm in the comparison")},
      {"headline", described(kText, "what was found, in one sentence")},
      {"exit_code", described({{"type", "integer"}}, "with which the program ended")},
      {"counts", described(counts_schema(), "benchmarks with each verdict")},
      {"judgements", described(list_of(judgement_schema()), "a benchmark each, worst first")},
      {"environment", described(object_of({{"fingerprint", kText}, {"facts", list_of(fact)}}),
                                "of the base; hard facts must agree")},
      {"differences", described(list_of(difference), "of the candidate's environment from it")},
      {"forced", described(kTrueOrFalse, "whether hard facts differ and were to be overlooked")},
      {"notes", described(list_of(kText), "sentences for the reader")}};
}

}  // namespace

std::string verdict_json(const Comparison& comparison, ExitCode end) {
  Json judgements = Json::array();
  for (const Judgement& each : outputs::in_order(comparison)) judgements.push_back(json_of(each));
  Json differences = Json::array();
  for (const EnvironmentDifference& each : comparison.differences) {
    differences.push_back(json_of(each));
  }
  return json_text({{"schema", kVerdictSchema},
                    {"kind", kKind},
                    {"command", comparison.command},
                    {"base", comparison.base},
                    {"candidate", comparison.candidate},
                    {"metric", to_string(comparison.metric)},
                    {"began_utc", comparison.began_utc},
                    {"duration_s", number(comparison.duration_s)},
                    {"promise", number(comparison.promise)},
                    {"family_error", number(comparison.family_error)},
                    {"headline", headline(comparison)},
                    {"exit_code", static_cast<int>(end)},
                    {"counts", counts(comparison)},
                    {"judgements", judgements},
                    {"environment", json_of(comparison.environment)},
                    {"differences", differences},
                    {"forced", comparison.forced},
                    {"notes", comparison.notes}}) +
         "\n";
}

std::string verdict_json_schema() {
  Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                 {"title", "derate verdict"},
                 {"description", "What derate gate, compare or track found."}};
  schema.update(object_of(properties()));
  return schema.dump(2) + "\n";
}

std::string document_verdict_fields() {
  std::ostringstream out;
  out << "| field | meaning |\n| --- | --- |\n";
  for (const Column<Judgement>& column : columns()) {
    table::write_markdown(out, std::array<std::string, 2>{"`" + std::string(column.name) + "`",
                                                          std::string(column.meaning)});
  }
  return out.str();
}

}  // namespace derate
