// SPDX-License-Identifier: Apache-2.0
// Matrix products as CSV, one per line, with the time of one and its interval: for spreadsheets,
// for `derate validate --gemm-table`, and for whatever else has no form of its own here.
#include <fmt/format.h>

#include "base/safe_text.h"
#include "derate/error.h"
#include "export/forms.h"

namespace derate::exports {

Exported gemm_table(const Measured& measured) {
  Exported exported;
  exported.text =
      "m,n,k,seconds,seconds_low,seconds_high,precision,provider,variant,flop_per_s,clock_hz\n";
  bool is_empty = true;
  for (const char* precision : {"f64", "f32", "tf32", "f16", "bf16", "fp8", "i8"}) {
    for (const Product& product : products(measured, precision)) {
      const Row& row = *product.row;
      is_empty = false;
      exported.text += fmt::format(
          "{:.0f},{:.0f},{:.0f},{:.6g},{:.6g},{:.6g},{},{},{},{:.6g},{}\n", product.m, product.n,
          product.k, row.amount / row.achieved.value, row.amount / row.achieved.interval.high,
          row.amount / row.achieved.interval.low, safe_text::for_csv(row.precision),
          safe_text::for_csv(row.provider), safe_text::for_csv(row.variant), row.achieved.value,
          row.clock_hz > 0 ? fmt::format("{:.6g}", row.clock_hz) : "");
    }
  }
  if (is_empty) {
    throw Error(ExitCode::invalid_input, "the records hold no gemm: the table would be empty");
  }
  return exported;
}

}  // namespace derate::exports
