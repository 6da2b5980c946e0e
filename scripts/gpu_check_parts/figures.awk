# SPDX-License-Identifier: Apache-2.0
# Key figures for gpu_check's summary, from `derate report --format json` (a row a line) and from the
# lines of pytorch.py. Variables: wanted (which figures), cube (edge of the products compared), h200
# (1 where the device is one, whose expected figures then stand beside).

function text(key) {
  if (!match($0, "\"" key "\": \"[^\"]*\"")) return ""
  return substr($0, RSTART + length(key) + 5, RLENGTH - length(key) - 6)
}
function number(key) {
  if (!match($0, "\"" key "\": -?[0-9][-+0-9.e]*")) return 0
  return substr($0, RSTART + length(key) + 4, RLENGTH - length(key) - 4) + 0
}
function rate(value, bound) {
  if (value <= 0) return "-"
  if (bound == "compute") return sprintf("%.4g TFLOP/s", value / 1e12)
  return sprintf("%.4g GB/s", value / 1e9)
}
function percent(share) { return share > 0 ? sprintf("%.1f %%", 100 * share) : "-" }
function clock(hz) { return hz > 0 ? sprintf("%.3f GHz", hz / 1e9) : "no clock" }
# What the review of the kernels expects of an H200.
function expected(what) { return h200 ? " (expected " what ")" : "" }
function joined(list, item) { return list (list ? ", " : "") item }
function data_of(name) { return name == "zeros" ? "zeros" : "random" }
function edge() { return problem ~ ("^m:" cube "/n:" cube "/k:" cube "$") }
function print_once(line) { if (!(line in printed)) print line; printed[line] = 1 }

{
  workload = text("workload"); variant = text("variant"); precision = text("precision")
  problem = text("problem"); data = data_of(text("data")); bound = text("bound")
  outcome = text("outcome"); achieved = number("achieved"); hz = number("clock_hz")
  is_comparison = /^\{"backend": .*"own": /
  is_row = /^\{"backend": / && !is_comparison
  is_torch = /^\{"torch": /
  sound = outcome == "passed" || outcome == "unstable"
  if (precision && !(precision in known)) { known[precision] = 1; precisions[++precision_count] = precision }
}

wanted == "counts" && is_row {
  if (sound) ++good
  else if (outcome == "incorrect") ++wrong
  else if (outcome == "unsupported") ++unsupported
  else ++bad
  rank = outcome == "incorrect" ? 3 : sound ? 0 : outcome == "unsupported" ? 1 : 2
  if (rank > worst) { worst = rank; first = variant " " precision ": " text("message") }
}
wanted == "library" && is_row && workload == "gemm" && sound { print_once(text("library")) }

# Own products beside the library's.
wanted == "side_by_side" && is_row {
  clock_of[precision, variant, data] = hz
  rate_of[precision, variant, data] = achieved
}
wanted == "side_by_side" && is_comparison {
  own = text("own"); library = text("library")
  order[++comparisons] = precision SUBSEP own SUBSEP library
  random[comparisons] = number("random"); zeros[comparisons] = number("zeros")
}

# Ours for the yardstick that is not: the best own variant and the best of a library.
wanted == "pytorch" && is_row && workload == "gemm" && sound && edge() {
  by = text("provider") == "derate" ? "own" : "library"
  if (achieved > best[by, precision, data]) best[by, precision, data] = achieved
}
wanted == "pytorch" && is_torch && text("what") == "matmul" {
  torch[precision, data] = number("tflop_per_s") * 1e12
  has_torch[precision] = 1
}
wanted == "pytorch" && is_torch && text("what") == "copy" {
  copies = joined(copies, data " " rate(number("gb_per_s") * 1e9, "memory"))
}

wanted == "clocks" && is_row && sound {
  printf "%s %s %s: %s at %s, %s of 2NC at that clock%s\n", workload, precision, data, rate(achieved, bound),
    clock(hz), percent(number("eta_measured")), workload == "mma_chain" ? expected("at least 97 %") : ""
}
wanted == "sizes" && is_row && sound {
  bytes = substr(problem, 3) * 4
  sizes = joined(sizes, sprintf("%.3g GiB: %s", bytes / 2^30, rate(achieved, bound)))
}
wanted == "tuned" && is_row && sound {
  printf "%s %s: %s with %s\n", variant, precision, rate(achieved, bound), text("algorithm")
}
wanted == "sustained" && is_row && sound {
  printf "%s %s %s: %s at %s, %s\n", workload, variant, precision, rate(achieved, bound), clock(hz),
    percent(number("eta"))
}

wanted == "quick" && is_row && sound {
  if (bound == "memory" && achieved > most[workload]) most[workload] = achieved
  at_clock = percent(number("eta_measured"))
  if (workload == "mma_chain" && variant == "wgmma") wgmma[precision] = wgmma[precision] " " data " " at_clock
  if (workload == "fma_chain") {
    chains = joined(chains, (variant == "registers" ? "" : variant " ") precision " " at_clock)
  }
  if (workload == "gemm" && achieved > best_of[precision]) {
    best_of[precision] = achieved
    best_name[precision] = variant
  }
}

END {
  if (wanted == "counts") printf "%d|%d|%d|%d|%s\n", good, bad, wrong, unsupported, first
  if (wanted == "sizes") print sizes expected("4500 to 4700 GB/s")
  for (i = 1; wanted == "side_by_side" && i <= comparisons; ++i) {
    split(order[i], part, SUBSEP)
    key = part[1] SUBSEP part[2]
    should = part[2] == "tma_wgmma" ? expected("95 to 102 % random") : ""
    if (part[2] == "multistage") should = expected("95 to 110 %")
    printf "%s %s of %s: random %s, %s at %s; zeros %s, %s at %s%s\n", part[1], part[2], part[3],
      percent(random[i]), rate(rate_of[key, "random"], "compute"), clock(clock_of[key, "random"]),
      percent(zeros[i]), rate(rate_of[key, "zeros"], "compute"), clock(clock_of[key, "zeros"]), should
  }
  for (i = 1; wanted == "pytorch" && i <= precision_count; ++i) {
    precision = precisions[i]
    if (!(precision in has_torch)) continue
    should = precision == "bf16" ? expected("788 and 894") : ""
    printf "%s: random %s, own %s, library %s; zeros %s, own %s, library %s%s\n", precision,
      rate(torch[precision, "random"], "compute"), rate(best["own", precision, "random"], "compute"),
      rate(best["library", precision, "random"], "compute"),
      rate(torch[precision, "zeros"], "compute"), rate(best["own", precision, "zeros"], "compute"),
      rate(best["library", precision, "zeros"], "compute"), should
  }
  if (wanted == "pytorch" && copies) print "copy: " copies
  if (wanted == "quick") {
    line = ""
    count = split("vector_add memory_copy memory_triad memory_fill memory_sum", names, " ")
    for (i = 1; i <= count; ++i) {
      if (names[i] in most) line = joined(line, names[i] " " rate(most[names[i]], "memory"))
    }
    if (line) print line expected("4250 to 4400, sum 4500 to 4700")
    if (chains) print "fma_chain of 2NC at clock: " chains
    line = ""
    for (i = 1; i <= precision_count; ++i) {
      precision = precisions[i]
      if (precision in wgmma) line = joined(line, precision wgmma[precision])
    }
    if (line) print "wgmma of 2NC at clock: " line
    line = ""
    for (i = 1; i <= precision_count; ++i) {
      precision = precisions[i]
      if (!(precision in best_of)) continue
      line = joined(line, precision " " best_name[precision] " " rate(best_of[precision], "compute"))
    }
    if (line) print "best gemm: " line
  }
}
