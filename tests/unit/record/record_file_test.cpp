// SPDX-License-Identifier: Apache-2.0
// What a records file may look like after crashes, editors, other tools and other versions: good
// lines are used, the others are counted and named.
#include "derate/record_file.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "derate/error.h"
#include "golden/example_gpu.h"
#include "unit/own_path.h"

namespace derate {
namespace {

using Json = nlohmann::ordered_json;

class RecordFile : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  ReadResult read(const std::string& text) {
    std::ofstream(file_, std::ios::binary) << text;
    messages_.clear();
    return read_records(file_, [&](const Record& r) { messages_.push_back(r.message); });
  }

  /// Reads a good line, `line`, and another good one: what is wrong with `line`, or "".
  std::string reason(const std::string& line) {
    const ReadResult result = read(good("first") + "\n" + line + "\n" + good("last") + "\n");
    EXPECT_EQ(messages_.front(), "first");
    EXPECT_EQ(messages_.back(), "last");
    if (result.bad.empty()) return {};
    EXPECT_EQ(result.good, 2);
    EXPECT_EQ(result.bad.size(), 1u);
    EXPECT_EQ(result.bad.front().line, 2);
    EXPECT_EQ(result.bad.front().file, file_.string());
    return result.bad.front().reason;
  }

  /// The same for a good line after `edit`.
  std::string reason_after(const std::function<void(Json&)>& edit) {
    Json line = Json::parse(good("edited"));
    edit(line);
    return reason(line.dump());
  }

  /// The sentence of the Error that reading `path` throws.
  static std::string refusal(const std::filesystem::path& path) {
    try {
      read_records(path, [](const Record&) {});
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::invalid_input);
      return error.what();
    }
    return "read";
  }
  std::string refusal_of(const std::string& text) {
    std::ofstream(file_, std::ios::binary) << text;
    return refusal(file_);
  }

  static std::string good(const std::string& message) {
    Record record = example::with_samples(example::record(), 1e-3);
    record.message = message;
    return to_json_line(record);
  }

  /// A good line with `from`, which it must hold, replaced.
  static std::string replaced(const std::string& from, const std::string& to) {
    std::string line = good("replaced");
    const std::size_t at = line.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return line.replace(at, from.size(), to);
  }

  const std::filesystem::path folder_ = test::own_path("derate_record_file_");
  const std::filesystem::path file_ = folder_ / "records.jsonl";
  std::vector<std::string> messages_;
};

TEST_F(RecordFile, UsesEveryGoodLineInOrder) {
  const ReadResult result = read(good("a") + "\n" + good("b") + "\n" + good("c") + "\n");
  EXPECT_EQ(result.good, 3);
  EXPECT_TRUE(result.bad.empty());
  EXPECT_EQ(messages_, (std::vector<std::string>{"a", "b", "c"}));
}

TEST_F(RecordFile, MayBeNamedByItsFolder) {
  std::ofstream(file_) << good("a") << "\n";
  EXPECT_EQ(read_records(folder_, [](const Record&) {}).good, 1);
}

TEST_F(RecordFile, MissingEmptyOrBlank) {
  EXPECT_EQ(refusal(folder_ / "none.jsonl"),
            "cannot read " + (folder_ / "none.jsonl").string() + ": No such file or directory");
  EXPECT_EQ(refusal(folder_), "cannot read " + file_.string() + ": No such file or directory");
  EXPECT_EQ(refusal_of(""), file_.string() + " is empty");
  EXPECT_EQ(refusal_of("\n\n"), file_.string() + " is empty");
  EXPECT_EQ(refusal_of("\r\n \t\r\n"), file_.string() + " is empty");
}

TEST_F(RecordFile, MayBeginWithAByteOrderMark) {
  const ReadResult result = read("\xEF\xBB\xBF" + good("a") + "\n" + good("b") + "\n");
  EXPECT_EQ(result.good, 2);
  EXPECT_TRUE(result.bad.empty());
}

TEST_F(RecordFile, NotOurs) {
  EXPECT_NE(refusal_of("{\"a\": 1}\n{\"b\": 2}\n").find("holds no derate record; line 1: not a "),
            std::string::npos);
  EXPECT_NE(refusal_of("PK\x03\x04\xff\xfe garbage").find("not JSON"), std::string::npos);
  EXPECT_NE(refusal_of("[1, 2, 3]\n").find("not a JSON object"), std::string::npos);
  EXPECT_NE(refusal_of("\n{\"schema\": \"one\"}\n").find("line 2: not a derate record"),
            std::string::npos);
}

TEST_F(RecordFile, TruncatedLastLineCostsOneRecord) {
  const std::string line = good("a");
  for (const std::size_t length : {std::size_t{1}, line.size() / 2, line.size() - 1}) {
    const ReadResult result = read(line + "\n" + line.substr(0, length));
    EXPECT_EQ(result.good, 1);
    ASSERT_EQ(result.bad.size(), 1u);
    EXPECT_EQ(result.bad[0].line, 2);
    EXPECT_EQ(result.bad[0].reason.find("truncated: "), 0u) << result.bad[0].reason;
  }
  EXPECT_EQ(read(line + "\n" + line).good, 2);  // only the line end is missing
}

TEST_F(RecordFile, AppendingAfterATruncatedLineLosesOnlyThatLine) {
  std::ofstream(file_) << good("a") << "\n" << good("cut").substr(0, 100);
  RecordWriter(file_).write(example::record());
  const ReadResult result = read_records(file_, [](const Record&) {});
  EXPECT_EQ(result.good, 2);
  EXPECT_EQ(result.bad.size(), 1u);
}

TEST_F(RecordFile, NewerSchema) {
  EXPECT_EQ(reason_after([](Json& line) { line["schema"] = kRecordSchema + 1; }),
            "schema 9 is newer than 8, which this derate reads");
}

TEST_F(RecordFile, WrongTypeNamesTheField) {
  EXPECT_EQ(reason_after([](Json& line) { line["device_name"] = 7; }),
            "field \"device_name\" is not a string");
  EXPECT_EQ(reason_after([](Json& line) { line["run"] = nullptr; }),
            "field \"run\" is not a string");
  EXPECT_EQ(reason_after([](Json& line) { line["flops"] = "many"; }),
            "field \"flops\" is not a number");
  EXPECT_EQ(reason_after([](Json& line) { line["launches_per_sample"] = 1.5; }),
            "field \"launches_per_sample\" is not an integer");
  EXPECT_EQ(reason_after([](Json& line) { line["samples_s"] = 1; }),
            "field \"samples_s\" is not an array");
  EXPECT_EQ(reason_after([](Json& line) { line["samples_s"][3] = "x"; }),
            "field \"samples_s\" is not a number");
}

TEST_F(RecordFile, EveryMissingFieldIsNamed) {
  for (const RecordField& field : record_fields()) {
    if (field.name == "schema") continue;
    EXPECT_EQ(reason_after([&](Json& line) { line.erase(std::string(field.name)); }),
              "field \"" + std::string(field.name) + "\" is missing");
  }
}

TEST_F(RecordFile, RecordsOfTheFirstSchemaAreRead) {
  EXPECT_EQ(reason_after([](Json& line) {
              line["schema"] = 1;
              for (const RecordField& field : record_fields()) {
                if (field.since > 1) line.erase(std::string(field.name));
              }
            }),
            "");
  EXPECT_EQ(reason_after([](Json& line) {
              line["schema"] = 1;
              line.erase("run");
            }),
            "field \"run\" is missing");
}

TEST_F(RecordFile, EachBoundNeedsItsOwnAmount) {
  const auto without = [&](const char* bound, const char* amount) {
    return reason_after([&](Json& line) {
      for (const char* field : {"flops", "bytes", "steps"}) line[field] = 1e6;
      line["bound"] = bound;
      line[amount] = 0;
    });
  };
  EXPECT_EQ(without("compute", "flops"), "field \"flops\" is not positive");
  EXPECT_EQ(without("memory", "bytes"), "field \"bytes\" is not positive");
  EXPECT_EQ(without("link_to_peer", "bytes"), "field \"bytes\" is not positive");
  EXPECT_EQ(without("latency", "steps"), "field \"steps\" is not positive");
  EXPECT_EQ(without("latency", "flops"), "");
  EXPECT_EQ(without("patience", "flops"), "field \"bound\" is not a bound that this derate knows");
}

TEST_F(RecordFile, WhatALineLacksIsNotTheLineBeforesValue) {
  Json sustained = Json::parse(good("sustained"));
  sustained["mode"] = "sustained";
  Json old = sustained;
  old["schema"] = 1;
  old.erase("mode");
  std::ofstream(file_, std::ios::binary) << sustained.dump() << '\n' << old.dump() << '\n';
  std::vector<std::string> modes;
  read_records(file_, [&](const Record& record) { modes.push_back(record.mode); });
  EXPECT_EQ(modes, (std::vector<std::string>{"sustained", "burst"}));
}

TEST_F(RecordFile, SensorsReadEverySampleOrNone) {
  for (const std::string sensor : {"powers_w", "temperatures_c", "throttled"}) {
    EXPECT_EQ(reason_after([&](Json& line) { line[sensor] = Json::array({1}); }),
              "fields \"samples_s\" and \"" + sensor + "\" differ in length");
  }
  EXPECT_EQ(reason_after([](Json& line) {
              line["powers_w"] = Json::array();
              for (std::size_t i = 0; i < line["samples_s"].size(); ++i) {
                line["powers_w"].push_back(nullptr);
              }
            }),
            "");
  EXPECT_EQ(reason_after([](Json& line) { line["mode"] = "turbo"; }),
            "field \"mode\" is not burst or sustained");
}

TEST_F(RecordFile, NamesTheConditionThatMakesNoSense) {
  const auto after = [&](const char* field, const Json& value) {
    return reason_after([&](Json& line) { line[field] = value; });
  };
  EXPECT_EQ(after("devices_at_once", 0), "field \"devices_at_once\" is not a number of devices");
  EXPECT_EQ(after("others_share", 50), "field \"others_share\" is not a share");
  EXPECT_EQ(after("host_bound_share", 1.5), "field \"host_bound_share\" is not a share");
  EXPECT_EQ(after("other_processes", -3), "field \"other_processes\" is not a number of processes");
  EXPECT_EQ(after("data", "foo"), "field \"data\" is not uniform or zeros");
  EXPECT_EQ(after("cache", "lukewarm"), "field \"cache\" is not hot or cold");
  EXPECT_EQ(after("units", "quantum"), "field \"units\" is not vector or tensor");
  for (const std::string field :
       {"energy_j", "energy_step_j", "throttled_power_s", "throttled_thermal_s",
        "throttled_other_s", "memory_clock_ratio", "ecc_corrected", "ecc_uncorrected"}) {
    EXPECT_EQ(after(field.c_str(), -1), "field \"" + field + "\" is not null or positive");
    EXPECT_EQ(after(field.c_str(), nullptr), "");
  }
  EXPECT_EQ(after("clock_setting", 0.5), "field \"clock_setting\" is not 0, 1 or null");
  EXPECT_EQ(after("throttled", Json(std::vector<double>(12, 0.5))),
            "field \"throttled\" is not of 0, 1 and null");
}

TEST_F(RecordFile, DuplicateField) {
  const std::string twice = replaced("\"run\":", "\"run\":\"other\",\"run\":");
  EXPECT_EQ(reason(twice), "field \"run\" is there twice");
}

TEST_F(RecordFile, ADuplicateDoesNotStandInForAMissingField) {
  const std::string line = replaced("\"device_id\":", "\"device_name\":");
  EXPECT_NE(reason(line), "");
}

TEST_F(RecordFile, UnknownFieldsAreIgnored) {
  EXPECT_EQ(reason_after([](Json& line) { line["colour"] = {{"nested", {1, 2}}}; }), "");
  EXPECT_EQ(messages_.size(), 3u);
}

TEST_F(RecordFile, FieldsMayComeInAnyOrder) {
  const Json line = Json::parse(good("reversed"));
  Json reversed;
  for (auto field = line.rbegin(); field != line.rend(); ++field) reversed[field.key()] = *field;
  EXPECT_EQ(reversed.begin().key(), "message");
  EXPECT_EQ(reason(reversed.dump()), "");
  EXPECT_EQ(messages_[1], "reversed");
}

TEST_F(RecordFile, NumbersThatAreNoJson) {
  EXPECT_NE(reason(replaced("\"power_w\":250", "\"power_w\":NaN")).find("not JSON"),
            std::string::npos);
  EXPECT_NE(reason(replaced("\"power_w\":250", "\"power_w\":1e999")).find("not JSON"),
            std::string::npos);
}

TEST_F(RecordFile, SamplesMustBePositiveTimes) {
  const std::string wanted = "field \"samples_s\" holds a time that is not positive";
  EXPECT_EQ(reason_after([](Json& line) { line["samples_s"][0] = -1e-3; }), wanted);
  EXPECT_EQ(reason_after([](Json& line) { line["samples_s"][0] = 0; }), wanted);
  EXPECT_EQ(reason_after([](Json& line) { line["samples_s"][0] = nullptr; }), wanted);
}

TEST_F(RecordFile, SamplesAndClocksGoTogether) {
  EXPECT_EQ(reason_after([](Json& line) { line["clocks_hz"].erase(0); }),
            "fields \"samples_s\" and \"clocks_hz\" differ in length");
}

TEST_F(RecordFile, BlankLinesAndWindowsLineEnds) {
  const ReadResult result = read("\r\n" + good("a") + "\r\n\n  \r\n" + good("b") + "\r\n\n");
  EXPECT_EQ(result.good, 2);
  EXPECT_TRUE(result.bad.empty());
}

TEST_F(RecordFile, LinesBeyondAMegabyte) {
  const std::string message(3 << 20, 'x');
  const ReadResult result = read(good("a") + "\n" + good(message) + "\n" + good("b") + "\n");
  EXPECT_EQ(result.good, 3);
  EXPECT_EQ(messages_[1].size(), message.size());
}

TEST_F(RecordFile, CountsEveryBadLine) {
  const ReadResult result = read("x\n" + good("a") + "\n{}\n\n" + good("b") + "\n[]\n");
  EXPECT_EQ(result.good, 2);
  ASSERT_EQ(result.bad.size(), 3u);
  EXPECT_EQ(result.bad[0].line, 1);
  EXPECT_EQ(result.bad[1].line, 3);
  EXPECT_EQ(result.bad[2].line, 6);
}

TEST_F(RecordFile, ErrorsOfTheCallerPassThrough) {
  std::ofstream(file_) << good("a") << "\n";
  EXPECT_THROW(read_records(file_, [](const Record&) { throw 7; }), int);
}

std::string write_failure(const std::filesystem::path& path) {
  try {
    RecordWriter(path).write(example::record());
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::output);
    return error.what();
  }
  return "written";
}

TEST_F(RecordFile, WriterSaysWhyItCannotWrite) {
  const std::filesystem::path missing = folder_ / "none" / "records.jsonl";
  EXPECT_EQ(write_failure(missing),
            "cannot write " + missing.string() + ": No such file or directory");
  EXPECT_EQ(write_failure(folder_), "cannot write " + folder_.string() + ": Is a directory");
  if (std::filesystem::exists("/dev/full")) {
    EXPECT_EQ(write_failure("/dev/full"), "cannot write /dev/full: No space left on device");
  }
}

TEST_F(RecordFile, WriterAppendsAndEachRecordIsThereAtOnce) {
  for (int i = 1; i <= 2; ++i) {
    RecordWriter writer(file_);
    writer.write(example::record());
    writer.write(example::record());
    EXPECT_EQ(read_records(file_, [](const Record&) {}).good, 2 * i);  // the writer is still open
  }
}

TEST_F(RecordFile, NamesTheFieldThatMakesNoSense) {
  const auto after = [&](const char* field, const Json& value) {
    return reason_after([&](Json& line) { line[field] = value; });
  };
  EXPECT_EQ(after("bound", "lasers"), "field \"bound\" is not a bound that this derate knows");
  EXPECT_EQ(after("outcome", "fine"), "field \"outcome\" is not an outcome that this derate knows");
  EXPECT_EQ(after("flops", 0), "field \"flops\" is not positive");
  EXPECT_EQ(after("flops", 1e300), "field \"flops\" is not positive");
  EXPECT_EQ(after("peak_per_clock", -1), "field \"peak_per_clock\" is not null or positive");
  EXPECT_EQ(after("clock_specified_hz", 0), "field \"clock_specified_hz\" is not null or positive");
  EXPECT_EQ(after("schema", 0), "field \"schema\" is not a version");
  EXPECT_EQ(after("peak_per_clock", nullptr), "");
}

}  // namespace
}  // namespace derate
