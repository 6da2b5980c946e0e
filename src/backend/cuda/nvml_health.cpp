// SPDX-License-Identifier: Apache-2.0
// What NVML tells of the state of a GPU besides its sensors: error counters, remapped memory, the
// PCIe link, clock settings, power cap, sharing. Constants are those of the NVML API reference.
#include <cstdint>
#include <optional>
#include <string>

#include "backend/cuda/nvml.h"
#include "backend/cuda/nvml_library.h"
#include "backend/cuda/pcie.h"

namespace derate::cuda {
namespace {

constexpr int kClockGraphics = 0;  // nvmlClockType_t
constexpr int kClockMemory = 2;
constexpr int kEccCorrected = 0;  // nvmlMemoryErrorType_t
constexpr int kEccUncorrected = 1;
constexpr int kEccVolatile = 0;   // nvmlEccCounterType_t: reset each time the driver loads
constexpr int kEccAggregate = 1;  // kept in the GPU
constexpr int kPolicyPower = 0;   // nvmlPerfPolicyType_t
constexpr int kPolicyThermal = 1;
constexpr int kPolicySyncBoost = 2;
constexpr int kPolicyBoardLimit = 3;
constexpr int kPolicyReliability = 5;
constexpr unsigned kMostClock_mhz = 100'000;

/// One GPU's answers as facts.
class HealthReader {
 public:
  explicit HealthReader(const Nvml::Library& library) : library_(library) {}

  [[nodiscard]] Health health() const;

  template <typename Value>
  [[nodiscard]] Fact fact(const NvmlAnswer<Value>& answer, double scale = 1) const {
    if (!library_.absence.empty()) return {{}, "NVML cannot be used"};
    if (answer.status != kNvmlSuccess) return {{}, library_.words(answer.status)};
    return {scale * static_cast<double>(answer.value), "driver"};
  }

  /// A number that `is_one` knows; another one is named.
  [[nodiscard]] Fact checked(const NvmlAnswer<unsigned>& answer, bool (*is_one)(unsigned),
                             const char* what) const {
    if (answer.status != kNvmlSuccess || is_one(answer.value)) return fact(answer);
    return {{}, "it answers " + std::to_string(answer.value) + ", which is no " + what};
  }

  [[nodiscard]] Fact generation(Nvml::Library::Read32* read) const {
    return checked(library_.ask<unsigned>(read), is_pcie_generation,
                   "PCIe generation that is on record here");
  }
  [[nodiscard]] Fact lanes(Nvml::Library::Read32* read) const {
    return checked(library_.ask<unsigned>(read), is_pcie_width, "width of a PCIe link");
  }
  [[nodiscard]] Fact clock_hz(Nvml::Library::ReadOf32* read, int clock) const {
    return fact(library_.ask<unsigned>(read, clock).up_to(kMostClock_mhz), 1e6);
  }
  [[nodiscard]] NvmlAnswer<unsigned long long> errors(int type, int counter) const {
    return library_.ask<unsigned long long>(library_.ecc_errors, type, counter);
  }
  [[nodiscard]] std::optional<std::uint64_t> violated_ns(int policy) const {
    const auto answer = library_.ask<NvmlViolationTime>(library_.violation, policy).known();
    if (!answer || answer->violated_ns == ~0ull) return std::nullopt;
    return answer->violated_ns;
  }

 private:
  /// 1 for on, 0 for off.
  [[nodiscard]] Fact is_on(const NvmlAnswer<unsigned>& answer) const {
    return fact(answer.up_to(1));
  }
  /// What is in force of a mode that also has a pending value.
  [[nodiscard]] Fact mode(Nvml::Library::ReadTwo32* read) const {
    NvmlAnswer<unsigned> answer;
    unsigned pending = 0;
    if (library_.device != nullptr && read != nullptr) {
      answer.status = read(library_.device, &answer.value, &pending);
    }
    return is_on(answer);
  }
  void add_remaps(Health& health) const;

  const Nvml::Library& library_;
};

void HealthReader::add_remaps(Health& health) const {
  NvmlAnswer<unsigned> corrected;
  NvmlAnswer<unsigned> uncorrected;
  NvmlAnswer<unsigned> pending;
  NvmlAnswer<unsigned> failed;
  if (library_.device != nullptr && library_.remapped_rows != nullptr) {
    corrected.status = library_.remapped_rows(library_.device, &corrected.value, &uncorrected.value,
                                              &pending.value, &failed.value);
    uncorrected.status = pending.status = failed.status = corrected.status;
  }
  constexpr unsigned kMostRows = 1'000'000;
  health.rows_remapped_corrected = fact(corrected.up_to(kMostRows));
  health.rows_remapped_uncorrected = fact(uncorrected.up_to(kMostRows));
  health.row_remap_pending = is_on(pending);
  health.row_remap_failed = is_on(failed);
}

Health HealthReader::health() const {
  Health health;
  health.power_cap_default_w =
      library_.is_slice
          ? Fact{{}, "a MIG slice has no power cap of its own"}
          : fact(library_.ask<unsigned>(library_.power_cap_default_mw).up_to(kNvmlMostPower_mw),
                 1e-3);
  health.pcie_generation = generation(library_.pcie_generation);
  health.pcie_lanes = lanes(library_.pcie_lanes);
  health.pcie_generation_maximum = generation(library_.pcie_generation_maximum);
  health.pcie_lanes_maximum = lanes(library_.pcie_lanes_maximum);
  health.clock_graphics_set_hz = clock_hz(library_.clock_set_mhz, kClockGraphics);
  health.clock_graphics_default_hz = clock_hz(library_.clock_default_mhz, kClockGraphics);
  health.clock_memory_set_hz = clock_hz(library_.clock_set_mhz, kClockMemory);
  health.clock_memory_default_hz = clock_hz(library_.clock_default_mhz, kClockMemory);
  health.ecc_enabled = mode(library_.ecc_mode);
  health.ecc_corrected = fact(errors(kEccCorrected, kEccVolatile));
  health.ecc_uncorrected = fact(errors(kEccUncorrected, kEccVolatile));
  health.ecc_corrected_lifetime = fact(errors(kEccCorrected, kEccAggregate));
  health.ecc_uncorrected_lifetime = fact(errors(kEccUncorrected, kEccAggregate));
  add_remaps(health);
  health.page_retirement_pending = is_on(library_.ask<unsigned>(library_.pages_pending));
  health.mig_enabled = mode(library_.mig_mode);
  const auto mps = library_.pids(library_.mps_v2 != nullptr ? library_.mps_v2 : library_.mps_v3);
  health.mps_processes = fact(NvmlAnswer<std::size_t>{mps.status, mps.value.size()});
  return health;
}

}  // namespace

Health Nvml::health() const { return HealthReader(*library_).health(); }

GpuCounters Nvml::counters() const {
  const HealthReader reader(*library_);
  GpuCounters counters;
  counters.ecc_corrected = reader.errors(kEccCorrected, kEccVolatile).known();
  counters.ecc_uncorrected = reader.errors(kEccUncorrected, kEccVolatile).known();
  counters.throttled_power_ns = reader.violated_ns(kPolicyPower);
  counters.throttled_thermal_ns = reader.violated_ns(kPolicyThermal);
  for (const int policy : {kPolicySyncBoost, kPolicyBoardLimit, kPolicyReliability}) {
    const auto violated_ns = reader.violated_ns(policy);
    if (!violated_ns) continue;
    counters.throttled_other_ns = counters.throttled_other_ns.value_or(0) + *violated_ns;
  }
  return counters;
}

LoadState Nvml::load_state() const {
  const HealthReader reader(*library_);
  const Fact clock = reader.clock_hz(library_->clock_mhz, kClockMemory);
  const Fact maximum = reader.clock_hz(library_->clock_maximum_mhz, kClockMemory);
  LoadState state;
  state.pcie_link =
      pcie_text(reader.generation(library_->pcie_generation), reader.lanes(library_->pcie_lanes));
  state.pcie_link_maximum = pcie_text(reader.generation(library_->pcie_generation_maximum),
                                      reader.lanes(library_->pcie_lanes_maximum));
  if (clock.value && maximum.value && *maximum.value > 0) {
    state.memory_clock_ratio = *clock.value / *maximum.value;
  }
  return state;
}

}  // namespace derate::cuda
