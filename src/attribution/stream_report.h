// SPDX-License-Identifier: Apache-2.0
// Waterfalls of streams as text of 80 columns, and in the other formats a row for each factor.
#pragma once

#include <ostream>
#include <span>

#include "attribution/stream_waterfall.h"
#include "derate/format.h"

namespace derate {

void write_stream_waterfalls(std::ostream& out, std::span<const StreamWaterfall> waterfalls,
                             Format format);

}  // namespace derate
