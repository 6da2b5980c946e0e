// SPDX-License-Identifier: Apache-2.0
// Splits rows by device, judges each, and writes a line for each class.
#include "report/device_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "base/safe_text.h"
#include "base/table.h"
#include "base/units.h"
#include "record/rows_by_device.h"

namespace derate {
namespace {

std::string_view standing_text(Standing standing) {
  switch (standing) {
    case Standing::not_judged:
      return "not judged";
    case Standing::low:
      return "low";
    case Standing::within:
      return "usual";
    case Standing::above:
      return "above";
  }
  return "";
}

const Row& row_of(const DeviceClass& each) { return *each.row; }

std::string rate_text(const DeviceClass& each, double rate) {
  return format_rate(rate, bound_of(row_of(each)), row_of(each).precision);
}

std::string usual_range_text(const DeviceClass& each) {
  const std::optional<Usual>& usual = each.usual;
  if (!usual) return "–";
  return fmt::format("{:.0f} to {:.0f} % ({})", 100 * usual->low, 100 * usual->high,
                     usual->figures);
}

std::string earlier_range_text(const DeviceClass& each) {
  const std::optional<Usual>& before = each.before;
  if (!before) return "–";
  return fmt::format("{} to {} ({})", rate_text(each, before->low), rate_text(each, before->high),
                     before->figures);
}

double low_of(const std::optional<Usual>& usual) { return usual ? usual->low : kUnknown; }
double high_of(const std::optional<Usual>& usual) { return usual ? usual->high : kUnknown; }
std::int64_t figures_of(const std::optional<Usual>& usual) { return usual ? usual->figures : 0; }

using CheckColumn = Column<DeviceClass>;

const std::array kCheckColumns = {
    CheckColumn{"device", "", "",
                [](const DeviceClass& c) -> Value {
                  return std::string_view(row_of(c).context->device_name);
                }},
    CheckColumn{"device_id", "", "",
                [](const DeviceClass& c) -> Value {
                  return std::string_view(row_of(c).context->device_id);
                }},
    CheckColumn{"device_index", "", "",
                [](const DeviceClass& c) -> Value { return row_of(c).context->device_index; }},
    CheckColumn{"class", "class", "",
                [](const DeviceClass& c) -> Value { return std::string_view(c.name); }},
    CheckColumn{"what", "what", "",
                [](const DeviceClass& c) -> Value { return std::string_view(c.what); }},
    CheckColumn{"problem", "", "",
                [](const DeviceClass& c) -> Value { return std::string_view(row_of(c).problem); }},
    CheckColumn{"standing", "standing", "",
                [](const DeviceClass& c) -> Value { return standing_text(standing_of(c)); }},
    CheckColumn{"achieved", "delivers", "",
                [](const DeviceClass& c) -> Value { return row_of(c).achieved.value; },
                [](const DeviceClass& c) { return rate_text(c, row_of(c).achieved.value); }},
    CheckColumn{"eta", "η", "", [](const DeviceClass& c) -> Value { return row_of(c).eta.value; },
                [](const DeviceClass& c) { return format_percent(row_of(c).eta.value); }},
    CheckColumn{"eta_low", "", "",
                [](const DeviceClass& c) -> Value { return row_of(c).eta.interval.low; }},
    CheckColumn{"eta_high", "", "",
                [](const DeviceClass& c) -> Value { return row_of(c).eta.interval.high; }},
    CheckColumn{"usual_low", "usual elsewhere", "",
                [](const DeviceClass& c) -> Value { return low_of(c.usual); }, usual_range_text},
    CheckColumn{"usual_high", "", "",
                [](const DeviceClass& c) -> Value { return high_of(c.usual); }},
    CheckColumn{"usual_collections", "", "",
                [](const DeviceClass& c) -> Value { return figures_of(c.usual); }},
    CheckColumn{"usual_source", "", "",
                [](const DeviceClass& c) -> Value {
                  return c.usual ? std::string_view(c.usual->source) : "";
                }},
    CheckColumn{"earlier_low", "earlier here", "",
                [](const DeviceClass& c) -> Value { return low_of(c.before); }, earlier_range_text},
    CheckColumn{"earlier_high", "", "",
                [](const DeviceClass& c) -> Value { return high_of(c.before); }},
    CheckColumn{"earlier_runs", "", "",
                [](const DeviceClass& c) -> Value { return figures_of(c.before); }},
    CheckColumn{"outcome", "outcome", "",
                [](const DeviceClass& c) -> Value { return to_string(row_of(c).outcome); }},
    CheckColumn{"others_share", "", "",
                [](const DeviceClass& c) -> Value { return row_of(c).others_share; }},
};

constexpr std::array<std::string_view, 6> kCheckLeastFirst = {
    "outcome", "earlier_low", "usual_low", "eta", "device_index", "what"};

/// "NVIDIA H200, GPU 3: "; empty where nothing was measured that could stand for a class.
std::string device_text(const DeviceCheck& check) {
  if (check.classes.empty()) return {};
  const Context& context = *check.classes.front().row->context;
  if (context.backend == "host") return context.device_name + ": ";
  return fmt::format("{}, GPU {}: ", context.device_name, context.device_index);
}

std::string verdict_text(const DeviceCheck& check) {
  const std::string device = device_text(check);
  return fmt::format("{}: {}{}", to_string(check.verdict.state), device,
                     fmt::join(check.verdict.reasons, "; "));
}

void write_verdicts_json(std::ostream& out, std::span<const DeviceCheck> checks) {
  std::string_view comma = "\n";
  for (const DeviceCheck& check : checks) {
    out << comma << "{\"state\": " << table::json_string(to_string(check.verdict.state))
        << ", \"reasons\": [";
    std::string_view between;
    for (const std::string& reason : check.verdict.reasons) {
      out << between << table::json_string(reason);
      between = ", ";
    }
    out << "]}";
    comma = ",\n";
  }
}

}  // namespace

std::vector<DeviceCheck> check_devices(std::span<const Row> rows, const References& references,
                                       const EarlierRuns& earlier) {
  std::vector<DeviceCheck> checks;
  for (const DeviceRows device : by_device(rows)) {
    DeviceCheck check;
    check.classes = device_classes(device, references);
    for (DeviceClass& each : check.classes) each.before = earlier.usual(*each.row);
    check.verdict = verdict_of(device, check.classes);
    checks.push_back(std::move(check));
  }
  return checks;
}

DeviceState worst_of(std::span<const DeviceCheck> checks) {
  for (const DeviceState state :
       {DeviceState::slow, DeviceState::disturbed, DeviceState::not_known, DeviceState::healthy}) {
    const bool any = std::any_of(checks.begin(), checks.end(), [&](const DeviceCheck& check) {
      return check.verdict.state == state;
    });
    if (any) return state;
  }
  return DeviceState::not_known;
}

void write_checks(std::ostream& out, std::span<const DeviceCheck> checks, Format format) {
  std::vector<DeviceClass> classes;
  for (const DeviceCheck& check : checks) {
    classes.insert(classes.end(), check.classes.begin(), check.classes.end());
  }
  std::vector<CheckColumn> columns(kCheckColumns.begin(), kCheckColumns.end());
  for (CheckColumn& column : columns) {
    if (checks.size() > 1 && column.name == "device_index") column.heading = "GPU";
  }
  if (format == Format::json) {
    out << "{\n\"verdicts\": [";
    write_verdicts_json(out, checks);
    out << "\n],\n\"classes\": ";
    write_json<DeviceClass>(out, columns, classes);
    out << "\n}\n";
    return;
  }
  write<DeviceClass>(out, columns, classes, format, {kCheckLeastFirst});
  if (format == Format::csv) return;
  out << '\n';
  for (const DeviceCheck& check : checks) write_sentence(out, verdict_text(check), format);
}

std::string verdict_lines(std::span<const DeviceCheck> checks, Format format) {
  std::string lines;
  for (const DeviceCheck& check : checks) {
    lines += safe_text::for_people(verdict_text(check), format) + "\n";
  }
  return lines;
}

}  // namespace derate
