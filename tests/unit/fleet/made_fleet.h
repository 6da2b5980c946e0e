// SPDX-License-Identifier: Apache-2.0
// Fleets in a folder of their own, as `derate fleet run` leaves them, with what a test plants.
#pragma once

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "derate/device.h"
#include "derate/record.h"
#include "fleet/digest.h"
#include "fleet/fleet_folder.h"
#include "fleet/shard.h"
#include "fleet/verdicts.h"

namespace derate::test {

namespace fs = std::filesystem;

/// Removed with everything in it.
class FleetFolder {
 public:
  FleetFolder() {
    static int count = 0;
    path_ = fs::temp_directory_path() /
            ("derate-fleet-" + std::to_string(::getpid()) + "-" + std::to_string(count++));
    fs::create_directories(path_);
  }
  ~FleetFolder() { fs::remove_all(path_); }
  FleetFolder(const FleetFolder&) = delete;
  FleetFolder& operator=(const FleetFolder&) = delete;

  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// Changes a record before it is written: what a test plants.
using Plant = std::function<void(Record&)>;

inline Record fleet_record(const std::string& node, int gpu, int row) {
  Record record;
  record.run = "run of " + node;
  record.time_utc = "2026-11-30T10:00:00Z";
  record.tool_version = "0.1.0";
  record.build_type = "Release";
  record.host_id = hash_text(node);
  record.backend = "cuda";
  record.device_index = gpu;
  record.device_name = "Example GPU";
  record.device_architecture = "sm_90";
  record.device_id = hash_text(node + "/" + std::to_string(gpu));
  record.compute_units = 132;
  record.memory_bytes = 150'754'820'096;
  record.driver_version = "580.65";
  record.runtime_version = "13.0";
  record.power_cap_w = 700;
  record.clock_setting = 0;
  record.power_w = 650;
  record.temperature_c = 60;
  const bool computes = row < 4;
  record.workload = computes ? "gemm" : row < 6 ? "memory_triad" : "transfer";
  record.variant = computes ? "cublas_lt" : "vector";
  record.provider = computes ? "cublas" : "derate";
  record.library = computes ? "cuBLAS 13.0.0" : "";
  record.precision = "f32";
  record.problem = "n:" + std::to_string(row + 1);
  record.bound = computes ? "compute" : row < 6 ? "memory" : "link";
  record.data = "uniform";
  record.cache = "cold";
  record.flops = computes ? 1e12 : 0;
  record.bytes = 1e9;
  record.peak_per_clock = computes ? 1e6 : 4e12;
  record.clock_specified_hz = 1.98e9;
  record.outcome = "passed";
  return record;
}

inline constexpr int kRowsOfGpu = 8;

/// Records of one node: every GPU, row and round with noise of 0.3 %, and 0.5 % between GPUs.
inline std::vector<Record> node_records(const std::string& node, int gpus, int rounds = 3,
                                        const Plant& plant = {}) {
  std::mt19937_64 random(std::hash<std::string>{}(node));
  std::normal_distribution<double> normal;
  std::vector<Record> records;
  for (int gpu = 0; gpu < gpus; ++gpu) {
    const double of_gpu = 0.005 * normal(random);
    for (int round = 0; round < rounds; ++round) {
      for (int row = 0; row < kRowsOfGpu; ++row) {
        Record record = fleet_record(node, gpu, row);
        record.time_utc = "2026-11-30T10:0" + std::to_string(round) + ":00Z";
        const double level = of_gpu + 0.003 * normal(random);
        record.samples_s.assign(5, 1e-3 * std::exp(-level));
        record.clocks_hz.assign(5, 1.7e9 * std::exp(of_gpu));
        if (plant) plant(record);
        records.push_back(std::move(record));
      }
    }
  }
  return records;
}

/// Slower by that share; the clock with it.
inline void slow_down(Record& record, double share) {
  for (double& time_s : record.samples_s) time_s /= 1 - share;
  for (double& clock_hz : record.clocks_hz) clock_hz *= 1 - share;
}

inline std::string lines_of(const std::vector<Record>& records) {
  std::string text;
  for (const Record& record : records) text += to_json_line(record) + "\n";
  return text;
}

inline void write_text(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

inline std::string read_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// nodes/NAME with a compressed shard and its node.json.
inline void write_fleet_node(const fs::path& fleet, const std::string& name,
                             const std::vector<Record>& records, bool has_end = true,
                             std::int64_t exit_code = 0, const std::string& reason = "") {
  const fs::path folder = fleet::node_folder(fleet, name);
  write_text(folder / "plain.txt", lines_of(records));
  const std::string packed = fleet::compressed({folder / "plain.txt"});
  fs::remove(folder / "plain.txt");
  write_text(folder / fleet::kShardFile, packed);
  if (!has_end) return;
  fleet::write_node_end(folder, {name,
                                 "2026-11-30T09:59:30Z",
                                 "2026-11-30T10:10:00Z",
                                 exit_code,
                                 reason,
                                 {{fleet::kShardFile, static_cast<std::int64_t>(packed.size()),
                                   fleet::xxh3_128_of(packed)}}});
}

inline std::string node_name(int node) { return "n" + std::to_string(node); }

/// A whole fleet n1 to n`nodes`; `plant` sees every record.
inline void write_fleet(const fs::path& fleet, int nodes, int gpus, const Plant& plant = {}) {
  fleet::FleetManifest manifest{"0.1.0", "slurm", "2026-11-30T09:59:00Z", {}, nodes, {}, {}};
  for (int node = 1; node <= nodes; ++node) manifest.nodes.push_back(node_name(node));
  fs::create_directories(fleet);
  fleet::write_manifest(fleet, manifest);
  for (int node = 1; node <= nodes; ++node) {
    write_fleet_node(fleet, node_name(node), node_records(node_name(node), gpus, 3, plant));
  }
}

inline fleet::FleetVerdicts verdicts_on(const std::vector<fs::path>& paths) {
  const fleet::FleetRecords records = fleet::read_fleet(paths);
  return fleet::judge_fleet(records, References::built_in(), {});
}

/// "slow n3 GPU 1" of everything that is named, in order.
inline std::vector<std::string> named(const fleet::FleetVerdicts& verdicts) {
  std::vector<std::string> found;
  for (const fleet::Finding& each : verdicts.findings) {
    if (each.verdict == fleet::Verdict::healthy || each.verdict == fleet::Verdict::not_judged) {
      continue;
    }
    found.push_back(std::string(to_string(each.verdict)) + " " + each.node +
                    (each.gpu < 0 ? "" : " GPU " + std::to_string(each.gpu)));
  }
  return found;
}

/// Whether any of the sentences holds all of the words.
inline bool says(const std::vector<std::string>& sentences, const std::string& words) {
  return std::any_of(sentences.begin(), sentences.end(), [&](const std::string& each) {
    return each.find(words) != std::string::npos;
  });
}

}  // namespace derate::test
