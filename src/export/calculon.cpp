// SPDX-License-Identifier: Apache-2.0
// A system file of calculon (calculon-ai/calculon, systems/*.json): efficiency as steps over the
// size of an operation. It charges memory by itself, so that the steps of `matrix` are made of
// products above the ridge, where memory does not bound them.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/json.h"
#include "base/units.h"
#include "derate/error.h"
#include "export/forms.h"

namespace derate::exports {
namespace {

using Json = nlohmann::ordered_json;

/// Its names of ours, the ones that it knows.
struct Name {
  const char* ours;
  const char* theirs;
};
constexpr Name kNames[] = {
    {"fp8", "float8"}, {"f16", "float16"}, {"bf16", "bfloat16"}, {"f32", "float32"}};

/// Six digits are more than was measured, and leave a file that can be read.
double rounded(double value) {
  if (!(std::abs(value) > 0)) return value;
  const double scale = std::pow(10, 5 - std::floor(std::log10(std::abs(value))));
  return std::round(value * scale) / scale;
}

Json json_of(const std::vector<Step>& steps, double unit) {
  Json json = Json::array();
  for (const Step& step : steps) {
    json.push_back({rounded(step.at_least / unit), rounded(std::min(1.0, step.efficiency))});
  }
  return json;
}

std::vector<const Row*> rows_of(const std::vector<Product>& products) {
  std::vector<const Row*> rows;
  for (const Product& product : products) rows.push_back(product.row);
  return rows;
}

std::string note_of(std::string_view what, const Peak& peak) {
  return fmt::format("{}: the peak is {}", what, peak.what);
}

Json matrix(const Measured& measured, double bytes_per_s, std::vector<std::string>& notes) {
  Json json = Json::object();
  for (const Name& name : kNames) {
    const std::vector<Product> all = products(measured, name.ours);
    if (all.empty()) continue;
    const Peak peak = peak_above(rows_of(all));
    std::vector<Point> above;
    std::vector<Point> every;
    for (const Product& product : all) {
      const Point point{product.flops, product.row->achieved.value / peak.per_s};
      every.push_back(point);
      if (product.flops / product.bytes > peak.per_s / bytes_per_s) above.push_back(point);
    }
    if (above.empty()) {
      notes.push_back(
          fmt::format("matrix {}: no product lies above the ridge, so that memory may "
                      "be charged twice",
                      name.theirs));
    }
    const std::vector<Step> curve = steps(above.empty() ? every : above);
    json[name.theirs] = {{"tflops", rounded(peak.per_s / 1e12)},
                         {"gflops_efficiency", json_of(curve, 1e9)}};
    notes.push_back(note_of(fmt::format("matrix {}", name.theirs), peak));
  }
  return json;
}

/// Of its units outside the matrix engine: chains of FMA, which say nothing of small operations.
Json vector(const Measured& measured, const Json& matrix, std::vector<std::string>& notes) {
  Json json = Json::object();
  const auto chain_of = [&](std::string_view precision) {
    std::vector<const Row*> rows;
    for (const Row* row : measured.rows) {
      if (row->workload == "fma_chain" && row->precision == precision) rows.push_back(row);
    }
    return rows;
  };
  for (const Name& name : kNames) {
    if (!matrix.contains(name.theirs)) continue;
    std::vector<const Row*> chain = chain_of(name.ours);
    if (chain.empty()) chain = chain_of("f32");
    if (chain.empty()) continue;
    const Peak peak = peak_above(chain);
    double best = 0;
    for (const Row* row : chain) best = std::max(best, row->achieved.value);
    json[name.theirs] = {{"tflops", rounded(peak.per_s / 1e12)},
                         {"gflops_efficiency", {{0, rounded(best / peak.per_s)}}}};
  }
  if (json.empty()) {
    throw Error(ExitCode::invalid_input,
                "calculon needs the rate of vector units: the records hold no fma_chain in f32");
  }
  notes.emplace_back("vector: one efficiency for every size, since chains of FMA have no size");
  return json;
}

Json memory(const Measured& measured, const std::vector<const Row*>& rows,
            std::vector<std::string>& notes) {
  const Peak peak = peak_above(rows);
  std::vector<Point> points;
  for (const Row* row : rows) points.push_back({row->amount, row->achieved.value / peak.per_s});
  notes.push_back(note_of("mem1", peak));
  return {{"GiB", rounded(measured.device->memory_bytes / 1073741824)},
          {"GBps", rounded(peak.per_s / 1e9)},
          {"MB_efficiency", json_of(steps(points), 1e6)}};
}

/// Where tensors are moved off to: the host's memory, through pinned buffers.
Json offload(const Measured& measured, std::vector<std::string>& notes) {
  const Row* const transfer = largest(measured, "transfer", "pinned_to_device");
  notes.emplace_back("mem2: of size 0, since how much host memory is free for it is not known" +
                     std::string(transfer ? "" : "; no copy from the host was measured"));
  const Row* const rows[] = {transfer};
  const double per_s = transfer != nullptr ? peak_above(rows).per_s : 1e9;
  const double efficiency = transfer != nullptr ? transfer->achieved.value / per_s : 1;
  return {
      {"GiB", 0}, {"GBps", rounded(per_s / 1e9)}, {"MB_efficiency", {{0, rounded(efficiency)}}}};
}

/// Peers in one machine. `[scalar, offset]` of each operation are those of rings, as in its own
/// files.
Json networks(const Measured& measured, std::vector<std::string>& notes) {
  const Row* const peer = largest(measured, "transfer", "peer");
  if (peer == nullptr) {
    notes.emplace_back(
        "networks: empty, since no copy between GPUs was measured; take them from another system "
        "file to split a model over several");
    return Json::array();
  }
  notes.emplace_back("networks: one pair of GPUs, bandwidth as measured, latency not measured");
  return Json::array({{{"bandwidth", rounded(peer->achieved.value / 1e9)},
                       {"efficiency", 1.0},
                       {"size", 2},
                       {"latency", 0.0},
                       {"ops",
                        {{"p2p", {1.0, nullptr}},
                         {"reduce_scatter", {1.0, 0}},
                         {"all_gather", {1.0, 0}},
                         {"all_reduce", {1.0, 1}}}},
                       {"must_be_filled", true},
                       {"processor_usage", 0.0}}});
}

}  // namespace

Exported calculon(const Measured& measured) {
  Exported exported;
  std::vector<std::string>& notes = exported.notes;
  const std::vector<const Row*> stream = streams(measured);
  if (stream.empty()) {
    throw Error(ExitCode::invalid_input,
                "calculon needs the bandwidth of memory: the records hold no such row, as of "
                "vector_add");
  }
  Json json;
  json["matrix"] = matrix(measured, stream_bytes_per_s(stream), notes);
  if (json["matrix"].empty()) {
    throw Error(
        ExitCode::invalid_input,
        "calculon needs matrix products: the records hold no gemm in fp8, f16, bf16 or f32");
  }
  json["vector"] = vector(measured, json["matrix"], notes);
  json["mem1"] = memory(measured, stream, notes);
  json["mem2"] = offload(measured, notes);
  json["processing_mode"] = "roofline";
  json["networks"] = networks(measured, notes);
  exported.text = dumped(json, 2) + "\n";
  return exported;
}

}  // namespace derate::exports
