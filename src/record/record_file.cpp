// SPDX-License-Identifier: Apache-2.0
// Parses lines with simdjson and validates each record. A line that makes no sense is reported with
// its number and left out; a line that was cut off gets its line end before anything is appended.
#include "derate/record_file.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <cmath>
#include <fstream>
#include <new>
#include <utility>

#include "base/file.h"
#include "base/fit_text.h"
#include "base/input_limits.h"
#include "base/overloaded.h"
#include "derate/error.h"
#include "derate/stage.h"
#include "record/read_lines.h"

namespace derate {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kUsualLine_bytes = std::size_t{16} << 10;  ///< longer ones get their room

/// What makes a line unusable; caught per line.
struct Unusable {
  std::string reason;
};

[[noreturn]] void wrong_type(const RecordField& field, std::string_view wanted) {
  throw Unusable{fmt::format("field \"{}\" is not {}", field.name, wanted)};
}

double number_or_null(const RecordField& field, const dom::element& value) {
  if (value.is_null()) return kUnknown;
  double number = 0;
  if (value.get(number) != simdjson::SUCCESS) wrong_type(field, "a number");
  return number;
}

void assign(const RecordField& field, const dom::element& value, Record& record) {
  std::visit(
      Overloaded{[&](std::int64_t Record::*member) {
                   if (value.get(record.*member)) wrong_type(field, "an integer");
                 },
                 [&](double Record::*member) { record.*member = number_or_null(field, value); },
                 [&](std::string Record::*member) {
                   std::string_view text;
                   if (value.get(text)) wrong_type(field, "a string");
                   (record.*member).assign(text);
                 },
                 [&](std::vector<double> Record::*member) {
                   dom::array list;
                   if (value.get(list)) wrong_type(field, "an array");
                   (record.*member).clear();
                   for (const dom::element item : list) {
                     (record.*member).push_back(number_or_null(field, item));
                   }
                 }},
      field.member);
}

/// Fills a Record from one parsed line. Fields come in the table's order when we wrote the file, so
/// the search for each starts behind the last one found. Unknown fields are left alone.
void parse(const dom::element& line, Record& record) {
  dom::object object;
  if (line.get(object)) throw Unusable{"not a JSON object"};
  std::int64_t schema = 0;
  if (object["schema"].get(schema)) throw Unusable{"not a derate record: no integer \"schema\""};
  if (schema < 1) throw Unusable{"field \"schema\" is not a version"};
  if (schema > kRecordSchema) {
    throw Unusable{
        fmt::format("schema {} is newer than {}, which this derate reads", schema, kRecordSchema)};
  }
  const std::span<const RecordField> fields = record_fields();
  std::vector<bool> found(fields.size());
  std::size_t next = 0;
  for (const auto [key, value] : object) {
    for (std::size_t tried = 0; tried < fields.size(); ++tried) {
      const std::size_t at = next;
      next = next + 1 == fields.size() ? 0 : next + 1;
      if (fields[at].name != key) continue;
      if (found[at]) {
        throw Unusable{fmt::format("field \"{}\" is there twice", fit_text::echoed(key))};
      }
      found[at] = true;
      assign(fields[at], value, record);
      break;
    }
  }
  static const Record defaults;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (found[i]) continue;
    if (fields[i].since <= schema) {
      throw Unusable{fmt::format("field \"{}\" is missing", fields[i].name)};
    }
    std::visit([&](auto member) { record.*member = defaults.*member; }, fields[i].member);
  }
}

void require(bool holds, std::string_view field, std::string_view wanted) {
  if (!holds) throw Unusable{fmt::format("field \"{}\" is not {}", field, wanted)};
}

/// Unknown, or positive and below what any machine will reach.
bool plausible(double value) { return std::isnan(value) || (value > 0 && value < 1e24); }

/// Readings of a sensor: one for each sample, or none at all.
void require_sensor(const std::vector<double>& readings, std::string_view field,
                    const Record& record) {
  if (readings.empty() || readings.size() == record.samples_s.size()) return;
  throw Unusable{fmt::format("fields \"samples_s\" and \"{}\" differ in length", field)};
}

std::string_view field_of_amount(Bound bound) {
  if (bound == Bound::latency) return "steps";
  return bound == Bound::compute ? "flops" : "bytes";
}

void validate_conditions(const Record& record) {
  const auto within = [](double value, double low, double high) {
    return std::isnan(value) || (value >= low && value <= high);
  };
  require(record.mode == "burst" || record.mode == "sustained", "mode", "burst or sustained");
  require(record.data == "uniform" || record.data == "zeros", "data", "uniform or zeros");
  require(record.cache == "hot" || record.cache == "cold", "cache", "hot or cold");
  require(record.units.empty() || record.units == "vector" || record.units == "tensor", "units",
          "vector or tensor");
  constexpr std::size_t kLongestReasons = 1000;  // each of a dozen words once
  require(record.throttle_reasons.size() <= kLongestReasons, "throttle_reasons",
          "a list of a few words");
  require(record.devices_at_once >= 1 && record.devices_at_once <= 4096, "devices_at_once",
          "a number of devices");
  require(within(record.host_bound_share, 0, 1), "host_bound_share", "a share");
  require(within(record.others_share, -2, 2), "others_share", "a share");
  require(within(record.other_processes, 0, 1e9), "other_processes", "a number of processes");
  for (const auto& [value, field] :
       {std::pair(record.energy_j, "energy_j"), std::pair(record.energy_step_j, "energy_step_j"),
        std::pair(record.throttled_power_s, "throttled_power_s"),
        std::pair(record.throttled_thermal_s, "throttled_thermal_s"),
        std::pair(record.throttled_other_s, "throttled_other_s"),
        std::pair(record.memory_clock_ratio, "memory_clock_ratio"),
        std::pair(record.ecc_corrected, "ecc_corrected"),
        std::pair(record.ecc_uncorrected, "ecc_uncorrected")}) {
    require(within(value, 0, 1e20), field, "null or positive");
  }
  require(
      std::isnan(record.clock_setting) || record.clock_setting == 0 || record.clock_setting == 1,
      "clock_setting", "0, 1 or null");
  for (const double throttled : record.throttled) {
    require(std::isnan(throttled) || throttled == 0 || throttled == 1, "throttled",
            "of 0, 1 and null");
  }
  for (const double share : record.waited_shares) {
    require(std::isnan(share) || within(share, 0, 1), "waited_shares", "of shares and null");
  }
  for (const double power_w : record.powers_w) {
    require(within(power_w, 0, 1e12), "powers_w", "of positive numbers and null");
  }
}

/// What must make sense before anything is computed from a record.
void validate(const Record& record) {
  require(parse_bound(record.bound).has_value(), "bound", "a bound that this derate knows");
  require(record.stage.empty() || parse_stage(record.stage), "stage",
          "a stage that this derate knows");
  require(is_outcome(record.outcome), "outcome", "an outcome that this derate knows");
  require(plausible(record.peak_per_clock), "peak_per_clock", "null or positive");
  require(plausible(record.clock_specified_hz), "clock_specified_hz", "null or positive");
  require(plausible(record.clock_maximum_hz), "clock_maximum_hz", "null or positive");
  for (const double clock_hz : record.clocks_hz) {
    require(plausible(clock_hz), "clocks_hz", "of positive clocks or null");
  }
  if (!record.samples_s.empty()) {
    const double work = amount_of(record);
    const bool only_launches = record.stage == to_string(Stage::launch);
    require((work > 0 || (only_launches && work == 0)) && work < 1e24,
            field_of_amount(bound_of(record)), "positive");
  }
  if (record.clocks_hz.size() != record.samples_s.size()) {
    throw Unusable{"fields \"samples_s\" and \"clocks_hz\" differ in length"};
  }
  require_sensor(record.powers_w, "powers_w", record);
  require_sensor(record.temperatures_c, "temperatures_c", record);
  require_sensor(record.throttled, "throttled", record);
  require_sensor(record.waited_shares, "waited_shares", record);
  validate_conditions(record);
  for (const double time_s : record.samples_s) {
    if (!(time_s > 0)) throw Unusable{"field \"samples_s\" holds a time that is not positive"};
  }
}

/// Whether the last line of a file was cut off: what is appended to it would be lost as well.
bool ends_within_a_line(const std::filesystem::path& path) {
  std::error_code none;
  if (!std::filesystem::is_regular_file(path, none)) return false;
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  return in.tellg() > 0 && in.seekg(-1, std::ios::end) && in.get() != '\n';
}

class LinesOfFile : public RecordLines {
 public:
  explicit LinesOfFile(InputFile& file) : file_(file) {}
  bool read_line(std::string& line) override { return file_.read_line(line); }
  [[nodiscard]] const std::string& name() const override { return file_.name(); }
  [[nodiscard]] std::int64_t line() const override { return file_.line(); }
  [[nodiscard]] bool was_cut() const override { return file_.was_cut(); }

 private:
  InputFile& file_;
};

/// A file without an end, such as a pipe from a program that repeats a line, is not to fill the
/// memory.
void require_few(const std::vector<BadLine>& bad) {
  if (bad.size() <= input_limits::kMostBadLines) return;
  throw Error(
      ExitCode::invalid_input,
      fmt::format("{} has more than {} lines that are no records; line {}: {}", bad.front().file,
                  input_limits::kMostBadLines, bad.front().line, bad.front().reason));
}

}  // namespace

RecordWriter::RecordWriter(const std::filesystem::path& path) : RecordWriter(path, true) {}

RecordWriter::RecordWriter(const std::filesystem::path& path, bool follows_link)
    : file_(std::make_unique<AppendedFile>(path, follows_link ? Links::followed : Links::refused)) {
  if (ends_within_a_line(path)) file_->write("\n");
}

RecordWriter::~RecordWriter() = default;

void RecordWriter::write(const Record& record) {
  file_->write(to_json_line(record) + "\n");
  file_->sync();
}

std::filesystem::path records_in(const std::filesystem::path& path) {
  std::error_code ignored;  // the open that follows says what is wrong with the path
  return std::filesystem::is_directory(path, ignored) ? path / "records.jsonl" : path;
}

ReadResult read_records(const std::filesystem::path& path,
                        const std::function<void(const Record&)>& use) {
  InputFile file(records_in(path));
  return read_records(file, use);
}

ReadResult read_records(InputFile& file, const std::function<void(const Record&)>& use) {
  LinesOfFile lines(file);
  return read_records(lines, use);
}

ReadResult read_records(RecordLines& lines, const std::function<void(const Record&)>& use) {
  ReadResult result;
  dom::parser parser;
  if (parser.allocate(kUsualLine_bytes, input_limits::kDeepestJson) != simdjson::SUCCESS) {
    throw std::bad_alloc();
  }
  Record record;
  std::string line;
  while (lines.read_line(line)) {
    if (lines.line() == 1 && line.starts_with("\xEF\xBB\xBF"))
      line.erase(0, 3);  // a byte order mark
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    try {
      line.reserve(line.size() + simdjson::SIMDJSON_PADDING);  // lets simdjson parse in place
      dom::element element;
      const simdjson::error_code code = parser.parse(line.data(), line.size(), false).get(element);
      if (code) throw Unusable{fmt::format("not JSON: {}", simdjson::error_message(code))};
      parse(element, record);
      validate(record);
      use(record);
      ++result.good;
    } catch (const Unusable& unusable) {
      result.bad.push_back({lines.name(), lines.line(),
                            lines.was_cut() ? "truncated: " + unusable.reason : unusable.reason});
    }
    require_few(result.bad);
  }
  if (result.good > 0) return result;
  if (result.bad.empty()) {
    throw Error(ExitCode::invalid_input, fmt::format("{} is empty", lines.name()));
  }
  throw Error(ExitCode::invalid_input,
              fmt::format("{} holds no derate record; line {}: {}", lines.name(),
                          result.bad.front().line, result.bad.front().reason));
}

}  // namespace derate
