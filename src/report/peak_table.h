// SPDX-License-Identifier: Apache-2.0
// Every theoretical peak of one device as a table: what `derate peak` and `derate devices` print.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "derate/device.h"
#include "derate/format.h"
#include "hardware/rate.h"
#include "record/measured_clocks.h"

namespace derate {

/// One peak at up to three clocks, each kUnknown where it is not known. Memory has a line too: the
/// data sheet's bandwidth as specified, and that of clock and bus width as the maximum; and so has
/// the link to the host, one way, where it is known.
struct PeakLine {
  std::string_view bandwidth_of = {};  ///< "memory" or "link"; empty for arithmetic
  Rate rate = {};                      ///< of arithmetic
  double specified_clock_hz = kUnknown;
  double specified = kUnknown;  ///< FLOP/s, or B/s
  double maximum = kUnknown;
  MeasuredClock measured_clock = {};
  double measured = kUnknown;
  std::string source = {};  ///< of the rate, or of the bandwidth
};

/// Vector units first, then tensor units, memory, and the link where its peak is known.
[[nodiscard]] std::vector<PeakLine> peaks_of(const Device& device, const MeasuredClocks& clocks);

/// Without `measured` the columns of the measured clock are left out of the formats for people.
void write_peaks(std::ostream& out, const std::vector<PeakLine>& lines, bool measured,
                 Format format);

/// N, the clocks and the notes on a device, with their sources, for people; a line each, then an
/// empty one.
void write_description(std::ostream& out, const Device& device, Format format);

}  // namespace derate
