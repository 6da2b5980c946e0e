// SPDX-License-Identifier: Apache-2.0
// Times a history of 4.5 million samples: 10,000 processes of 50 benchmarks with 9 samples each,
// as one import and as sessions of 100 processes, and prints its size.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "history/history.h"

namespace {

using derate::BenchmarkResult;
using derate::ProcessReport;

constexpr int kProcesses = 10'000;
constexpr int kBenchmarks = 50;
constexpr int kSamples = 9;

std::vector<ProcessReport> reports() {
  std::mt19937_64 random(1);
  std::normal_distribution<double> noise(0, 0.005);
  std::vector<ProcessReport> all(kProcesses);
  for (ProcessReport& report : all) {
    report.environments = {{{{"device_name", "Example GPU", true}, {"driver_version", "1", true}}}};
    for (int benchmark = 0; benchmark < kBenchmarks; ++benchmark) {
      BenchmarkResult& one = report.results.emplace_back();
      one.benchmark = "cuda/gemm/tiled/f32";
      one.problem = "n:" + std::to_string(benchmark);
      one.amount = 1.37438953472e11;
      one.amount_unit = "FLOP";
      one.clock_hz = 1.98e9 * (1 + noise(random));
      one.code_hash = "0123456789abcdef";
      for (int sample = 0; sample < kSamples; ++sample) {
        one.samples_s.push_back(0.0043 * (1 + noise(random)));
      }
      one.time_s = one.samples_s[kSamples / 2];
    }
  }
  return all;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main(int argc, char** argv) {
  const std::filesystem::path folder =
      argc > 1 ? std::filesystem::path(argv[1]) : std::filesystem::temp_directory_path();
  const std::filesystem::path path = folder / "derate-history-speed.sqlite";
  const std::vector<ProcessReport> all = reports();
  for (const std::size_t share : {all.size(), std::size_t{100}}) {
    std::filesystem::remove(path);
    derate::history::History history(path, derate::history::Access::create);
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t at = 0; at < all.size(); at += share) {
      (void)history.add({"", std::to_string(at), "", "add", ""}, std::span(all).subspan(at, share));
    }
    const double written_s = seconds_since(start);
    const auto middle = std::chrono::steady_clock::now();
    const auto series = history.series(1000);
    std::printf("%zu transactions: %.2f s to write, %.1f MB, %.2f s to read %zu series\n",
                all.size() / share, written_s,
                static_cast<double>(std::filesystem::file_size(path)) / 1e6, seconds_since(middle),
                series.series.size());
  }
  std::filesystem::remove(path);
}
