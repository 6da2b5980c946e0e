// SPDX-License-Identifier: Apache-2.0
// The rates themselves, in multiply-adds per compute unit and clock, for vector and tensor units,
// each with the document that states it.
#include "hardware/rate.h"

#include <algorithm>
#include <array>

#include "hardware/rate_sources.h"

namespace derate {
namespace {

using namespace rate_sources;

constexpr ProductClass kPro = ProductClass::professional;
constexpr ProductClass kGeForce = ProductClass::geforce;

// Columns hold multiply-adds per compute unit and clock. kNone: the unit is not there. kUnsure: it
// is there, but we hold no source for its rate, or sources contradict each other; no peak is made
// of it.
constexpr double kNone = 0;
constexpr double kUnsure = -1;

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

// Lanes that drivers and data sheets call "cores" are the f32 column. The sources of the columns
// that no guide gives stand in kOtherSources.
constexpr std::array kVectorRates = {
    // sm_13 rounds the product of a multiply-add: two operations all the same. sm_20 and sm_35 do
    // f64 at one rate on GeForce boards and at another on the rest.
    VectorRow{"sm_13", kUnsure, 8, kNone, kNone, kNone, kNone, kGt200},
    VectorRow{"sm_20", kUnsure, 32, kNone, kNone, 16, kNone, kGuide},
    VectorRow{"sm_30", 8, 192, kNone, kNone, 32, kNone, kGuide},
    VectorRow{"sm_35", kUnsure, 192, kNone, kNone, 32, kNone, kGuide},
    VectorRow{"sm_37", 64, 192, kNone, kNone, 32, kNone, kGuide},
    VectorRow{"sm_52", 4, 128, kNone, kNone, kNone, kNone, kGuide},
    VectorRow{"sm_53", 4, 128, 256, kNone, kNone, kNone, kGuide},
    VectorRow{"sm_60", 32, 64, 128, kNone, kNone, kNone, kGuide},
    VectorRow{"sm_61", 4, 128, 2, kNone, kNone, 512, kGuide},
    VectorRow{"sm_62", 4, 128, 256, kNone, kNone, kUnsure, kGuide},
    VectorRow{"sm_70", 32, 64, 128, kNone, 64, kUnsure, kGuide},
    VectorRow{"sm_72", kUnsure, 64, 128, kNone, 64, kUnsure, kGuide},
    VectorRow{"sm_75", 2, 64, 128, kNone, 64, 256, kGuide},
    VectorRow{"sm_80", 32, 64, 256, 128, 64, 256, kGuide},
    VectorRow{"sm_86", 2, 128, 128, 128, 64, 256, kGuide},
    VectorRow{"sm_87", 2, 128, 256, kUnsure, 64, 256, kGuide},
    VectorRow{"sm_89", 2, 128, 128, 128, 64, 256, kGuide},
    VectorRow{"sm_90", 64, 128, 256, 256, 64, 256, kGuide},
    VectorRow{"sm_100", 64, 128, 128, kUnsure, 64, kUnsure, kGuide13},
    VectorRow{"sm_103", 2, 128, 128, kUnsure, kUnsure, kUnsure, kGuide13},
    VectorRow{"sm_110", kUnsure, 128, kUnsure, kUnsure, kUnsure, kUnsure, kThorManual},
    VectorRow{"sm_120", 2, 128, 128, kUnsure, 64, kUnsure, kGuide13},
    VectorRow{"sm_121", 2, 128, 128, kUnsure, 64, kUnsure, kGuide13},
    // AMD's GPUs, per compute unit. Packed instructions of cdna2 do twice as many of f32.
    VectorRow{"cdna2", 64, 64, kUnsure, kNone, kUnsure, kUnsure, kCdna2},
    VectorRow{"cdna3", 64, 128, kUnsure, kNone, kUnsure, kUnsure, kCdna3},
    VectorRow{"cdna4", 64, 128, kUnsure, kNone, kUnsure, kUnsure, kCdna4},
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
    VectorRow{"neoverse_n1", 4, 8, kNone, kNone, kNone, kNone, kNeoverseN1},        // 2 x 128
    VectorRow{"neoverse_n2", 4, 8, kNone, kNone, kNone, kNone, kNeoverseN2},        // 2 x 128
    VectorRow{"neoverse_v1", 8, 16, kNone, kNone, kNone, kNone, kNeoverseV1},  // 4 x 128, 2 x 256
    VectorRow{"neoverse_v2", 8, 16, kNone, kNone, kNone, kNone, kNeoverseV2},  // 4 x 128
    VectorRow{"cortex_a78ae", 4, 8, kNone, kNone, kNone, kNone, kCortexA78},   // 2 x 128
    VectorRow{"cortex_a720", 4, 8, kNone, kNone, kNone, kNone, kCortexA720},   // 2 x 128
};

/// Where a column has another source than its row; an empty architecture stands for all others.
struct OtherSource {
  std::string_view architecture;
  Precision operands;
  std::string_view source;
};

constexpr std::array kOtherSources = {
    OtherSource{"sm_61", Precision::i8, "P40 data sheet: 47 TOPS int8"},
    OtherSource{"", Precision::i8, "issued to the pipe of IMAD, at its rate"},
    OtherSource{
        "sm_86", Precision::f16,
        "GA102 white paper: as f32, which measurements confirm; the guide of CUDA 11 prints "
        "twice that"},
    OtherSource{"sm_89", Precision::f16, "Ada white paper: as f32"},
    OtherSource{
        "sm_103", Precision::f64,
        "OpenCL-Benchmark measured 1.18 TFLOP/s on a B300, 1/64 of f32; no guide states it"},
    OtherSource{"sm_103", Precision::f16,
                "as sm_100; OpenCL-Benchmark measured 75.2 TFLOP/s on a B300; no guide states it"},
};

struct TensorRow {
  std::string_view architecture;
  ProductClass product_class;
  std::string_view instruction;  // that reaches these rates
  double f64;
  double tf32;
  double f16;      // accumulated in f32
  double f16_f16;  // accumulated in f16
  double bf16;
  double fp8;
  double fp8_scaled;  // by instructions that scale blocks of operands
  double fp8_f16;
  double fp4;
  double i8;
  std::string_view source;
  double f32 = kNone;  // of AMD's matrix units alone
};

// Dense rates; vendors also quote twice these for 2:4 sparse operands. f64 on NVIDIA's tensor
// units is mma.sync on every chip. A class without a row of its own has the rates of the
// professional one.
// clang-format off
constexpr std::array kTensorRates = {
    //                                              f64     tf32     f16 f16_f16  bf16     fp8     scaled   fp8_f16  fp4     i8
    TensorRow{"sm_70", kPro, "mma.sync",          kNone,   kNone,   512,  512,   kNone,   kNone,  kNone,   kNone,   kNone,  kNone,
              "V100 data sheet: 125 TFLOP/s at 1.53 GHz"},
    TensorRow{"sm_72", kPro, "mma.sync",          kNone,   kNone,   512,  512,   kNone,   kNone,  kNone,   kNone,   kNone,   1024,
              "Jetson AGX Xavier data sheet: 11 TFLOP/s f16, 22 TOPS int8"},
    TensorRow{"sm_75", kPro, "mma.sync",          kNone,   kNone,   512,  512,   kNone,   kNone,  kNone,   kNone,   kNone,   1024,
              "T4 data sheet: 65 TFLOP/s f16, 130 TOPS int8"},
    TensorRow{"sm_75", kGeForce, "mma.sync",      kNone,   kNone,   256,  512,   kNone,   kNone,  kNone,   kNone,   kNone,   1024,
              "Turing white paper: f32 accumulation at half the rate on GeForce"},
    TensorRow{"sm_80", kPro, "mma.sync",             64,     512,  1024, 1024,    1024,   kNone,  kNone,   kNone,   kNone,   2048,
              "A100 data sheet, exact at 1.41 GHz"},
    TensorRow{"sm_86", kPro, "mma.sync",          kNone,     256,   512,  512,     512,   kNone,  kNone,   kNone,   kNone,   1024,
              "A10 data sheet, exact at 1.695 GHz"},
    TensorRow{"sm_86", kGeForce, "mma.sync",      kNone,     128,   256,  512,     256,   kNone,  kNone,   kNone,   kNone,   1024,
              "GA102 white paper: f32 accumulation at half the rate on GeForce"},
    TensorRow{"sm_87", kPro, "mma.sync",          kNone, kUnsure,  1024, 1024, kUnsure,   kNone,  kNone,   kNone,   kNone,   2048,
              "Jetson AGX Orin data sheet: 42.5 TFLOP/s f16, 85 TOPS int8 dense"},
    TensorRow{"sm_89", kPro, "mma.sync",          kNone,     256,   512,  512,     512,    1024,  kNone,    1024,   kNone,   1024,
              "L40S data sheet, exact at 2.52 GHz"},
    TensorRow{"sm_89", kGeForce, "mma.sync",      kNone,     128,   256,  512,     256,     512,  kNone,    1024,   kNone,   1024,
              "Ada white paper: f32 accumulation at half the rate on GeForce"},
    TensorRow{"sm_90", kPro, "wgmma",               128,    1024,  2048, 2048,    2048,    4096,  kNone, kUnsure,   kNone,   4096,
              "H100 data sheet, exact at its tensor clock, f64 at its boost clock"},
    TensorRow{"sm_100", kPro, "tcgen05",             64,    2048,  4096, 4096,    4096,    8192,    8192, kUnsure,  16384,   8192,
              "B200 data sheet: 2250 TFLOP/s bf16, 9000 fp4; block-scaled fp8 as fp8, and fp4 twice "
              "that with block scales alone: CUTLASS, Blackwell functionality"},
    TensorRow{"sm_103", kPro, "tcgen05",        kUnsure,    2048,  4096, 4096,    4096,    8192, kUnsure, kUnsure,  24576, kUnsure,
              "as sm_100 where B300's data sheet agrees; fp4 at three times fp8: table of the GB300 "
              "NVL72, 1080 and 360 PFLOP/s"},
    TensorRow{"sm_110", kPro, "tcgen05",          kNone, kUnsure,  4096, kUnsure, kUnsure,  8192, kUnsure, kUnsure,  16384,   8192,
              "Jetson T5000 data sheet: 1035 TFLOP/s dense fp4, 517 dense fp8, sparse f16 and half of "
              "sparse int8; sm_110a is sm_100a but for stochastic rounding: flash-attention's pull "
              "request 2108"},
    TensorRow{"sm_120", kPro, "mma.sync",         kNone, kUnsure,   512,  512,     512,    1024,    1024,    1024,    2048,   1024,
              "RTX Blackwell white paper; 1024 FLOP of bf16 per SM and clock measured on an RTX PRO 6000"},
    TensorRow{"sm_120", kGeForce, "mma.sync",     kNone,     128,   256,  512,     256,     512,    1024,    1024,    2048,   1024,
              "RTX Blackwell white paper: f32 accumulation at half the rate on GeForce; block-scaled "
              "fp8 at the full one as measured on an RTX 5060, and fp4 as on an RTX 5090: 4095 FLOP "
              "per SM and clock (ninfer's pull request 160)"},
    // AMD's GPUs by compute unit, TPUs by matrix unit.
    TensorRow{"cdna2", kPro, "MFMA",             128,   kNone,    512, kUnsure,     512,  kNone,  kNone,   kNone,   kNone,    512,
              kCdna2, 128},
    TensorRow{"cdna3", kPro, "MFMA",             128,     512,   1024, kUnsure,    1024,   2048,  kNone,   kNone,   kNone,   2048,
              kCdna3, 128},
    TensorRow{"cdna4", kPro, "MFMA",              64,   kNone,   2048, kUnsure,    2048,   4096,  kNone,   kNone,    8192,   4096,
              kCdna4, 128},
    TensorRow{"tpu_v2", kPro, "MXU",           kNone,   kNone,  kNone,   kNone,   16384,  kNone,  kNone,   kNone,   kNone,  kNone,
              kMxu},
    TensorRow{"tpu_v3", kPro, "MXU",           kNone,   kNone,  kNone,   kNone,   16384,  kNone,  kNone,   kNone,   kNone,  kNone,
              kMxu},
    TensorRow{"tpu_v4", kPro, "MXU",           kNone,   kNone,  kNone,   kNone,   16384,  kNone,  kNone,   kNone,   kNone,  16384,
              kMxu},
    TensorRow{"tpu_v5e", kPro, "MXU",          kNone,   kNone,  kNone,   kNone,   16384,  kNone,  kNone,   kNone,   kNone,  32768,
              kMxu},
    TensorRow{"tpu_v5p", kPro, "MXU",          kNone,   kNone,  kNone,   kNone,   16384,  kNone,  kNone,   kNone,   kNone,  32768,
              kMxu},
};
// clang-format on

constexpr std::string_view kBlockScaled = "block_scale";

/// A column of a table: which precision, which accumulator, under which instruction.
template <typename Row>
struct ColumnOf {
  double Row::*member;
  Precision operands;
  Precision accumulator;
  std::string_view instruction;  // empty: the row's
};

constexpr std::array kVectorColumns = {
    ColumnOf<VectorRow>{&VectorRow::f64, Precision::f64, Precision::f64, "DFMA"},
    ColumnOf<VectorRow>{&VectorRow::f32, Precision::f32, Precision::f32, "FFMA"},
    ColumnOf<VectorRow>{&VectorRow::f16, Precision::f16, Precision::f16, "HFMA2"},
    ColumnOf<VectorRow>{&VectorRow::bf16, Precision::bf16, Precision::bf16, "HFMA2.BF16"},
    ColumnOf<VectorRow>{&VectorRow::i32, Precision::i32, Precision::i32, "IMAD"},
    ColumnOf<VectorRow>{&VectorRow::dp4a, Precision::i8, Precision::i32, "DP4A"}};

// Of one precision, the more precise accumulator stands first, and of one accumulator the
// instruction that takes any operands.
constexpr std::array kTensorColumns = {
    ColumnOf<TensorRow>{&TensorRow::f64, Precision::f64, Precision::f64, "mma.sync"},
    ColumnOf<TensorRow>{&TensorRow::f32, Precision::f32, Precision::f32, ""},
    ColumnOf<TensorRow>{&TensorRow::tf32, Precision::tf32, Precision::f32, ""},
    ColumnOf<TensorRow>{&TensorRow::f16, Precision::f16, Precision::f32, ""},
    ColumnOf<TensorRow>{&TensorRow::f16_f16, Precision::f16, Precision::f16, ""},
    ColumnOf<TensorRow>{&TensorRow::bf16, Precision::bf16, Precision::f32, ""},
    ColumnOf<TensorRow>{&TensorRow::fp8, Precision::fp8, Precision::f32, ""},
    ColumnOf<TensorRow>{&TensorRow::fp8_scaled, Precision::fp8, Precision::f32, kBlockScaled},
    ColumnOf<TensorRow>{&TensorRow::fp8_f16, Precision::fp8, Precision::f16, ""},
    ColumnOf<TensorRow>{&TensorRow::fp4, Precision::fp4, Precision::f32, ""},
    ColumnOf<TensorRow>{&TensorRow::i8, Precision::i8, Precision::i32, ""}};

/// Whether a column holds rates of such operands.
constexpr bool is_rated(Precision operands) {
  const auto is_of = [operands](const auto& column) { return column.operands == operands; };
  return std::any_of(kVectorColumns.begin(), kVectorColumns.end(), is_of) ||
         std::any_of(kTensorColumns.begin(), kTensorColumns.end(), is_of);
}
static_assert(std::all_of(kPrecisions.begin(), kPrecisions.end(),
                          [](const PrecisionFacts& facts) {
                            return is_rated(facts.precision) ==
                                   (facts.arithmetic != Arithmetic::none);
                          }),
              "a precision has no column of rates, or one too many");

const VectorRow* find_vector_row(const std::string& architecture) {
  const auto* const row = std::find_if(
      kVectorRates.begin(), kVectorRates.end(),
      [&](const VectorRow& candidate) { return candidate.architecture == architecture; });
  return row == kVectorRates.end() ? nullptr : row;
}

const TensorRow* find_tensor_row(const std::string& architecture, ProductClass product_class) {
  const TensorRow* found = nullptr;
  for (const TensorRow& row : kTensorRates) {
    if (row.architecture != architecture) continue;
    if (row.product_class == product_class) return &row;
    if (row.product_class == ProductClass::professional) found = &row;
  }
  return found;
}

std::string_view vector_source(const VectorRow& row, Precision operands) {
  for (const OtherSource& other : kOtherSources) {
    const bool is_meant = other.architecture.empty() || other.architecture == row.architecture;
    if (is_meant && other.operands == operands) return other.source;
  }
  return row.source;
}

bool is_nvidia(std::string_view architecture) { return architecture.starts_with("sm_"); }

/// The column's instruction, but where it is called otherwise.
std::string vector_instruction(const std::string& architecture, const ColumnOf<VectorRow>& column) {
  if (!is_nvidia(architecture)) return "vector FMA";
  if (architecture == "sm_13" && column.operands == Precision::f32) return "FMAD";
  return std::string(column.instruction);
}

/// Data-centre Blackwell also makes two multiply-adds of f32 in one instruction. No source says
/// that plain FFMA falls short of the guide's rate, which names neither (docs/methodology.md), or
/// that FFMA2 saves more than issue slots: cudnn-frontend's pull request 1178 saw about 120 of the
/// 128 lanes at work, and does not say by which. So both are held to the same peak, and ceilings
/// against each other.
std::optional<Rate> packed_f32(const std::string& architecture, const Rate& single) {
  const bool has_it = architecture == "sm_100" || architecture == "sm_103";
  if (!has_it || single.operands != Precision::f32) return std::nullopt;
  Rate packed = single;
  packed.instruction = "FFMA2";
  packed.source = "the lanes of FFMA, whose rate is from: " + single.source;
  return packed;
}

/// The row's instruction, but for columns with one of their own on NVIDIA's GPUs. Only forms with
/// block scales reach the rate of fp4: mma.sync takes fp4 with them alone at that rate, and
/// tcgen05's plain form (kind::f8f6f4) computes fp4 as fast as fp8.
std::string tensor_instruction(const TensorRow& row, const ColumnOf<TensorRow>& column) {
  std::string of_row(row.instruction);
  if (!is_nvidia(row.architecture)) return of_row;
  const bool scaled = column.instruction == kBlockScaled || column.operands == Precision::fp4;
  if (scaled) return of_row + " " + std::string(kBlockScaled);
  return column.instruction.empty() ? of_row : std::string(column.instruction);
}

}  // namespace

ProductClass product_class_of(std::string_view product_name) {
  return product_name.find("GeForce") == std::string_view::npos ? ProductClass::professional
                                                                : ProductClass::geforce;
}

std::vector<Rate> rates_of(const std::string& architecture, ProductClass product_class) {
  std::vector<Rate> rates;
  if (const VectorRow* const row = find_vector_row(architecture)) {
    for (const auto& column : kVectorColumns) {
      const double rate = row->*column.member;
      if (rate <= 0) continue;
      rates.push_back({Units::vector, vector_instruction(architecture, column), column.operands,
                       column.accumulator, rate,
                       std::string(vector_source(*row, column.operands))});
      if (auto packed = packed_f32(architecture, rates.back())) rates.push_back(*std::move(packed));
    }
  }
  if (const TensorRow* const row = find_tensor_row(architecture, product_class)) {
    for (const auto& column : kTensorColumns) {
      const double rate = row->*column.member;
      if (rate <= 0) continue;
      rates.push_back({Units::tensor, tensor_instruction(*row, column), column.operands,
                       column.accumulator, rate, std::string(row->source)});
    }
  }
  return rates;
}

std::optional<Rate> fma_rate(const std::string& architecture, Precision precision, Units units,
                             ProductClass product_class, std::string_view instruction) {
  std::optional<Rate> found;
  for (Rate& rate : rates_of(architecture, product_class)) {
    if (rate.units != units || rate.operands != precision) continue;
    if (!found || (rate.instruction == instruction && found->instruction != instruction)) {
      found = std::move(rate);
    }
  }
  return found;
}

}  // namespace derate
