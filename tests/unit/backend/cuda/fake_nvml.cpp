// SPDX-License-Identifier: Apache-2.0
// A stand-in for libnvidia-ml.so.1 with one GPU, GPU-fake at 0000:3b:00.0, and one slice, MIG-fake.
// DERATE_FAKE_KIND chooses what the library has: 0 all, 1 what an old driver has, 2 next to
// nothing, 3 the third version of the list of processes only. Environment variables choose what it
// does, each DERATE_FAKE_NAME with numbers; where one is not set, all is well:
//   STATUS what every sensor answers; INIT what starting does; ONES all values are all ones
//   PIDS, MPS the processes; LIST what listing them answers and the count, whatever there is
//   ENERGY_MJ the counter, and how much it grows with each reading; REASONS for a low clock
//   PCIE generation, lanes and the most of both; CLOCKS in MHz set and default, graphics and
//   memory; MEMORY its clock in MHz and the most; CAP the default in mW; MODES of ECC and MIG ECC
//   errors since loading, corrected and not, and in its lifetime; VIOLATION ns of each policy
//   NVLINKS the state of each, 1 in use; not set: a GPU without any
//   REMAPS corrected, uncorrected, pending, failed; PAGES pending; TEXT what texts are
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>
#include <vector>

namespace {

struct Gpu {};
Gpu the_gpu;

using Numbers = std::vector<unsigned long long>;

/// The numbers of DERATE_FAKE_`name`, or these.
Numbers numbers(const std::string& name, Numbers otherwise) {
  const char* const text = std::getenv(("DERATE_FAKE_" + name).c_str());
  if (text == nullptr) return otherwise;
  std::istringstream words(text);
  Numbers found;
  for (unsigned long long each = 0; words >> each;) found.push_back(each);
  return found;
}

int number(const char* name) { return static_cast<int>(numbers(name, {0}).at(0)); }
int answer() { return number("STATUS"); }

template <typename Value>
int give(Gpu* gpu, Value* value, unsigned long long what) {
  if (gpu != &the_gpu) return 2;  // NVML_ERROR_INVALID_ARGUMENT
  if (answer() == 0) *value = number("ONES") == 1 ? ~Value{} : static_cast<Value>(what);
  return answer();
}

// 24 bytes, or the 32 of the first drivers 535.
struct Process {
  unsigned pid;
  unsigned long long used_bytes;
  unsigned gpu_instance;
  unsigned compute_instance;
#if DERATE_FAKE_KIND == 3
  unsigned long long protected_bytes = 0;
#endif
};

[[maybe_unused]] int list(const char* name, Gpu* gpu, unsigned* count, Process* processes) {
  if (gpu != &the_gpu) return 2;
  if (answer() != 0) return answer();
  if (const Numbers fixed = numbers("LIST", {}); !fixed.empty()) {
    *count = static_cast<unsigned>(fixed.at(1));
    return static_cast<int>(fixed.at(0));
  }
  const Numbers pids = numbers(name, {});
  const unsigned room = *count;
  *count = static_cast<unsigned>(pids.size());
  if (room < *count) return 7;  // NVML_ERROR_INSUFFICIENT_SIZE
  for (const auto pid : pids) *processes++ = Process{static_cast<unsigned>(pid), 1 << 20, ~0u, ~0u};
  return 0;
}

}  // namespace

extern "C" {

int nvmlInit_v2() { return number("INIT"); }
int nvmlShutdown() { return 0; }

#if DERATE_FAKE_KIND != 2

const char* nvmlErrorString(int status) {
  if (std::getenv("DERATE_FAKE_TEXT") != nullptr) return std::getenv("DERATE_FAKE_TEXT");
  if (status == 3) return "Not Supported";
  if (status == 4) return "Insufficient Permissions";
  if (status == 6) return "Not Found";
  if (status == 7) return "Insufficient Size";
  return status == 9 ? "Driver Not Loaded" : "Unknown Error";
}

int nvmlSystemGetDriverVersion(char* text, unsigned room) {
  const char* const other = std::getenv("DERATE_FAKE_TEXT");
  std::strncpy(text, other == nullptr ? "999.1" : other, room);  // no end where it fills the room
  return 0;
}

int nvmlDeviceGetHandleByUUID(const char* uuid, Gpu** gpu) {
  const std::string name = uuid;
  *gpu = &the_gpu;
  return name == "GPU-fake" || name == "MIG-fake" ? 0 : 6;
}

int nvmlDeviceGetHandleByPciBusId_v2(const char* bus_id, Gpu** gpu) {
  *gpu = &the_gpu;
  return std::strcmp(bus_id, "0000:3b:00.0") == 0 ? 0 : 6;
}

int nvmlDeviceGetPowerUsage(Gpu* gpu, unsigned* power_mw) { return give(gpu, power_mw, 612'500); }
int nvmlDeviceGetEnforcedPowerLimit(Gpu* gpu, unsigned* cap_mw) {
  return give(gpu, cap_mw, 700'000);
}
int nvmlDeviceGetTemperature(Gpu* gpu, int sensor, unsigned* temperature_c) {
  return sensor == 0 ? give(gpu, temperature_c, 61) : 2;
}
int nvmlDeviceGetCurrentClocksThrottleReasons(Gpu* gpu, unsigned long long* mask) {
  return give(gpu, mask, 0x20);
}

#if DERATE_FAKE_KIND == 0
int nvmlDeviceGetCurrPcieLinkGeneration(Gpu* gpu, unsigned* generation) {
  return give(gpu, generation, numbers("PCIE", {1, 8, 5, 16}).at(0));
}
int nvmlDeviceGetCurrPcieLinkWidth(Gpu* gpu, unsigned* lanes) {
  return give(gpu, lanes, numbers("PCIE", {1, 8, 5, 16}).at(1));
}
int nvmlDeviceGetMaxPcieLinkGeneration(Gpu* gpu, unsigned* generation) {
  return give(gpu, generation, numbers("PCIE", {1, 8, 5, 16}).at(2));
}
int nvmlDeviceGetMaxPcieLinkWidth(Gpu* gpu, unsigned* lanes) {
  return give(gpu, lanes, numbers("PCIE", {1, 8, 5, 16}).at(3));
}
int nvmlDeviceGetCurrentClocksEventReasons(Gpu* gpu, unsigned long long* mask) {
  return give(gpu, mask, numbers("REASONS", {0x4}).at(0));
}
int nvmlDeviceGetTotalEnergyConsumption(Gpu* gpu, unsigned long long* energy_mj) {
  static unsigned long long readings = 0;
  const Numbers energy = numbers("ENERGY_MJ", {5'000'000'000'000});
  const unsigned long long step = energy.size() > 1 ? energy.at(1) : 0;
  return give(gpu, energy_mj, energy.at(0) + step * readings++);
}
int nvmlDeviceGetPowerManagementDefaultLimit(Gpu* gpu, unsigned* cap_mw) {
  return give(gpu, cap_mw, numbers("CAP", {700'000}).at(0));
}
int nvmlDeviceGetApplicationsClock(Gpu* gpu, int clock, unsigned* mhz) {
  return give(gpu, mhz, numbers("CLOCKS", {1980, 1980, 3201, 3201}).at(clock == 0 ? 0 : 2));
}
int nvmlDeviceGetDefaultApplicationsClock(Gpu* gpu, int clock, unsigned* mhz) {
  return give(gpu, mhz, numbers("CLOCKS", {1980, 1980, 3201, 3201}).at(clock == 0 ? 1 : 3));
}
int nvmlDeviceGetClockInfo(Gpu* gpu, int clock, unsigned* mhz) {
  return clock == 2 ? give(gpu, mhz, numbers("MEMORY", {3201, 3201}).at(0)) : 2;
}
int nvmlDeviceGetMaxClockInfo(Gpu* gpu, int clock, unsigned* mhz) {
  return clock == 2 ? give(gpu, mhz, numbers("MEMORY", {3201, 3201}).at(1)) : 2;
}
int nvmlDeviceGetEccMode(Gpu* gpu, unsigned* current, unsigned* pending) {
  *pending = 0;
  return give(gpu, current, numbers("MODES", {1, 0}).at(0));
}
int nvmlDeviceGetMigMode(Gpu* gpu, unsigned* current, unsigned* pending) {
  *pending = 1;
  return give(gpu, current, numbers("MODES", {1, 0}).at(1));
}
int nvmlDeviceGetTotalEccErrors(Gpu* gpu, int type, int counter, unsigned long long* count) {
  const auto place = static_cast<std::size_t>(2 * counter + type);
  return give(gpu, count, numbers("ECC", {12, 0, 340, 1}).at(place));
}
int nvmlDeviceGetRemappedRows(Gpu* gpu, unsigned* corrected, unsigned* uncorrected,
                              unsigned* pending, unsigned* failed) {
  const Numbers rows = numbers("REMAPS", {2, 1, 0, 0});
  give(gpu, uncorrected, rows.at(1));
  give(gpu, pending, rows.at(2));
  give(gpu, failed, rows.at(3));
  return give(gpu, corrected, rows.at(0));
}
int nvmlDeviceGetNvLinkState(Gpu* gpu, unsigned link, unsigned* state) {
  const Numbers states = numbers("NVLINKS", {});
  if (states.empty()) return answer() == 0 ? 3 : answer();
  return link < states.size() ? give(gpu, state, states[link]) : 2;
}
int nvmlDeviceGetRetiredPagesPendingStatus(Gpu* gpu, unsigned* pending) {
  return give(gpu, pending, numbers("PAGES", {0}).at(0));
}
int nvmlDeviceGetViolationStatus(Gpu* gpu, int policy, unsigned long long* reference_and_violated) {
  const Numbers violated_ns = numbers("VIOLATION", {100, 200, 1, 2, 4000, 3});
  if (static_cast<std::size_t>(policy) >= violated_ns.size()) return 3;
  give(gpu, reference_and_violated, 1);
  return give(gpu, reference_and_violated + 1, violated_ns[static_cast<std::size_t>(policy)]);
}
int nvmlDeviceGetComputeRunningProcesses_v2(Gpu* gpu, unsigned* count, Process* processes) {
  return list("PIDS", gpu, count, processes);
}
int nvmlDeviceGetMPSComputeRunningProcesses_v2(Gpu* gpu, unsigned* count, Process* processes) {
  return list("MPS", gpu, count, processes);
}
#elif DERATE_FAKE_KIND == 3
int nvmlDeviceGetComputeRunningProcesses_v3(Gpu* gpu, unsigned* count, Process* processes) {
  return list("PIDS", gpu, count, processes);
}
#endif

#endif
}
