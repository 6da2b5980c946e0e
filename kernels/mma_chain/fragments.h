// SPDX-License-Identifier: Apache-2.0
// Who holds which element: the fragments of mma.sync and the accumulators and shared memory of
// wgmma, as the PTX ISA draws them ("Matrix Fragments for mma", "Register Fragments and Shared
// Memory Matrix Layouts" of wgmma). The host packs operands and reads results by these maps; the
// kernels copy registers and bytes in order and know nothing of rows and columns.
#pragma once

#include <cstdint>
#include <type_traits>
#include <vector>

namespace derate::mma_chain {

/// A place in a matrix; for A and B `column` and `row` respectively are the depth.
struct Place {
  int row;
  int column;

  friend bool operator==(const Place&, const Place&) = default;
};

// mma.sync: a warp multiplies 16 x depth by depth x 8. In every format lane / 4 is a row of A or a
// column of B, and lane % 4 the register's place along the depth; from there on, registers of A
// alternate between the upper and the lower eight rows. Smaller instructions, m16n8k8 for f16,
// m8n8k16 for s8 and m8n8k4 for f64, take some of the same registers.
inline constexpr int kLanes = 32;
inline constexpr int kTileRows = 16;
inline constexpr int kTileColumns = 8;
inline constexpr int kTileSums = kTileRows * kTileColumns / kLanes;

template <typename T>
inline constexpr int kRegistersOfA = kTileRows* T::kDepth / kLanes / T::kPerRegister;
template <typename T>
inline constexpr int kRegistersOfB = kTileColumns* T::kDepth / kLanes / T::kPerRegister;

template <typename T>
constexpr Place place_in_a(int lane, int reg, int element) {
  return {lane / 4 + 8 * (reg % 2), (lane % 4 + 4 * (reg / 2)) * T::kPerRegister + element};
}

template <typename T>
constexpr Place place_in_b(int lane, int reg, int element) {
  return {(lane % 4 + 4 * reg) * T::kPerRegister + element, lane / 4};
}

constexpr Place place_in_sums(int lane, int sum) {
  return {lane / 4 + 8 * (sum / 2), 2 * (lane % 4) + sum % 2};
}

// wgmma: a warpgroup multiplies 64 x 32 bytes by 32 bytes x 256, both in shared memory.
inline constexpr int kGroupThreads = 128;
inline constexpr int kGroupRows = 64;
inline constexpr int kGroupColumns = 256;
inline constexpr int kGroupSums = kGroupRows * kGroupColumns / kGroupThreads;
inline constexpr int kGroupDepthBytes = 32;

constexpr Place place_in_group_sums(int thread, int sum) {
  return {16 * (thread / 32) + thread % 32 / 4 + 8 * (sum / 2 % 2),
          8 * (sum / 4) + 2 * (thread % 4) + sum % 2};
}

// Operands of wgmma are cut into core matrices of 8 rows (of A; columns of B) by 16 bytes of depth.
// Without a swizzle a core matrix is 128 bytes in a row, each of the 32 banks once, so that reading
// it should have no conflict (argued, not yet measured). Swizzles serve tiles whose rows are 128
// bytes apart, as a bulk copy from global memory leaves them; here threads write where they like.
inline constexpr int kCoreRows = 8;
inline constexpr int kCoreRowBytes = 16;
inline constexpr int kCoreBytes = kCoreRows * kCoreRowBytes;
// From one core matrix to its neighbour along the depth ("leading dimension byte offset"), and to
// that of the next eight rows ("stride dimension byte offset").
inline constexpr int kLeadingOffset = kCoreBytes;
inline constexpr int kStrideOffset = 2 * kCoreBytes;
inline constexpr int kGroupBytesOfA = kGroupRows * kGroupDepthBytes;
inline constexpr int kGroupBytesOfB = kGroupColumns * kGroupDepthBytes;

/// Where byte `depth` of row `row` lies within such an operand.
constexpr int byte_in_operand(int row, int depth) {
  return row / kCoreRows * kStrideOffset + depth / kCoreRowBytes * kLeadingOffset +
         row % kCoreRows * kCoreRowBytes + depth % kCoreRowBytes;
}

/// A matrix descriptor but for the address, whose upper 14 of 18 bits belong into the lowest bits:
/// the two offsets in units of 16 bytes, and no swizzle.
inline constexpr std::uint64_t kDescriptor =
    std::uint64_t{kLeadingOffset / 16} << 16 | std::uint64_t{kStrideOffset / 16} << 32;

/// The registers of one tile, register by register, each of all lanes. `element_at(place)` is an
/// element; `place_of(lane, reg, element)` one of the maps above.
template <typename T, typename PlaceOf, typename ElementAt>
std::vector<typename T::Register> packed(int registers, const PlaceOf& place_of,
                                         const ElementAt& element_at) {
  std::vector<typename T::Register> all;
  for (int reg = 0; reg < registers; ++reg) {
    for (int lane = 0; lane < kLanes; ++lane) {
      if constexpr (std::is_same_v<typename T::Register, double>) {
        all.push_back(element_at(place_of(lane, reg, 0)));
      } else {
        constexpr int kBits = 32 / T::kPerRegister;
        typename T::Register bits = 0;
        for (int element = 0; element < T::kPerRegister; ++element) {
          bits |= T::bits(element_at(place_of(lane, reg, element))) << (kBits * element);
        }
        all.push_back(bits);
      }
    }
  }
  return all;
}

/// Writes `rows` rows (of A; columns of B) as wgmma and tcgen05 are to find them in shared memory,
/// `depths` tiles one after the other. `element_at(row, depth)` is an element.
template <typename T, typename ElementAt>
void lay_out(int rows, int depths, std::uint8_t* tiles, const ElementAt& element_at) {
  constexpr int kBits = 8 * kGroupDepthBytes / T::kDepth;
  for (int row = 0; row < rows; ++row) {
    for (int depth = 0; depth < depths * T::kDepth; ++depth) {
      const int tile = depth / T::kDepth * rows * kGroupDepthBytes;
      const int first_bit = depth % T::kDepth * kBits;
      std::uint8_t* const first = tiles + tile + byte_in_operand(row, first_bit / 8);
      std::uint32_t bits = T::bits(element_at(row, depth)) << first_bit % 8;
      for (int byte = 0; 8 * byte < kBits; ++byte, bits >>= 8) {
        // The second half of a byte comes after the first one.
        first[byte] = static_cast<std::uint8_t>(first_bit % 8 == 0 ? bits : first[byte] | bits);
      }
    }
  }
}

}  // namespace derate::mma_chain
