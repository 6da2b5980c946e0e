// SPDX-License-Identifier: Apache-2.0
// Formats whose operands have a scale for every block of neighbours along the depth, and where in a
// warp these scales lie: the OCP's MXFP8 and NVIDIA's NVFP4, as mma.sync takes them on compute
// capability 12.x.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "derate/cuda/number_format.h"
#include "derate/operands.h"
#include "mma_chain/formats.h"
#include "mma_chain/fragments.h"

namespace derate::mma_chain {

inline constexpr std::uint64_t kSeedScalesOfA = 9;
inline constexpr std::uint64_t kSeedScalesOfB = 10;

/// `kScales` scales for a row of A, or a column of B, over the depth of a step.
template <typename T>
concept BlockScaled = requires {
  T::kScales;
};

/// e4m3 with a power of two, without sign or mantissa (ue8m0), for every 32 elements.
/// kind::mxf8f6f4 aligns to 25 places (Xie et al., "MMA-Sim", as in work.h), where plain fp8 of Ada
/// and Hopper has 13.
struct Mxfp8 : E4m3 {
  static constexpr int kScales = 1;
  static constexpr int kAlignmentBits = 24;
  static constexpr int kSumBits = 23;
  /// 1/4 to 2.
  static double scale(double uniform) {
    return std::ldexp(1.0, static_cast<int>(std::floor(2 * uniform)));
  }
  static std::uint32_t scale_bits(double scale) {
    return static_cast<std::uint32_t>(std::ilogb(scale) + 127);
  }
};

/// e2m1 with a positive e4m3 (ue4m3) for every 16 elements; kind::mxf4nvf4 aligns to 35 places.
struct Nvfp4 : SummedInF32<Precision::bf16> {
  static constexpr Precision kOperands = Precision::fp4;
  static constexpr int kDepth = 64;
  static constexpr int kPerRegister = 8;
  static constexpr int kScales = 4;
  using Numbers = FloatFormat<2, 1>;
  /// [-1, 1) spread over all numbers, up to 6.
  static double rounded(double value) { return Numbers::rounded(6 * value); }
  static std::uint32_t bits(double number) { return Numbers::bits(number); }
  /// 1/2 to 2.
  static double scale(double uniform) {
    return NumberFormat<Precision::fp8>::rounded(1.25 + 0.75 * uniform);
  }
  static std::uint32_t scale_bits(double scale) {
    return NumberFormat<Precision::fp8>::bits(scale);
  }
};

/// Of the block of row `row` of A, or column `row` of B, that the element at `depth` lies in; 1 for
/// formats without.
template <typename T>
double scale_at(std::uint64_t seed, int row, int depth) {
  if constexpr (BlockScaled<T>) {
    const int block = row * T::kScales + depth / (T::kDepth / T::kScales);
    return T::scale(uniform_element(seed, static_cast<std::uint64_t>(block)));
  } else {
    return 1;
  }
}

// The PTX ISA's "Data layout configuration for scale factors": a register holds the scales of one
// row or column, the first block's in its lowest byte. With thread selectors 0, the instruction
// reads rows of A from the first two lanes of four, the lower eight rows from the second, and
// columns of B from the first. The other lanes hold the same here.
constexpr int row_of_scales_of_a(int lane) { return lane / 4 + 8 * (lane % 2); }
constexpr int column_of_scales_of_b(int lane) { return lane / 4; }

/// The registers of scales of one tile, of all lanes; none for formats without.
template <typename T, typename RowOf>
std::vector<typename T::Register> packed_scales(std::uint64_t seed, int first_row,
                                                const RowOf& row_of) {
  std::vector<typename T::Register> all;
  if constexpr (BlockScaled<T>) {
    for (int lane = 0; lane < kLanes; ++lane) {
      std::uint32_t bits = 0;
      for (int block = 0; block < T::kScales; ++block) {
        const int depth = block * (T::kDepth / T::kScales);
        bits |= T::scale_bits(scale_at<T>(seed, first_row + row_of(lane), depth)) << (8 * block);
      }
      all.push_back(bits);
    }
  }
  return all;
}

}  // namespace derate::mma_chain
