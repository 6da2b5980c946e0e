// SPDX-License-Identifier: Apache-2.0
// What is run for a command with placeholders, and the filters that stand in them.
#include "regression/run/command_template.h"

#include <gtest/gtest.h>

#include <regex>
#include <string>
#include <vector>

#include "derate/error.h"

namespace derate::cli {
namespace {

TEST(CommandTemplate, QuotesWhatItPutsIn) {
  const CommandTemplate command("bench --out={out} --only={filter} > {out}.log");
  EXPECT_EQ(command.with("/a b/it's", "^x|y$"),
            R"(bench --out='/a b/it'\''s' --only='^x|y$' > '/a b/it'\''s'.log)");
  EXPECT_TRUE(command.writes_a_file());
  EXPECT_TRUE(command.takes_a_filter());
}

TEST(CommandTemplate, PutsNothingIntoWhatItPutIn) {
  EXPECT_EQ(CommandTemplate("bench {out} {filter}").with("/{filter}", "{out}"),
            "bench '/{filter}' '{out}'");
}

TEST(CommandTemplate, LeavesACommandWithoutPlacesAsItIs) {
  const CommandTemplate command("bench --json");
  EXPECT_EQ(command.with("out", "filter"), "bench --json");
  EXPECT_FALSE(command.writes_a_file());
  EXPECT_FALSE(command.takes_a_filter());
}

TEST(CommandTemplate, KnowsTheFlagsOfAProgramThatIsNamedAlone) {
  EXPECT_EQ(CommandTemplate("./build/derate_bench").with("o", "."),
            "./build/derate_bench --derate_out='o' --benchmark_filter='.'");
  EXPECT_EQ(CommandTemplate("./build/my_bench").with("o", "."),
            "./build/my_bench --benchmark_format=json --benchmark_filter='.'");
  EXPECT_FALSE(CommandTemplate("./build/my_bench").writes_a_file());
  EXPECT_EQ(CommandTemplate("FOO=1 ./my_bench").with("o", "."), "FOO=1 ./my_bench");
}

TEST(CommandTemplate, RefusesNothing) {
  EXPECT_THROW(CommandTemplate(""), Error);
  EXPECT_THROW(CommandTemplate(" \n"), Error);
}

TEST(CommandTemplate, TellsTheProgramFromTheRest) {
  EXPECT_EQ(CommandTemplate("/bin/sh -c true").program(), "/bin/sh");
  EXPECT_EQ(CommandTemplate("/bin/sh -c true").without_program(), " -c true");
  EXPECT_EQ(CommandTemplate("sh -c true").program(), "");  // from the PATH
  EXPECT_EQ(CommandTemplate("A=/bin/sh sh").program(), "");
  EXPECT_EQ(CommandTemplate("A=/bin/sh sh").without_program(), "A=/bin/sh sh");
}

/// The names that the filter of `chosen` matches.
std::vector<std::string> matched(const std::vector<std::string>& chosen,
                                 const std::vector<std::string>& names) {
  const std::regex expression(filter_of(chosen), std::regex::extended);
  std::vector<std::string> found;
  for (const std::string& name : names) {
    if (std::regex_search(name, expression)) found.push_back(name);
  }
  return found;
}

TEST(Filter, MatchesTheNamesThatItIsOfAndNoOthers) {
  const std::vector<std::string> names = {"host/gemm/tiled/f32/m:5/n:5/k:5",
                                          "host/gemm/tiled/f32/m:5/n:5/k:55",
                                          "host/gemm/tiled/f64/m:5/n:5/k:5",
                                          "host/fma/simd/f32/steps:1",
                                          "host/gemm",
                                          "BM_a<int>/8/manual_time",
                                          "BM_a<int>/80/manual_time",
                                          "BM.a(1+2)*[3]{4}?|5^6$7\\8",
                                          "BMxa(1+2)*[3]{4}?|5^6$7\\8"};
  for (std::size_t first = 0; first < names.size(); ++first) {
    EXPECT_EQ(matched({names[first]}, names), std::vector{names[first]});
    for (std::size_t second = first + 1; second < names.size(); ++second) {
      const std::vector<std::string> both = {names[first], names[second]};
      EXPECT_EQ(matched(both, names), both) << filter_of(both);
    }
  }
  EXPECT_EQ(matched(names, names), names);
  EXPECT_EQ(matched({}, names), names);
}

TEST(Filter, WritesWhatNamesHaveInCommonOnce) {
  EXPECT_EQ(filter_of({"a/b/c", "a/b/d", "e/f"}), "^(a/b/(c|d)|e/f)$");
  EXPECT_EQ(filter_of({"a", "a", "a/b"}), "^(a|a/b)$");
}

}  // namespace
}  // namespace derate::cli
