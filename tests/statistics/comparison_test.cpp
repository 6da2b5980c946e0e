// SPDX-License-Identifier: Apache-2.0
// What many verdicts come to, and which environments are comparable.
#include <gtest/gtest.h>

#include <initializer_list>

#include "regression/verdict.h"

namespace derate {
namespace {

Comparison with(std::initializer_list<Verdict> verdicts) {
  Comparison comparison;
  for (const Verdict verdict : verdicts) {
    comparison.judgements.emplace_back();
    comparison.judgements.back().verdict = verdict;
  }
  return comparison;
}

TEST(ExitCode, IsThatOfTheWorstVerdict) {
  using enum Verdict;
  EXPECT_EQ(exit_code(with({unchanged, improvement})), ExitCode::ok);
  EXPECT_EQ(exit_code(with({unchanged, inconclusive})), ExitCode::inconclusive);
  EXPECT_EQ(exit_code(with({environment, unchanged})), ExitCode::inconclusive);
  EXPECT_EQ(exit_code(with({inconclusive, not_comparable})), ExitCode::not_comparable);
  EXPECT_EQ(exit_code(with({not_comparable, invalid})), ExitCode::invalid_input);
  EXPECT_EQ(exit_code(with({invalid, regression, not_comparable})), ExitCode::regression);
}

TEST(ExitCode, OfNothingMeasuredIsNoPass) {
  EXPECT_EQ(exit_code(with({})), ExitCode::invalid_input);
}

TEST(Verdicts, AreCountedAndNamed) {
  using enum Verdict;
  EXPECT_EQ(count(with({unchanged, regression, unchanged}), unchanged), 2);
  EXPECT_EQ(count(with({unchanged}), regression), 0);
  EXPECT_EQ(to_string(regression), "regression");
  EXPECT_EQ(to_string(environment), "environment");
  EXPECT_EQ(to_string(not_comparable), "not comparable");
}

TEST(Environment, HasTheFingerprintOfItsHardFacts) {
  const Environment one{{{"device_name", "A", true}, {"host_id", "x", false}}};
  Environment other = one;
  other.facts[1].value = "y";
  EXPECT_EQ(one.fingerprint(), other.fingerprint());
  other.facts[0].value = "B";
  EXPECT_NE(one.fingerprint(), other.fingerprint());
  EXPECT_EQ(one.value("host_id"), "x");
  EXPECT_EQ(one.value("nothing"), "");
}

TEST(Environment, DiffersWhereBothSidesKnowOtherwise) {
  const Environment base{{{"device_name", "A", true}, {"driver", "1", true}, {"host", "x", false}}};
  const Environment candidate{
      {{"host", "y", false}, {"driver", "", true}, {"device_name", "B", true}}};
  const auto found = differences(base, candidate);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].name, "device_name");
  EXPECT_EQ(found[0].base, "A");
  EXPECT_EQ(found[0].candidate, "B");
  EXPECT_TRUE(found[0].hard);
  EXPECT_FALSE(found[1].hard);
  EXPECT_TRUE(differences(base, base).empty());
}

TEST(Environment, IsHardWhereEitherSideSaysSo) {
  const Environment soft{{{"power_cap_w", "300", false}}};
  const Environment hard{{{"power_cap_w", "400", true}}};
  EXPECT_TRUE(differences(soft, hard).at(0).hard);
  EXPECT_TRUE(differences(hard, soft).at(0).hard);
}

TEST(Environment, OfARecordHoldsItsDeviceAndDriverHard) {
  Record record;
  record.device_name = "NVIDIA H200";
  record.driver_version = "570";
  record.power_cap_w = 700;
  const std::string before = environment_of(record).fingerprint();
  EXPECT_EQ(environment_of(record).value("power_cap_w"), "700");
  EXPECT_EQ(environment_of(Record()).value("power_cap_w"), "");  // not known
  record.host_id = "another";
  record.tool_commit = "another";
  EXPECT_EQ(environment_of(record).fingerprint(), before);
  record.power_cap_w = 350;
  EXPECT_NE(environment_of(record).fingerprint(), before);
  record.power_cap_w = 700;
  record.driver_version = "580";
  EXPECT_NE(environment_of(record).fingerprint(), before);
}

}  // namespace
}  // namespace derate
