// SPDX-License-Identifier: Apache-2.0
// Parts that a step does not have are left out for people, and 0 for programs.
#include "estimate/memory_report.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/line_width.h"
#include "base/units.h"

namespace derate {
namespace {

using Part = std::pair<std::string_view, double StepMemory::*>;

constexpr std::array kParts = {
    Part{"weights", &StepMemory::weights},
    Part{"gradients", &StepMemory::gradients},
    Part{"optimizer", &StepMemory::optimizer},
    Part{"activations", &StepMemory::activations},
    Part{"keys and values", &StepMemory::keys_and_values},
    Part{"set aside", &StepMemory::set_aside},
};

}  // namespace

StepMemory with_set_aside(StepMemory memory, double device_bytes, double share) {
  memory.set_aside = device_bytes * share;
  return memory;
}

bool fits(const StepMemory& memory, double device_bytes) {
  return device_bytes == 0 || memory.total() <= device_bytes;
}

void write_memory(std::ostream& out, const StepMemory& memory, double device_bytes, Format format) {
  std::string parts;
  for (const auto& [name, member] : kParts) {
    if (memory.*member == 0) continue;
    parts += fmt::format("{}{} {}", parts.empty() ? "" : ", ", name, format_bytes(memory.*member));
  }
  const std::string needed = format_bytes(memory.total());
  const std::string verdict =
      device_bytes == 0 ? fmt::format("{} needed; the device's memory is not known", needed)
                        : fmt::format("{}: {} needed, {} there",
                                      fits(memory, device_bytes) ? "fits" : "does not fit", needed,
                                      format_bytes(device_bytes));
  write_paragraph(out, fmt::format("Memory of one device: {}", parts), format);
  write_paragraph(out, verdict, format);
}

nlohmann::ordered_json json_of(const StepMemory& memory, double device_bytes) {
  nlohmann::ordered_json json;
  for (const auto& [name, member] : kParts) {
    std::string key(name);
    for (char& c : key) c = c == ' ' ? '_' : c;
    json[key + "_bytes"] = memory.*member;
  }
  json["total_bytes"] = memory.total();
  json["device_bytes"] =
      device_bytes == 0 ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(device_bytes);
  json["fits"] = device_bytes == 0 ? nlohmann::ordered_json(nullptr)
                                   : nlohmann::ordered_json(fits(memory, device_bytes));
  return json;
}

}  // namespace derate
