// SPDX-License-Identifier: Apache-2.0
// Which records are rounds of one row: each field that tells rows apart, and those that do not.
#include "record/row_key.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "golden/example_gpu.h"
#include "unit/record/rows_of.h"

namespace derate {
namespace {

using Change = std::function<void(Record&)>;

Record changed(const Change& change) {
  Record record = example::record();
  change(record);
  return record;
}

Change other(std::string Record::*member) {
  return [member](Record& record) { record.*member += "x"; };
}

Change other(double Record::*member) {
  return [member](Record& record) { record.*member += 1; };
}

TEST(RowKey, TellsApartWhatWasMeasuredInAnotherWay) {
  const std::vector<Change> changes = {
      other(&Record::workload),
      other(&Record::variant),
      other(&Record::provider),
      other(&Record::precision),
      other(&Record::accumulator),
      other(&Record::instruction),
      other(&Record::problem),
      other(&Record::bound),
      other(&Record::data),
      other(&Record::cache),
      other(&Record::mode),
      other(&Record::library),
      other(&Record::side_by_side),
      other(&Record::flops),
      other(&Record::bytes),
      other(&Record::steps),
      other(&Record::peak_per_clock),
      other(&Record::clock_specified_hz),
      [](Record& record) { record.devices_at_once += 1; },
  };
  std::vector<Record> records = {example::record()};
  for (const Change& change : changes) {
    records.push_back(changed(change));
    records.back().run = std::to_string(records.size());  // the same measurement twice counts once
  }
  for (std::size_t i = 1; i < records.size(); ++i) {
    EXPECT_NE(row_key(records[i]), row_key(records[0])) << "change " << i;
  }
  EXPECT_EQ(test::rows_of(records).size(), records.size());
}

TEST(RowKey, IsThatOfTheRecordsRow) {
  const std::vector<Change> changes = {
      [](Record&) {},
      other(&Record::side_by_side),
      [](Record& record) { record.clock_specified_hz = kUnknown; },
      [](Record& record) { record.bound = "memory"; },
      [](Record& record) { record.peak_per_clock = kUnknown; },
  };
  for (const Change& change : changes) {
    const Record record = changed(change);
    EXPECT_EQ(row_key(record), row_key(test::row_of(record)));
  }
}

TEST(RowKey, LeavesTheDeviceAndTheBuildToTheContext) {
  for (std::string Record::*member :
       {&Record::device_id, &Record::backend, &Record::driver_version, &Record::runtime_version,
        &Record::build_type, &Record::tool_version, &Record::tool_commit}) {
    const Record record = changed(other(member));
    EXPECT_EQ(row_key(record), row_key(example::record()));
    EXPECT_NE(context_key(record), context_key(example::record()));
    EXPECT_FALSE(same_context(example::record(), record));
  }
}

TEST(ContextKey, DoesNotMistakeTheEndOfAFieldForTheNext) {
  Record record = example::record();
  record.driver_version = "1";
  record.runtime_version = "23";
  Record moved = record;
  moved.driver_version = "12";
  moved.runtime_version = "3";
  EXPECT_NE(context_key(record), context_key(moved));
}

}  // namespace
}  // namespace derate
