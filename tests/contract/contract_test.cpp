// SPDX-License-Identifier: Apache-2.0
// What every workload owes: counted work, honest names, right results on a small problem with both
// data patterns and cache policies, and a check that notices when nothing ran.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "bench/suites.h"
#include "derate/backend.h"
#include "derate/error.h"
#include "derate/shared_operands.h"
#include "derate/workload.h"

namespace derate {
namespace {

/// The first device of a backend, opened once for all tests; or why there is none.
struct Opened {
  std::unique_ptr<Session> session;
  std::string reason;
};

Opened open_first(std::string_view backend_name) {
  for (const std::unique_ptr<Backend>& backend : make_backends()) {
    if (backend->name() != backend_name) continue;
    const Probe probe = backend->probe();
    if (probe.devices.empty()) return {nullptr, probe.reason};
    const Device& device = probe.devices.front();
    if (!device.unusable.empty()) return {nullptr, device.unusable};
    return {backend->open(device), ""};
  }
  return {nullptr, "there is no backend of this name"};
}

Opened& device_of(const Workload& workload) {
  static Opened host = open_first("host");
  static Opened cuda = open_first("cuda");
  return workload.backend == "host" ? host : cuda;
}

class Contract : public testing::TestWithParam<const Workload*> {
 protected:
  /// The session to run on; null, with the test skipped, when this machine cannot.
  Session* session() {
    const Opened& opened = device_of(*GetParam());
    if (!opened.session) return nullptr;
    return opened.session.get();
  }
  [[nodiscard]] std::string why_not() const {
    const Opened& opened = device_of(*GetParam());
    if (!opened.session) return opened.reason;
    if (!GetParam()->unsupported) return "";
    return GetParam()->unsupported(opened.session->device()).value_or("");
  }
  void is_right_on_both_patterns(CachePolicy cache);
};

void expect_right(const Workload& workload, const Operands& operands, Session& session) {
  const Problem problem = workload.test_problem();
  const auto instance = workload.prepare(problem, operands, session);
  EXPECT_TRUE(instance->check().has_value() || operands.data == DataPattern::zeros)
      << "the result was right before anything ran, so check() cannot notice a kernel that fails";
  instance->launch(0);
  session.synchronize();
  EXPECT_EQ(instance->check().value_or(""), "") << problem.str();
  for (int set = 1; set < instance->sets(); ++set) instance->launch(set);
  session.synchronize();
  EXPECT_EQ(instance->check().value_or(""), "") << "after launches on the other operand sets";
}

void Contract::is_right_on_both_patterns(CachePolicy cache) {
  if (const std::string reason = why_not(); !reason.empty()) GTEST_SKIP() << reason;
  for (const DataPattern data : {DataPattern::uniform, DataPattern::zeros}) {
    SCOPED_TRACE(to_string(data));
    try {
      expect_right(*GetParam(), {.cache = cache, .data = data}, *session());
    } catch (const DeviceError& error) {
      if (GetParam()->provider == "derate") throw;
      GTEST_SKIP() << error.what();  // a library that this machine does not have
    }
  }
}

TEST_P(Contract, describes_itself) {
  const Workload& workload = *GetParam();
  for (const std::string& word : {workload.name, workload.variant, workload.provider}) {
    EXPECT_FALSE(word.empty());
    EXPECT_EQ(word.find_first_of(" /:\n"), std::string::npos) << word;
  }
  const Problem problem = workload.test_problem();
  EXPECT_GT(workload.work(problem).amount(workload.bound), 0);
  EXPECT_FALSE(workload.size_class(problem).empty());
}

TEST_P(Contract, offers_distinct_problems) {
  Session* const on = session();
  if (on == nullptr) GTEST_SKIP() << why_not();
  using bench::Suite;
  EXPECT_FALSE(bench::covered(*GetParam(), on->device(), Suite::full).empty());
  for (const Suite suite : {Suite::full, Suite::shapes}) {
    std::set<std::string> names;
    for (const Problem& problem : bench::covered(*GetParam(), on->device(), suite)) {
      EXPECT_TRUE(names.insert(problem.str()).second) << problem.str() << " is there twice";
      EXPECT_GT(GetParam()->work(problem).amount(GetParam()->bound), 0);
    }
  }
}

TEST_P(Contract, is_right_on_a_small_problem) { is_right_on_both_patterns(CachePolicy::hot); }

// Apart from the above, since these are hundreds of operand sets, for which a sanitizer has no
// time.
TEST_P(Contract, is_right_on_rotated_operands) { is_right_on_both_patterns(CachePolicy::cold); }

TEST_P(Contract, is_right_in_every_configuration) {
  if (const std::string reason = why_not(); !reason.empty()) GTEST_SKIP() << reason;
  const Workload& workload = *GetParam();
  ASSERT_EQ(static_cast<bool>(workload.configurations),
            static_cast<bool>(workload.usual_configuration));
  if (!workload.configurations) GTEST_SKIP() << "has only one";
  const std::vector<std::string> names = workload.configurations(session()->device());
  const std::string usual =
      workload.usual_configuration(workload.test_problem(), session()->device());
  EXPECT_EQ(std::count(names.begin(), names.end(), usual), 1) << usual;
  const auto chosen = workload.prepare(workload.test_problem(), {}, *session());
  EXPECT_EQ(chosen->algorithm(), usual);
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    expect_right(workload, {.configuration = name}, *session());
    const auto instance =
        workload.prepare(workload.test_problem(), {.configuration = name}, *session());
    EXPECT_EQ(instance->algorithm(), name);
  }
  EXPECT_ANY_THROW(static_cast<void>(
      workload.prepare(workload.test_problem(), {.configuration = "no such"}, *session())));
}

/// Stages that hang on what the system does, or on where the operands lie.
bool may_be_unsupported(Stage stage) {
  return stage == Stage::write_allocate || stage == Stage::small_pages ||
         stage == Stage::huge_pages;
}

TEST_P(Contract, is_right_at_every_stage) {
  if (const std::string reason = why_not(); !reason.empty()) GTEST_SKIP() << reason;
  const Workload& workload = *GetParam();
  if (!workload.stages) GTEST_SKIP() << "has none";
  const std::vector<Stage> stages = workload.stages(session()->device());
  EXPECT_EQ(std::set<Stage>(stages.begin(), stages.end()).size(), stages.size());
  EXPECT_EQ(std::count(stages.begin(), stages.end(), Stage::whole), 0) << "it goes without saying";
  for (const Stage stage : stages) {
    SCOPED_TRACE(to_string(stage));
    // Beyond the cache, where stores pass it.
    const CachePolicy cache = stage == Stage::write_allocate ? CachePolicy::cold : CachePolicy::hot;
    for (const DataPattern data : {DataPattern::uniform, DataPattern::zeros}) {
      try {
        expect_right(workload, {.cache = cache, .data = data, .stage = stage}, *session());
      } catch (const Unsupported& error) {
        EXPECT_TRUE(may_be_unsupported(stage)) << error.what();
      }
    }
  }
}

TEST_P(Contract, says_what_a_stage_does) {
  if (const std::string reason = why_not(); !reason.empty()) GTEST_SKIP() << reason;
  const Workload& workload = *GetParam();
  if (!workload.stages) GTEST_SKIP() << "has none";
  const Problem problem = workload.test_problem();
  const double whole = workload.work(problem).amount(workload.bound);
  for (const Stage stage : workload.stages(session()->device())) {
    if (may_be_unsupported(stage)) continue;
    const auto instance =
        workload.prepare(problem, {.cache = CachePolicy::hot, .stage = stage}, *session());
    const Work work = instance->work_of_launch().value_or(workload.work(problem));
    const double amount = work.amount(workload.bound);
    if (stage == Stage::launch) {
      EXPECT_EQ(amount, 0);
    } else if (stage == Stage::whole_waves) {
      EXPECT_GE(amount, whole);
    } else {
      EXPECT_GT(amount, 0) << to_string(stage);
    }
  }
}

// As derate_bench prepares them: some work on the memory of the whole, which leaves right results
// there all the same.
TEST_P(Contract, is_right_beside_its_stages) {
  if (const std::string reason = why_not(); !reason.empty()) GTEST_SKIP() << reason;
  const Workload& workload = *GetParam();
  if (!workload.stages) GTEST_SKIP() << "has none";
  const Operands operands{.cache = CachePolicy::hot, .shared = std::make_shared<SharedOperands>()};
  const auto whole = workload.prepare(workload.test_problem(), operands, *session());
  for (const Stage stage : workload.stages(session()->device())) {
    if (may_be_unsupported(stage)) continue;
    SCOPED_TRACE(to_string(stage));
    Operands at_stage = operands;
    at_stage.stage = stage;
    const auto instance = workload.prepare(workload.test_problem(), at_stage, *session());
    for (Instance* one : {instance.get(), whole.get(), instance.get()}) {
      one->poison();
      EXPECT_NE(one->check(), std::nullopt) << "nothing ran since poison()";
      one->launch(0);
      session()->synchronize();
      EXPECT_EQ(one->check().value_or(""), "");
    }
  }
}

TEST_P(Contract, takes_longer_for_more_launches) {
  if (const std::string reason = why_not(); !reason.empty()) GTEST_SKIP() << reason;
  std::unique_ptr<Instance> instance;
  try {
    instance = GetParam()->prepare(GetParam()->test_problem(), {}, *session());
  } catch (const DeviceError& error) {
    if (GetParam()->provider == "derate") throw;
    GTEST_SKIP() << error.what();
  }
  const auto launch = [&](int) { instance->launch(0); };
  static_cast<void>(session()->sample(launch, 4));
  // The shortest of several: whoever takes the processor away makes a few launches long.
  const auto shortest_s = [&](int launches) {
    double time_s = session()->sample(launch, launches).time_s;
    for (int i = 0; i < 4; ++i) {
      time_s = std::min(time_s, session()->sample(launch, launches).time_s);
    }
    return time_s;
  };
  const double few_s = shortest_s(8);
  EXPECT_GT(few_s, 0);
  EXPECT_GT(shortest_s(512), few_s) << "64 times the launches must take longer";
}

std::string test_name(const testing::TestParamInfo<const Workload*>& info) {
  const Workload& workload = *info.param;
  return workload.backend + "_" + workload.name + "_" + workload.variant + "_" +
         std::string(to_string(workload.precision));
}

INSTANTIATE_TEST_SUITE_P(Workloads, Contract, testing::ValuesIn(registered_workloads()), test_name);

TEST(Gpu, leaves_a_stamp_on_every_sm) {
  const Opened opened = open_first("cuda");
  if (!opened.session) GTEST_SKIP() << opened.reason;
  const std::string& note = opened.session->device().note;
  EXPECT_EQ(note.find("left a stamp"), std::string::npos) << note;
}

TEST(Registry, has_no_two_workloads_of_one_name) {
  std::set<std::string> names;
  for (const Workload* workload : registered_workloads()) {
    EXPECT_TRUE(names.insert(workload->benchmark_name(workload->backend, {{"n", 1}})).second)
        << workload->name << " " << workload->variant;
  }
  EXPECT_GE(names.size(), 6u) << "the host's families at least";
}

}  // namespace
}  // namespace derate
