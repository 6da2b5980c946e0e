// SPDX-License-Identifier: Apache-2.0
// A measuring program whose workloads go wrong in every way that one can, between two that do not:
// bad weather for derate_bench and for `derate run --bench`.
#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "derate/error.h"
#include "derate/workload.h"

namespace {

using namespace std::chrono_literals;

/// What one launch does, and what the check says of it; `launches` counts from 1.
struct Behaviour {
  std::function<void(int launches)> launch = [](int) {};
  std::function<std::optional<std::string>(int launches)> check = [](int) { return std::nullopt; };
};

class Scripted final : public derate::Instance {
 public:
  explicit Scripted(Behaviour behaviour) : behaviour_(std::move(behaviour)) {}

  void launch(int) override {
    const auto end = std::chrono::steady_clock::now() + 200us;
    behaviour_.launch(++launches_);
    while (std::chrono::steady_clock::now() < end) continue;
  }
  [[nodiscard]] std::optional<std::string> check() override { return behaviour_.check(launches_); }

 private:
  Behaviour behaviour_;
  int launches_ = 0;
};

derate::Workload workload(std::string variant, std::function<Behaviour()> prepare) {
  return {.name = "faulty",
          .variant = std::move(variant),
          .provider = "tests",
          .backend = "host",
          .precision = derate::Precision::f32,
          .bound = derate::Bound::compute,
          .problems = [](const derate::Device&) -> std::vector<derate::Problem> {
            return {{{"n", 1}}};
          },
          .test_problem = []() -> derate::Problem {
            return {{"n", 1}};
          },
          .work = [](const derate::Problem&) { return derate::Work{.flops = 1000, .bytes = 0}; },
          .size_class = [](const derate::Problem&) { return "small"; },
          .prepare = [prepare = std::move(prepare)](
                         const derate::Problem&, const derate::Operands&,
                         derate::Session&) -> std::unique_ptr<derate::Instance> {
            return std::make_unique<Scripted>(prepare());
          }};
}

/// Variants whose result lies in one place for all, as it does side by side.
class Sharing final : public derate::Instance {
 public:
  explicit Sharing(std::function<void(int& result)> work) : work_(std::move(work)) {}

  void launch(int) override {
    const auto end = std::chrono::steady_clock::now() + 200us;
    work_(result);
    while (std::chrono::steady_clock::now() < end) continue;
  }
  void poison() override { result = -1; }
  [[nodiscard]] std::optional<std::string> check() override {
    if (result == 42) return std::nullopt;
    return "the result is " + std::to_string(result) + ", not 42";
  }

 private:
  static inline int result = -1;
  std::function<void(int& result)> work_;
};

/// Only there where a test asks for them: the others count what there is.
derate::Workload sharing(std::string variant, std::function<void(int& result)> work) {
  derate::Workload shares = workload(std::move(variant), [] { return Behaviour{}; });
  shares.name = "sharing";
  shares.problems = [](const derate::Device&) -> std::vector<derate::Problem> {
    if (std::getenv("DERATE_TEST_SHARING") == nullptr) return {};
    return {{{"n", 1}}};
  };
  shares.prepare = [work = std::move(work)](const derate::Problem&, const derate::Operands&,
                                            derate::Session&) -> std::unique_ptr<derate::Instance> {
    return std::make_unique<Sharing>(work);
  };
  return shares;
}

const derate::Registration a_library{[] {
  derate::Workload diligent = sharing("a_library", [](int& result) { result = 42; });
  diligent.provider = "example";
  diligent.library = [] { return "examplelib 1.0"; };
  return diligent;
}()};

const derate::Registration diligent{sharing("diligent", [](int& result) { result = 42; })};
const derate::Registration lazy{sharing("lazy", [](int&) {})};

/// Takes the device along when it is first launched.
const derate::Registration z_lost{
    sharing("z_lost", [](int&) { throw derate::DeviceError("an illegal memory access", true); })};

const derate::Registration a_healthy{workload("a_healthy", [] { return Behaviour{}; })};

const derate::Registration bad_alloc{
    workload("bad_alloc", []() -> Behaviour { throw std::bad_alloc(); })};

const derate::Registration exception{workload("exception", [] {
  return Behaviour{.launch = [](int) { throw std::runtime_error("the library is in a bad mood"); }};
})};

const derate::Registration incorrect{workload(
    "incorrect", [] { return Behaviour{.check = [](int) { return "c[7] is 1, not 2"; }}; })};

/// Right at first, wrong once it was timed.
const derate::Registration incorrect_later{workload("incorrect_later", [] {
  return Behaviour{.check = [](int launches) -> std::optional<std::string> {
    if (launches == 1) return std::nullopt;
    return "c[7] is 1, not 2";
  }};
})};

/// Wrong in one round of the process and right in the others.
Behaviour incorrect_in(int round, int& rounds) {
  if (++rounds != round) return {};
  return {.check = [](int) { return "c[7] is 1, not 2"; }};
}

const derate::Registration incorrect_first{workload("incorrect_first", [] {
  static int rounds = 0;
  return incorrect_in(1, rounds);
})};

const derate::Registration incorrect_third{workload("incorrect_third", [] {
  static int rounds = 0;
  return incorrect_in(3, rounds);
})};

/// As a faulting kernel does it: every round of it takes the device along.
const derate::Registration lost{workload("lost", [] {
  return Behaviour{.launch = [](int launches) {
    if (launches == 3) throw derate::DeviceError("an illegal memory access", true);
  }};
})};

const derate::Registration out_of_memory{workload("out_of_memory", []() -> Behaviour {
  throw derate::DeviceError("out of memory: 99 TB wanted", false);
})};

const derate::Registration slow{workload(
    "slow", [] { return Behaviour{.launch = [](int) { std::this_thread::sleep_for(250ms); }}; })};

/// Claims far more operations than it makes.
const derate::Registration suspect{[] {
  derate::Workload claims = workload("suspect", [] { return Behaviour{}; });
  claims.work = [](const derate::Problem&) { return derate::Work{.flops = 1e18, .bytes = 0}; };
  return claims;
}()};

/// One that can be tuned. As "fast" it takes a hundredth of the time.
derate::Workload tunable(const std::string& variant, std::vector<std::string> configurations) {
  derate::Workload result = workload(variant, [] { return Behaviour{}; });
  result.configurations = [configurations](const derate::Device&) { return configurations; };
  result.usual_configuration = [](const derate::Problem&, const derate::Device&) { return "slow"; };
  result.prepare = [](const derate::Problem&, const derate::Operands& operands,
                      derate::Session&) -> std::unique_ptr<derate::Instance> {
    const std::string& name = operands.configuration;
    if (name == "throws") throw std::runtime_error("the library is in a bad mood");
    Behaviour behaviour;
    if (name != "fast") behaviour.launch = [](int) { std::this_thread::sleep_for(20ms); };
    if (name == "wrong") behaviour.check = [](int) { return "c[7] is 1, not 2"; };
    return std::make_unique<Scripted>(std::move(behaviour));
  };
  return result;
}

const derate::Registration tunable_right{tunable("tunable", {"slow", "fast"})};
const derate::Registration tunable_same{tunable("tunable_same", {"slow"})};
const derate::Registration tunable_wrong{tunable("tunable_wrong", {"slow", "throws", "wrong"})};

const derate::Registration unsupported{[] {
  derate::Workload never = workload("unsupported", [] { return Behaviour{}; });
  never.unsupported = [](const derate::Device&) { return "needs tentacles"; };
  return never;
}()};

const derate::Registration z_healthy{workload("z_healthy", [] { return Behaviour{}; })};

}  // namespace
