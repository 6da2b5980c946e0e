// SPDX-License-Identifier: Apache-2.0
// Problems as they stand in names and records, and which amount of work a bound refers to.
#include "derate/work.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace derate {
namespace {

TEST(Problem, ReadsAsInBenchmarkNames) {
  EXPECT_EQ((Problem{{"m", 512}, {"n", 256}, {"k", 1}}.str()), "m:512/n:256/k:1");
  EXPECT_EQ((Problem{{"n", std::int64_t{1} << 40}}.str()), "n:1099511627776");
  EXPECT_EQ(Problem({}).str(), "");
}

TEST(Problem, FindsExtentsByName) {
  const Problem problem{{"m", 512}, {"n", 256}};
  EXPECT_EQ(problem.at("m"), 512);
  EXPECT_EQ(problem.at("n"), 256);
}

TEST(Problem, NamesAMissingExtent) {
  try {
    (void)Problem{{"m", 512}}.at("k");
    FAIL() << "no exception";
  } catch (const std::out_of_range& error) {
    EXPECT_EQ(std::string(error.what()), "problem m:512 has no extent k");
  }
}

TEST(Work, AmountFollowsTheBound) {
  const Work work{.flops = 3, .bytes = 5, .steps = 7};
  EXPECT_EQ(work.amount(Bound::compute), 3);
  EXPECT_EQ(work.amount(Bound::memory), 5);
  EXPECT_EQ(work.amount(Bound::cache), 5);
  EXPECT_EQ(work.amount(Bound::link), 5);
  EXPECT_EQ(work.amount(Bound::link_both_ways), 5);
  EXPECT_EQ(work.amount(Bound::link_to_peer), 5);
  EXPECT_EQ(work.amount(Bound::latency), 7);
}

TEST(Bound, HasAWordThatIsReadBack) {
  for (const char* word :
       {"compute", "memory", "cache", "link", "link_both_ways", "link_to_peer", "latency"}) {
    ASSERT_TRUE(parse_bound(word)) << word;
    EXPECT_EQ(to_string(*parse_bound(word)), word);
  }
  EXPECT_FALSE(parse_bound("links"));
  EXPECT_FALSE(parse_bound(""));
}

TEST(Precision, WordsAndBytes) {
  EXPECT_EQ(to_string(Precision::f64), "f64");
  EXPECT_EQ(to_string(Precision::f32), "f32");
  EXPECT_EQ(bytes_per_element(Precision::f64), sizeof(double));
  EXPECT_EQ(bytes_per_element(Precision::f32), sizeof(float));
  EXPECT_EQ(to_string(Bound::compute), "compute");
  EXPECT_EQ(to_string(Bound::memory), "memory");
  for (const Bound bound : {Bound::compute, Bound::memory, Bound::cache, Bound::latency}) {
    EXPECT_EQ(parse_bound(to_string(bound)), bound);
  }
  EXPECT_FALSE(parse_bound("luck"));
}

TEST(Problem, IsReadBackFromItsText) {
  for (const char* const text :
       {"m:512/n:256/k:1", "n:268435456", "lanes:32/chains:12/steps:2000000"}) {
    const std::optional<Problem> problem = Problem::parse(text);
    ASSERT_TRUE(problem) << text;
    EXPECT_EQ(problem->str(), text);
  }
  EXPECT_EQ(Problem::parse("m:5,n:6")->str(), "m:5/n:6");
  EXPECT_EQ(Problem::parse("m:5")->find("n"), std::nullopt);
}

TEST(Problem, NamesWhatIsWrongWithAText) {
  const auto reason = [](const char* text, std::int64_t largest = 100) {
    std::string why;
    EXPECT_FALSE(Problem::parse(text, &why, largest)) << text;
    return why;
  };
  EXPECT_EQ(reason("m:0"), "m needs a whole number from 1 to 100, not \"0\"");
  EXPECT_EQ(reason("m:101"), "m needs a whole number from 1 to 100, not \"101\"");
  EXPECT_EQ(reason("n:1e1"), "n needs a whole number from 1 to 100, not \"1e1\"");
  EXPECT_EQ(reason("m:1/m:2"), "m is given twice");
  for (const char* const text : {"", "m", ":1", "m:1/", "m:1,,n:2"}) {
    EXPECT_EQ(reason(text).rfind("needs extents such as", 0), 0u) << text;
  }
}

TEST(Precision, IsFoundByItsName) {
  for (const PrecisionFacts& facts : kPrecisions) {
    EXPECT_EQ(parse_precision(facts.name), facts.precision);
  }
  EXPECT_EQ(parse_precision("fp6"), std::nullopt);
  EXPECT_EQ(product_precision_names(),
            (std::vector<std::string>{"f64", "f32", "tf32", "f16", "bf16", "fp8", "fp4", "i8"}));
}

}  // namespace
}  // namespace derate
