// SPDX-License-Identifier: Apache-2.0
// A stream's stages do other amounts of work than the whole, and are rounds of it all the same.
#include "attribution/stream_rounds.h"

#include <fmt/format.h>

#include <optional>

#include "record/row_key.h"

namespace derate {
namespace {

bool is_right(const Record& record) {
  const Outcome outcome = parse_outcome(record.outcome);
  return (outcome == Outcome::passed || outcome == Outcome::unstable) && !record.samples_s.empty();
}

std::string stream_key(const Record& record) {
  Record same = record;
  same.flops = same.bytes = same.steps = 0;
  return context_key(same) + '\n' + row_key(same);
}

}  // namespace

const Record* right_record(const StreamRound& round, Stage stage) {
  const auto found = round.find(stage);
  return found != round.end() && is_right(*found->second) ? found->second : nullptr;
}

std::string why_no_stage(const StreamRecords& stream, Stage stage) {
  std::string why = fmt::format("the stage {} was not measured", to_string(stage));
  for (const auto& [began, round] : stream.rounds) {
    if (right_record(round, stage)) return "";
    const auto found = round.find(stage);
    if (found == round.end()) continue;
    const Record& record = *found->second;
    why = fmt::format("the stage {} was {}{}{}", to_string(stage), record.outcome,
                      record.message.empty() ? "" : ": ", record.message);
  }
  return why;
}

std::vector<StreamRecords> streams_of(std::span<const Record> records) {
  std::vector<StreamRecords> streams;
  std::map<std::string, std::size_t> places;
  for (const Record& record : records) {
    const std::optional<Stage> stage = parse_stage(record.stage);
    if (!stage || bound_of(record) != Bound::memory) continue;
    const auto [place, is_new] = places.try_emplace(stream_key(record), streams.size());
    if (is_new) streams.emplace_back();
    StreamRecords& stream = streams[place->second];
    const std::string_view whole = to_string(Stage::whole);
    if (!stream.first || (record.stage == whole && stream.first->stage != whole)) {
      stream.first = &record;
    }
    stream.rounds[record.run + '\n' + record.side_by_side].try_emplace(*stage, &record);
  }
  return streams;
}

}  // namespace derate
