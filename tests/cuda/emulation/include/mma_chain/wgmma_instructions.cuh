// SPDX-License-Identifier: Apache-2.0
// Stands in for the kernels' header of this name: what wgmma does, by the PTX ISA's description of
// its descriptors and fragments, but for its rounding. With operands that a chain leaves in their
// place it computes at once, and each product once only; with B as rows, which flow through shared
// memory, as late as it may.
#pragma once

#include <cuda_runtime.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <source_location>
#include <utility>
#include <vector>

#include "derate/error.h"
#include "mma_chain/formats.h"
#include "tensor_formats.h"

#define DERATE_HAS_WGMMA

namespace derate::mma_chain {

inline void wgmma_fence() {}

/// Multiply-adds that a warpgroup has issued and not waited for, by thread and group of them.
struct MultiplyAdd {
  std::uint64_t a;
  std::uint64_t b;
  bool add;
  float* d;
};
struct Warpgroup {
  std::array<std::vector<MultiplyAdd>, 128> open;
  std::array<std::deque<std::vector<MultiplyAdd>>, 128> committed;
  std::array<int, 128> commits{};
  int done = 0;
};
inline Warpgroup& warpgroup() {
  static std::map<std::pair<unsigned, unsigned>, Warpgroup> all;
  static std::int64_t cluster = 0;
  if (cluster != emulation::position().cluster) all.clear();
  cluster = emulation::position().cluster;
  return all[{emulation::position().rank, threadIdx.x / 128}];
}

/// Element (row, depth) of A, or (column, depth) of B by rows, with the swizzle of 128 bytes, which
/// is one of the address: bits 4 to 6 xor'ed with bits 7 to 9.
inline double swizzled_element(std::uint64_t descriptor, int row, int depth, bool by_rows_of_b) {
  const auto field = [&](int first) { return static_cast<int>(descriptor >> first & 0x3FFF) * 16; };
  if (descriptor >> 62 != 1 || (descriptor >> 49 & 7) != 0) {
    throw DeviceError("a descriptor of something else than 128-byte swizzle", false);
  }
  const int of_a = row / 8 * field(32) + row % 8 * 128 + depth * 2;
  const int of_b = row / 64 * field(16) + row % 64 * 2 + depth / 8 * field(32) + depth % 8 * 128;
  const int straight = field(0) + (by_rows_of_b ? of_b : of_a);
  const int address = straight ^ (straight >> 7 & 7) << 4;
  std::uint16_t bits = 0;
  std::memcpy(&bits, emulation::shared_memory(static_cast<std::size_t>(address)), sizeof bits);
  return std::bit_cast<float>(std::uint32_t{bits} << 16);
}

template <int kDepth>
double dot(const double (&row)[kDepth], const double (&column)[kDepth]) {
  double sum = 0;
  for (int depth = 0; depth < kDepth; ++depth) sum += row[depth] * column[depth];
  return sum;
}

/// One instruction for all threads of the warpgroup.
inline void perform(const std::array<MultiplyAdd, 128>& threads) {
  constexpr int kDepth = 16;
  const MultiplyAdd& first = threads[0];
  static double a[64][kDepth];
  static double b[256][kDepth];
  for (int depth = 0; depth < kDepth; ++depth) {
    for (int row = 0; row < 64; ++row) a[row][depth] = swizzled_element(first.a, row, depth, false);
    for (int column = 0; column < 256; ++column) {
      b[column][depth] = swizzled_element(first.b, column, depth, true);
    }
  }
  for (int thread = 0; thread < 128; ++thread) {
    const MultiplyAdd& own = threads[static_cast<std::size_t>(thread)];
    if (own.a != first.a || own.b != first.b || own.add != first.add) {
      throw DeviceError("threads of a warpgroup issue different instructions", false);
    }
    for (int sum = 0; sum < 128; ++sum) {
      const double product = dot(a[thread / 32 * 16 + thread % 32 / 4 + sum / 2 % 2 * 8],
                                 b[sum / 4 * 8 + thread % 4 * 2 + sum % 2]);
      own.d[sum] = static_cast<float>((own.add ? static_cast<double>(own.d[sum]) : 0) + product);
    }
  }
}

inline void wgmma_of_rows_of_b(Bf16, float (&d)[128], std::uint64_t a, std::uint64_t b, bool add) {
  warpgroup().open[threadIdx.x % 128].push_back({a, b, add, d});
}

inline void wgmma_commit() {
  Warpgroup& group = warpgroup();
  const unsigned thread = threadIdx.x % 128;
  if (group.open[thread].empty()) return;
  group.committed[thread].push_back(std::exchange(group.open[thread], {}));
  ++group.commits[thread];
}

/// Nobody's instruction is done before all threads of the warpgroup have issued it.
template <int kNewest = 0>
void wgmma_wait(const std::source_location& place = std::source_location::current()) {
  Warpgroup& group = warpgroup();
  const int wanted = group.commits[threadIdx.x % 128] - kNewest;
  if (group.done >= wanted) return;
  emulation::wait_until(
      [&group, wanted] {
        return std::all_of(group.commits.begin(), group.commits.end(),
                           [wanted](int commits) { return commits >= wanted; });
      },
      place);
  for (; group.done < wanted; ++group.done) {
    const std::size_t instructions = group.committed[0].front().size();
    for (std::size_t i = 0; i < instructions; ++i) {
      std::array<MultiplyAdd, 128> threads;
      for (std::size_t t = 0; t < 128; ++t) threads[t] = group.committed[t].front().at(i);
      perform(threads);
    }
    for (auto& of_thread : group.committed) of_thread.pop_front();
  }
}

/// Products of tiles, by thread and descriptors; what shared memory held at the last fence.
template <typename T>
auto& products() {
  static std::array<std::map<std::pair<std::uint64_t, std::uint64_t>, std::array<double, 128>>, 256>
      all;
  return all;
}

inline void fence_for_tensor_units() {
  products<F16>()[threadIdx.x].clear();
  products<Bf16>()[threadIdx.x].clear();
  products<Tf32>()[threadIdx.x].clear();
  products<E4m3>()[threadIdx.x].clear();
  products<S8>()[threadIdx.x].clear();
}

/// Element (row, depth) of an operand without a swizzle: eight rows of 16 bytes lie together; the
/// descriptor has the address and the way to the next 16 bytes of depth and to the next eight rows.
template <typename T>
double element_at(std::uint64_t descriptor, int row, int depth) {
  constexpr int kBytes = 32 / T::kDepth;
  const auto field = [&](int first) { return static_cast<int>(descriptor >> first & 0x3FFF) * 16; };
  const int address = field(0) + depth * kBytes / 16 * field(16) + row / 8 * field(32) +
                      row % 8 * 16 + depth * kBytes % 16;
  std::uint32_t bits = 0;
  std::memcpy(&bits, emulation::shared_memory(static_cast<std::size_t>(address)), kBytes);
  return element_in<T>(bits, 0);
}

/// What a thread holds of the product of two tiles.
template <typename T>
std::array<double, 128> product_of(std::uint64_t a, std::uint64_t b, int thread) {
  std::array<double, 128> product;
  double rows[2][T::kDepth];
  double column[T::kDepth];
  // A warp has 16 rows, a lane two of them eight apart, and of eight columns two next to each
  // other.
  for (int row = 0; row < 2; ++row) {
    for (int depth = 0; depth < T::kDepth; ++depth) {
      rows[row][depth] = element_at<T>(a, thread / 32 * 16 + thread % 32 / 4 + row * 8, depth);
    }
  }
  for (int i = 0; i < 64; ++i) {
    for (int depth = 0; depth < T::kDepth; ++depth) {
      column[depth] = element_at<T>(b, i / 2 * 8 + thread % 4 * 2 + i % 2, depth);
    }
    for (int row = 0; row < 2; ++row) {
      product[static_cast<std::size_t>(i / 2 * 4 + row * 2 + i % 2)] = dot(rows[row], column);
    }
  }
  return product;
}

template <typename T>
void wgmma(T, typename T::Sum (&d)[128], std::uint64_t a, std::uint64_t b, bool add) {
  auto [found, is_new] = products<T>()[threadIdx.x].try_emplace({a, b});
  if (is_new) found->second = product_of<T>(a, b, static_cast<int>(threadIdx.x) % 128);
  for (std::size_t sum = 0; sum < 128; ++sum) {
    const double before = add ? static_cast<double>(d[sum]) : 0;
    d[sum] = static_cast<typename T::Sum>(before + found->second[sum]);
  }
}

}  // namespace derate::mma_chain
