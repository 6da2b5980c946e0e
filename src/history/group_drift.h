// SPDX-License-Identifier: Apache-2.0
// A fleet's sessions as what each device did against its group: what moves all devices of a kind,
// such as a driver, moves none against the others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "history/series.h"

namespace derate::history {

/// Fewer devices say nothing of what their kind did.
inline constexpr std::size_t kLeastOfADriftGroup = 4;

/// Sessions as they are judged.
struct GroupDrift {
  SeriesSet set;                   ///< of devices, each against its group, and of the groups
  std::vector<std::string> notes;  ///< on groups that are too small
};

/// Divides the times of each device by what its group did in that session, and adds a series for
/// each group, "... @ all 64 NVIDIA H200". A group is one benchmark on devices of one kind
/// (product, processors, build) whatever their state; its movement is that of a median polish, so
/// that a device that is missing from a session moves nothing. Devices of smaller groups are left
/// out.
[[nodiscard]] GroupDrift against_groups(const SeriesSet& set);

}  // namespace derate::history
