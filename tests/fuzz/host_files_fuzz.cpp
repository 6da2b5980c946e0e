// SPDX-License-Identifier: Apache-2.0
// What the kernel's files say of the processors, their caches and quotas. A container may show
// anything in their place.
#include <algorithm>
#include <cmath>
#include <optional>

#include "backend/host/arm_identity.h"
#include "backend/host/caches.h"
#include "backend/host/cgroup.h"
#include "backend/host/contention.h"
#include "backend/host/memory_limit.h"
#include "backend/host/probe.h"
#include "backend/host/quota.h"
#include "backend/host/topology.h"
#include "fuzz.h"

namespace derate::fuzz {
namespace {

void require_quota(const std::optional<double>& cores) {
  require(!cores || (*cores > 0 && std::isfinite(*cores)), "a quota is no number of cores");
}

/// Every file says the same, of as many caches as a processor may have.
void read_caches(const std::string& text, const std::vector<int>& cpus) {
  const auto line_of = [&](const std::string& file) {
    return file.find("index8") == std::string::npos ? text.substr(0, text.find('\n')) : "";
  };
  for (const host::DataCache& cache : host::data_caches(cpus, line_of)) {
    require(cache.level > 0 && cache.bytes > 0 && cache.cores >= 1, "a cache is none");
  }
}

void read_host_files(std::string_view input) {
  const std::string text(input);
  require_quota(host::parse_cpu_max(input));
  require_quota(host::parse_cfs_quota(input, "100000"));
  require_quota(host::parse_cfs_quota("50000", input));
  static_cast<void>(host::parse_reclaimable_bytes(input));
  static_cast<void>(host::parse_own_cgroup(input));
  std::vector<int> cpus = host::parse_cpu_list(input);
  for (const int cpu : cpus) require(cpu >= 0, "a processor has no number");
  if (cpus.empty()) cpus.push_back(0);
  cpus.resize(std::min<std::size_t>(cpus.size(), 4));
  require(!host::one_cpu_per_core(cpus, [&](int) { return text; }).empty(), "there is no core");
  read_caches(text, cpus);
  require(host::busy_seconds(input, cpus, 100) >= 0, "a processor was busy for less than no time");
  static_cast<void>(host::clock_in_brand_hz(input));
  static_cast<void>(host::parse_cache_size(input));
  static_cast<void>(host::cpuinfo_value(input, "model name"));
  if (const auto midr = host::midr_in_cpuinfo(input, 1)) {
    require(midr->part >= 0 && midr->part <= 0xFFF, "a part has more than twelve bits");
    require(!host::arm_core_name(*midr).empty(), "a core has no name");
  }
}

const Registered host_files({"host_files", read_host_files});

}  // namespace
}  // namespace derate::fuzz
