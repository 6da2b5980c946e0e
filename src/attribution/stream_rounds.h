// SPDX-License-Identifier: Apache-2.0
// Records of streams and their stages, put together by stream and by interleaved round.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "derate/record.h"
#include "derate/stage.h"

namespace derate {

/// The records of one interleaved round, by stage.
using StreamRound = std::map<Stage, const Record*>;

/// Records of one stream on one device, by run and by when their round began.
struct StreamRecords {
  const Record* first = nullptr;  ///< the first of the whole work, or of any stage
  std::map<std::string, StreamRound> rounds;
};

/// The record of a stage in a round that can be reckoned with; null where there is none.
[[nodiscard]] const Record* right_record(const StreamRound& round, Stage stage);

/// Why no round has a right record of a stage, as its records say; empty where one has.
[[nodiscard]] std::string why_no_stage(const StreamRecords& stream, Stage stage);

/// Every stream that was measured with stages, in the order of their first records; it points into
/// `records`.
[[nodiscard]] std::vector<StreamRecords> streams_of(std::span<const Record> records);

}  // namespace derate
