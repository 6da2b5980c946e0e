// SPDX-License-Identifier: Apache-2.0
// What llmfit reads of a machine: a GPU with its CPU, or one of them alone.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "derate/error.h"
#include "export/exports.h"
#include "unit/export/example_rows.h"

namespace derate {
namespace {

using namespace example_rows;

/// The CPU of the example's machine; its memory is read at 40 GB/s.
Record of_host(Record record) {
  record.backend = "host";
  record.device_name = "Example CPU 7";
  record.device_id = "example-cpu";
  record.memory_bytes = 128 * 1073741824.0;
  record.peak_per_clock = kUnknown;
  return example::with_samples(record, record.bytes / 40e9);
}

std::vector<Record> with_machine(std::vector<Record> records) {
  for (Record& record : records) record.host_id = "example-machine";
  return records;
}

TEST(Llmfit, GetsAMachineOfAGpuAndItsHost) {
  auto records = everything();
  records.push_back(of_host(stream(1e9, 0.5)));
  const Exported exported = export_rows(rows_of(with_machine(records)), "llmfit", "burst");
  EXPECT_EQ(exported.text, R"({
  "schema_version": 1,
  "name": "example-gpu",
  "match": {
    "gpu_name_contains": "Example GPU"
  },
  "hardware": {
    "total_ram_gb": 128.0,
    "unified_memory": false,
    "gpu_memory_bandwidth_gbps": 2000.0,
    "ddr_bandwidth_gbps": 40.0,
    "gpu_compute_tflops_fp16": 38.4
  },
  "estimation": {
    "efficiency": 0.85
  }
}
)");
  ASSERT_FALSE(exported.notes.empty());
  EXPECT_NE(exported.notes[0].find("example-gpu.json"), std::string::npos);
  EXPECT_NE(exported.notes.back().find("products reach 75.0 % of it"), std::string::npos);
}

TEST(Llmfit, IsToldWhatAGpuAloneDoesNotSay) {
  const Exported exported = export_rows(rows_of(everything()), "llmfit", "burst");
  EXPECT_EQ(exported.text.find("total_ram_gb"), std::string::npos) << exported.text;
  EXPECT_EQ(exported.text.find("ddr_bandwidth_gbps"), std::string::npos) << exported.text;
  std::string all;
  for (const std::string& note : exported.notes) all += note + "\n";
  EXPECT_NE(all.find("--device host"), std::string::npos) << all;
  EXPECT_NE(all.find("ddr_bandwidth_gbps is left out"), std::string::npos) << all;
}

TEST(Llmfit, SaysInWhichModeTheHostWasNotMeasured) {
  auto records = everything();
  for (Record& record : records) record = sustained(record);
  records.push_back(of_host(stream(1e9, 0.5)));
  const Exported exported = export_rows(rows_of(with_machine(records)), "llmfit", "");
  EXPECT_EQ(exported.text.find("ddr_bandwidth_gbps"), std::string::npos) << exported.text;
  std::string all;
  for (const std::string& note : exported.notes) all += note + "\n";
  EXPECT_NE(all.find("no stream of the host's memory was measured in mode sustained"),
            std::string::npos)
      << all;
}

TEST(Llmfit, KnowsGpusWithoutMemoryOfTheirOwn) {
  auto records = everything();
  for (Record& record : records) record.device_architecture = "sm_87";
  const Exported exported = export_rows(rows_of(records), "llmfit", "burst");
  for (const char* words : {"\"total_ram_gb\": 59.6046", "\"unified_memory\": true"}) {
    EXPECT_NE(exported.text.find(words), std::string::npos) << words << exported.text;
  }
}

TEST(Llmfit, GetsACpuAlone) {
  const Exported exported = export_rows(rows_of({of_host(stream(1e9, 0.5))}), "llmfit", "burst");
  EXPECT_EQ(exported.text, R"({
  "schema_version": 1,
  "name": "example-cpu-7",
  "hardware": {
    "total_ram_gb": 128.0,
    "unified_memory": false,
    "ddr_bandwidth_gbps": 40.0
  }
}
)");
}

TEST(Llmfit, ACpuIsOfTheMachineOfItsGpuAlone) {
  const auto refused = [](std::vector<Record> records, std::string_view form) {
    try {
      (void)export_rows(rows_of(records), form, "burst");
    } catch (const Error& error) {
      return std::string(error.what()).find("several devices") != std::string::npos;
    }
    return false;
  };
  auto records = with_machine(everything());
  Record host = of_host(stream(1e9, 0.5));
  host.host_id = "another-machine";
  records.push_back(host);
  EXPECT_TRUE(refused(records, "llmfit"));
  records.back().host_id = "example-machine";
  EXPECT_FALSE(refused(records, "llmfit"));
  EXPECT_TRUE(refused(records, "tracelens"));
  for (Record& record : records) record.host_id.clear();  // as records before schema 5
  EXPECT_TRUE(refused(records, "llmfit"));
}

}  // namespace
}  // namespace derate
