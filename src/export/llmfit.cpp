// SPDX-License-Identifier: Apache-2.0
// A hardware profile of llmfit (AlexsJones/llmfit, llmfit-core/data/hardware/README.md, schema 1):
// a whole machine, so that rows of the GPU's host have a part in it. It splits bandwidth into a
// peak and the share of it that decoding reaches, and takes a fixed share of the peak for prompts.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/json.h"
#include "derate/error.h"
#include "export/forms.h"

namespace derate::exports {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kFigures = 6;  // more than was measured
constexpr double kGib = 1073741824;

/// GPUs that have no memory but the host's: those of Jetson modules and of the DGX Spark.
constexpr std::array<std::string_view, 7> kOfHostMemory = {"sm_53",  "sm_62",  "sm_72", "sm_87",
                                                           "sm_101", "sm_110", "sm_121"};

bool has_host_memory(const Context& device) {
  return std::ranges::find(kOfHostMemory, device.device_architecture) != kOfHostMemory.end();
}

/// As it wants names: [a-z0-9][a-z0-9._-]*.
std::string profile_name(std::string_view device_name) {
  std::string name;
  for (char letter : device_name) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    const bool stays = (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9');
    if (stays) {
      name += letter;
    } else if (!name.empty() && name.back() != '-') {
      name += '-';
    }
  }
  while (name.ends_with('-')) name.pop_back();
  return name.empty() ? "device" : name;
}

/// "total_ram_gb" as it counts it, in GiB; where nobody knows it, what to do.
void put_memory(const Measured& measured, Json& hardware, std::vector<std::string>& notes) {
  const Context& device = *measured.device;
  const bool is_host = device.backend == "host";
  const bool is_shared = has_host_memory(device);
  double bytes = is_host || is_shared ? device.memory_bytes : 0;
  if (measured.host) bytes = measured.host->memory_bytes;
  if (bytes > 0) {
    hardware["total_ram_gb"] = number_of_digits(bytes / kGib, kFigures);
  } else {
    notes.emplace_back(
        "hardware.total_ram_gb, without which llmfit refuses the profile, is not in a GPU's "
        "records: fill it in, or name the records of the machine's CPU too (derate run --device "
        "host)");
  }
  hardware["unified_memory"] = is_shared;
  if (!is_host && !is_shared) {
    notes.emplace_back(
        "a profile has no size of a GPU's own memory: llmfit takes that of the machine on which it "
        "runs");
  }
}

/// The host's memory as it is reached, since llmfit measures it likewise.
void put_host_bandwidth(const std::vector<const Row*>& rows, Json& hardware, std::string_view mode,
                        std::vector<std::string>& notes) {
  if (rows.empty()) {
    notes.push_back(fmt::format(
        "hardware.ddr_bandwidth_gbps is left out: no stream of the host's memory was measured in "
        "mode {}, as the device's",
        mode));
    return;
  }
  hardware["ddr_bandwidth_gbps"] = number_of_digits(stream_bytes_per_s(rows) / 1e9, kFigures);
}

/// Matrix products in 16 bits, at the peak, of which llmfit takes 35 %.
void put_compute(const Measured& measured, Json& hardware, std::vector<std::string>& notes) {
  std::vector<Product> half = products(measured, "f16");
  if (half.empty()) half = products(measured, "bf16");
  if (half.empty()) {
    notes.emplace_back(
        "hardware.gpu_compute_tflops_fp16 is left out: no product in f16 or bf16 was measured");
    return;
  }
  std::vector<const Row*> rows;
  double fastest = 0;
  for (const Product& product : half) {
    rows.push_back(product.row);
    fastest = std::max(fastest, product.row->achieved.value);
  }
  const Peak peak = peak_above(rows);
  hardware["gpu_compute_tflops_fp16"] = number_of_digits(peak.per_s / 1e12, kFigures);
  notes.push_back(fmt::format(
      "hardware.gpu_compute_tflops_fp16: of {}, {}; products reach {:.1f} % of it, and llmfit "
      "takes 35 % for prompts whatever the device",
      rows.front()->precision, peak.what, 100 * fastest / peak.per_s));
}

void put_bandwidth(const std::vector<const Row*>& rows, Json& json,
                   std::vector<std::string>& notes) {
  const Peak peak = peak_above(rows);
  json["hardware"]["gpu_memory_bandwidth_gbps"] = number_of_digits(peak.per_s / 1e9, kFigures);
  const double share = std::min(1.0, stream_bytes_per_s(rows) / peak.per_s);
  json["estimation"]["efficiency"] = number_of_digits(share, 4);
  notes.push_back(fmt::format(
      "hardware.gpu_memory_bandwidth_gbps is {}; estimation.efficiency is the share of it that "
      "streams reach, so that tokens per second are at most as estimated; without the field llmfit "
      "takes 0.55 for every device",
      peak.what));
}

}  // namespace

Exported llmfit(const Measured& measured) {
  const std::vector<const Row*> stream = streams(measured);
  if (stream.empty()) {
    throw Error(ExitCode::invalid_input,
                "llmfit needs the bandwidth of memory: the records hold no such row, as of "
                "vector_add");
  }
  const bool is_host = measured.device->backend == "host";
  const std::string name = profile_name(measured.device->device_name);
  Exported exported;
  std::vector<std::string>& notes = exported.notes;
  notes.push_back(
      fmt::format("write it to {}.json: llmfit wants a profile's name to be its file's", name));
  Json json;
  json["schema_version"] = 1;
  json["name"] = name;
  if (!is_host) json["match"]["gpu_name_contains"] = measured.device->device_name;
  json["hardware"] = Json::object();
  put_memory(measured, json["hardware"], notes);
  if (is_host) {
    put_host_bandwidth(stream, json["hardware"], measured.mode, notes);
  } else {
    put_bandwidth(stream, json, notes);
    put_host_bandwidth(streams(measured.host_rows), json["hardware"], measured.mode, notes);
    put_compute(measured, json["hardware"], notes);
  }
  exported.text = dumped(json, 2) + "\n";
  return exported;
}

}  // namespace derate::exports
