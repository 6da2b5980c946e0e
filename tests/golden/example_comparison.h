// SPDX-License-Identifier: Apache-2.0
// A comparison that never took place, with every verdict, and names and reasons as awkward as they
// come. No figure here says anything about a real product.
#pragma once

#include <string>
#include <utility>

#include "regression/verdict.h"

namespace derate::example {

struct Sides {
  double base_s = 1e-3;
  double change = 0;
  double half_width = 0.002;
};

inline Judgement judgement(std::string name, Verdict verdict, std::string reason, Sides sides) {
  Judgement j;
  j.benchmark = std::move(name);
  j.verdict = verdict;
  j.reason = std::move(reason);
  j.change = {sides.change,
              {sides.change - sides.half_width, sides.change + sides.half_width, 0.95}};
  j.change_cycles = j.change;
  j.p_slower = sides.change > 0.01 ? 1e-6 : 0.5;
  j.detectable = 3 * sides.half_width;
  j.pair_sd = 2 * sides.half_width;
  j.pairs = 20;
  j.confirmed = verdict == Verdict::regression || verdict == Verdict::improvement;
  j.base_s = sides.base_s;
  j.candidate_s = sides.base_s * (1 + sides.change);
  j.amount = 38.4e9;
  j.amount_unit = "FLOP";
  return j;
}

inline Judgement unmeasured(std::string name, Verdict verdict, std::string reason) {
  Judgement j;
  j.benchmark = std::move(name);
  j.verdict = verdict;
  j.reason = std::move(reason);
  return j;
}

inline Comparison comparison() {
  Comparison c;
  c.command = "gate";
  c.base = "base/derate_bench";
  c.candidate = "candidate/derate_bench";
  c.began_utc = "2026-01-02T03:04:05Z";
  c.duration_s = 252;
  const auto add = [&](Judgement judgement) { c.judgements.push_back(std::move(judgement)); };
  add(judgement("gemm/tiled/f32 m:512,n:512,k:512", Verdict::unchanged, "within ±1 % of the base",
                {2e-5, 0.001}));
  add(judgement("cuda/transfer/host_to_device/pinned n:268435456", Verdict::regression,
                "slower on 20 fresh pairs, p = 1.0e-06", {8e-3, 0.015}));
  Judgement copied =
      judgement("BM_Copy<int, std::allocator<int>>/8 \"quoted\" a|b 100%", Verdict::regression,
                "slower: <&> 50%, a:b\nsecond line \x1b[31m", {4e-8, 0.0314, 0.0004});
  copied.amount = 64;
  copied.amount_unit = "B";
  add(copied);
  add(unmeasured(
      "gemm/naive/f32 m:4096,n:4096,k:4096", Verdict::invalid,
      "the candidate's result is wrong: element 4097 is 12.5, the reference says 12.75"));
  add(unmeasured("fma_chain/registers/f64 n:819200", Verdict::not_comparable,
                 "the problem was n:409600"));
  add(judgement("mma_chain/wgmma/bf16 warps:800", Verdict::environment,
                "slower in time but not in cycles: the clock fell by 4.0 %", {5e-4, 0.04}));
  c.judgements.back().change_cycles = {0.0004, {-0.001, 0.0018, 0.95}};
  add(judgement("launch/empty/kernel", Verdict::inconclusive,
                "neither slower nor shown to be the same: the spread of its pairs is 6.0 %",
                {3e-6, 0.008, 0.03}));
  c.judgements.back().change_cycles = {kUnknown, {kUnknown, kUnknown, 0}};
  c.judgements.back().amount = kUnknown;
  c.judgements.back().amount_unit.clear();
  add(judgement("vector_add/vectorized/f32 n:67108864", Verdict::improvement,
                "faster on 20 fresh pairs, p = 1.0e-06", {2e-4, -0.052}));
  add(judgement("gemm/tiled/f32 m:4096,n:4096,k:4096", Verdict::unchanged,
                "within ±1 % of the base", {1e-3, -0.0031, 0.003}));
  c.judgements.back().same_code = true;
  c.environment = {{{"backend", "cuda", true},
                    {"device_name", "Example GPU", true},
                    {"device_id", "example-0000", true},
                    {"driver_version", "100.00", true},
                    {"power_cap_w", "", true},
                    {"tool_version", "0.3.0", false}}};
  c.differences = {{"tool_commit", "0123456789ab", "ba9876543210", false}};
  c.notes = {"an invented comparison for tests; none of its figures was measured"};
  return c;
}

}  // namespace derate::example
