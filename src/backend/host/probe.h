// SPDX-License-Identifier: Apache-2.0
// Fills a Device with what the CPU, the kernel and the C library say.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "backend/host/cpuid.h"
#include "backend/host/topology.h"
#include "derate/device.h"

namespace derate::host {

[[nodiscard]] Device probe_device();

/// By CPUID, or on Arm by the kernel's files for the cores of this process.
[[nodiscard]] CpuIdentity identify_cpu();

/// The device of these cores: caches, clocks, memory limit and cores' names as the files below
/// `root` have them, which holds proc/ and sys/: "/" but in tests.
[[nodiscard]] Device describe(const CpuIdentity& cpu, const Cores& cores, const std::string& root);

/// The clock after the "@" of a brand string such as "Xeon(R) CPU @ 2.60GHz"; 0 when it has none.
[[nodiscard]] double clock_in_brand_hz(std::string_view brand);

/// "1024K", "32M" as in /sys/devices/system/cpu/cpu*/cache/index*/size; 0 for anything else.
[[nodiscard]] std::uint64_t parse_cache_size(std::string_view text);

/// The value of the first line "key : value" in the text of /proc/cpuinfo; empty when there is
/// none.
[[nodiscard]] std::string cpuinfo_value(std::string_view text, std::string_view key);

}  // namespace derate::host
