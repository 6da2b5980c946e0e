// SPDX-License-Identifier: Apache-2.0
// Declares the NVML functions that are used, looks them up in the loaded library, and turns each
// status into a value or into the reason why there is none.
#include "backend/cuda/nvml.h"

#include <algorithm>
#include <array>

#include "backend/cuda/shared_library.h"

// The few declarations of nvml.h that are needed, because not every toolkit ships that header.
// Names, types and values: NVML API reference; the ABI of these functions has never changed.
extern "C" {
struct nvmlDevice_st;
using nvmlDevice_t = nvmlDevice_st*;
using nvmlReturn_t = int;  // enum in nvml.h; 0 is NVML_SUCCESS
struct NvmlProcess {       // nvmlProcessInfo_v2_t
  unsigned pid;
  unsigned long long used_bytes;
  unsigned gpu_instance;
  unsigned compute_instance;
};
}

namespace derate::cuda {
namespace {

constexpr nvmlReturn_t kSuccess = 0;
constexpr nvmlReturn_t kInsufficientSize = 7;
constexpr int kGpuTemperature = 0;  // NVML_TEMPERATURE_GPU
// An answer that no NVML gives: the library has no function for the question.
constexpr nvmlReturn_t kNoFunction = -1;

/// What a call answered: a value, or why there is none.
template <typename Value>
struct Answer {
  nvmlReturn_t status = kNoFunction;
  Value value = {};

  [[nodiscard]] std::optional<Value> known() const {
    return status == kSuccess ? std::optional(value) : std::nullopt;
  }
};

std::optional<double> scaled(std::optional<unsigned> milli) {
  return milli ? std::optional(1e-3 * *milli) : std::nullopt;
}

/// "power, energy": a list that grows.
void append(std::string& list, std::string_view item) {
  list += list.empty() ? "" : ", ";
  list += item;
}

}  // namespace

struct Nvml::Library {
  Library(const GpuAddress& address, std::span<const char* const> names)
      : library(names), is_slice(address.is_slice()) {
    if (!library) {
      absence = std::string(names.front()) + " cannot be loaded";
    } else if (const nvmlReturn_t status = init == nullptr ? kNoFunction : init();
               status != kSuccess) {
      absence = "it does not start: " + words(status);
    } else {
      initialised = true;
      find(address);
    }
  }
  ~Library() {
    if (initialised && shutdown != nullptr) shutdown();
  }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  void find(const GpuAddress& address) {
    const nvmlReturn_t status =
        by_uuid == nullptr ? kNoFunction : by_uuid(address.uuid.c_str(), &device);
    if (status == kSuccess) return;
    const bool on_bus = by_bus_id != nullptr && !address.pci_bus_id.empty();
    if (on_bus && by_bus_id(address.pci_bus_id.c_str(), &device) == kSuccess) return;
    device = nullptr;
    absence = "it does not give access to this GPU: " + words(status);
  }

  /// What `read(device, which..., &value)` says.
  template <typename Value, typename Read, typename... Which>
  [[nodiscard]] Answer<Value> ask(Read* read, Which... which) const {
    Answer<Value> answer;
    if (device != nullptr && read != nullptr) answer.status = read(device, which..., &answer.value);
    return answer;
  }

  [[nodiscard]] std::string words(nvmlReturn_t status) const {
    if (status == kNoFunction) return "this driver's library lacks the function";
    const char* const text = error_text == nullptr ? nullptr : error_text(status);
    return text == nullptr ? "error " + std::to_string(status) : text;
  }

  [[nodiscard]] Answer<unsigned> power() const { return ask<unsigned>(power_mw); }
  [[nodiscard]] Answer<unsigned> temperature() const {
    return ask<unsigned>(temperature_c, kGpuTemperature);
  }
  [[nodiscard]] Answer<unsigned long long> energy() const {
    return ask<unsigned long long>(energy_mj);
  }
  [[nodiscard]] Answer<unsigned long long> reasons() const {
    const auto answer = ask<unsigned long long>(event_reasons);
    return answer.status == kSuccess ? answer : ask<unsigned long long>(throttle_reasons);
  }
  [[nodiscard]] Answer<std::vector<unsigned>> pids() const;

  using Read32 = nvmlReturn_t(nvmlDevice_t, unsigned*);
  using Read64 = nvmlReturn_t(nvmlDevice_t, unsigned long long*);
  using Find = nvmlReturn_t(const char*, nvmlDevice_t*);
  using List = nvmlReturn_t(nvmlDevice_t, unsigned*, NvmlProcess*);

  SharedLibrary library;
  bool is_slice;
  nvmlReturn_t (*init)() = library.function<nvmlReturn_t()>("nvmlInit_v2");
  nvmlReturn_t (*shutdown)() = library.function<nvmlReturn_t()>("nvmlShutdown");
  const char* (*error_text)(nvmlReturn_t) =
      library.function<const char*(nvmlReturn_t)>("nvmlErrorString");
  Find* by_uuid = library.function<Find>("nvmlDeviceGetHandleByUUID");
  Find* by_bus_id = library.function<Find>("nvmlDeviceGetHandleByPciBusId_v2");
  nvmlReturn_t (*driver)(char*, unsigned) =
      library.function<nvmlReturn_t(char*, unsigned)>("nvmlSystemGetDriverVersion");
  Read32* power_mw = library.function<Read32>("nvmlDeviceGetPowerUsage");
  Read32* power_cap_mw = library.function<Read32>("nvmlDeviceGetEnforcedPowerLimit");
  Read64* energy_mj = library.function<Read64>("nvmlDeviceGetTotalEnergyConsumption");
  nvmlReturn_t (*temperature_c)(nvmlDevice_t, int, unsigned*) =
      library.function<nvmlReturn_t(nvmlDevice_t, int, unsigned*)>("nvmlDeviceGetTemperature");
  // Renamed by driver 535; the older name is on its way out.
  Read64* event_reasons = library.function<Read64>("nvmlDeviceGetCurrentClocksEventReasons");
  Read64* throttle_reasons = library.function<Read64>("nvmlDeviceGetCurrentClocksThrottleReasons");
  Read32* pcie_generation = library.function<Read32>("nvmlDeviceGetMaxPcieLinkGeneration");
  Read32* pcie_lanes = library.function<Read32>("nvmlDeviceGetMaxPcieLinkWidth");
  List* processes_v2 = library.function<List>("nvmlDeviceGetComputeRunningProcesses_v2");
  List* processes_v3 = library.function<List>("nvmlDeviceGetComputeRunningProcesses_v3");
  nvmlDevice_t device = nullptr;
  bool initialised = false;
  std::string absence;  ///< why nothing can be read
};

// The second version first: both take entries of one layout, but the first drivers 535 filled the
// third's with larger ones under the same name. The list has room for those.
Answer<std::vector<unsigned>> Nvml::Library::pids() const {
  List* const list = processes_v2 != nullptr ? processes_v2 : processes_v3;
  Answer<std::vector<unsigned>> answer;
  if (device == nullptr || list == nullptr) return answer;
  unsigned room = 64;
  for (int attempt = 0; attempt < 3; ++attempt) {  // processes may come while we ask
    std::vector<NvmlProcess> entries(2 * static_cast<std::size_t>(room));
    unsigned count = room;
    answer.status = list(device, &count, entries.data());
    if (answer.status == kSuccess) {
      entries.resize(std::min(count, room));
      for (const NvmlProcess& entry : entries) answer.value.push_back(entry.pid);
    }
    if (answer.status != kInsufficientSize) break;
    room = 2 * std::max(count, room);
  }
  return answer;
}

Nvml::Nvml(const GpuAddress& address, std::span<const char* const> libraries)
    : library_(std::make_unique<Library>(address, libraries)) {}
Nvml::~Nvml() = default;
Nvml::Nvml(Nvml&&) noexcept = default;
Nvml& Nvml::operator=(Nvml&&) noexcept = default;

std::optional<std::string> Nvml::driver_version() const {
  std::array<char, 96> text{};  // NVML_SYSTEM_DRIVER_VERSION_BUFFER_SIZE is 80
  if (!library_->initialised || library_->driver == nullptr) return std::nullopt;
  if (library_->driver(text.data(), text.size() - 1) != kSuccess) return std::nullopt;
  return std::string(text.data());
}

std::optional<double> Nvml::power_cap_w() const {
  if (library_->is_slice) return std::nullopt;
  return scaled(library_->ask<unsigned>(library_->power_cap_mw).known());
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

std::optional<unsigned> Nvml::pcie_generation() const {
  return library_->ask<unsigned>(library_->pcie_generation).known();
}

std::optional<unsigned> Nvml::pcie_lanes() const {
  return library_->ask<unsigned>(library_->pcie_lanes).known();
}

std::optional<std::vector<unsigned>> Nvml::processes() const { return library_->pids().known(); }

std::string Nvml::shortcomings() const {
  if (!library_->absence.empty()) {
    return "NVML cannot be used (" + library_->absence +
           "): no power, energy, temperature, reasons for a low clock or other processes.";
  }
  std::string missing;
  const auto look = [&](const char* what, nvmlReturn_t status) {
    if (status != kSuccess) append(missing, what + (" (" + library_->words(status)) + ")");
  };
  if (!library_->is_slice) {
    look("power", library_->power().status);
    look("energy", library_->energy().status);
  }
  look("temperature", library_->temperature().status);
  look("reasons for a low clock", library_->reasons().status);
  look("other processes", library_->pids().status);
  return missing.empty() ? "" : "NVML does not give its " + missing + ".";
}

}  // namespace derate::cuda
