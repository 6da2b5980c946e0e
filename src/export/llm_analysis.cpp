// SPDX-License-Identifier: Apache-2.0
// A GPU configuration of llm-analysis (cli99/llm-analysis, gpu_configs/*.json). It refuses fields
// that it does not know, and takes efficiencies as options: they are a note. It splits every
// figure into a peak and one efficiency, which it wants above 0 and at most 1.
#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "derate/error.h"
#include "export/forms.h"

namespace derate::exports {
namespace {

using Json = nlohmann::ordered_json;

/// The large products tell what a training step gets: at least a quarter of the work of the
/// largest.
struct Share {
  Peak peak;
  double efficiency = kUnknown;
};
Share share_of(const std::vector<Product>& products) {
  std::vector<const Row*> rows;
  std::vector<double> rates;
  for (const Product& product : products) {
    rows.push_back(product.row);
    if (product.flops >= products.back().flops / 4) rates.push_back(product.row->achieved.value);
  }
  const Peak peak = peak_above(rows);
  return {peak, median(rates) / peak.per_s};
}

Json or_null(double value) { return value > 0 ? Json(value) : Json(nullptr); }

}  // namespace

Exported llm_analysis(const Measured& measured) {
  std::vector<Product> half = products(measured, "bf16");
  if (half.empty()) half = products(measured, "f16");
  if (half.empty()) {
    throw Error(ExitCode::invalid_input,
                "llm-analysis needs the rate of 16-bit products: the records hold no gemm in bf16 "
                "or f16");
  }
  const std::vector<const Row*> stream = streams(measured);
  if (stream.empty()) {
    throw Error(ExitCode::invalid_input,
                "llm-analysis needs the bandwidth of memory: the records hold no such row, as of "
                "vector_add");
  }
  const Share share = share_of(half);
  const Peak memory = peak_above(stream);
  const Row* const peer = largest(measured, "transfer", "peer");
  const std::vector<Product> bytes = products(measured, "i8");

  Json json;
  json["name"] = measured.device->device_name;
  json["mem_per_GPU_in_GB"] = or_null(measured.device->memory_bytes / 1e9);
  json["hbm_bandwidth_in_GB_per_sec"] = memory.per_s / 1e9;
  json["intra_node_bandwidth_in_GB_per_sec"] =
      or_null(peer != nullptr ? peer->achieved.value / 1e9 : kUnknown);
  json["intra_node_min_message_latency"] = nullptr;
  json["peak_fp16_TFLOPS"] = share.peak.per_s / 1e12;
  if (!bytes.empty()) json["peak_i8_TFLOPS"] = share_of(bytes).peak.per_s / 1e12;

  Exported exported{dumped(json, 2) + "\n", {}};
  exported.notes = {
      fmt::format(
          "options to give with it: --flops_efficiency {:.4f} --hbm_memory_efficiency {:.4f}",
          share.efficiency, stream_bytes_per_s(stream) / memory.per_s),
      fmt::format("peak_fp16_TFLOPS: of {}, {}; the efficiency is that of products of at least a "
                  "quarter of {:.3g} GFLOP",
                  half.front().row->precision, share.peak.what, half.back().flops / 1e9),
      "intra_node_min_message_latency is not measured: fill it in to split a model over several "
      "GPUs"};
  if (peer == nullptr) {
    exported.notes.emplace_back(
        "intra_node_bandwidth_in_GB_per_sec: no copy between GPUs was measured");
  }
  return exported;
}

}  // namespace derate::exports
