// SPDX-License-Identifier: Apache-2.0
// Loads NVML, finds the GPU in it, and reads its sensors: each status becomes a value or the reason
// why there is none. What a library answers is not trusted: counts, values and texts are checked.
#include "backend/cuda/nvml.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "backend/cuda/nvml_library.h"

namespace derate::cuda {
namespace {

constexpr int kGpuTemperature = 0;  // NVML_TEMPERATURE_GPU
// Beyond what any GPU does: an answer above is none.
constexpr unsigned kMostTemperature_c = 1000;
constexpr unsigned kMostProcesses = 1 << 16;
constexpr std::size_t kLongestText = 80;  // of all that NVML writes here

std::optional<double> scaled(std::optional<unsigned> milli) {
  return milli ? std::optional(1e-3 * *milli) : std::nullopt;
}

/// "power, energy": a list that grows.
void append(std::string& list, std::string_view item) {
  list += list.empty() ? "" : ", ";
  list += item;
}

/// The text where it is one: printable ASCII that ends within what NVML allows. It goes into
/// records and onto terminals.
std::optional<std::string> readable(const char* text) {
  if (text == nullptr) return std::nullopt;
  const std::string copy(text, ::strnlen(text, kLongestText));
  const bool printable =
      std::all_of(copy.begin(), copy.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (copy.empty() || copy.size() == kLongestText || !printable) return std::nullopt;
  return copy;
}

}  // namespace

Nvml::Library::Library(const GpuAddress& address, std::span<const char* const> names)
    : library(names), is_slice(address.is_slice()) {
  if (!library) {
    absence = std::string(names.front()) + " cannot be loaded";
  } else if (const nvmlReturn_t status = init == nullptr ? kNvmlNoFunction : init();
             status != kNvmlSuccess) {
    absence = "it does not start: " + words(status);
  } else {
    initialised = true;
    find(address);
  }
}

Nvml::Library::~Library() {
  if (initialised && shutdown != nullptr) shutdown();
}

void Nvml::Library::find(const GpuAddress& address) {
  const nvmlReturn_t status =
      by_uuid == nullptr ? kNvmlNoFunction : by_uuid(address.uuid.c_str(), &device);
  if (status == kNvmlSuccess) return;
  const bool on_bus = by_bus_id != nullptr && !address.pci_bus_id.empty();
  if (on_bus && by_bus_id(address.pci_bus_id.c_str(), &device) == kNvmlSuccess) return;
  device = nullptr;
  absence = "it does not give access to this GPU: " + words(status);
}

std::string Nvml::Library::words(nvmlReturn_t status) const {
  if (status == kNvmlNoFunction) return "this driver's library lacks the function";
  if (status == kNvmlNotAvailable) return "it says that there is no value";
  if (status == kNvmlImpossible) return "its answer cannot be right";
  const auto text = readable(error_text == nullptr ? nullptr : error_text(status));
  return text.value_or("error " + std::to_string(status));
}

NvmlAnswer<std::string> Nvml::Library::driver_version() const {
  constexpr unsigned kRoom = 80;  // NVML_SYSTEM_DRIVER_VERSION_BUFFER_SIZE
  std::array<char, kRoom + 1> text{};
  NvmlAnswer<std::string> answer;
  if (!initialised || driver == nullptr) return answer;
  answer.status = driver(text.data(), kRoom);
  if (answer.status != kNvmlSuccess) return answer;
  const auto version = readable(text.data());
  return version ? NvmlAnswer<std::string>{kNvmlSuccess, *version}
                 : NvmlAnswer<std::string>{kNvmlImpossible, {}};
}

NvmlAnswer<unsigned> Nvml::Library::power() const {
  return ask<unsigned>(power_mw).up_to(kNvmlMostPower_mw);
}

NvmlAnswer<unsigned> Nvml::Library::temperature() const {
  return ask<unsigned>(temperature_c, kGpuTemperature).up_to(kMostTemperature_c);
}

NvmlAnswer<unsigned long long> Nvml::Library::energy() const {
  return ask<unsigned long long>(energy_mj);
}

NvmlAnswer<unsigned long long> Nvml::Library::reasons() const {
  const auto answer = ask<unsigned long long>(event_reasons);
  return answer.status == kNvmlSuccess ? answer : ask<unsigned long long>(throttle_reasons);
}

NvmlAnswer<std::vector<unsigned>> Nvml::Library::pids(List* list) const {
  NvmlAnswer<std::vector<unsigned>> answer;
  if (device == nullptr || list == nullptr) return answer;
  unsigned room = 64;
  for (int attempt = 0; attempt < 3; ++attempt) {  // processes may come while we ask
    std::vector<NvmlProcess> entries(2 * static_cast<std::size_t>(room));
    unsigned count = room;
    answer.status = list(device, &count, entries.data());
    const bool counted = answer.status == kNvmlSuccess || answer.status == kNvmlInsufficientSize;
    const unsigned most = answer.status == kNvmlSuccess ? room : kMostProcesses;
    if (counted && count > most) answer.status = kNvmlImpossible;
    if (answer.status == kNvmlSuccess) {
      entries.resize(count);
      for (const NvmlProcess& entry : entries) answer.value.push_back(entry.pid);
    }
    if (answer.status != kNvmlInsufficientSize) break;
    room = 2 * std::max(count, room);
  }
  return answer;
}

// The second version first: both take entries of one layout, but the first drivers 535 filled the
// third's with larger ones under the same name. The list has room for those.
NvmlAnswer<std::vector<unsigned>> Nvml::Library::pids() const {
  return pids(processes_v2 != nullptr ? processes_v2 : processes_v3);
}

Nvml::Nvml(const GpuAddress& address, std::span<const char* const> libraries)
    : library_(std::make_unique<Library>(address, libraries)) {}
Nvml::~Nvml() = default;
Nvml::Nvml(Nvml&&) noexcept = default;
Nvml& Nvml::operator=(Nvml&&) noexcept = default;

std::optional<std::string> Nvml::driver_version() const {
  return library_->driver_version().known();
}

std::optional<double> Nvml::power_cap_w() const {
  if (library_->is_slice) return std::nullopt;
  return scaled(library_->ask<unsigned>(library_->power_cap_mw).up_to(kNvmlMostPower_mw).known());
}

std::optional<double> Nvml::power_w() const {
  if (library_->is_slice) return std::nullopt;
  return scaled(library_->power().known());
}

std::optional<std::uint64_t> Nvml::energy_mj() const {
  if (library_->is_slice) return std::nullopt;
  return library_->energy().known();
}

std::optional<double> Nvml::temperature_c() const { return library_->temperature().known(); }

std::optional<std::uint64_t> Nvml::throttle_mask() const { return library_->reasons().known(); }

std::optional<std::vector<unsigned>> Nvml::processes() const { return library_->pids().known(); }

std::string Nvml::shortcomings() const {
  if (!library_->absence.empty()) {
    return "NVML cannot be used (" + library_->absence +
           "): no power, energy, temperature, reasons for a low clock or other processes.";
  }
  std::string missing;
  const auto look = [&](const char* what, nvmlReturn_t status) {
    if (status != kNvmlSuccess) append(missing, what + (" (" + library_->words(status)) + ")");
  };
  if (!library_->is_slice) {
    look("power", library_->power().status);
    look("energy", library_->energy().status);
  }
  if (library_->driver != nullptr) look("driver version", library_->driver_version().status);
  look("temperature", library_->temperature().status);
  look("reasons for a low clock", library_->reasons().status);
  look("other processes", library_->pids().status);
  return missing.empty() ? "" : "NVML does not give its " + missing + ".";
}

}  // namespace derate::cuda
