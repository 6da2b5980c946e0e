// SPDX-License-Identifier: Apache-2.0
// What TraceLens reads of a GPU.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "export/exports.h"
#include "unit/export/example_rows.h"

namespace derate {
namespace {

using namespace example_rows;

TEST(Tracelens, GetsTheFastestRatesByItsNames) {
  auto records = everything();
  records.push_back(stream(1.5e9, 0.9));
  const Exported exported = export_rows(rows_of(records), "tracelens", "burst");
  EXPECT_EQ(exported.text, R"json({
  "name": "Example GPU",
  "mem_bw_gbps": 1800.0,
  "memory_gb": 59.6046,
  "max_achievable_tflops": {
    "matrix_bf16": 28.8,
    "vector_fp32": 34.56
  },
  "_reference": "measured by derate 0.1.0 (burst)"
}
)json");
  ASSERT_EQ(exported.notes.size(), 1U);
  EXPECT_EQ(exported.notes[0],
            "not measured, and so left out: matrix_fp16, matrix_fp32, matrix_fp64, matrix_fp8, "
            "matrix_fp4, matrix_int8, vector_fp16, vector_bf16, vector_fp64");
}

TEST(Tracelens, IsToldOfTf32) {
  Record tf32 = product(8192, 0.5);
  tf32.precision = "tf32";
  auto records = everything();
  records.push_back(tf32);
  const Exported exported = export_rows(rows_of(records), "tracelens", "burst");
  EXPECT_EQ(exported.text.find("19.2"), std::string::npos) << exported.text;
  EXPECT_NE(exported.notes.back().find("TF32 put 19.2"), std::string::npos);
}

}  // namespace
}  // namespace derate
