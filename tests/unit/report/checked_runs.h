// SPDX-License-Identifier: Apache-2.0
// Runs of an invented device in a folder, with what is usual of it, for the tests of its check.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "golden/example_gpu.h"
#include "report/device_check.h"
#include "unit/record/rows_of.h"
#include "unit/report/example_records.h"

namespace derate {

/// A library's product in three rounds, which take `eta` of the peak.
inline std::vector<Record> product(double eta, const std::function<void(Record&)>& change = {}) {
  std::vector<Record> rounds;
  for (int round = 0; round < 3; ++round) {
    Record record = test::gemm(eta);
    record = example::with_samples(record, 1e-3 / eta * (1 + 0.001 * round), 0.002, 12,
                                   example::kSpecified_hz);
    record.run = "run-" + std::to_string(round);
    record.variant = "cublas";
    record.provider = "cublas";
    if (change) change(record);
    rounds.push_back(record);
  }
  return rounds;
}

class Files : public testing::Test {
 protected:
  Files() {
    std::string name = (std::filesystem::temp_directory_path() / "derate-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    home_ = name;
  }
  ~Files() override { std::filesystem::remove_all(home_); }

  std::filesystem::path write(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = home_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path;
  }

  /// The records of an earlier or later run.
  void write_run(const std::string& file, double eta, const char* time_utc) const {
    std::ostringstream lines;
    for (Record record : product(eta)) {
      record.time_utc = time_utc;
      lines << to_json_line(record) << '\n';
    }
    write(file, lines.str());
  }

  /// What is usual of the example's product: 80 to 90 % of five collections.
  [[nodiscard]] References references(const std::string& figures = "0.80,0.90,,5") const {
    return References::of_file(
        write("reference.csv",
              "device,workload,precision,problem,mode,eta_low,eta_high,devices,collections,source,"
              "licence\nOther GPU | Example GPU,gemm,f32,m:4096/n:4096/k:4096,burst," +
                  figures + ",\"someone, 2026\",CC0\n"));
  }

  [[nodiscard]] DeviceVerdict verdict(const std::vector<Record>& records,
                                      const std::string& figures = "0.80,0.90,,5") const {
    const std::vector<Row> rows = test::rows_of(records);
    return check_devices(rows, references(figures), EarlierRuns({home_ / "now"})).front().verdict;
  }

  std::filesystem::path home_;
};

}  // namespace derate
