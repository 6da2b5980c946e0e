// SPDX-License-Identifier: Apache-2.0
#include "cuda/nvml.h"

#include <array>

#include "cuda/shared_library.h"

// The few declarations of nvml.h that are needed, because not every toolkit ships that header.
// Names, types and values: NVML API reference; the ABI of these functions has never changed.
extern "C" {
struct nvmlDevice_st;
using nvmlDevice_t = nvmlDevice_st*;
using nvmlReturn_t = int;  // enum in nvml.h; 0 is NVML_SUCCESS
}

namespace derate::cuda {
namespace {

constexpr std::array kNames = {"libnvidia-ml.so.1", "libnvidia-ml.so"};
constexpr nvmlReturn_t kSuccess = 0;
constexpr int kGpuTemperature = 0;  // NVML_TEMPERATURE_GPU

}  // namespace

struct Nvml::Library {
  explicit Library(const GpuAddress& address) {
    if (init == nullptr || shutdown == nullptr || init() != kSuccess) return;
    initialised = true;
    if (by_uuid != nullptr && by_uuid(address.uuid.c_str(), &device) == kSuccess) return;
    const bool on_bus = by_bus_id != nullptr && !address.pci_bus_id.empty();
    if (on_bus && by_bus_id(address.pci_bus_id.c_str(), &device) == kSuccess) return;
    device = nullptr;
  }
  ~Library() {
    if (initialised) shutdown();
  }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  /// What `read(device, which..., &value)` says; empty where that is missing, not supported by the
  /// GPU or forbidden.
  template <typename Value, typename Read, typename... Which>
  [[nodiscard]] std::optional<Value> get(Read* read, Which... which) const {
    Value value{};
    if (device == nullptr || read == nullptr || read(device, which..., &value) != kSuccess) {
      return std::nullopt;
    }
    return value;
  }

  using Read32 = nvmlReturn_t(nvmlDevice_t, unsigned*);
  using Read64 = nvmlReturn_t(nvmlDevice_t, unsigned long long*);
  using Find = nvmlReturn_t(const char*, nvmlDevice_t*);

  SharedLibrary library{kNames};
  nvmlReturn_t (*init)() = library.function<nvmlReturn_t()>("nvmlInit_v2");
  nvmlReturn_t (*shutdown)() = library.function<nvmlReturn_t()>("nvmlShutdown");
  Find* by_uuid = library.function<Find>("nvmlDeviceGetHandleByUUID");
  Find* by_bus_id = library.function<Find>("nvmlDeviceGetHandleByPciBusId_v2");
  nvmlReturn_t (*driver)(char*, unsigned) =
      library.function<nvmlReturn_t(char*, unsigned)>("nvmlSystemGetDriverVersion");
  Read32* power_mw = library.function<Read32>("nvmlDeviceGetPowerUsage");
  Read32* power_cap_mw = library.function<Read32>("nvmlDeviceGetEnforcedPowerLimit");
  nvmlReturn_t (*temperature_c)(nvmlDevice_t, int, unsigned*) =
      library.function<nvmlReturn_t(nvmlDevice_t, int, unsigned*)>("nvmlDeviceGetTemperature");
  // Renamed by driver 535; the older name is on its way out.
  Read64* event_reasons = library.function<Read64>("nvmlDeviceGetCurrentClocksEventReasons");
  Read64* throttle_reasons = library.function<Read64>("nvmlDeviceGetCurrentClocksThrottleReasons");
  nvmlDevice_t device = nullptr;
  bool initialised = false;
};

Nvml::Nvml(const GpuAddress& address) : library_(std::make_unique<Library>(address)) {}
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
  const std::optional<unsigned> cap_mw = library_->get<unsigned>(library_->power_cap_mw);
  if (!cap_mw) return std::nullopt;
  return 1e-3 * *cap_mw;
}

SensorReading Nvml::read() const {
  SensorReading reading;
  // The reasons first: they are of this moment, the others averages or slow.
  auto reasons = library_->get<unsigned long long>(library_->event_reasons);
  if (!reasons) reasons = library_->get<unsigned long long>(library_->throttle_reasons);
  reading.throttle_mask = reasons.value_or(0);
  if (const auto power_mw = library_->get<unsigned>(library_->power_mw)) {
    reading.power_w = 1e-3 * *power_mw;
  }
  if (const auto temperature_c =
          library_->get<unsigned>(library_->temperature_c, kGpuTemperature)) {
    reading.temperature_c = *temperature_c;
  }
  return reading;
}

}  // namespace derate::cuda
