// SPDX-License-Identifier: Apache-2.0
// The report's formats, and what it says of trouble.
#include "derate/report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "golden/example_gpu.h"
#include "report/report_columns.h"
#include "unit/record/rows_of.h"
#include "unit/report/example_records.h"

namespace derate {
namespace {

using nlohmann::json;
using test::chain;
using test::gemm;
using test::holds;
using test::rows_of;

TEST(ParseFormat, WordsAndNothingElse) {
  EXPECT_EQ(parse_format("table"), Format::table);
  EXPECT_EQ(parse_format("markdown"), Format::markdown);
  EXPECT_EQ(parse_format("csv"), Format::csv);
  EXPECT_EQ(parse_format("json"), Format::json);
  EXPECT_FALSE(parse_format("JSON"));
  EXPECT_FALSE(parse_format(""));
}

TEST(Report, JsonHoldsEveryColumnOfEveryRow) {
  const std::vector<BadLine> bad = {{"file \"x\".jsonl", 3, "not JSON"}};
  const json report = json::parse(
      render_report(rows_of({gemm(0.8), example::with_samples(example::memory_record(), 1e-3)}),
                    bad, Format::json));
  ASSERT_EQ(report.at("rows").size(), 2u);
  EXPECT_EQ(report.at("devices").size(), 1u);
  EXPECT_EQ(report.at("unreadable_lines"), json({"file \"x\".jsonl:3: not JSON"}));
  for (const auto& column : report_columns_plain()) {
    EXPECT_TRUE(report.at("rows")[0].contains(std::string(column.name))) << column.name;
  }
  EXPECT_NEAR(report.at("rows")[0].at("eta").get<double>(), 0.8, 1e-9);
  EXPECT_TRUE(report.at("rows")[1].at("eta_measured").is_null());
}

TEST(Report, NothingIsStillJson) {
  const json report = json::parse(render_report({}, {}, Format::json));
  EXPECT_TRUE(report.at("rows").empty() && report.at("devices").empty());
}

TEST(Report, CsvHasAHeaderAndALinePerRow) {
  const std::string csv = render_report(rows_of({gemm(0.8), chain(0.9)}), {}, Format::csv);
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 3);
  EXPECT_EQ(csv.find("backend,device_index,device,"), 0u);
}

TEST(Report, MachinesGetEverySentenceThatPeopleDo) {
  std::vector<Record> records = {gemm(0.8), chain(0.9)};
  records[0].outcome = "incorrect";
  records[0].message = "element 7 is 1, not 2";
  for (Record& record : records) record.other_processes = 1;
  const std::vector<Row> rows = rows_of(records);
  const json device = json::parse(render_report(rows, {}, Format::json)).at("devices").at(0);
  std::istringstream csv(render_report(rows, {}, Format::csv));
  std::string first_row;
  std::getline(std::getline(csv, first_row), first_row);
  std::istringstream lines(render_report(rows, {}, Format::table));
  int notes = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("  ")) continue;
    ++notes;
    EXPECT_EQ(std::count(device.at("notes").begin(), device.at("notes").end(), line.substr(2)), 1)
        << line;
    EXPECT_TRUE(holds(first_row, line.substr(2))) << line;
  }
  EXPECT_GT(notes, 5);
  EXPECT_TRUE(holds(first_row, device.at("conclusion").get<std::string>()));
}

TEST(Report, CsvSaysWhatADeviceIsOnce) {
  const std::string csv = render_report(rows_of({gemm(0.8), chain(0.9)}), {}, Format::csv);
  EXPECT_EQ(csv.find("Rule of thumb"), csv.rfind("Rule of thumb"));
}

TEST(Report, NamesWhatWentWrong) {
  Record wrong = example::record();
  wrong.outcome = "incorrect";
  wrong.message = "element 7 is 1, not 2";
  for (const Format format : {Format::table, Format::markdown}) {
    const std::string text = render_report(rows_of({wrong}), {}, format);
    EXPECT_TRUE(
        holds(text, "incorrect: gemm tiled f32 m:4096/n:4096/k:4096: element 7 is 1, not 2"));
  }
}

TEST(Report, SaysWhatTheDeviceIsAndWhereItsFactsComeFrom) {
  Record record = gemm(0.8);
  record.library = "examplelib 1.2";
  const std::string text = render_report(rows_of({record}), {}, Format::table);
  for (const char* part :
       {"Example GPU (sm_example, GPU 0)", "specified 1.500 GHz (invented data sheet)",
        "measured 1.500 GHz", "maximum 1.800 GHz (invented driver)",
        "100 SMs (invented) x 128 f32 FMA per clock (invented)", "driver 100.00", "runtime 13.0",
        "0123456789ab", "examplelib 1.2", "an invented device for tests"}) {
    EXPECT_TRUE(holds(text, part)) << part << " is not in\n" << text;
  }
  EXPECT_FALSE(holds(text, "WARNING"));
}

TEST(Report, WarnsOfOthersOnTheDevice) {
  Record shared = gemm(0.8);
  const auto report = [&] { return render_report(rows_of({shared}), {}, Format::table); };
  shared.others_share = 0.15;
  EXPECT_TRUE(holds(report(), "WARNING: other programs had up to 15 % of the device meanwhile"));
  shared.others_share = 0.05;
  EXPECT_FALSE(holds(report(), "WARNING"));
}

TEST(Report, WarnsOfADeviceThatIsNotWell) {
  const auto text_of = [](const Record& record) {
    return render_report(rows_of({gemm(0.5), record}), {}, Format::table);
  };
  Record one = chain(0.9);
  const std::string none = text_of(one);
  for (const char* word : {"ECC", "PCIe", "memory's clock", "set, not", "counts", "readings"}) {
    EXPECT_FALSE(holds(none, word)) << word;
  }
  one.ecc_corrected = one.ecc_uncorrected = 0;
  one.pcie_link = one.pcie_link_maximum = "5 x16";
  one.memory_clock_ratio = 0.99;
  one.clock_setting = one.throttled_power_s = 0;
  EXPECT_EQ(text_of(one), none);
  Record half_known = one;
  half_known.pcie_link_maximum.clear();
  EXPECT_EQ(text_of(half_known), none) << "no link is slow where the most is not known";
  one.ecc_corrected = 12;
  one.ecc_uncorrected = 1;
  one.pcie_link = "1 x{8}";  // what a file says is no format
  one.memory_clock_ratio = 0.5;
  one.clock_setting = 1;
  one.throttled_power_s = 0.25;
  one.throttled_other_s = 0.5;
  const std::string all = text_of(one);
  for (const char* sentence :
       {"WARNING: ECC could not correct errors in the course of 1 of 2 rows\n",
        "  ECC corrected errors in the course of 1 of 2 rows\n",
        "WARNING: PCIe ran at generation 1 x{8} of 5 x16 under the load of 1 of 2 rows\n",
        "WARNING: the memory's clock was as low as 50 % of its maximum under the load of 1 of 2 "
        "rows\n",
        "clocks that somebody set, not the load, limited the clock of 1 of 2 rows\n",
        "the driver counts the clock as held down: 250.0 ms for power, 500.0 ms for other "
        "limits\n"}) {
    EXPECT_TRUE(holds(all, sentence)) << sentence << all;
  }
}

TEST(Report, ShowsEnergyWhereARowHasIt) {
  Record one = gemm(0.5);
  EXPECT_FALSE(holds(render_report(rows_of({one}), {}, Format::table), "J/FLOP"));
  one.energy_j = 36.864;
  one.energy_step_j = 3.6864;
  one.energy_time_s = 0.096;
  EXPECT_TRUE(holds(render_report(rows_of({one, chain(0.9)}), {}, Format::table),
                    "20.00 [18.00, 22.00] pJ/FLOP"));
  const json rows = json::parse(render_report(rows_of({one}), {}, Format::json)).at("rows");
  EXPECT_DOUBLE_EQ(rows[0].at("energy").get<double>(), 20e-12);
  EXPECT_DOUBLE_EQ(rows[0].at("energy_low").get<double>(), 18e-12);
}

TEST(Report, SaysWhereReadingSensorsChangesTheTime) {
  const auto with_effect = [](double effect) {
    Record one = gemm(0.5);
    one.powers_w.assign(one.samples_s.size(), kUnknown);
    for (std::size_t i = 0; i < one.samples_s.size(); i += 2) {
      one.powers_w[i] = 500;
      one.samples_s[i] *= effect;
    }
    return render_report(rows_of({one, chain(0.9)}), {}, Format::table);
  };
  EXPECT_TRUE(holds(with_effect(1.02),
                    "sensor readings changed the time of 1 of 2 rows, at most to 102.0 % [102.0, "
                    "102.0] of that without (gemm tiled f32 m:4096/n:4096/k:4096)"))
      << with_effect(1.02);
  EXPECT_TRUE(holds(with_effect(0.98), "sensor readings changed the time of 1 of 2 rows"));
  EXPECT_FALSE(holds(with_effect(1.004), "sensor readings")) << "no matter";
  EXPECT_FALSE(holds(with_effect(1), "sensor readings"));
}

TEST(Report, SaysThatPeaksAreAtTheMaximumClock) {
  Record record = gemm(0.8);
  const std::string note = "peaks are at the maximum clock, since none is specified";
  EXPECT_FALSE(holds(render_report(rows_of({record}), {}, Format::table), note));
  record.clock_specified_hz = kUnknown;
  EXPECT_TRUE(holds(render_report(rows_of({record}), {}, Format::table), note));
}

TEST(Report, SaysNothingOfCeilingsWhereThePeaksInstructionIsUnknown) {
  Record record = chain(0.8);
  record.instruction = "FFMA";
  EXPECT_FALSE(holds(render_report(rows_of({record}), {}, Format::table), "no ceiling"));
}

TEST(Report, TellsTheAlgorithmBandwidthOfLargeCollectivesAndPathsThatAreNotDirect) {
  const auto report_of = [](const std::string& size_class, const std::string& algorithm) {
    Record record = gemm(0.8);
    record.workload = "all_reduce";
    record.variant = "out_of_place";
    record.provider = "nccl";
    record.bound = "link_to_peer";
    record.problem = "bytes:1000000000/devices:8";
    record.size_class = size_class;
    record.algorithm = algorithm;
    record.bytes = 1.75e9;
    record.samples_s = std::vector<double>(10, 0.004);  // 437.5 GB/s of the bus
    return render_report(rows_of({record}), {}, Format::table);
  };
  const std::string note =
      "collectives achieve the bus bandwidth of nccl-tests; algorithm bandwidth, bytes ÷ time, is "
      "all_reduce out_of_place 250.0 GB/s";
  const std::string direct = report_of("large", "every pair direct");
  EXPECT_TRUE(holds(direct, "437.5 GB/s")) << direct;
  EXPECT_TRUE(holds(direct, note)) << direct;
  EXPECT_FALSE(holds(direct, "all_reduce and its like"));
  EXPECT_FALSE(holds(report_of("small", "every pair direct"), "algorithm bandwidth"));
  const std::string indirect = "1 of 28 pairs without a direct path, first cuda:0 and cuda:4";
  EXPECT_TRUE(holds(report_of("large", indirect), "all_reduce and its like: " + indirect));
}

TEST(Report, SaysWhereALibraryKeepsMoreOfItsSumsThanThePeakDoes) {
  const auto report_of = [](const std::string& architecture, const std::string& precision) {
    Record record = gemm(0.8);
    record.device_architecture = architecture;
    record.precision = precision;
    record.variant = "lt";
    record.algorithm = "algorithm 66, no fast accumulation";
    return render_report(rows_of({record, gemm(0.7)}), {}, Format::table);
  };
  for (const std::string architecture : {"sm_89", "sm_90"}) {
    EXPECT_TRUE(holds(report_of(architecture, "fp8"),
                      "fuller sums: gemm lt fp8 promotes partial sums to f32 (no fast "
                      "accumulation); the peak and mma_chain have the tensor units' own sums"));
  }
  EXPECT_FALSE(holds(report_of("sm_100", "fp8"), "fuller sums")) << "which adds in f32 itself";
  EXPECT_FALSE(holds(report_of("sm_90", "bf16"), "fuller sums"));
}

TEST(Report, WarnsOfABuildThatIsNotRelease) {
  Record record = gemm(0.8);
  record.build_type = "Debug";
  EXPECT_TRUE(holds(render_report(rows_of({record}), {}, Format::table), "WARNING: a Debug build"));
}

TEST(Report, ShowsSomeUnreadableLinesAndCountsAll) {
  std::vector<BadLine> bad;
  for (int i = 1; i <= 30; ++i) bad.push_back({"records.jsonl", i, "not JSON"});
  const std::string text = render_report(rows_of({gemm(0.8)}), bad, Format::table);
  EXPECT_TRUE(holds(text, "30 unreadable line"));
  EXPECT_TRUE(holds(text, "records.jsonl:1: not JSON"));
  EXPECT_FALSE(holds(text, "records.jsonl:30: not JSON"));
  EXPECT_TRUE(holds(text, "..."));
}

TEST(Report, HasASectionPerDevice) {
  Record other = gemm(0.7);
  other.device_id = "example-1111";
  other.device_name = "Example GPU 2";
  const std::string text = render_report(rows_of({gemm(0.8), other}), {}, Format::markdown);
  EXPECT_TRUE(holds(text, "## Example GPU (") && holds(text, "## Example GPU 2 ("));
  EXPECT_TRUE(holds(text, "as the rule says.") && holds(text, "more than the rule says."));
}

TEST(Report, ShowsACalibrationOnlyWhenThereIsOne) {
  std::vector<Row> rows = rows_of({gemm(0.8)});
  EXPECT_FALSE(holds(render_report(rows, {}, Format::table), "vs calibration"));
  EXPECT_FALSE(holds(render_report(rows, {}, Format::csv), "eta_calibrated"));
  rows[0].calibrated = {0.9, {0.89, 0.91, 0.95}};
  EXPECT_TRUE(holds(render_report(rows, {}, Format::table), "-11.1 % !"));  // intervals apart
  rows[0].calibrated = {0.8, {0.7, 0.9, 0.95}};
  EXPECT_TRUE(holds(render_report(rows, {}, Format::table), "+0.0 %\n"));
  EXPECT_TRUE(holds(render_report(rows, {}, Format::csv), "eta_calibrated"));
}

TEST(ReportColumns, EachHasAMeaningAndItsOwnName) {
  std::set<std::string_view> names;
  const std::string documented = document_report_columns();
  for (const auto& column : report_columns()) {
    EXPECT_TRUE(names.insert(column.name).second) << column.name;
    EXPECT_FALSE(column.meaning.empty()) << column.name;
    EXPECT_TRUE(holds(documented, "`" + std::string(column.name) + "`")) << column.name;
  }
}

}  // namespace
}  // namespace derate
