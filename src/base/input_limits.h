// SPDX-License-Identifier: Apache-2.0
// What is taken from files of others at most, for every reader in this one place: beyond it a file
// is refused with a sentence. All of it is far above what a measurement or a person writes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace derate::input_limits {

/// Brackets within brackets of JSON: what takes a value apart calls itself for each.
inline constexpr std::size_t kDeepestJson = 64;
/// Values in one text of JSON, of which the smallest takes 100 bytes of memory.
inline constexpr std::size_t kMostJsonValues = 10'000'000;
/// A record of two hours of samples has 60 MB.
inline constexpr std::size_t kLongestLine_bytes = std::size_t{64} << 20;
/// What is read as a whole rather than line by line.
inline constexpr std::size_t kLargestText_bytes = std::size_t{256} << 20;
/// A program whose code is hashed.
inline constexpr std::size_t kLargestProgram_bytes = std::size_t{4} << 30;
/// The name of a function: of templates within templates.
inline constexpr std::size_t kLongestSymbol_bytes = std::size_t{64} << 10;
/// Instructions that are compared for one benchmark.
inline constexpr std::size_t kMostInstructions = 1'000'000;
/// Lines of one file, so that one without an end has one.
inline constexpr std::int64_t kMostLines = 100'000'000;
/// Unusable lines of one file, each of which is remembered.
inline constexpr std::size_t kMostBadLines = 1'000'000;
/// Anything that is counted. The sum of two still is a std::int64_t.
inline constexpr std::uint64_t kLargestCount = std::uint64_t{1} << 62;
/// Of what a file holds, in a sentence about it.
inline constexpr std::size_t kMostEchoed_bytes = 80;

}  // namespace derate::input_limits
