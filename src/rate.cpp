// SPDX-License-Identifier: Apache-2.0
#include "derate/rate.h"

#include <algorithm>
#include <array>

namespace derate {
namespace {

// Columns hold multiply-adds per compute unit and clock. kNone: the unit is not there. kUnsure: it
// is there, but we hold no source for its rate, or sources contradict each other; no peak is made
// of it.
constexpr double kNone = 0;
constexpr double kUnsure = -1;

constexpr std::string_view kGuide =
    "CUDA C++ Programming Guide, throughput of native arithmetic instructions";
constexpr std::string_view kGuide13 =
    "CUDA C++ Best Practices Guide 13, throughput of native arithmetic instructions";
constexpr std::string_view kAmdGuide = "AMD Software Optimization Guide for the family";
constexpr std::string_view kIntelGuide = "Intel Optimization Reference Manual";

struct VectorRow {
  std::string_view architecture;
  double f64;
  double f32;
  double f16;   // packed, two results an instruction
  double bf16;  // likewise
  double i32;   // IMAD
  double dp4a;  // four products of 8-bit integers an instruction
  std::string_view source;
};

// Lanes that drivers and data sheets call "cores" are the f32 column. dp4a runs at the rate of IMAD
// from 7.0 on; on 6.1 at that of FFMA (P40 data sheet: 47 TOPS). The guide of CUDA 11 prints f16 of
// 8.6 and 8.9 twice as high as the GA102 and Ada white papers; measurements agree with the latter.
// 10.3: f64 is 1/64 of f32 (measured on a B300: 1.18 TFLOP/s), which no guide states yet.
constexpr std::array kVectorRates = {
    VectorRow{"sm_60", 32, 64, 128, kNone, kNone, kNone, kGuide},
    VectorRow{"sm_61", 4, 128, 2, kNone, kNone, 512, kGuide},
    VectorRow{"sm_62", 4, 128, 256, kNone, kNone, kUnsure, kGuide},
    VectorRow{"sm_70", 32, 64, 128, kNone, 64, 256, kGuide},
    VectorRow{"sm_72", kUnsure, 64, 128, kNone, 64, 256, kGuide},
    VectorRow{"sm_75", 2, 64, 128, kNone, 64, 256, kGuide},
    VectorRow{"sm_80", 32, 64, 256, 128, 64, 256, kGuide},
    VectorRow{"sm_86", 2, 128, 128, 128, 64, 256, kGuide},
    VectorRow{"sm_87", 2, 128, 256, kUnsure, 64, 256, kGuide},
    VectorRow{"sm_89", 2, 128, 128, 128, 64, 256, kGuide},
    VectorRow{"sm_90", 64, 128, 256, 256, 64, 256, kGuide},
    VectorRow{"sm_100", 64, 128, 128, kUnsure, 64, 256, kGuide13},
    VectorRow{"sm_103", kUnsure, 128, kUnsure, kUnsure, kUnsure, kUnsure, kGuide13},
    VectorRow{"sm_120", 2, 128, 128, kUnsure, 64, kUnsure, kGuide13},
    VectorRow{"sm_121", 2, 128, 128, kUnsure, 64, kUnsure, kGuide13},
    // CPUs, per core: vector width / element size x FMA pipes.
    VectorRow{"zen", 4, 8, kNone, kNone, kNone, kNone, kAmdGuide},           // 2 x 128 bits
    VectorRow{"zen2", 8, 16, kNone, kNone, kNone, kNone, kAmdGuide},         // 2 x 256
    VectorRow{"zen3", 8, 16, kNone, kNone, kNone, kNone, kAmdGuide},         // 2 x 256
    VectorRow{"zen4", 8, 16, kNone, kNone, kNone, kNone, kAmdGuide},         // 2 x 256; 512 in two
    VectorRow{"zen5", 16, 32, kNone, kNone, kNone, kNone, kAmdGuide},        // 2 x 512
    VectorRow{"zen5_mobile", 8, 16, kNone, kNone, kNone, kNone, kAmdGuide},  // 2 x 256
    VectorRow{"haswell", 8, 16, kNone, kNone, kNone, kNone, kIntelGuide},    // 2 x 256; Broadwell
    VectorRow{"skylake", 8, 16, kNone, kNone, kNone, kNone, kIntelGuide},    // 2 x 256; client
    VectorRow{"skylake_sp", 16, 32, kNone, kNone, kNone, kNone, kIntelGuide},  // 2 x 512
    VectorRow{"icelake", 8, 16, kNone, kNone, kNone, kNone, kIntelGuide},      // 1 x 512; client
    VectorRow{"icelake_sp", 16, 32, kNone, kNone, kNone, kNone, kIntelGuide},  // 2 x 512
    VectorRow{"sapphire_rapids", 16, 32, kNone, kNone, kNone, kNone, kIntelGuide},  // 2 x 512
};

struct TensorRow {
  std::string_view architecture;
  std::string_view instruction;  // that reaches these rates
  double f64;
  double tf32;
  double f16;      // accumulated in f32
  double f16_f16;  // accumulated in f16
  double bf16;
  double fp8;
  double fp8_f16;
  double fp4;
  double i8;
  double geforce;  // what is left on GeForce of tf32, f16, bf16 and fp8 accumulated in f32
  std::string_view source;
};

constexpr double kAll = 1;
constexpr double kHalf = 0.5;

// Dense rates; vendors also quote twice these for 2:4 sparse operands. f64 on tensor units is
// mma.sync on every chip. On Blackwell GeForce, block-scaled fp8 runs at the full rate.
constexpr std::array kTensorRates = {
    TensorRow{"sm_70", "mma.sync", kNone, kNone, 512, 512, kNone, kNone, kNone, kNone, kNone, kAll,
              "V100 data sheet: 125 TFLOP/s at 1.53 GHz"},
    TensorRow{"sm_72", "mma.sync", kNone, kNone, 512, 512, kNone, kNone, kNone, kNone, 1024, kAll,
              "Jetson AGX Xavier data sheet: 11 TFLOP/s f16, 22 TOPS int8"},
    TensorRow{"sm_75", "mma.sync", kNone, kNone, 512, 512, kNone, kNone, kNone, kNone, 1024, kHalf,
              "T4 data sheet: 65 TFLOP/s f16, 130 TOPS int8; Turing white paper for GeForce"},
    TensorRow{"sm_80", "mma.sync", 64, 512, 1024, 1024, 1024, kNone, kNone, kNone, 2048, kAll,
              "A100 data sheet, exact at 1.41 GHz"},
    TensorRow{"sm_86", "mma.sync", kNone, 256, 512, 512, 512, kNone, kNone, kNone, 1024, kHalf,
              "A10 data sheet, exact at 1.695 GHz; GA102 white paper for GeForce"},
    TensorRow{"sm_87", "mma.sync", kNone, kUnsure, 1024, 1024, kUnsure, kNone, kNone, kNone, 2048,
              kAll, "Jetson AGX Orin data sheet: 42.5 TFLOP/s f16, 85 TOPS int8 dense"},
    TensorRow{"sm_89", "mma.sync", kNone, 256, 512, 512, 512, 1024, 1024, kNone, 1024, kHalf,
              "L40S data sheet, exact at 2.52 GHz; Ada white paper for GeForce"},
    TensorRow{"sm_90", "wgmma", 128, 1024, 2048, 2048, 2048, 4096, kUnsure, kNone, 4096, kAll,
              "H100 data sheet, exact at its tensor clock"},
    TensorRow{"sm_100", "tcgen05", 64, 2048, 4096, 4096, 4096, 8192, kUnsure, 16384, 8192, kAll,
              "B200 data sheet: 2250 TFLOP/s bf16, 9000 fp4"},
    TensorRow{"sm_103", "tcgen05", kUnsure, 2048, 4096, 4096, 4096, 8192, kUnsure, kUnsure, kUnsure,
              kAll, "as sm_100 where B300's data sheet agrees"},
    TensorRow{"sm_120", "mma.sync", kNone, 256, 512, 512, 512, 1024, 1024, 2048, 1024, kHalf,
              "RTX Blackwell white paper; GeForce measured at 512 and 256 per SM and clock"},
};

/// A column of a table: which precision, which accumulator, under which instruction.
template <typename Row>
struct ColumnOf {
  double Row::*member;
  Precision operands;
  Precision accumulator;
  std::string_view instruction;  // empty: the row's
  bool halved = false;           // on GeForce
};

constexpr std::array kVectorColumns = {
    ColumnOf<VectorRow>{&VectorRow::f64, Precision::f64, Precision::f64, "DFMA"},
    ColumnOf<VectorRow>{&VectorRow::f32, Precision::f32, Precision::f32, "FFMA"},
    ColumnOf<VectorRow>{&VectorRow::f16, Precision::f16, Precision::f16, "HFMA2"},
    ColumnOf<VectorRow>{&VectorRow::bf16, Precision::bf16, Precision::bf16, "HFMA2.BF16"},
    ColumnOf<VectorRow>{&VectorRow::i32, Precision::i32, Precision::i32, "IMAD"},
    ColumnOf<VectorRow>{&VectorRow::dp4a, Precision::i8, Precision::i32, "DP4A"}};

constexpr std::array kTensorColumns = {
    ColumnOf<TensorRow>{&TensorRow::f64, Precision::f64, Precision::f64, "mma.sync"},
    ColumnOf<TensorRow>{&TensorRow::tf32, Precision::tf32, Precision::f32, "", true},
    ColumnOf<TensorRow>{&TensorRow::f16, Precision::f16, Precision::f32, "", true},
    ColumnOf<TensorRow>{&TensorRow::f16_f16, Precision::f16, Precision::f16, ""},
    ColumnOf<TensorRow>{&TensorRow::bf16, Precision::bf16, Precision::f32, "", true},
    ColumnOf<TensorRow>{&TensorRow::fp8, Precision::fp8, Precision::f32, "", true},
    ColumnOf<TensorRow>{&TensorRow::fp8_f16, Precision::fp8, Precision::f16, ""},
    ColumnOf<TensorRow>{&TensorRow::fp4, Precision::fp4, Precision::f32, ""},
    ColumnOf<TensorRow>{&TensorRow::i8, Precision::i8, Precision::i32, ""}};

template <typename Rows>
const auto* find_row(const Rows& rows, const std::string& architecture) {
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const auto& candidate) {
    return candidate.architecture == architecture;
  });
  return row == rows.end() ? nullptr : &*row;
}

bool is_gpu(const std::string& architecture) { return architecture.starts_with("sm_"); }

/// The column's instruction, but where another one of the same arithmetic is needed for the rate:
/// data-centre Blackwell reaches its f32 rate with two multiply-adds an instruction only.
std::string vector_instruction(const std::string& architecture, const ColumnOf<VectorRow>& column) {
  if (!is_gpu(architecture)) return "vector FMA";
  const bool packed_f32 = architecture == "sm_100" || architecture == "sm_103";
  if (packed_f32 && column.operands == Precision::f32) return "FFMA2";
  return std::string(column.instruction);
}

}  // namespace

ProductClass product_class_of(std::string_view product_name) {
  return product_name.find("GeForce") == std::string_view::npos ? ProductClass::professional
                                                                : ProductClass::geforce;
}

std::vector<Rate> rates_of(const std::string& architecture, ProductClass product_class) {
  std::vector<Rate> rates;
  if (const VectorRow* const row = find_row(kVectorRates, architecture)) {
    for (const auto& column : kVectorColumns) {
      const double rate = row->*column.member;
      if (rate <= 0) continue;
      rates.push_back({Units::vector, vector_instruction(architecture, column), column.operands,
                       column.accumulator, rate, std::string(row->source)});
    }
  }
  if (const TensorRow* const row = find_row(kTensorRates, architecture)) {
    for (const auto& column : kTensorColumns) {
      const bool halved = column.halved && product_class == ProductClass::geforce;
      const double rate = row->*column.member * (halved ? row->geforce : 1);
      if (rate <= 0) continue;
      const std::string_view instruction =
          column.instruction.empty() ? row->instruction : column.instruction;
      rates.push_back({Units::tensor, std::string(instruction), column.operands, column.accumulator,
                       rate, std::string(row->source)});
    }
  }
  return rates;
}

std::optional<Rate> fma_rate(const std::string& architecture, Precision precision, Units units,
                             ProductClass product_class) {
  // Columns with the more precise accumulator stand first.
  for (Rate& rate : rates_of(architecture, product_class)) {
    if (rate.units == units && rate.operands == precision) return std::move(rate);
  }
  return std::nullopt;
}

}  // namespace derate
