// SPDX-License-Identifier: Apache-2.0
// Aligned arrays whose pages are first touched by the threads that later work on them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <type_traits>

#include "derate/device.h"
#include "derate/host/thread_pool.h"
#include "derate/operands.h"

namespace derate::host {

/// The part of [0, count) that belongs to one of `parts` threads; its borders are multiples of
/// `multiple`, but for the last end.
struct Range {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};
[[nodiscard]] constexpr Range share(std::int64_t count, std::int64_t multiple, int parts,
                                    int part) {
  const std::int64_t blocks = (count + multiple - 1) / multiple;
  return {std::min(count, blocks * part / parts * multiple),
          std::min(count, blocks * (part + 1) / parts * multiple)};
}

/// `n` elements, halved until their arrays, of so many bytes for each, fill half of the memory at
/// most.
[[nodiscard]] inline std::int64_t within_memory(std::int64_t n, double bytes_each,
                                                const Device& device) {
  const double most_bytes = static_cast<double>(device.memory_bytes) / 2;
  while (most_bytes > 0 && n > 1 && static_cast<double>(n) * bytes_each > most_bytes) n /= 2;
  return n;
}

/// Which pages an array is to lie in.
enum class Pages {
  usual,  ///< large arrays in huge ones where the system grants them
  small,  ///< never in huge ones
  huge    ///< in huge ones, each array with a mapping of its own; advice, as for usual ones
};

/// Frees what the functions below have allocated.
struct FreeAligned {
  void* mapping = nullptr;  ///< that holds it; null for memory of the heap
  std::size_t mapped_bytes = 0;
  void operator()(void* pointer) const;
};
using AlignedMemory = std::unique_ptr<void, FreeAligned>;

/// Allocates at a multiple of 64 bytes, or of 2 MiB for small and huge pages and for large blocks.
/// Throws InsufficientMemory.
[[nodiscard]] AlignedMemory allocate_aligned(std::size_t bytes, Pages pages);

/// Which share of the memory from `begin` on, as far as it was touched, lies in huge pages of 2 MiB
/// by the kernel's own account (AnonHugePages in smaps); empty where it gives none. For memory that
/// has a mapping of its own: of others the kernel counts what lies beside it too.
[[nodiscard]] std::optional<double> share_in_huge_pages(const void* begin, std::size_t bytes);

/// An array of plain numbers; not initialised, so that filling it decides where its pages lie.
template <typename T>
class Buffer {
  static_assert(std::is_trivial_v<T>);

 public:
  Buffer() = default;
  explicit Buffer(std::int64_t count, Pages pages = Pages::usual)
      : count_(static_cast<std::size_t>(count)),
        memory_(allocate_aligned(count_ * sizeof(T), pages)) {}

  [[nodiscard]] T* data() { return static_cast<T*>(memory_.get()); }
  [[nodiscard]] const T* data() const { return static_cast<const T*>(memory_.get()); }
  [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(count_); }
  [[nodiscard]] T& operator[](std::int64_t i) { return data()[i]; }
  [[nodiscard]] const T& operator[](std::int64_t i) const { return data()[i]; }

 private:
  std::size_t count_ = 0;
  AlignedMemory memory_;
};

/// Sets every element to `value_at(index)`, each thread its share().
template <typename T, typename ValueAt>
void fill(ThreadPool& pool, Buffer<T>& buffer, const ValueAt& value_at) {
  pool.run([&](int thread) {
    const Range range = share(buffer.size(), 1024, pool.size(), thread);
    T* const data = buffer.data();
    for (std::int64_t i = range.begin; i < range.end; ++i) data[i] = value_at(i);
  });
}

/// An operand of `count` elements as operands.h defines them.
template <typename T>
[[nodiscard]] Buffer<T> make_operand(ThreadPool& pool, std::int64_t count, DataPattern pattern,
                                     std::uint64_t seed, Pages pages = Pages::usual) {
  Buffer<T> buffer(count, pages);
  fill(pool, buffer, [&](std::int64_t i) {
    return static_cast<T>(element(pattern, seed, static_cast<std::uint64_t>(i)));
  });
  return buffer;
}

/// Writes NaN everywhere: an element that a kernel forgets is never right by chance.
template <typename T>
void poison(ThreadPool& pool, Buffer<T>& buffer) {
  fill(pool, buffer, [](std::int64_t) { return std::numeric_limits<T>::quiet_NaN(); });
}

/// A poisoned result of `count` elements.
template <typename T>
[[nodiscard]] Buffer<T> make_result(ThreadPool& pool, std::int64_t count,
                                    Pages pages = Pages::usual) {
  Buffer<T> buffer(count, pages);
  poison(pool, buffer);
  return buffer;
}

}  // namespace derate::host
