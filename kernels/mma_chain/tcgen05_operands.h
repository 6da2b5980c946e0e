// SPDX-License-Identifier: Apache-2.0
// What tcgen05.mma is told of its operands, and where their scales lie: the PTX ISA's "Instruction
// descriptor", "Shared memory descriptor" and "Block Scaling" of the tensor cores of the fifth
// generation. A block multiplies 128 rows of A by 256 columns of B, 32 bytes deep, both in shared
// memory, laid out as for wgmma (fragments.h).
#pragma once

#include <cstdint>
#include <vector>

#include "mma_chain/formats.h"
#include "mma_chain/fragments.h"
#include "mma_chain/scales.h"

namespace derate::mma_chain {

inline constexpr int kBlockRows = 128;     // each a lane of tensor memory
inline constexpr int kBlockColumns = 256;  // each a column of it

/// Sums of tcgen05 are as wide for fp8 as for other formats: MMA-Sim (work.h), which agreed with
/// B200s bit for bit.
struct WideE4m3 : E4m3 {
  static constexpr int kAlignmentBits = 24;
  static constexpr int kSumBits = 23;
};

/// A shared memory descriptor but for the address: wgmma's offsets, and bit 46, which is always
/// set.
inline constexpr std::uint64_t kTcgen05Descriptor = kDescriptor | std::uint64_t{1} << 46;

/// Codes of number formats, each of its own kind of instruction.
constexpr std::uint32_t operand_code(F16) { return 0; }
constexpr std::uint32_t operand_code(Bf16) { return 1; }
constexpr std::uint32_t operand_code(Tf32) { return 2; }
constexpr std::uint32_t operand_code(E4m3) { return 0; }
constexpr std::uint32_t operand_code(Nvfp4) { return 1; }

/// Both operands of format T, with the depth contiguous.
template <typename T>
constexpr std::uint32_t shape_and_formats(int rows, int columns) {
  return operand_code(T{}) << 7 | operand_code(T{}) << 10 |
         static_cast<std::uint32_t>(columns / 8) << 17 |
         static_cast<std::uint32_t>(rows / 16) << 24;
}

/// Of plain formats: sums in f32.
template <typename T>
constexpr std::uint32_t instruction_descriptor(int rows, int columns) {
  return shape_and_formats<T>(rows, columns) | std::uint32_t{1} << 4;
}

/// Of formats with scales: `byte` of each word of scales is the first one taken.
constexpr std::uint32_t scale_code(Mxfp8) { return 1; }  // ue8m0
constexpr std::uint32_t scale_code(Nvfp4) { return 0; }  // ue4m3
template <typename T>
constexpr std::uint32_t scaled_instruction_descriptor(int rows, int columns, int byte) {
  const auto place = static_cast<std::uint32_t>(byte);
  return shape_and_formats<T>(rows, columns) | scale_code(T{}) << 23 | place << 4 | place << 29;
}

// Scales lie in tensor memory, words of four: the one in lane `lane` and column `i` is of row
// 32 · i + lane of A, or column of B, and all four groups of 32 lanes hold the same. Where a step
// takes one scale for a row, four steps share a word.
inline constexpr int kScaleColumnsOfA = kBlockRows / 32;
inline constexpr int kScaleColumnsOfB = kBlockColumns / 32;
inline constexpr int kScaleColumns = kScaleColumnsOfA + kScaleColumnsOfB;

template <typename T>
constexpr int kStepsPerScaleWord = 4 / T::kScales;

/// Of the block of row `row` of A, or column of B, at `depth` of step `step` out of `steps`; 1 for
/// formats without.
template <typename T>
double scale_of_step(std::uint64_t seed, int row, int steps, int step, int depth) {
  return scale_at<T>(seed, row * steps + step, depth);
}

/// The words of 32 lanes, column by column: of A, then of B, for each group of steps that share.
template <typename T>
std::vector<std::uint32_t> scale_words(int steps) {
  std::vector<std::uint32_t> words;
  for (int first = 0; first < steps; first += kStepsPerScaleWord<T>) {
    for (int i = 0; i < kScaleColumns * 32; ++i) {
      const bool is_of_a = i < kScaleColumnsOfA * 32;
      const int row = is_of_a ? i : i - kScaleColumnsOfA * 32;
      std::uint32_t word = 0;
      for (int byte = 0; byte < 4; ++byte) {
        const int depth = byte % T::kScales * (T::kDepth / T::kScales);
        const double scale = scale_of_step<T>(is_of_a ? kSeedScalesOfA : kSeedScalesOfB, row, steps,
                                              first + byte / T::kScales, depth);
        word |= T::scale_bits(scale) << (8 * byte);
      }
      words.push_back(word);
    }
  }
  return words;
}

}  // namespace derate::mma_chain
