// SPDX-License-Identifier: Apache-2.0
// Describes each GPU by its device attributes, its data sheet and NVML. What a MIG slice shares
// with others, or the driver does not state, stays unknown with a reason.
#include "backend/cuda/probe.h"

#include <cuda_runtime.h>

#include <array>
#include <cstdio>
#include <string>
#include <string_view>

#include "backend/cuda/architectures.h"
#include "backend/cuda/no_device.h"
#include "backend/cuda/pcie.h"
#include "backend/cuda/usable.h"
#include "base/trial.h"
#include "derate/cuda/check.h"
#include "derate/error.h"
#include "hardware/health.h"
#include "hardware/product.h"

namespace derate::cuda {
namespace {

/// The attribute, or 0 where this device or driver does not know it.
double attribute(cudaDeviceAttr name, int index) {
  int value = 0;
  if (cudaDeviceGetAttribute(&value, name, index) != cudaSuccess) {
    static_cast<void>(cudaGetLastError());
    return 0;
  }
  return value;
}

/// Whether a device is a part of a GPU: the driver names it "NVIDIA A100-SXM4-40GB MIG 1g.5gb".
bool is_slice(std::string_view name) { return name.find(" MIG ") != std::string_view::npos; }

std::string uuid_text(const cudaUUID_t& uuid) {
  std::string text = "GPU-";
  for (int i = 0; i < 16; ++i) {
    std::array<char, 4> hex{};
    std::snprintf(hex.data(), hex.size(), "%02x", static_cast<unsigned char>(uuid.bytes[i]));
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += hex.data();
  }
  return text;
}

Fact maximum_clock(int index) {
  const double clock_khz = attribute(cudaDevAttrClockRate, index);
  if (clock_khz <= 0) return {{}, "the driver does not state a clock"};
  return {clock_khz * 1e3, "driver's maximum SM clock"};
}

Fact memory_bandwidth(int index, std::string_view name) {
  if (is_slice(name)) {
    return {{}, "the driver does not state a MIG slice's share of the memory bandwidth"};
  }
  const double clock_khz = attribute(cudaDevAttrMemoryClockRate, index);
  const double bus_bits = attribute(cudaDevAttrGlobalMemoryBusWidth, index);
  if (clock_khz <= 0 || bus_bits <= 0) {
    return {{}, "the driver does not state the memory's clock and bus width"};
  }
  std::array<char, 128> source{};
  std::snprintf(source.data(), source.size(), "2 x %.0f MHz x %.0f bit (driver)", clock_khz / 1e3,
                bus_bits);
  return {2 * clock_khz * 1e3 * bus_bits / 8, source.data()};
}

/// The link to the host, where that is PCIe and its own.
Fact host_link(int index, const Health& health) {
  if (attribute(cudaDevAttrIntegrated, index) > 0) {
    return {{}, "the device is part of the host's chip and has no link to it"};
  }
  // Grace Hopper and its like: host and GPU share page tables over NVLink-C2C.
  if (attribute(cudaDevAttrPageableMemoryAccessUsesHostPageTables, index) > 0) {
    return {{}, "the device reaches the host by another link than PCIe"};
  }
  return pcie_link(health.pcie_generation_maximum, health.pcie_lanes_maximum);
}

bool is_prohibited(int index) {
  return static_cast<int>(attribute(cudaDevAttrComputeMode, index)) == cudaComputeModeProhibited;
}

std::string note(const Device& device, const Nvml& nvml) {
  const int index = device.index;
  std::string text;
  const auto add = [&text](std::string_view sentence) {
    text += text.empty() ? "" : " ";
    text += sentence;
  };
  if (is_slice(device.name)) {
    add("A MIG slice: it shares its clock with the other slices, and has no power or energy "
        "reading "
        "of its own.");
  }
  if (admits_one_process(index)) add("Its compute mode admits one process at a time.");
  if (attribute(cudaDevAttrKernelExecTimeout, index) > 0) {
    add("A display runs on it and ends kernels that take seconds.");
  }
  if (attribute(cudaDevAttrEccEnabled, index) > 0) add("ECC is on.");
  for (const std::string& sentences : {health_warnings(device), nvml.shortcomings()}) {
    if (!sentences.empty()) add(sentences);
  }
  return text;
}

Device describe(int index, int driver_version, int runtime_version) {
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, index), "cudaGetDeviceProperties");
  const GpuAddress address = gpu_address(index);
  now_trying("libnvidia-ml.so.1");
  const Nvml nvml(address);
  now_trying("libcuda.so.1");
  Device device;
  device.backend = "cuda";
  device.index = index;
  device.name = properties.name;
  device.architecture = "sm_" + std::to_string(properties.major) + std::to_string(properties.minor);
  device.id = hash_text(uuid_text(properties.uuid));
  device.compute_units = properties.multiProcessorCount;
  device.compute_units_source = "driver";
  device.memory_bytes = properties.totalGlobalMem;
  const Product* const product =
      product_of_driver_name(device.name, device.compute_units, device.memory_bytes);
  if (product != nullptr) {
    const Device specified = device_of(*product);
    device.clock_specified_hz = specified.clock_specified_hz;
    device.clock_tensor_hz = specified.clock_tensor_hz;
    device.memory_specified_bytes_per_s = specified.memory_specified_bytes_per_s;
  } else {
    device.clock_specified_hz.source =
        "no data-sheet clock is on record for a product of this name";
  }
  device.clock_maximum_hz = maximum_clock(index);
  device.memory_bytes_per_s = memory_bandwidth(index, device.name);
  device.health = nvml.health();
  device.link_bytes_per_s = host_link(index, device.health);
  device.last_level_cache_bytes = static_cast<std::uint64_t>(properties.l2CacheSize);
  device.driver_version = nvml.driver_version().value_or("CUDA " + version_text(driver_version));
  device.runtime_version = "CUDA " + version_text(runtime_version);
  device.power_cap_w = nvml.power_cap_w();
  device.note = note(device, nvml);
  device.unusable = why_unusable(10 * properties.major + properties.minor, built_capabilities(),
                                 is_prohibited(index));
  return device;
}

}  // namespace

GpuAddress gpu_address(int index) {
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, index), "cudaGetDeviceProperties");
  std::array<char, 32> bus_id{};
  check(cudaDeviceGetPCIBusId(bus_id.data(), bus_id.size(), index), "cudaDeviceGetPCIBusId");
  const std::string uuid = uuid_text(properties.uuid);
  // The whole GPU's power and temperature would be taken for the slice's: rather none at all.
  if (is_slice(properties.name)) return {"MIG-" + uuid.substr(4), ""};
  return {uuid, bus_id.data()};
}

bool admits_one_process(int index) {
  const auto mode = static_cast<int>(attribute(cudaDevAttrComputeMode, index));
  return mode == cudaComputeModeExclusive || mode == cudaComputeModeExclusiveProcess;
}

Probe probe() {
  now_trying("libcuda.so.1");
  int count = 0;
  int driver_version = 0;
  int runtime_version = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  static_cast<void>(cudaDriverGetVersion(&driver_version));
  static_cast<void>(cudaRuntimeGetVersion(&runtime_version));
  static_cast<void>(cudaGetLastError());
  if (status != cudaSuccess || count == 0) {
    return {{},
            no_device_reason({cudaGetErrorName(status), cudaGetErrorString(status), driver_version,
                              runtime_version})};
  }
  Probe found;
  for (int index = 0; index < count; ++index) {
    // One broken GPU must not hide the others.
    try {
      found.devices.push_back(describe(index, driver_version, runtime_version));
    } catch (const DeviceError& error) {
      if (!found.reason.empty()) found.reason += "; ";
      found.reason += "GPU " + std::to_string(index) + " cannot be described: " + error.what();
    }
  }
  return found;
}

}  // namespace derate::cuda
