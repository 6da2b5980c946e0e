// SPDX-License-Identifier: Apache-2.0
// A GPU architecture file of TraceLens (AMD-AGI/TraceLens, examples/gpu_arch_example.md): the rates
// that no operation of a trace exceeds, as its own microbench.py measures them, so each is that of
// the fastest row. Operations of a key that is not there get no roofline.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/json.h"
#include "derate/error.h"
#include "export/forms.h"

namespace derate::exports {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kDigits = 6;  // more than was measured

/// Its names of ours, which it takes from PyTorch's types.
struct TypeName {
  const char* ours;
  const char* theirs;
};
constexpr TypeName kMatrixTypes[] = {{"f16", "fp16"}, {"bf16", "bf16"}, {"f32", "fp32"},
                                     {"f64", "fp64"}, {"fp8", "fp8"},   {"fp4", "fp4"},
                                     {"i8", "int8"}};
constexpr TypeName kVectorTypes[] = {
    {"f16", "fp16"}, {"bf16", "bf16"}, {"f32", "fp32"}, {"f64", "fp64"}};

double fastest_product(const Measured& measured, std::string_view precision) {
  double per_s = kUnknown;
  for (const Product& product : products(measured, precision)) {
    per_s = std::fmax(per_s, product.row->achieved.value);
  }
  return per_s;
}

double fastest_chain(const Measured& measured, std::string_view precision) {
  double per_s = kUnknown;
  for (const Row* row : measured.rows) {
    if (row->workload != "fma_chain" || row->precision != precision) continue;
    per_s = std::fmax(per_s, row->achieved.value);
  }
  return per_s;
}

/// Small arrays may lie in a cache, so that only those count that move at least half as much as the
/// largest.
double fastest_stream(const std::vector<const Row*>& streams) {
  double per_s = 0;
  for (const Row* row : streams) {
    if (row->amount >= streams.back()->amount / 2) per_s = std::max(per_s, row->achieved.value);
  }
  return per_s;
}

/// The rates by its names, and the names of those that were not measured.
struct Rates {
  Json tflops = Json::object();
  std::vector<std::string> missing;

  void add(const std::string& name, double per_s) {
    if (per_s > 0) {
      tflops[name] = number_of_digits(per_s / 1e12, kDigits);
    } else {
      missing.push_back(name);
    }
  }
};

Rates rates_of(const Measured& measured) {
  Rates rates;
  for (const TypeName& type : kMatrixTypes) {
    rates.add(fmt::format("matrix_{}", type.theirs), fastest_product(measured, type.ours));
  }
  for (const TypeName& type : kVectorTypes) {
    rates.add(fmt::format("vector_{}", type.theirs), fastest_chain(measured, type.ours));
  }
  return rates;
}

}  // namespace

Exported tracelens(const Measured& measured) {
  const std::vector<const Row*> stream = streams(measured);
  if (stream.empty()) {
    throw Error(ExitCode::invalid_input,
                "tracelens needs the bandwidth of memory: the records hold no such row, as of "
                "vector_add");
  }
  const Rates rates = rates_of(measured);
  if (rates.tflops.empty()) {
    throw Error(ExitCode::invalid_input,
                "tracelens needs rates of arithmetic: the records hold no gemm or fma_chain in a "
                "precision that it knows");
  }
  const Context& device = *measured.device;
  Exported exported;
  Json json;
  json["name"] = device.device_name;
  json["mem_bw_gbps"] = number_of_digits(fastest_stream(stream) / 1e9, kDigits);
  if (device.memory_bytes > 0) {
    json["memory_gb"] = number_of_digits(device.memory_bytes / 1073741824, kDigits);
  } else {
    exported.notes.emplace_back("memory_gb is not known, and so left out");
  }
  json["max_achievable_tflops"] = rates.tflops;
  json["_reference"] =
      fmt::format("measured by derate {} ({})", device.tool_version, measured.mode);
  exported.text = dumped(json, 2) + "\n";
  if (!rates.missing.empty()) {
    exported.notes.push_back(
        fmt::format("not measured, and so left out: {}", fmt::join(rates.missing, ", ")));
  }
  const double tf32 = fastest_product(measured, "tf32");
  if (tf32 > 0) {
    exported.notes.push_back(fmt::format(
        "matrix_fp32 is of f32 products, as PyTorch makes them unless TF32 is allowed: for a trace "
        "with TF32 put {:.4g}",
        tf32 / 1e12));
  }
  return exported;
}

}  // namespace derate::exports
