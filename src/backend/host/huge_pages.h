// SPDX-License-Identifier: Apache-2.0
// How much of a piece of memory the kernel has put into huge pages: smaps of /proc, mapping by
// mapping. A process cannot see it of a single page.
#pragma once

#include <cstdint>
#include <istream>
#include <optional>

namespace derate::host {

/// The share of [begin, end) that lies in huge pages, of what was touched of all mappings that
/// overlap it, as `smaps` lists them; empty where none does, nothing was touched, or huge pages are
/// not counted.
[[nodiscard]] std::optional<double> share_in_huge_pages(std::istream& smaps, std::uintptr_t begin,
                                                        std::uintptr_t end);

}  // namespace derate::host
