// SPDX-License-Identifier: Apache-2.0
// Tables of measured matrix products: what is read, written as such a table, is read as the same.
#include <fmt/format.h>

#include "fuzz.h"
#include "gemm_model/measured_table.h"

namespace derate::fuzz {
namespace {

std::string csv_of(const GemmTable& table) {
  std::string csv = "m,n,k,seconds\n";
  for (const GemmSample& sample : table.samples) {
    csv +=
        fmt::format("{},{},{},{}\n", sample.shape.m, sample.shape.n, sample.shape.k, sample.time_s);
  }
  return csv;
}

void read_table(std::string_view input) {
  const GemmTable table = read_gemm_table(file_of(input));
  require(table.rows >= static_cast<std::int64_t>(table.samples.size()), "rows were made up");
  for (const GemmSample& sample : table.samples) {
    require(sample.shape.m > 0 && sample.shape.n > 0 && sample.shape.k > 0 && sample.time_s > 0,
            "a product is none");
  }
  const std::string once = csv_of(table);
  require_equal(once, read_again([&] { return csv_of(read_gemm_table(file_of(once))); }),
                "a table changed as it was written");
}

const Registered gemm_table({"gemm_table", read_table});

}  // namespace
}  // namespace derate::fuzz
