// SPDX-License-Identifier: Apache-2.0
// The report's formats, what it says of trouble, and the sentence about the rule of thumb.
#include "derate/report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "golden/example_gpu.h"
#include "report/report_columns.h"

namespace derate {
namespace {

using nlohmann::json;

/// A passed gemm that takes `eta` of the specified peak.
Record gemm(double eta, double clock_hz = example::kSpecified_hz) {
  return example::with_samples(example::record(), 1e-3 / eta, 0, 12, clock_hz);
}

Record chain(double eta, double clock_hz = example::kSpecified_hz) {
  Record record = gemm(eta, clock_hz);
  record.workload = "fma_chain";
  record.variant = "registers";
  record.problem = "n:1";
  return record;
}

std::vector<Row> rows_of(const std::vector<Record>& records) {
  Aggregate summary;
  for (const Record& record : records) summary.add(record);
  return summary.rows();
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string conclusion_of(const std::vector<Record>& records) {
  return conclusion(rows_of(records));
}

TEST(Conclusion, ThreeVerdicts) {
  EXPECT_TRUE(holds(conclusion_of({gemm(0.9)}), "loses 10.0 %"));
  EXPECT_TRUE(holds(conclusion_of({gemm(0.9)}), "less than the rule says."));
  EXPECT_TRUE(holds(conclusion_of({gemm(0.8)}), ", as the rule says."));
  EXPECT_TRUE(holds(conclusion_of({gemm(0.7)}), "more than the rule says."));
}

TEST(Conclusion, TheRulesEdges) {
  EXPECT_TRUE(holds(conclusion_of({gemm(0.8501)}), "less than the rule says."));
  EXPECT_TRUE(holds(conclusion_of({gemm(0.8499)}), ", as the rule says."));
  EXPECT_TRUE(holds(conclusion_of({gemm(0.7501)}), ", as the rule says."));
  EXPECT_TRUE(holds(conclusion_of({gemm(0.7499)}), "more than the rule says."));
}

TEST(Conclusion, QuotesTheBestGemmWithItsInterval) {
  Record other = gemm(0.85);
  other.variant = "better";
  const std::string text = conclusion_of({gemm(0.6), other, chain(0.95)});
  EXPECT_TRUE(holds(text,
                    "the best gemm here (better f32 m:4096/n:4096/k:4096) loses 15.0 % "
                    "[15.0, 15.0] of 2·N·C at the specified clock"))
      << text;
  EXPECT_TRUE(holds(text, "arithmetic without memory (fma_chain f32) loses 5.0 %")) << text;
}

TEST(Conclusion, QuotesNoWrongOrImpossibleResult) {
  Record wrong = gemm(0.99);
  wrong.variant = "wrong";
  wrong.outcome = "incorrect";
  Record impossible = gemm(1.5);
  impossible.variant = "impossible";
  EXPECT_TRUE(holds(conclusion_of({wrong, impossible, gemm(0.8)}), "(tiled f32 "));
}

TEST(Conclusion, IsNotPlacedByASuspect) {
  EXPECT_TRUE(holds(conclusion_of({gemm(1.5)}), "not placed"));
}

TEST(Conclusion, QuotesTheSustainedGemmOfTwo) {
  Record sustained = gemm(0.7);
  sustained.mode = "sustained";
  EXPECT_TRUE(holds(conclusion_of({gemm(0.9), sustained}), "loses 30.0 %"));
}

TEST(Conclusion, QuotesAStableGemmBeforeABetterOneThatIsNot) {
  Record unstable = gemm(0.95);
  unstable.variant = "unstable";
  for (std::size_t i = 0; i < 6; ++i) unstable.samples_s[i] *= 1.2;
  EXPECT_TRUE(holds(conclusion_of({unstable, gemm(0.8)}), "loses 20.0 %"));
  EXPECT_TRUE(holds(conclusion_of({unstable}), "(unstable f32 "));
}

TEST(Conclusion, SetsAChainOfTheSamePrecisionBeside) {
  Record other = chain(0.99);
  other.precision = "f64";
  const std::string text = conclusion_of({gemm(0.8), other, chain(0.95)});
  EXPECT_TRUE(holds(text, "(fma_chain f32) loses 5.0 %")) << text;
}

TEST(Conclusion, FallsBackToTheFmaChain) {
  EXPECT_TRUE(holds(conclusion_of({chain(0.97)}), "the best fma_chain here (registers f32 n:1)"));
}

TEST(Conclusion, IsAgainstTheMeasuredClockWhenThatRunsAhead) {
  const std::string text = conclusion_of({gemm(1.0, 1.8e9)});
  EXPECT_TRUE(holds(text, "loses 16.7 %")) << text;
  EXPECT_TRUE(holds(text, "at the measured clock, as the rule says")) << text;
  EXPECT_TRUE(holds(text, "the clock ran at 120 % of the specified one.")) << text;
}

TEST(Conclusion, NamesTheMaximumClockWhereNoneIsSpecified) {
  Record record = gemm(0.96);  // 0.8 at the maximum clock of 1.8 GHz
  record.clock_specified_hz = kUnknown;
  const std::string text = conclusion_of({record});
  EXPECT_TRUE(holds(text, "loses 20.0 %")) << text;
  EXPECT_TRUE(holds(text, "at the maximum clock")) << text;
}

TEST(Conclusion, SaysWhenNothingCanBePlaced) {
  Record unknown = gemm(0.9);
  unknown.peak_per_clock = kUnknown;
  const std::string start = "Rule of thumb of 15–25 % overhead: not placed, because no ";
  EXPECT_EQ(conclusion_of({unknown}).find(start), 0u);
  const auto memory = example::with_samples(example::memory_record(), 1e-3);
  EXPECT_EQ(conclusion_of({memory}).find(start), 0u);
  EXPECT_FALSE(holds(conclusion_of({memory}), "no row has a known peak"));  // this one has
}

TEST(Conclusion, LeavesOutWhatOthersHadAShareOf) {
  Record shared = gemm(0.4);
  shared.others_share = 0.5;
  EXPECT_TRUE(holds(conclusion_of({shared}), "other programs had much of the device"));
  Record quiet = gemm(0.8);
  quiet.problem = "m:1/n:1/k:1";
  quiet.others_share = 0.01;
  EXPECT_TRUE(holds(conclusion_of({shared, quiet}), "loses 20.0 %"));
}

TEST(Conclusion, PrefersWhatWasSustained) {
  Record sustained = gemm(0.7);
  sustained.mode = "sustained";
  EXPECT_TRUE(holds(conclusion_of({gemm(0.9), sustained}), "loses 30.0 %"));
}

TEST(Conclusion, IsNotMovedByAnotherClockOfTensorUnits) {
  Record probe = gemm(0.6);
  probe.workload = "mma_chain";
  probe.clock_specified_hz /= 1.1;  // it runs above its own specified clock
  EXPECT_TRUE(holds(conclusion_of({gemm(0.8), probe}), "at the specified clock"));
}

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
  EXPECT_EQ(report.at("conclusions").size(), 1u);
  EXPECT_EQ(report.at("unreadable_lines"), json({"file \"x\".jsonl:3: not JSON"}));
  for (const auto& column : report_columns_plain()) {
    EXPECT_TRUE(report.at("rows")[0].contains(std::string(column.name))) << column.name;
  }
  EXPECT_NEAR(report.at("rows")[0].at("eta").get<double>(), 0.8, 1e-9);
  EXPECT_TRUE(report.at("rows")[1].at("eta_measured").is_null());
}

TEST(Report, NothingIsStillJson) {
  const json report = json::parse(render_report({}, {}, Format::json));
  EXPECT_TRUE(report.at("rows").empty() && report.at("conclusions").empty());
}

TEST(Report, CsvHasAHeaderAndALinePerRow) {
  const std::string csv = render_report(rows_of({gemm(0.8), chain(0.9)}), {}, Format::csv);
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 3);
  EXPECT_EQ(csv.find("backend,device_index,device,"), 0u);
  EXPECT_FALSE(holds(csv, "Rule of thumb"));
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

TEST(Conclusion, LeavesOpenWhatTheIntervalLeavesOpen) {
  std::vector<Record> records = {gemm(0.9), gemm(0.8), gemm(0.7)};
  for (std::size_t i = 0; i < records.size(); ++i) records[i].run = std::to_string(i);
  EXPECT_TRUE(holds(conclusion_of(records), "an interval too wide to place it"));
}

TEST(Conclusion, QuotesOnlyRandomDataFromMemory) {
  Record zeros = gemm(0.95);
  zeros.data = "zeros";
  Record hot = gemm(0.93);
  hot.cache = "hot";
  EXPECT_TRUE(holds(conclusion_of({zeros, hot, gemm(0.8)}), "loses 20.0 %"));
}

TEST(Conclusion, HasNoVerdictOnAnUnknownClock) {
  Record turbo = gemm(1.0, 1.8e9);
  Record blind = gemm(1.0, 1.8e9);
  blind.run = "another";
  for (double& clock_hz : blind.clocks_hz) clock_hz = kUnknown;
  const std::string text = conclusion_of({turbo, blind});
  EXPECT_FALSE(holds(text, "nan")) << text;
}

TEST(Conclusion, SaysBothWhereTheIntervalReachesAcrossOneEnd) {
  const auto rounds_around = [](double eta) {
    std::vector<Record> records;
    for (const double factor : {0.996, 1.0, 1.004}) {
      records.push_back(gemm(eta * factor));
      records.back().run = std::to_string(factor);
    }
    return records;
  };
  EXPECT_TRUE(holds(conclusion_of(rounds_around(0.85)), ", as the rule says, or less."));
  EXPECT_TRUE(holds(conclusion_of(rounds_around(0.75)), ", as the rule says, or more."));
}

}  // namespace
}  // namespace derate
