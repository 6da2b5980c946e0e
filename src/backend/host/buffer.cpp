// SPDX-License-Identifier: Apache-2.0
// Allocates aligned to cache lines, or from 2 MiB on to huge pages, which the kernel is advised to
// use.
#include "derate/host/buffer.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <cstdlib>

#include "derate/error.h"

namespace derate::host {
namespace {

constexpr std::size_t kCacheLineBytes = 64;
constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;

}  // namespace

void* allocate_aligned(std::size_t bytes) {
  const bool large = bytes >= kHugePageBytes;
  const std::size_t alignment = large ? kHugePageBytes : kCacheLineBytes;
  const std::size_t size = std::max(alignment, (bytes + alignment - 1) / alignment * alignment);
  void* const pointer = std::aligned_alloc(alignment, size);
  if (pointer == nullptr) {
    throw DeviceError(
        fmt::format("{:g} MB of memory could not be allocated", static_cast<double>(size) / 1e6),
        false);
  }
  // Advice only: with 4 KiB pages a large array spends part of its time in page walks.
  if (large) madvise(pointer, size, MADV_HUGEPAGE);
  return pointer;
}

void FreeAligned::operator()(void* pointer) const { std::free(pointer); }

}  // namespace derate::host
