// SPDX-License-Identifier: Apache-2.0
// The tuning table: written and read back, for whom it holds, what is taken from it, and what is
// said of a file that is not one.
#include "measure/tuning.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <string>
#include <vector>

#include "derate/error.h"

namespace derate {
namespace {

const BuildInfo kBuild{"0.1.0", "abc", "Release"};

Device device() {
  Device device;
  device.backend = "cuda";
  device.name = "NVIDIA H200";
  device.architecture = "sm_90";
  device.compute_units = 132;
  device.last_level_cache_bytes = 50 << 20;
  return device;
}

TunedProblem cube(const std::string& edge, const std::string& configuration,
                  const std::string& size_class = "medium") {
  return {.workload = "gemm",
          .variant = "multistage",
          .precision = "f32",
          .size_class = size_class,
          .problem = "m:" + edge + "/n:" + edge + "/k:" + edge,
          .configuration = configuration,
          .usual = "usual",
          .rates = {{"usual", 1.25e12, ""}, {configuration, 2.5e12, ""}, {"bad", NAN, "wrong"}}};
}

Tuning table(const std::vector<TunedProblem>& problems, const BuildInfo& build = kBuild) {
  TunedDevice tuned = blank_tuning(device(), build);
  tuned.time_utc = "2026-11-20T12:00:00.000Z";
  tuned.problems = problems;
  return {{tuned}};
}

class TuningFile : public testing::Test {
 protected:
  TuningFile() {
    char name[] = "/tmp/derate-tuning-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  ~TuningFile() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::filesystem::path path() const { return folder_ / "in" / "tuning.json"; }

  /// What is said of a file whose text has `old` replaced by `fresh`.
  [[nodiscard]] std::string said_of(const std::string& old, const std::string& fresh) const {
    write_tuning(path(), table({cube("512", "fast"), cube("1024", "fast")}));
    std::ifstream file(path());
    std::string text{std::istreambuf_iterator<char>(file), {}};
    const std::size_t at = text.rfind(old);
    EXPECT_NE(at, std::string::npos) << old;
    text.replace(at, old.size(), fresh);
    return said_of(text);
  }
  [[nodiscard]] std::string said_of(const std::string& text) const {
    std::filesystem::create_directories(path().parent_path());
    std::ofstream(path()) << text;
    try {
      static_cast<void>(read_tuning(path()));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::invalid_input);
      const std::string said = error.what();
      EXPECT_TRUE(said.starts_with(path().string())) << said;
      return said.substr(path().string().size());
    }
    return "nothing";
  }

  std::filesystem::path folder_;
};

TEST_F(TuningFile, IsReadAsItWasWritten) {
  write_tuning(path(), table({cube("512", "fast"), cube("1024", "usual")}));
  const Tuning read = read_tuning(path());
  ASSERT_EQ(read.devices.size(), 1u);
  const TunedDevice& tuned = read.devices.front();
  EXPECT_EQ(tuned.device_name, "NVIDIA H200");
  EXPECT_EQ(tuned.compute_units, 132);
  EXPECT_EQ(tuned.last_level_cache_bytes, 50 << 20);
  EXPECT_EQ(tuned.tool_commit, "abc");
  EXPECT_EQ(tuned.time_utc, "2026-11-20T12:00:00.000Z");
  ASSERT_EQ(tuned.problems.size(), 2u);
  const TunedProblem& first = tuned.problems.front();
  EXPECT_EQ(first.problem, "m:512/n:512/k:512");
  EXPECT_EQ(first.configuration, "fast");
  EXPECT_EQ(first.usual, "usual");
  ASSERT_EQ(first.rates.size(), 3u);
  EXPECT_EQ(first.rates[1].rate, 2.5e12);
  EXPECT_TRUE(std::isnan(first.rates[2].rate));
  EXPECT_EQ(first.rates[2].excluded, "wrong");
  std::filesystem::path left;
  for (const auto& entry : std::filesystem::directory_iterator(path().parent_path())) {
    EXPECT_EQ(entry.path(), path()) << "left behind";
  }
}

TEST_F(TuningFile, ThatIsWrongIsNamedWithLineAndField) {
  EXPECT_EQ(said_of("\"gemm\"", "7"),
            ", line 43: field \"devices[0].problems[1].workload\" is not a string");
  EXPECT_EQ(said_of("\"compute_units\": 132", "\"compute_units\": -1"),
            ", line 9: field \"devices[0].compute_units\" is not a count");
  EXPECT_EQ(said_of("\"configuration\": \"usual\"", "\"configuration\": \"\""),
            ", line 52: field \"devices[0].problems[1].rates[0].configuration\" is empty");
  EXPECT_EQ(said_of("\"rate\": 2500000000000.0", "\"rate\": -1"),
            ", line 58: field \"devices[0].problems[1].rates[1].rate\" is neither a rate nor null");
  EXPECT_EQ(said_of("m:1024/n:1024/k:1024", "m:1024/n"),
            ", line 47: field \"devices[0].problems[1].problem\" is not a problem such as "
            "m:512/n:512/k:512");
  EXPECT_EQ(said_of("\"usual\": ", "\"unusual\": "),
            ", line 42: field \"devices[0].problems[1].usual\" is missing");
  EXPECT_EQ(said_of("derate tuning", "derate calibration"),
            ", line 3: field \"kind\" is not \"derate tuning\"");
  EXPECT_EQ(said_of("\"schema\": 1", "\"schema\": 99"),
            ", line 2: field \"schema\" is 99, newer than 1, which this derate reads");
}

TEST_F(TuningFile, ThatIsNoneIsRefused) {
  EXPECT_EQ(said_of("[]"), ", line 1: the whole is not an object");
  EXPECT_EQ(said_of("{}"), ", line 1: field \"kind\" is missing");
  for (const std::string text : {"", "{", "{\n\"kind\": \"derate tuning\",\n\"schema\" 1}"}) {
    const std::string said = said_of(text);
    EXPECT_TRUE(said.starts_with(text.size() > 1 ? ", line 3: not JSON" : ", line 1: not JSON"))
        << said;
  }
  EXPECT_NE(said_of(std::string(100'000, '[')).find("nests deeper than 64 levels"),
            std::string::npos);
  EXPECT_THROW(static_cast<void>(read_tuning(folder_)), Error) << "a folder";
  EXPECT_THROW(static_cast<void>(read_tuning(folder_ / "none.json")), Error);
}

TEST_F(TuningFile, ThatCannotBeWrittenIsAnErrorOfOutput) {
  std::ofstream(folder_ / "file") << "x";
  try {
    write_tuning(folder_ / "file" / "tuning.json", {});
    FAIL() << "written below a file";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::output);
  }
}

TEST(Tuning, IsOfOneProductAndBuild) {
  const Tuning tuning = table({cube("512", "fast")});
  EXPECT_EQ(tuning_for(tuning, device(), kBuild).found, &tuning.devices.front());
  Device same = device();
  same.index = 3;
  same.id = "another one of the same product";
  EXPECT_NE(tuning_for(tuning, same, kBuild).found, nullptr);

  Device other = device();
  other.name = "NVIDIA H100";
  other.compute_units = 114;
  EXPECT_EQ(tuning_for(tuning, other, kBuild).found, nullptr);
  EXPECT_EQ(tuning_for(tuning, other, kBuild).why_not,
            "is of NVIDIA H200 (sm_90, 132 units, 50.0 MiB of last-level cache), this is NVIDIA "
            "H100 (sm_90, 114 units, 50.0 MiB of last-level cache)");
  for (const auto& alter : std::vector<void (*)(Device&)>{
           [](Device& d) { d.backend = "host"; }, [](Device& d) { d.name = "H200"; },
           [](Device& d) { d.architecture = "sm_100"; }, [](Device& d) { d.compute_units = 131; },
           [](Device& d) { d.last_level_cache_bytes = 1; }}) {
    other = device();
    alter(other);
    EXPECT_EQ(tuning_for(tuning, other, kBuild).found, nullptr);
  }
  EXPECT_EQ(tuning_for(tuning, device(), {"0.1.0", "def", "Release"}).why_not,
            "is of derate 0.1.0 (abc, Release), this is derate 0.1.0 (def, Release)");
  EXPECT_EQ(tuning_for(tuning, device(), {"0.2.0", "abc", "Release"}).found, nullptr);
  EXPECT_EQ(tuning_for(tuning, device(), {"0.1.0", "abc", "Debug"}).found, nullptr);
  EXPECT_EQ(tuning_for({}, device(), kBuild).why_not, "holds nothing");
}

TEST(Tuning, TakesTheNearestOfTheSizeClass) {
  const Tuning tuning = table({cube("1024", "a"), cube("2048", "b"), cube("8192", "c", "large")});
  const TunedDevice& tuned = tuning.devices.front();
  const auto taken = [&](const std::string& edge, const std::string& size_class = "medium") {
    const TunedProblem* found = nearest(tuned, cube(edge, "", size_class));
    return found == nullptr ? "none" : found->configuration;
  };
  EXPECT_EQ(taken("1024"), "a");
  EXPECT_EQ(taken("1400"), "a");
  EXPECT_EQ(taken("1500"), "b");
  EXPECT_EQ(taken("2049", "large"), "c") << "2048 is nearer, but medium";
  EXPECT_EQ(taken("512", "small"), "none");
  TunedProblem wanted = cube("1024", "");
  wanted.problem = "m:4096/n:512/k:512";
  EXPECT_EQ(nearest(tuned, wanted)->configuration, "a");
  wanted.problem = "n:1024";
  EXPECT_EQ(nearest(tuned, wanted), nullptr) << "extents of other names";
  for (std::string TunedProblem::*const field :
       {&TunedProblem::workload, &TunedProblem::variant, &TunedProblem::precision}) {
    wanted = cube("1024", "");
    wanted.*field = "other";
    EXPECT_EQ(nearest(tuned, wanted), nullptr);
  }
}

TEST(Tuning, MergesProblemByProblemWithinABuild) {
  Tuning tuning = table({cube("1024", "a"), cube("2048", "b")});
  merge(table({cube("2048", "c")}).devices.front(), tuning);
  ASSERT_EQ(tuning.devices.size(), 1u);
  EXPECT_EQ(tuning.devices.front().problems.size(), 2u);
  EXPECT_EQ(nearest(tuning.devices.front(), cube("2048", ""))->configuration, "c");
  EXPECT_EQ(nearest(tuning.devices.front(), cube("1024", ""))->configuration, "a");

  merge(table({cube("512", "d")}, {"0.1.0", "def", "Release"}).devices.front(), tuning);
  ASSERT_EQ(tuning.devices.size(), 1u) << "another build takes the place of the old one";
  EXPECT_EQ(tuning.devices.front().problems.size(), 1u);

  TunedDevice other = table({cube("512", "e")}).devices.front();
  other.device_name = "another GPU";
  merge(other, tuning);
  EXPECT_EQ(tuning.devices.size(), 2u);
}

TEST(Tuning, TakesAnotherConfigurationOnlyForMoreThanTheNoise) {
  const TimedConfiguration usual{"usual", {1.00, 1.02, 0.99, 1.01, 1.00}};
  const TimedConfiguration drifting{"drifting", {0.95, 0.97, 0.94, 0.96, 0.95}};
  const TimedConfiguration noisy{"noisy", {0.90, 1.05, 0.90, 1.04, 0.90}};
  const TimedConfiguration slow{"slow", {1.10, 1.11, 1.10, 1.12, 1.11}};
  const auto best = [](const std::vector<TimedConfiguration>& timed) {
    return best_configuration(timed, "usual");
  };
  EXPECT_EQ(best({usual, slow}), "usual");
  EXPECT_EQ(best({usual, noisy}), "usual") << "faster by its median, but not in every round";
  EXPECT_EQ(best({usual, drifting, slow}), "drifting") << "5 %, round by round";
  EXPECT_EQ(best({noisy, usual, drifting}), "drifting") << "the fastest is not the surest";
  EXPECT_EQ(best({{"usual", {}}, slow, drifting}), "drifting") << "its own choice was wrong";
  EXPECT_EQ(best({{"usual", {}}, {"other", {}}}), "");
  EXPECT_EQ(best({usual, {"one round", {0.5}}}), "usual");
}

TEST(Tuning, LiesInTheUsersCache) {
  const auto path_with = [](const char* cache, const char* home) {
    const auto set = [](const char* name, const char* value) {
      return value != nullptr ? ::setenv(name, value, 1) : ::unsetenv(name);
    };
    set("XDG_CACHE_HOME", cache);
    set("HOME", home);
    return usual_tuning_path().value_or("none").string();
  };
  EXPECT_EQ(path_with("/c", "/h"), "/c/derate/tuning.json");
  EXPECT_EQ(path_with(nullptr, "/h"), "/h/.cache/derate/tuning.json");
  EXPECT_EQ(path_with("", "/h"), "/h/.cache/derate/tuning.json");
  EXPECT_EQ(path_with("relative", "/h"), "/h/.cache/derate/tuning.json");
  EXPECT_EQ(path_with(nullptr, nullptr), "none");
}

}  // namespace
}  // namespace derate
