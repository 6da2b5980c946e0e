// SPDX-License-Identifier: Apache-2.0
// Writes a fleet that never was, as `derate fleet run` leaves one, to time the report on it:
//   derate_make_fleet FOLDER [NODES] [GPUS_OF_NODE] [ROUNDS]
// 2,048 nodes of 8 GPUs, 25 rows and 5 rounds by default: 2 million records of 2 kB. GPU 3 of node
// 7 is 8 % slower in what computes.
#include <zstd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include "derate/device.h"
#include "derate/record.h"
#include "fleet/digest.h"
#include "fleet/fleet_folder.h"
#include "fleet/shard.h"

namespace {

using derate::Record;

constexpr int kRows = 25;
constexpr int kSamples = 24;

struct Place {
  int node = 0;
  int gpu = 0;
};

void fill_device(const Place& place, Record& record) {
  record.run = "run-" + std::to_string(place.node);
  record.tool_version = "0.1.0";
  record.tool_commit = "0123456789ab";
  record.build_type = "Release";
  record.program_id = "0123456789abcdef0123456789abcdef01234567";
  record.host_id = derate::hash_text("node " + std::to_string(place.node));
  record.boot_id = derate::hash_text("boot " + std::to_string(place.node));
  record.backend = "cuda";
  record.device_index = place.gpu;
  record.device_name = "Example GPU";
  record.device_architecture = "sm_90";
  record.device_id =
      derate::hash_text("gpu " + std::to_string(place.node) + " " + std::to_string(place.gpu));
  record.compute_units = 132;
  record.memory_bytes = 150'754'820'096;
  record.last_level_cache_bytes = 62'914'560;
  record.driver_version = "580.65.06";
  record.runtime_version = "13.0";
  record.power_cap_w = 700;
  record.clock_setting = 0;
  record.memory_clock_ratio = 1;
  record.pcie_link = "5 x16";
  record.pcie_link_maximum = "5 x16";
  record.clock_specified_hz = 1.98e9;
  record.clock_specified_source = "data sheet of an example";
  record.clock_maximum_hz = 1.98e9;
  record.clock_maximum_source = "driver";
  record.others_share = 0;
  record.other_processes = 0;
  record.outcome = "passed";
}

void fill_row(int row, Record& record) {
  const bool computes = row < 15;
  const bool is_memory = row >= 15 && row < 19;
  const bool is_link = row >= 19 && row < 23;
  record.workload = computes    ? "gemm"
                    : is_memory ? "memory_triad"
                    : is_link   ? "transfer"
                                : "launch";
  record.variant = computes ? "cublas_lt" : is_link ? "pinned_to_device" : "vector";
  record.provider = computes ? "cublas" : "derate";
  record.library = computes ? "cuBLAS 13.0.0" : "";
  record.precision = row % 2 == 0 ? "bf16" : "f32";
  record.accumulator = "f32";
  record.units = computes ? "tensor" : "";
  record.problem = "m:8192/n:8192/k:" + std::to_string(512 * (row + 1));
  record.size_class = "large";
  record.bound = computes ? "compute" : is_memory ? "memory" : is_link ? "link" : "latency";
  record.data = "uniform";
  record.cache = "cold";
  record.flops = computes ? 2.0 * 8192 * 8192 * 512 * (row + 1) : 0;
  record.bytes = 1e9;
  record.steps = 1;
  record.peak_per_clock = computes    ? 499'712
                          : is_memory ? 4.8e12
                          : is_link   ? 6.3e10
                                      : derate::kUnknown;
  record.peak_source = "132 SMs (driver) x 4096 bf16 FMA per clock (example)";
  record.launches_per_sample = 8;
  record.warm_up_s = 0.05;
}

double time_of(int row) { return row < 15 ? 1e-3 * (row + 1) : row < 23 ? 2.5e-4 : 4e-6; }

class FleetWriter {
 public:
  FleetWriter(std::filesystem::path folder, int rounds)
      : folder_(std::move(folder)), rounds_(rounds) {}

  void write_node(int node, int gpus) {
    const std::string name = "n" + std::to_string(node + 1);
    const std::filesystem::path where = derate::fleet::node_folder(folder_, name);
    std::filesystem::create_directories(where);
    std::string text;
    const double of_node = 0.004 * normal_(random_);
    for (int gpu = 0; gpu < gpus; ++gpu) add_gpu({node, gpu}, of_node, text);
    std::string packed(ZSTD_compressBound(text.size()), '\0');
    ZSTD_CCtx* const context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    packed.resize(ZSTD_compress2(context, packed.data(), packed.size(), text.data(), text.size()));
    ZSTD_freeCCtx(context);
    std::ofstream(where / derate::fleet::kShardFile, std::ios::binary) << packed;
    raw_bytes += text.size();
    packed_bytes += packed.size();
    derate::fleet::write_node_end(
        where, {name,
                "2026-11-30T10:00:00Z",
                "2026-11-30T10:10:00Z",
                0,
                "",
                {{derate::fleet::kShardFile, static_cast<std::int64_t>(packed.size()),
                  derate::fleet::xxh3_128_of(packed)}}});
  }

  std::size_t raw_bytes = 0;
  std::size_t packed_bytes = 0;

 private:
  void add_gpu(const Place& place, double of_node, std::string& text) {
    Record record;
    fill_device(place, record);
    const bool is_slow = place.node == 6 && place.gpu == 3;
    const double of_gpu = of_node + 0.007 * normal_(random_);
    for (int round = 0; round < rounds_; ++round) {
      for (int row = 0; row < kRows; ++row) {
        fill_row(row, record);
        const double slow = is_slow && row < 15 ? std::log(0.92) : 0;
        const double level = (row < 15 ? of_gpu : 0) + slow + 0.003 * normal_(random_);
        fill_samples(level, row, record);
        record.time_utc = "2026-11-30T10:0" + std::to_string(round) + ":00Z";
        text += to_json_line(record);
        text += '\n';
      }
    }
  }

  void fill_samples(double level, int row, Record& record) {
    record.samples_s.clear();
    record.clocks_hz.clear();
    record.powers_w.clear();
    record.temperatures_c.clear();
    for (int i = 0; i < kSamples; ++i) {
      record.samples_s.push_back(time_of(row) * std::exp(-level + 0.002 * normal_(random_)));
      record.clocks_hz.push_back(1.7e9 * std::exp(level + 0.001 * normal_(random_)));
      record.powers_w.push_back(std::round(690 + 5 * normal_(random_)));
      record.temperatures_c.push_back(std::round(62 + normal_(random_)));
    }
    record.power_w = record.powers_w.back();
    record.temperature_c = record.temperatures_c.back();
    record.energy_j = 400;
    record.energy_time_s = 0.6;
  }

  std::filesystem::path folder_;
  int rounds_;
  std::mt19937_64 random_{20261130};
  std::normal_distribution<double> normal_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') {
    std::fprintf(stderr, "derate_make_fleet FOLDER [NODES] [GPUS_OF_NODE] [ROUNDS]\n");
    return 2;
  }
  const auto number = [&](int at, int otherwise) {
    return argc > at ? std::atoi(argv[at]) : otherwise;
  };
  const int nodes = number(2, 2048);
  derate::fleet::FleetManifest manifest{"0.1.0", "slurm", "2026-11-30T09:59:00Z", {}, nodes,
                                        {},      {}};
  for (int node = 0; node < nodes; ++node) manifest.nodes.push_back("n" + std::to_string(node + 1));
  std::filesystem::create_directories(argv[1]);
  derate::fleet::write_manifest(argv[1], manifest);
  FleetWriter writer(argv[1], number(4, 5));
  for (int node = 0; node < nodes; ++node) writer.write_node(node, number(3, 8));
  std::printf("%.2f GB of records in %.2f GB of shards\n",
              static_cast<double>(writer.raw_bytes) / 1e9,
              static_cast<double>(writer.packed_bytes) / 1e9);
}
