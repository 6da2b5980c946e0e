// SPDX-License-Identifier: Apache-2.0
// A stand-in for libnvidia-ml.so.1 with one GPU, GPU-fake at 0000:3b:00.0, and one slice, MIG-fake.
// DERATE_FAKE_KIND chooses what the library has: 0 all, 1 what an old driver has, 2 next to
// nothing, 3 the third version of the list of processes only. Environment variables choose what it
// does: DERATE_FAKE_STATUS what every sensor answers, DERATE_FAKE_INIT what starting does,
// DERATE_FAKE_PIDS which processes there are, and DERATE_FAKE_ENERGY_MJ the energy counter.
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>
#include <vector>

namespace {

struct Gpu {};
Gpu the_gpu;

int number(const char* variable) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? 0 : std::atoi(text);
}

int answer() { return number("DERATE_FAKE_STATUS"); }

template <typename Value>
int give(Gpu* gpu, Value* value, Value what) {
  if (gpu != &the_gpu) return 2;  // NVML_ERROR_INVALID_ARGUMENT
  if (answer() == 0) *value = what;
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

[[maybe_unused]] int list(Gpu* gpu, unsigned* count, Process* processes) {
  if (gpu != &the_gpu) return 2;
  if (answer() != 0) return answer();
  const char* const text = std::getenv("DERATE_FAKE_PIDS");
  std::istringstream words(text == nullptr ? "" : text);
  std::vector<unsigned> pids;
  for (unsigned pid = 0; words >> pid;) pids.push_back(pid);
  const unsigned room = *count;
  *count = static_cast<unsigned>(pids.size());
  if (room < *count) return 7;  // NVML_ERROR_INSUFFICIENT_SIZE
  for (const unsigned pid : pids) *processes++ = Process{pid, 1 << 20, ~0u, ~0u};
  return 0;
}

}  // namespace

extern "C" {

int nvmlInit_v2() { return number("DERATE_FAKE_INIT"); }
int nvmlShutdown() { return 0; }

#if DERATE_FAKE_KIND != 2

const char* nvmlErrorString(int status) {
  if (status == 3) return "Not Supported";
  if (status == 4) return "Insufficient Permissions";
  if (status == 6) return "Not Found";
  return status == 9 ? "Driver Not Loaded" : "Unknown Error";
}

int nvmlSystemGetDriverVersion(char* text, unsigned room) {
  std::strncpy(text, "999.1", room);
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

int nvmlDeviceGetPowerUsage(Gpu* gpu, unsigned* power_mw) { return give(gpu, power_mw, 612'500u); }
int nvmlDeviceGetEnforcedPowerLimit(Gpu* gpu, unsigned* cap_mw) {
  return give(gpu, cap_mw, 700'000u);
}
int nvmlDeviceGetTemperature(Gpu* gpu, int sensor, unsigned* temperature_c) {
  return sensor == 0 ? give(gpu, temperature_c, 61u) : 2;
}
int nvmlDeviceGetCurrentClocksThrottleReasons(Gpu* gpu, unsigned long long* mask) {
  return give(gpu, mask, 0x20ull);
}

#if DERATE_FAKE_KIND == 0
int nvmlDeviceGetMaxPcieLinkGeneration(Gpu* gpu, unsigned* generation) {
  return give(gpu, generation, 5u);
}
int nvmlDeviceGetMaxPcieLinkWidth(Gpu* gpu, unsigned* lanes) { return give(gpu, lanes, 16u); }
int nvmlDeviceGetCurrentClocksEventReasons(Gpu* gpu, unsigned long long* mask) {
  return give(gpu, mask, 0x4ull);
}
int nvmlDeviceGetTotalEnergyConsumption(Gpu* gpu, unsigned long long* energy_mj) {
  const char* const text = std::getenv("DERATE_FAKE_ENERGY_MJ");
  return give(gpu, energy_mj, text == nullptr ? 5'000'000'000'000ull : std::stoull(text));
}
int nvmlDeviceGetComputeRunningProcesses_v2(Gpu* gpu, unsigned* count, Process* processes) {
  return list(gpu, count, processes);
}
#elif DERATE_FAKE_KIND == 3
int nvmlDeviceGetComputeRunningProcesses_v3(Gpu* gpu, unsigned* count, Process* processes) {
  return list(gpu, count, processes);
}
#endif

#endif
}
