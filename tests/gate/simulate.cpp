// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <cstdlib>
#include <chrono>
#include "gate/simulation.h"
using namespace derate; using namespace derate::test;
int main(int argc, char** argv) {
  int gates = argc > 1 ? std::atoi(argv[1]) : 2000;
  GatePlan plan;
  auto all = scenarios();
  Noise shared = scenario("typical"); shared.name="shared"; shared.outlier_share=.08; shared.outlier_size=.3; all.push_back(shared);
  for (const Noise& noise : all) {
    if (argc > 2 && noise.name != argv[2]) continue;
    auto t0 = std::chrono::steady_clock::now();
    Tally n = simulate(plan, noise, gates, 0, 1);
    auto t1 = std::chrono::steady_clock::now();
    Tally p = simulate(plan, noise, gates, 0.02, 2);
    fmt::print("{:14} false {}/{} improve {} inconcl {:.4f} runs {:.1f} | 2%: found {:.4f} [{:.4f}] unchanged {} honest {}/{}  {:.0f} us\n", noise.name,
      n.false_alarm.hits, n.false_alarm.trials, n.false_improvement.hits, n.inconclusive.value(), n.process_runs, p.found.value(), p.found.low(), p.missed_unchanged.hits, p.honest.hits, p.honest.trials, std::chrono::duration<double>(t1-t0).count()/gates*1e6);
  }
}
