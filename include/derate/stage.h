// SPDX-License-Identifier: Apache-2.0
// The stages of an attribution: a workload that leaves out a part of what bounds it, so that the
// time of that part is the difference of two measurements. `derate explain` divides them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace derate {

/// What of the whole work a launch still does.
enum class Stage : std::uint8_t {
  whole,                ///< all of it, as in an ordinary measurement
  whole_waves,          ///< all of it, on a grid that gives every compute unit the same
  l3,                   ///< operands from blocks that lie in the last-level cache already
  l2,                   ///< operands from blocks that stay in the second-level cache
  l1,                   ///< operands from blocks that stay in the first-level cache
  shared,               ///< operands from a GPU's shared memory, filled once
  registers,            ///< operands from registers only
  launch,               ///< nothing: the launches alone
  transfer_pageable,    ///< operands from the host's memory as malloc gives it, the result back
  transfer_pinned,      ///< the same from page-locked memory
  transfer_overlapped,  ///< page-locked, one half copied while the other is multiplied
  read,                 ///< of a stream as many bytes, only read
  write,                ///< of a stream as many bytes, only written
  write_allocate,       ///< of a stream all of it, by stores that read the line first
  one_core,             ///< of a stream all of it, by a single core
  small_pages,          ///< of a stream all of it, in pages of 4 KiB
  huge_pages            ///< of a stream all of it, in pages of 2 MiB where the system gives them
};

inline constexpr std::array<std::string_view, 17> kStageNames = {"whole",
                                                                 "whole_waves",
                                                                 "l3",
                                                                 "l2",
                                                                 "l1",
                                                                 "shared",
                                                                 "registers",
                                                                 "launch",
                                                                 "transfer_pageable",
                                                                 "transfer_pinned",
                                                                 "transfer_overlapped",
                                                                 "read",
                                                                 "write",
                                                                 "write_allocate",
                                                                 "one_core",
                                                                 "small_pages",
                                                                 "huge_pages"};

[[nodiscard]] constexpr std::string_view to_string(Stage stage) {
  return kStageNames[static_cast<std::size_t>(stage)];
}

/// Empty for a word that is none of the above.
[[nodiscard]] constexpr std::optional<Stage> parse_stage(std::string_view word) {
  for (std::size_t i = 0; i < kStageNames.size(); ++i) {
    if (kStageNames[i] == word) return static_cast<Stage>(i);
  }
  return std::nullopt;
}

}  // namespace derate
