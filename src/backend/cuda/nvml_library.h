// SPDX-License-Identifier: Apache-2.0
// The NVML functions that are used, looked up in the loaded library, and what each call answered: a
// value, or why there is none. For nvml.cpp and nvml_health.cpp alone.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "backend/cuda/nvml.h"
#include "backend/cuda/shared_library.h"

// The few declarations of nvml.h that are needed, because not every toolkit ships that header.
// Names, types and values: NVML API reference (docs.nvidia.com/deploy/nvml-api); the ABI of these
// functions has never changed. None of them changes a setting.
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
struct NvmlViolationTime {         // nvmlViolationTime_t
  unsigned long long reference;    // µs
  unsigned long long violated_ns;  // since the driver was loaded
};
}

namespace derate::cuda {

inline constexpr nvmlReturn_t kNvmlSuccess = 0;
inline constexpr nvmlReturn_t kNvmlInsufficientSize = 7;
// Answers that no NVML gives: the library has no function for the question; the value is all ones,
// which is how NVML says that there is none (NVML_VALUE_NOT_AVAILABLE); the value cannot be.
inline constexpr nvmlReturn_t kNvmlNoFunction = -1;
inline constexpr nvmlReturn_t kNvmlNotAvailable = -2;
inline constexpr nvmlReturn_t kNvmlImpossible = -3;

inline constexpr unsigned kNvmlMostPower_mw = 100'000'000;  // beyond any GPU's

/// What a call answered: a value, or why there is none.
template <typename Value>
struct NvmlAnswer {
  nvmlReturn_t status = kNvmlNoFunction;
  Value value = {};

  [[nodiscard]] std::optional<Value> known() const {
    return status == kNvmlSuccess ? std::optional(value) : std::nullopt;
  }
  /// The same without a value beyond `most`.
  [[nodiscard]] NvmlAnswer up_to(Value most) const {
    const bool impossible = status == kNvmlSuccess && value > most;
    return impossible ? NvmlAnswer{kNvmlImpossible, {}} : *this;
  }
};

struct Nvml::Library {
  using Read32 = nvmlReturn_t(nvmlDevice_t, unsigned*);
  using ReadTwo32 = nvmlReturn_t(nvmlDevice_t, unsigned*, unsigned*);
  using ReadFour32 = nvmlReturn_t(nvmlDevice_t, unsigned*, unsigned*, unsigned*, unsigned*);
  using ReadLink32 = nvmlReturn_t(nvmlDevice_t, unsigned, unsigned*);
  using ReadOf32 = nvmlReturn_t(nvmlDevice_t, int, unsigned*);  // of a sensor or a kind of clock
  using Read64 = nvmlReturn_t(nvmlDevice_t, unsigned long long*);
  using ReadErrors = nvmlReturn_t(nvmlDevice_t, int, int, unsigned long long*);
  using ReadViolation = nvmlReturn_t(nvmlDevice_t, int, NvmlViolationTime*);
  using Find = nvmlReturn_t(const char*, nvmlDevice_t*);
  using List = nvmlReturn_t(nvmlDevice_t, unsigned*, NvmlProcess*);

  Library(const GpuAddress& address, std::span<const char* const> names);
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  /// What `read(device, which..., &value)` says.
  template <typename Value, typename Read, typename... Which>
  [[nodiscard]] NvmlAnswer<Value> ask(Read* read, Which... which) const {
    NvmlAnswer<Value> answer;
    if (device != nullptr && read != nullptr) answer.status = read(device, which..., &answer.value);
    if constexpr (std::is_unsigned_v<Value>) {
      const bool all_ones = answer.value == std::numeric_limits<Value>::max();
      if (answer.status == kNvmlSuccess && all_ones) answer.status = kNvmlNotAvailable;
    }
    return answer;
  }

  /// In a few words of plain text.
  [[nodiscard]] std::string words(nvmlReturn_t status) const;

  [[nodiscard]] NvmlAnswer<std::string> driver_version() const;
  [[nodiscard]] NvmlAnswer<unsigned> power() const;
  [[nodiscard]] NvmlAnswer<unsigned> temperature() const;
  [[nodiscard]] NvmlAnswer<unsigned long long> energy() const;
  [[nodiscard]] NvmlAnswer<unsigned long long> reasons() const;
  /// The processes that `list` names.
  [[nodiscard]] NvmlAnswer<std::vector<unsigned>> pids(List* list) const;
  [[nodiscard]] NvmlAnswer<std::vector<unsigned>> pids() const;

  template <typename Function>
  [[nodiscard]] Function* function(const char* name) const {
    return library.function<Function>(name);
  }

  SharedLibrary library;
  bool is_slice;
  nvmlReturn_t (*init)() = function<nvmlReturn_t()>("nvmlInit_v2");
  nvmlReturn_t (*shutdown)() = function<nvmlReturn_t()>("nvmlShutdown");
  const char* (*error_text)(nvmlReturn_t) = function<const char*(nvmlReturn_t)>("nvmlErrorString");
  Find* by_uuid = function<Find>("nvmlDeviceGetHandleByUUID");
  Find* by_bus_id = function<Find>("nvmlDeviceGetHandleByPciBusId_v2");
  nvmlReturn_t (*driver)(char*, unsigned) =
      function<nvmlReturn_t(char*, unsigned)>("nvmlSystemGetDriverVersion");
  Read32* power_mw = function<Read32>("nvmlDeviceGetPowerUsage");
  Read32* power_cap_mw = function<Read32>("nvmlDeviceGetEnforcedPowerLimit");
  Read32* power_cap_default_mw = function<Read32>("nvmlDeviceGetPowerManagementDefaultLimit");
  Read64* energy_mj = function<Read64>("nvmlDeviceGetTotalEnergyConsumption");
  ReadOf32* temperature_c = function<ReadOf32>("nvmlDeviceGetTemperature");
  // Renamed by driver 535; the older name is on its way out.
  Read64* event_reasons = function<Read64>("nvmlDeviceGetCurrentClocksEventReasons");
  Read64* throttle_reasons = function<Read64>("nvmlDeviceGetCurrentClocksThrottleReasons");
  ReadViolation* violation = function<ReadViolation>("nvmlDeviceGetViolationStatus");
  ReadOf32* clock_mhz = function<ReadOf32>("nvmlDeviceGetClockInfo");
  ReadOf32* clock_maximum_mhz = function<ReadOf32>("nvmlDeviceGetMaxClockInfo");
  // Deprecated with CUDA 13, and gone from some drivers.
  ReadOf32* clock_set_mhz = function<ReadOf32>("nvmlDeviceGetApplicationsClock");
  ReadOf32* clock_default_mhz = function<ReadOf32>("nvmlDeviceGetDefaultApplicationsClock");
  Read32* pcie_generation = function<Read32>("nvmlDeviceGetCurrPcieLinkGeneration");
  Read32* pcie_lanes = function<Read32>("nvmlDeviceGetCurrPcieLinkWidth");
  Read32* pcie_generation_maximum = function<Read32>("nvmlDeviceGetMaxPcieLinkGeneration");
  Read32* pcie_lanes_maximum = function<Read32>("nvmlDeviceGetMaxPcieLinkWidth");
  ReadTwo32* ecc_mode = function<ReadTwo32>("nvmlDeviceGetEccMode");
  ReadErrors* ecc_errors = function<ReadErrors>("nvmlDeviceGetTotalEccErrors");
  ReadFour32* remapped_rows = function<ReadFour32>("nvmlDeviceGetRemappedRows");
  ReadLink32* nvlink_state = function<ReadLink32>("nvmlDeviceGetNvLinkState");
  Read32* pages_pending = function<Read32>("nvmlDeviceGetRetiredPagesPendingStatus");
  ReadTwo32* mig_mode = function<ReadTwo32>("nvmlDeviceGetMigMode");
  List* processes_v2 = function<List>("nvmlDeviceGetComputeRunningProcesses_v2");
  List* processes_v3 = function<List>("nvmlDeviceGetComputeRunningProcesses_v3");
  List* mps_v2 = function<List>("nvmlDeviceGetMPSComputeRunningProcesses_v2");
  List* mps_v3 = function<List>("nvmlDeviceGetMPSComputeRunningProcesses_v3");
  nvmlDevice_t device = nullptr;
  bool initialised = false;
  std::string absence;  ///< why nothing can be read

 private:
  void find(const GpuAddress& address);
};

}  // namespace derate::cuda
