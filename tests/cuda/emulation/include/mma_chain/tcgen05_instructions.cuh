// SPDX-License-Identifier: Apache-2.0
// Stands in for the kernels' header of this name: what tcgen05 does, by the PTX ISA's description
// of its descriptors and layouts, but for its rounding. The rules of tensor memory are in
// tensor_memory.h. A product is computed once for as long as nobody writes to shared memory.
#pragma once

#include <cuda_runtime.h>

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <map>
#include <utility>
#include <vector>

#include "derate/error.h"
#include "mma_chain/barriers.cuh"
#include "mma_chain/tcgen05_operands.h"
#include "tensor_formats.h"
#include "tensor_memory.h"

#define DERATE_HAS_TCGEN05

namespace derate::mma_chain {

template <int kColumns, int kBlocks = 1>
void allocate_tensor_memory(std::uint32_t& address) {
  emulation::allocate_columns(kColumns, address, kBlocks);
}
template <int kBlocks = 1>
void end_allocations() {
  emulation::end_allocations();
}
template <int kColumns, int kBlocks = 1>
void free_tensor_memory(std::uint32_t address) {
  emulation::free_columns(address, kColumns);
}

/// Any thread may be the one.
inline bool is_elected() { return threadIdx.x % 32 == 7; }

inline void fence_before_barrier() { emulation::fence_before_thread_sync(); }
inline void fence_after_barrier() { emulation::fence_after_thread_sync(); }
inline void show_to_tensor_units() { ++emulation::async_writes; }

inline void load_columns(std::uint32_t address, std::uint32_t (&words)[16]) {
  emulation::begin_load(address, words, 16);
}
inline void wait_for_loads(std::uint32_t (&)[16]) { emulation::end_loads(); }
inline void store_column(std::uint32_t address, std::uint32_t word) {
  emulation::begin_store(address, word);
}
inline void wait_for_stores() { emulation::end_stores(); }

inline void arrive_when_done(const Barrier* barrier) {
  phases_of(barrier).under_way.push_back([all = emulation::all_issued()](Phases& phases) {
    all();
    phases.arrive_late();
  });
}
inline void commit_to(Barrier& barrier) { arrive_when_done(&barrier); }
template <int kBlocks>
void commit_in(std::uint16_t ranks, Barrier& barrier) {
  for (unsigned rank = 0; ranks >> rank != 0; ++rank) {
    if ((ranks >> rank & 1) != 0) arrive_when_done(cuda::in_block(rank, &barrier));
  }
}

/// An operand in shared memory as its descriptor has it ("Shared memory descriptor", "Canonical
/// layouts"): without a swizzle or with that of 128 bytes, which is one of the address.
struct SharedOperand {
  const std::byte* begin;  // of the block's shared memory
  int address;
  int leading;
  int stride;
  bool is_swizzled;
  bool is_transposed;  // rows contiguous and not the depth

  SharedOperand(unsigned rank, std::uint64_t descriptor, bool transposed)
      : begin(cuda::dynamic_shared_memory(rank).get()),
        address(field(descriptor, 0)),
        leading(field(descriptor, 16)),
        stride(field(descriptor, 32)),
        is_swizzled(descriptor >> 61 == 2),
        is_transposed(transposed) {
    begin -= reinterpret_cast<std::size_t>(begin) % 1024;
    const bool is_known = descriptor >> 61 == 0 || is_swizzled;
    if (!is_known || (descriptor >> 46 & 7) != 1 || (descriptor >> 49 & 0xFFF) != 0 ||
        (transposed && !is_swizzled)) {
      throw DeviceError("a shared memory descriptor of something unknown", false);
    }
  }

  static int field(std::uint64_t descriptor, int first) {
    return static_cast<int>(descriptor >> first & 0x3FFF) * 16;
  }

  /// Byte `byte` along the depth of a row; of transposed ones, of numbers of two bytes.
  [[nodiscard]] const std::byte* at(int row, int byte) const {
    int straight = address;
    if (is_transposed) {
      const int depth = byte / 2;
      straight += row / 64 * leading + row % 64 * 2 + depth / 8 * stride + depth % 8 * 128;
    } else if (is_swizzled) {
      straight += row / 8 * stride + row % 8 * 128 + byte;
    } else {
      straight += row / 8 * stride + row % 8 * 16 + byte / 16 * leading + byte % 16;
    }
    const int place = is_swizzled ? straight ^ (straight >> 7 & 7) << 4 : straight;
    return begin + place - emulation::kFirstSharedAddress;
  }

  /// `rows` rows of a step, 32 bytes deep.
  template <typename T>
  [[nodiscard]] std::vector<double> numbers(int rows) const {
    constexpr int kBits = 256 / T::kDepth;
    std::vector<double> all;
    for (int row = 0; row < rows; ++row) {
      for (int depth = 0; depth < T::kDepth; ++depth) {
        std::uint32_t bits = 0;
        std::memcpy(&bits, at(row, depth * kBits / 8), (kBits + 7) / 8);
        const std::uint32_t own = bits >> depth * kBits % 8;
        all.push_back(element_in<T>(kBits == 4 ? own & 0xF : own, 0));
      }
    }
    return all;
  }
};

/// Table of the instruction descriptor's codes.
template <typename T>
constexpr std::uint32_t kCodeOfNumbers = 0;  // f16 in kind::f16, e4m3 in kind::f8f6f4
template <>
inline constexpr std::uint32_t kCodeOfNumbers<Bf16> = 1;
template <>
inline constexpr std::uint32_t kCodeOfNumbers<Tf32> = 2;
template <>
inline constexpr std::uint32_t kCodeOfNumbers<Nvfp4> = 1;

/// What an instruction descriptor says, and refuses what the kind has not.
template <typename T>
struct InstructionShape {
  int rows;
  int columns;
  bool a_is_transposed;
  bool b_is_transposed;
  int byte_of_a;  // of a word of scales
  int byte_of_b;

  explicit InstructionShape(std::uint32_t what)
      : rows(static_cast<int>(what >> 24 & (BlockScaled<T> ? 0x18 : 0x1F)) * 16),
        columns(static_cast<int>(what >> 17 & 0x3F) * 8),
        a_is_transposed((what >> 15 & 1) != 0),
        b_is_transposed((what >> 16 & 1) != 0),
        byte_of_a(BlockScaled<T> ? static_cast<int>(what >> 29 & 3) : 0),
        byte_of_b(BlockScaled<T> ? static_cast<int>(what >> 4 & 3) : 0) {
    const bool numbers_fit = (what >> 7 & 7) == kCodeOfNumbers<T> &&
                             (what >> 10 & 7) == kCodeOfNumbers<T> && (what >> 13 & 3) == 0;
    const bool transposed = a_is_transposed || b_is_transposed;
    const bool rest_fits =
        BlockScaled<T>
            ? (what & 0x8700004F) == 0 && !transposed &&
                  (what >> 23 & 1) == (T::kOperands == Precision::fp8 ? 1 : 0) &&
                  (T::kOperands == Precision::fp8 || (byte_of_a == 0 && byte_of_b == 0))
            : (what & 0xE080004F) == 0 && (what >> 4 & 3) == 1 && (!transposed || T::kDepth == 16);
    if (!numbers_fit || !rest_fits || (rows != 128 && rows != 256) || columns < 16 ||
        columns > 256 || columns % 16 != 0) {
      throw DeviceError("an instruction descriptor of something that the kind has not", false);
    }
  }
};

/// Numbers of a step times their scales, which lie from `column` on.
template <typename T>
void apply_scales(std::vector<double>& numbers, unsigned rank, int column, int byte) {
  if constexpr (BlockScaled<T>) {
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const int row = static_cast<int>(i) / T::kDepth;
      const int block = static_cast<int>(i) % T::kDepth / (T::kDepth / T::kScales);
      // All four groups of 32 lanes are to hold the same: each is asked for some.
      const int lane = row / 32 % 4 * 32 + row % 32;
      const std::uint32_t word = emulation::tensor_word(rank, lane, column + row / 32);
      numbers[i] *= decoded_scale(T{}, word >> (8 * (byte + block)) & 0xFF);
    }
  }
}

inline void append(const std::vector<double>& some, std::vector<double>& all) {
  all.insert(all.end(), some.begin(), some.end());
}

/// Row by row of A. Most of the time of a product goes by here: its vectors are checked before.
template <typename T>
__attribute__((no_sanitize("address", "undefined"))) void multiply_rows(const double* a,
                                                                        const double* b,
                                                                        std::size_t columns,
                                                                        double* row) {
  constexpr int kDepth = T::kDepth;
  for (std::size_t column = 0; column < columns; ++column, b += kDepth) {
    double sum = 0;
    for (int depth = 0; depth < kDepth; ++depth) sum += a[depth] * b[depth];
    row[column] = sum;
  }
}
template <typename T>
std::vector<double> step_products(const std::vector<double>& a, const std::vector<double>& b) {
  const std::size_t rows = a.size() / T::kDepth;
  const std::size_t columns = b.size() / T::kDepth;
  std::vector<double> all(rows * columns);
  for (std::size_t row = 0; row < rows; ++row) {
    multiply_rows<T>(&a[row * T::kDepth], b.data(), columns, &all[row * columns]);
  }
  return all;
}

/// What `make` makes, until shared memory may have changed.
template <typename T, typename Make>
const std::vector<double>& kept_products(const std::array<std::uint64_t, 6>& key,
                                         const Make& make) {
  static std::map<std::array<std::uint64_t, 6>, std::vector<double>> kept;
  static std::int64_t writes = 0;
  static std::int64_t cluster = 0;
  if (writes != emulation::async_writes || cluster != emulation::position().cluster) kept.clear();
  writes = emulation::async_writes;
  cluster = emulation::position().cluster;
  const auto [found, is_new] = kept.try_emplace(key);
  if (is_new) found->second = make();
  return found->second;
}

inline void add_to_sums(unsigned rank, int first_column, const double* products, int columns,
                        bool add) {
  for (int lane = 0; lane < emulation::kTensorLanes; ++lane) {
    std::uint32_t* const words = &emulation::tensor_word(rank, lane, first_column);
    for (int column = 0; column < columns; ++column) {
      const float before = add ? std::bit_cast<float>(words[column]) : 0;
      const double sum = static_cast<double>(before) + products[lane * columns + column];
      words[column] = std::bit_cast<std::uint32_t>(static_cast<float>(sum));
    }
  }
}

/// One instruction of a block, or of a pair of them: each block has half of the rows of A, and of
/// the columns of B.
template <typename T>
void start_multiply(unsigned blocks, std::uint32_t sums, std::uint64_t a, std::uint64_t b,
                    std::uint32_t what, std::uint32_t scales_of_a, std::uint32_t scales_of_b,
                    bool add) {
  const InstructionShape<T> shape(what);
  const unsigned first_rank = emulation::position().rank;
  const int own_columns = shape.columns / static_cast<int>(blocks);
  if (shape.rows != static_cast<int>(blocks) * emulation::kTensorLanes || sums >> 16 != 0 ||
      first_rank % blocks != 0) {
    throw DeviceError("a tensor instruction of no such shape or block", false);
  }
  const int first = static_cast<int>(sums);
  std::vector<emulation::Columns> writes;
  std::vector<emulation::Columns> reads;
  std::vector<SharedOperand> in_a;
  std::vector<SharedOperand> in_b;
  for (unsigned rank = first_rank; rank < first_rank + blocks; ++rank) {
    writes.push_back({rank, first, shape.columns});
    in_a.emplace_back(rank, a, shape.a_is_transposed);
    in_b.emplace_back(rank, b, shape.b_is_transposed);
  }
  if constexpr (BlockScaled<T>) {
    reads.push_back({first_rank, static_cast<int>(scales_of_a), (shape.rows + 31) / 32});
    reads.push_back({first_rank, static_cast<int>(scales_of_b), (shape.columns + 31) / 32});
  }
  const auto make = [=] {
    std::vector<double> of_a;
    std::vector<double> of_b;
    for (unsigned i = 0; i < blocks; ++i) {
      append(in_a[i].template numbers<T>(emulation::kTensorLanes), of_a);
      append(in_b[i].template numbers<T>(own_columns), of_b);
    }
    apply_scales<T>(of_a, first_rank, static_cast<int>(scales_of_a), shape.byte_of_a);
    apply_scales<T>(of_b, first_rank, static_cast<int>(scales_of_b), shape.byte_of_b);
    return step_products<T>(of_a, of_b);
  };
  emulation::issue(std::move(writes), std::move(reads), [=] {
    const auto& products =
        kept_products<T>({a, b, what, scales_of_a, scales_of_b, first_rank}, make);
    for (unsigned i = 0; i < blocks; ++i) {
      const int before = static_cast<int>(i) * emulation::kTensorLanes * shape.columns;
      add_to_sums(first_rank + i, first, products.data() + before, shape.columns, add);
    }
  });
}

template <typename T>
void multiply(T, std::uint32_t sums, std::uint64_t a, std::uint64_t b, std::uint32_t what,
              bool add) {
  start_multiply<T>(1, sums, a, b, what, 0, 0, add);
}
inline void multiply_in_pair(Bf16, std::uint32_t sums, std::uint64_t a, std::uint64_t b,
                             std::uint32_t what, bool add) {
  start_multiply<Bf16>(2, sums, a, b, what, 0, 0, add);
}
template <BlockScaled T>
void multiply_scaled(T, std::uint32_t sums, std::uint64_t a, std::uint64_t b, std::uint32_t what,
                     std::uint32_t scales_of_a, std::uint32_t scales_of_b, bool add) {
  start_multiply<T>(1, sums, a, b, what, scales_of_a, scales_of_b, add);
}

}  // namespace derate::mma_chain
