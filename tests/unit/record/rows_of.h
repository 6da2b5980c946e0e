// SPDX-License-Identifier: Apache-2.0
// Records as rows, for tests of what rows say.
#pragma once

#include <vector>

#include "derate/aggregate.h"

namespace derate::test {

inline std::vector<Row> rows_of(const std::vector<Record>& records) {
  Aggregate aggregate;
  for (const Record& one : records) aggregate.add(one);
  return aggregate.rows();
}

inline Row row_of(const Record& one) { return rows_of({one}).front(); }

}  // namespace derate::test
