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

namespace derate {
namespace {

/// A class of a check, for the table.
struct CheckedClass {
  const DeviceCheck* check;
  const DeviceClass* of;
};

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

const Row& row_of(const CheckedClass& each) { return *each.of->row; }

std::string rate_text(const CheckedClass& each, double rate) {
  return format_rate(rate, bound_of(row_of(each)), row_of(each).precision);
}

std::string usual_range_text(const CheckedClass& each) {
  const std::optional<Usual>& usual = each.of->usual;
  if (!usual) return "–";
  return fmt::format("{:.0f} to {:.0f} % ({})", 100 * usual->low, 100 * usual->high,
                     usual->figures);
}

std::string earlier_range_text(const CheckedClass& each) {
  const std::optional<Usual>& before = each.of->before;
  if (!before) return "–";
  return fmt::format("{} to {} ({})", rate_text(each, before->low), rate_text(each, before->high),
                     before->figures);
}

double low_of(const std::optional<Usual>& usual) { return usual ? usual->low : kUnknown; }
double high_of(const std::optional<Usual>& usual) { return usual ? usual->high : kUnknown; }
std::int64_t figures_of(const std::optional<Usual>& usual) { return usual ? usual->figures : 0; }

using CheckColumn = Column<CheckedClass>;

const std::array kCheckColumns = {
    CheckColumn{"device", "", "",
                [](const CheckedClass& c) -> Value {
                  return std::string_view(row_of(c).context->device_name);
                }},
    CheckColumn{"device_id", "", "",
                [](const CheckedClass& c) -> Value {
                  return std::string_view(row_of(c).context->device_id);
                }},
    CheckColumn{"device_index", "", "",
                [](const CheckedClass& c) -> Value { return row_of(c).context->device_index; }},
    CheckColumn{"class", "class", "",
                [](const CheckedClass& c) -> Value { return std::string_view(c.of->name); }},
    CheckColumn{"what", "what", "",
                [](const CheckedClass& c) -> Value { return std::string_view(c.of->what); }},
    CheckColumn{"problem", "", "",
                [](const CheckedClass& c) -> Value { return std::string_view(row_of(c).problem); }},
    CheckColumn{"standing", "standing", "",
                [](const CheckedClass& c) -> Value { return standing_text(standing_of(*c.of)); }},
    CheckColumn{"achieved", "delivers", "",
                [](const CheckedClass& c) -> Value { return row_of(c).achieved.value; },
                [](const CheckedClass& c) { return rate_text(c, row_of(c).achieved.value); }},
    CheckColumn{"eta", "η", "", [](const CheckedClass& c) -> Value { return row_of(c).eta.value; },
                [](const CheckedClass& c) { return format_percent(row_of(c).eta.value); }},
    CheckColumn{"eta_low", "", "",
                [](const CheckedClass& c) -> Value { return row_of(c).eta.interval.low; }},
    CheckColumn{"eta_high", "", "",
                [](const CheckedClass& c) -> Value { return row_of(c).eta.interval.high; }},
    CheckColumn{"usual_low", "usual elsewhere", "",
                [](const CheckedClass& c) -> Value { return low_of(c.of->usual); },
                usual_range_text},
    CheckColumn{"usual_high", "", "",
                [](const CheckedClass& c) -> Value { return high_of(c.of->usual); }},
    CheckColumn{"usual_collections", "", "",
                [](const CheckedClass& c) -> Value { return figures_of(c.of->usual); }},
    CheckColumn{"usual_source", "", "",
                [](const CheckedClass& c) -> Value {
                  return c.of->usual ? std::string_view(c.of->usual->source) : "";
                }},
    CheckColumn{"earlier_low", "earlier here", "",
                [](const CheckedClass& c) -> Value { return low_of(c.of->before); },
                earlier_range_text},
    CheckColumn{"earlier_high", "", "",
                [](const CheckedClass& c) -> Value { return high_of(c.of->before); }},
    CheckColumn{"earlier_runs", "", "",
                [](const CheckedClass& c) -> Value { return figures_of(c.of->before); }},
    CheckColumn{"outcome", "outcome", "",
                [](const CheckedClass& c) -> Value { return to_string(row_of(c).outcome); }},
    CheckColumn{"others_share", "", "",
                [](const CheckedClass& c) -> Value { return row_of(c).others_share; }},
};

std::string verdict_text(const DeviceCheck& check) {
  const std::string device =
      check.classes.empty() ? "" : check.classes.front().row->context->device_name + ": ";
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
  while (!rows.empty()) {
    const auto end = std::find_if(rows.begin(), rows.end(), [&](const Row& row) {
      return row.context != rows.front().context;
    });
    const std::span<const Row> device = rows.first(static_cast<std::size_t>(end - rows.begin()));
    rows = rows.subspan(device.size());
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
  std::vector<CheckedClass> classes;
  for (const DeviceCheck& check : checks) {
    for (const DeviceClass& each : check.classes) classes.push_back({&check, &each});
  }
  const std::span<const CheckColumn> columns = kCheckColumns;
  if (format == Format::json) {
    out << "{\n\"verdicts\": [";
    write_verdicts_json(out, checks);
    out << "\n],\n\"classes\": ";
    write_json(out, columns, std::span<const CheckedClass>(classes));
    out << "\n}\n";
    return;
  }
  write(out, columns, classes, format);
  if (format != Format::csv) out << '\n' << verdict_lines(checks, format);
}

std::string verdict_lines(std::span<const DeviceCheck> checks, Format format) {
  std::string lines;
  for (const DeviceCheck& check : checks) {
    lines += safe_text::for_people(verdict_text(check), format) + "\n";
  }
  return lines;
}

}  // namespace derate
