// SPDX-License-Identifier: Apache-2.0
// The field table: every field survives writing and reading, and is documented and in the schema.
#include "derate/record.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "base/overloaded.h"
#include "derate/record_file.h"
#include "golden/example_gpu.h"
#include "unit/own_path.h"

namespace derate {
namespace {

using nlohmann::json;

/// A record in which no two fields have the same value.
Record distinct_record() {
  Record record;
  int count = 0;
  for (const RecordField& field : record_fields()) {
    ++count;
    std::visit(Overloaded{[&](std::int64_t Record::*m) { record.*m = 1000 + count; },
                          [&](double Record::*m) { record.*m = count + 0.125; },
                          [&](std::string Record::*m) {
                            record.*m =
                                "text " + std::to_string(count) + " \"\\/\t\n\x01 µ 漢 \U0001F600";
                          },
                          [&](std::vector<double> Record::*m) {
                            record.*m = {count + 0.5, count / 1e6, 3e9};
                          }},
               field.member);
  }
  record.schema = kRecordSchema;
  record.bound = "memory";  // readers take only words that they know here
  record.mode = "sustained";
  record.data = "zeros";
  record.cache = "hot";
  record.units = "tensor";
  record.others_share = 0.125;
  record.host_bound_share = 0.25;
  record.throttled = {1, 0, 1};
  record.waited_shares = {0, 0.5, 0.75};
  record.stage = "registers";
  record.clock_setting = 1;
  record.outcome = "suspect";
  return record;
}

Record written_and_read(const Record& record) {
  const std::filesystem::path path = test::own_path("derate_record_");
  std::filesystem::remove(path);
  RecordWriter(path).write(record);
  Record result;
  const ReadResult read = read_records(path, [&](const Record& r) { result = r; });
  EXPECT_EQ(read.good, 1);
  EXPECT_TRUE(read.bad.empty());
  std::filesystem::remove(path);
  return result;
}

TEST(Record, EveryFieldSurvivesWritingAndReading) {
  const Record before = distinct_record();
  const Record after = written_and_read(before);
  for (const RecordField& field : record_fields()) {
    std::visit([&](auto member) { EXPECT_EQ(before.*member, after.*member) << field.name; },
               field.member);
  }
}

TEST(Record, TheTableHoldsEveryMemberOnce) {
  // As large as all members that the table lists: one that is not listed would be lost in a file.
  Record record;
  std::set<const void*> places;
  std::size_t bytes = 0;
  for (const RecordField& field : record_fields()) {
    std::visit(
        [&](auto member) {
          EXPECT_TRUE(places.insert(&(record.*member)).second) << field.name;
          bytes += sizeof(record.*member);
        },
        field.member);
  }
  EXPECT_EQ(bytes, sizeof(Record));
}

TEST(Record, UnknownNumbersAreNull) {
  Record record = example::with_samples(example::record(), 1e-3);
  record.power_w = kUnknown;
  record.temperature_c = std::numeric_limits<double>::infinity();
  record.clocks_hz[1] = kUnknown;
  const json line = json::parse(to_json_line(record));
  EXPECT_TRUE(line.at("power_w").is_null());
  EXPECT_TRUE(line.at("temperature_c").is_null());  // JSON has no infinity either
  EXPECT_TRUE(line.at("clocks_hz").at(1).is_null());
  const Record after = written_and_read(record);
  EXPECT_TRUE(std::isnan(after.power_w) && std::isnan(after.clocks_hz[1]));
  EXPECT_EQ(after.clocks_hz[0], example::kSpecified_hz);
}

TEST(Record, NumbersKeepNineDigits) {
  Record record = example::record();
  record.samples_s = {1.23456789e-3, 9.87654321e-9, 123.456789, 1.0 / 3, 5e-12};
  record.clocks_hz = {1234567890.0, 999999999.5, 1.5e9 + 0.25, 1, 2.5e-300};
  const Record after = written_and_read(record);
  for (std::size_t i = 0; i < record.samples_s.size(); ++i) {
    EXPECT_NEAR(after.samples_s[i] / record.samples_s[i], 1, 5e-9) << i;
    EXPECT_NEAR(after.clocks_hz[i] / record.clocks_hz[i], 1, 5e-9) << i;
  }
  EXPECT_EQ(after.samples_s[0], 1.23456789e-3);
  EXPECT_EQ(after.clocks_hz[0], 1234567890.0);
}

TEST(Record, ANumberThatIsWholeToNineDigitsIsWrittenAsOneThatIsWhole) {
  Record record = example::record();
  record.flops = 166666068.04;
  const std::string line = to_json_line(record);
  EXPECT_NE(line.find(R"("flops":166666068,)"), std::string::npos) << line;
}

TEST(Record, HugeAndTinyNumbersStayNumbers) {
  Record record = example::record();
  for (const double flops : {0x1p53, 0x1p62, 1e19, 1e300, 1e-300, 5e-324}) {
    record.flops = flops;
    const json line = json::parse(to_json_line(record));
    ASSERT_TRUE(line.at("flops").is_number()) << flops;
    EXPECT_NEAR(line.at("flops").get<double>() / flops, 1, 5e-9) << flops;
  }
}

TEST(Record, TextThatIsNotUtf8CostsNoRecord) {
  Record record = example::record();
  record.message = "broken \xff\xc3 text";
  EXPECT_EQ(written_and_read(record).message, "broken \uFFFD\uFFFD text");
}

TEST(Record, IsOneLine) {
  EXPECT_EQ(to_json_line(distinct_record()).find_first_of("\r\n"), std::string::npos);
}

TEST(Record, EveryFieldHasItsNameAndMeaning) {
  std::set<std::string_view> names;
  for (const RecordField& field : record_fields()) {
    EXPECT_TRUE(names.insert(field.name).second) << field.name << " is there twice";
    EXPECT_FALSE(field.meaning.empty()) << field.name;
    if (field.name.ends_with("_s") || field.name.ends_with("_hz")) {
      EXPECT_FALSE(field.unit.empty()) << field.name;
    }
  }
}

TEST(RecordSchema, DescribesARecord) {
  const json schema = json::parse(record_json_schema());
  const json line = json::parse(to_json_line(distinct_record()));
  ASSERT_EQ(schema.at("properties").size(), record_fields().size());
  EXPECT_EQ(schema.at("required").size(), record_fields().size());
  EXPECT_EQ(schema.at("properties").at("schema").at("const"), kRecordSchema);
  for (const RecordField& field : record_fields()) {
    const std::string name(field.name);
    const json& property = schema.at("properties").at(name);
    const json& type = property.at("type");
    EXPECT_NE(property.at("description").get<std::string>().find(field.meaning), std::string::npos);
    const json& value = line.at(name);
    const bool matches = type == "integer"  ? value.is_number_integer()
                         : type == "string" ? value.is_string()
                         : type == "array"  ? value.is_array()
                                            : type == json({"number", "null"}) && value.is_number();
    EXPECT_TRUE(matches) << name << " is no " << type;
  }
}

TEST(Outcome, WordsThereAndBack) {
  for (const Outcome outcome : {Outcome::passed, Outcome::unstable, Outcome::suspect,
                                Outcome::unsupported, Outcome::incorrect, Outcome::failed}) {
    EXPECT_EQ(parse_outcome(to_string(outcome)), outcome);
  }
  EXPECT_EQ(to_string(Outcome::incorrect), "incorrect");
  EXPECT_EQ(parse_outcome("magnificent"), Outcome::failed);
  const json schema = json::parse(record_json_schema());
  for (const json& word : schema.at("properties").at("outcome").at("enum")) {
    EXPECT_EQ(to_string(parse_outcome(word.get<std::string>())), word.get<std::string>());
  }
}

}  // namespace
}  // namespace derate
