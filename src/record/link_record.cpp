// SPDX-License-Identifier: Apache-2.0
// Fields are few, and each is asked for by name.
#include "record/link_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <system_error>

#include "base/fit_text.h"
#include "base/json.h"
#include "base/time_utc.h"
#include "derate/statistics.h"

namespace derate {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kLinkSchema = 1;
constexpr std::array kScopes = {LinkScope::node, LinkScope::pair, LinkScope::all};
constexpr std::array<std::string_view, 3> kLinkOutcomes = {"passed", "incorrect", "failed"};

[[noreturn]] void refuse_field(const char* name, const std::string& what) {
  throw std::invalid_argument(fmt::format("field \"{}\" {}", name, what));
}

const Json& field_of(const Json& line, const char* name) {
  const auto found = line.find(name);
  if (found == line.end()) refuse_field(name, "is missing");
  return *found;
}

std::string text_of(const Json& line, const char* name) {
  const Json& value = field_of(line, name);
  if (!value.is_string()) refuse_field(name, "is no text: " + brief(value));
  return value.get<std::string>();
}

std::int64_t count_of(const Json& line, const char* name, std::int64_t least) {
  const Json& value = field_of(line, name);
  if (!value.is_number_integer() || value.get<double>() > 9e15 || value.get<double>() < -9e15) {
    refuse_field(name, "is no count: " + brief(value));
  }
  const auto count = value.get<std::int64_t>();
  if (count < least) refuse_field(name, fmt::format("is {}, below {}", count, least));
  return count;
}

std::string time_of(const Json& line) {
  std::string time = text_of(line, "time_utc");
  if (!is_time_utc(time)) refuse_field("time_utc", "is no time: " + fit_text::echoed(time));
  return time;
}

std::vector<std::string> names_of(const Json& line) {
  const Json& value = field_of(line, "nodes");
  if (!value.is_array() || value.empty()) refuse_field("nodes", "is no list of names");
  std::vector<std::string> names;
  for (const Json& name : value) {
    if (!name.is_string() || name.get_ref<const std::string&>().empty()) {
      refuse_field("nodes", "holds what is no name: " + brief(name));
    }
    names.push_back(name);
  }
  return names;
}

std::vector<double> samples_of(const Json& line) {
  const Json& value = field_of(line, "samples_s");
  if (!value.is_array()) refuse_field("samples_s", "is no list of times");
  std::vector<double> samples;
  for (const Json& sample : value) {
    const double time_s = sample.is_number() ? sample.get<double>() : 0;
    if (!(time_s > 0 && std::isfinite(time_s))) {
      refuse_field("samples_s", "holds a time that is not positive: " + brief(sample));
    }
    samples.push_back(time_s);
  }
  return samples;
}

LinkScope scope_of(const Json& line) {
  const std::string word = text_of(line, "scope");
  for (const LinkScope scope : kScopes) {
    if (to_string(scope) == word) return scope;
  }
  refuse_field("scope", "is none of node, pair and all: " + fit_text::echoed(word));
}

std::string outcome_of(const Json& line) {
  std::string word = text_of(line, "outcome");
  for (const std::string_view known : kLinkOutcomes) {
    if (word == known) return word;
  }
  refuse_field("outcome", "is none of passed, incorrect and failed: " + fit_text::echoed(word));
}

LinkRecord record_of(const Json& line) {
  LinkRecord record;
  record.scope = scope_of(line);
  record.nodes = names_of(line);
  record.devices = count_of(line, "devices", 1);
  record.bytes = count_of(line, "bytes", 1);
  record.launches = count_of(line, "launches", 1);
  record.samples_s = samples_of(line);
  record.outcome = outcome_of(line);
  record.reason = text_of(line, "reason");
  record.library = text_of(line, "library");
  record.start = text_of(line, "start");
  record.round = count_of(line, "round", 0);
  record.time_utc = time_of(line);
  if (record.scope == LinkScope::node && record.nodes.size() != 1) {
    refuse_field("nodes", "has not one name, as scope node has");
  }
  if (record.scope == LinkScope::pair &&
      (record.nodes.size() != 2 || record.nodes.front() == record.nodes.back())) {
    refuse_field("nodes", "has not two different names, as scope pair has");
  }
  if (record.outcome == "passed" && (record.samples_s.empty() || record.devices < 2)) {
    refuse_field("samples_s", "is empty, or one device alone, of what passed");
  }
  return record;
}

LinkEnd end_of(const Json& line) {
  return {text_of(line, "node"),
          count_of(line, "rank", 0),
          count_of(line, "ranks", 1),
          count_of(line, "exit_code", 0),
          text_of(line, "reason"),
          text_of(line, "start"),
          time_of(line)};
}

Json json_of(const LinkRecord& record) {
  Json samples = Json::array();
  for (const double time_s : record.samples_s) samples.push_back(number_of_digits(time_s, 9));
  return {{"schema", kLinkSchema},
          {"kind", "link"},
          {"scope", to_string(record.scope)},
          {"nodes", record.nodes},
          {"operation", "all_reduce"},
          {"devices", record.devices},
          {"bytes", record.bytes},
          {"launches", record.launches},
          {"samples_s", samples},
          {"outcome", record.outcome},
          {"reason", record.reason},
          {"library", record.library},
          {"start", record.start},
          {"round", record.round},
          {"time_utc", record.time_utc}};
}

Json json_of(const LinkEnd& end) {
  return {{"schema", kLinkSchema}, {"kind", "end"},      {"node", end.node},
          {"rank", end.rank},      {"ranks", end.ranks}, {"exit_code", end.exit_code},
          {"reason", end.reason},  {"start", end.start}, {"time_utc", end.time_utc}};
}

}  // namespace

std::string_view to_string(LinkScope scope) {
  constexpr std::array<std::string_view, 3> kNames = {"node", "pair", "all"};
  return kNames[static_cast<std::size_t>(scope)];
}

double LinkRecord::bus_bandwidth() const {
  if (outcome != "passed") return kUnknown;
  const auto n = static_cast<double>(devices);
  return static_cast<double>(bytes) / median(samples_s) * 2 * (n - 1) / n;
}

std::string to_json_line(const LinkLine& line) {
  return dumped(std::visit([](const auto& each) { return json_of(each); }, line));
}

LinkLine parse_link_line(std::string_view line) {
  Json json;
  try {
    json = parse_json(line);
  } catch (const BadJson& bad) {
    throw std::invalid_argument(bad.what());
  }
  if (!json.is_object()) throw std::invalid_argument("is no object");
  const std::int64_t schema = count_of(json, "schema", 1);
  if (schema > kLinkSchema) {
    refuse_field("schema", fmt::format("is {}: a newer derate wrote it, this one reads up to {}",
                                       schema, kLinkSchema));
  }
  const std::string kind = text_of(json, "kind");
  if (kind == "link") return record_of(json);
  if (kind == "end") return end_of(json);
  refuse_field("kind", "is neither link nor end: " + fit_text::echoed(kind));
}

std::vector<std::filesystem::path> link_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code absent;
  for (const auto& entry : std::filesystem::directory_iterator(folder, absent)) {
    if (entry.path().extension() == ".jsonl") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace derate
