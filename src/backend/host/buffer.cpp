// SPDX-License-Identifier: Apache-2.0
// Allocates aligned to cache lines, or from 2 MiB on to huge pages, which the kernel is advised to
// use; no more than the control group allows, whose kernel gives memory and kills when it is used.
// Pages of a stated size are mapped: what malloc hands out may have been touched before.
#include "derate/host/buffer.h"

#include <fmt/format.h>
#include <malloc.h>
#include <sys/mman.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "backend/host/memory_limit.h"
#include "base/insufficient_memory.h"

namespace derate::host {
namespace {

constexpr std::size_t kCacheLineBytes = 64;
constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;
constexpr std::size_t kGuardBytes = std::size_t{64} << 10;  // whole pages on every CPU
constexpr std::size_t kAroundMapped = kHugePageBytes + 2 * kGuardBytes;

/// What the program, its threads and a library's own buffers take beside the arrays.
constexpr std::size_t kProgramBytes = std::size_t{64} << 20;

/// Of all arrays, whether their pages were touched or not.
std::atomic<std::size_t> allocated_bytes{0};
/// Since the limit was last read, which takes some tens of microseconds: small arrays are many.
std::atomic<std::size_t> unchecked_bytes{0};

/// Whether a control group leaves room for `size` bytes more. What was touched is no longer free,
/// and what was not may be soon. Throws InsufficientMemory.
void check_limit(std::size_t size) {
  if ((unchecked_bytes += size) < kHugePageBytes) return;
  unchecked_bytes = 0;
  const std::optional<MemoryLimit> limit = memory_limit("/");
  if (!limit) return;
  const std::uint64_t beside = allocated_bytes + kProgramBytes;
  const std::uint64_t left =
      std::min(limit->free_bytes, limit->limit_bytes - std::min(limit->limit_bytes, beside));
  if (size <= left) return;
  constexpr double kMiB = 1 << 20;
  throw InsufficientMemory(fmt::format(
      "its operands need {:.0f} MiB more, and the control group's limit of {:.0f} MiB leaves "
      "{:.0f} MiB",
      static_cast<double>(size) / kMiB, static_cast<double>(limit->limit_bytes) / kMiB,
      static_cast<double>(left) / kMiB));
}

InsufficientMemory no_memory(std::size_t size) {
  return InsufficientMemory(
      fmt::format("{:g} MB of memory could not be allocated", static_cast<double>(size) / 1e6));
}

/// Whole huge pages between two guards, which cannot be touched, so that the kernel counts them
/// apart from whatever lies beside them.
AlignedMemory map_pages(std::size_t bytes, Pages pages) {
  const std::size_t size =
      std::max(kHugePageBytes, (bytes + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes);
  check_limit(size);
  const std::size_t mapped = size + kAroundMapped;
  void* const mapping =
      mmap(nullptr, mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED) throw no_memory(size);
  void* first = static_cast<char*>(mapping) + kGuardBytes;
  std::size_t space = mapped - 2 * kGuardBytes;
  std::align(kHugePageBytes, size, first, space);
  AlignedMemory memory(first, FreeAligned{mapping, mapped});
  allocated_bytes += size;
  if (mprotect(first, size, PROT_READ | PROT_WRITE) != 0) throw no_memory(size);
  madvise(first, size, pages == Pages::huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
  return memory;
}

}  // namespace

AlignedMemory allocate_aligned(std::size_t bytes, Pages pages) {
  if (pages != Pages::usual) return map_pages(bytes, pages);
  const bool large = bytes >= kHugePageBytes;
  const std::size_t alignment = large ? kHugePageBytes : kCacheLineBytes;
  const std::size_t size = std::max(alignment, (bytes + alignment - 1) / alignment * alignment);
  check_limit(size);
  void* const pointer = std::aligned_alloc(alignment, size);
  if (pointer == nullptr) throw no_memory(size);
  allocated_bytes += malloc_usable_size(pointer);
  // Advice only: with 4 KiB pages a large array spends part of its time in page walks.
  if (large) madvise(pointer, size, MADV_HUGEPAGE);
  return AlignedMemory(pointer);
}

void FreeAligned::operator()(void* pointer) const {
  if (mapping != nullptr) {
    allocated_bytes -= mapped_bytes - kAroundMapped;
    munmap(mapping, mapped_bytes);
    return;
  }
  allocated_bytes -= malloc_usable_size(pointer);
  std::free(pointer);
}

}  // namespace derate::host
