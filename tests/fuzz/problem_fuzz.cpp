// SPDX-License-Identifier: Apache-2.0
// Problems as benchmark names, records and --derate_problem have them: "m:512/n:512/k:512".
#include <optional>

#include "derate/work.h"
#include "fuzz.h"
#include "problem_option.h"

namespace derate::fuzz {
namespace {

void read_problem(std::string_view input) {
  std::string reason;
  const std::optional<Problem> problem = Problem::parse(input, &reason);
  require(problem.has_value() == reason.empty(), "a problem is refused without a reason");
  if (problem) {
    const std::optional<Problem> again = Problem::parse(problem->str());
    require(again.has_value(), "a problem is not read as it is written");
    require_equal(problem->str(), again->str(), "a problem changed as it was written");
  }
  const Problem product = bench::parse_product(std::string(input));
  require(product.extents().size() == 3, "a product has not three extents");
}

const Registered problem({"problem", read_problem});

}  // namespace
}  // namespace derate::fuzz
