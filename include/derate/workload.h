// SPDX-License-Identifier: Apache-2.0
// A workload variant is a value in a registry; docs/adding-a-kernel.md shows how to add one.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "derate/backend.h"
#include "derate/device.h"
#include "derate/stage.h"
#include "derate/work.h"

namespace derate {

/// Hot: the same operands every launch, resident in cache where they fit.
/// Cold: operand sets rotated over at least twice the last-level cache.
enum class CachePolicy { hot, cold };

/// What the operands hold. Data changes power and with it the clock, so it is part of the record.
enum class DataPattern { uniform, zeros };

[[nodiscard]] constexpr std::string_view to_string(CachePolicy policy) {
  return policy == CachePolicy::hot ? "hot" : "cold";
}
[[nodiscard]] constexpr std::string_view to_string(DataPattern pattern) {
  return pattern == DataPattern::uniform ? "uniform" : "zeros";
}

class SharedOperands;

/// How an instance is to be prepared: how its operands are laid out, and in which of its ways the
/// workload is to use them.
struct Operands {
  CachePolicy cache = CachePolicy::cold;
  DataPattern data = DataPattern::uniform;
  /// Set where several instances are to work on the same memory (shared_operands.h).
  std::shared_ptr<SharedOperands> shared = {};
  /// One of Workload::configurations; empty: Workload::usual_configuration.
  std::string configuration = {};
  /// One of Workload::stages: what of the work to do.
  Stage stage = Stage::whole;

  /// Number of operand sets of `bytes_per_set` bytes to rotate over: 1 when hot.
  [[nodiscard]] int sets(double bytes_per_set, const Device& device) const;
};

/// One workload variant with one problem, allocated and filled on one device.
class Instance {
 public:
  virtual ~Instance() = default;

  /// Starts the work once on operand set `set`; returns at once where the device is asynchronous.
  virtual void launch(int set) = 0;
  [[nodiscard]] virtual int sets() const { return 1; }

  /// Whether the host has a part in the work: it waits for each launch, or copies what it sends.
  /// The host's clock then times it, since a device that waits for the host is what is to be
  /// measured.
  [[nodiscard]] virtual bool host_takes_part() const { return false; }

  /// Whether its time hangs on the machine code of its kernels alone, so that the same code cannot
  /// become slower. Not where the host has a part, or its launches are what is measured.
  [[nodiscard]] virtual bool is_kernels_alone() const { return !host_takes_part(); }

  /// The most launches of one sample, for work so short that the host would not keep up for longer.
  [[nodiscard]] virtual int longest_batch() const { return std::numeric_limits<int>::max(); }

  /// Spoils the result of set 0, with NaN where there is one, so that the next check() sees what
  /// the next launch wrote. Needed where instances share their operands: they share the result too.
  virtual void poison() {}

  /// Compares what the last launch on set 0 left behind with the reference result.
  /// Empty when it is right; otherwise one sentence that names the worst element.
  [[nodiscard]] virtual std::optional<std::string> check() = 0;

  /// Which of its algorithms a library took for this problem, or the workload of its
  /// configurations; empty where there is one only, or it does not tell.
  [[nodiscard]] virtual std::string algorithm() const { return ""; }

  /// What one launch really does, where that is not Workload::work of the problem: a stage on a
  /// grid of whole waves does more, and one that only launches does nothing.
  [[nodiscard]] virtual std::optional<Work> work_of_launch() const { return std::nullopt; }
};

/// A variant of a workload for one backend and precision: plain data and four functions.
struct Workload {
  std::string name;      ///< "gemm"
  std::string variant;   ///< "tiled"
  std::string provider;  ///< whose code runs: "derate", "cublas", "openblas"
  std::string backend;   ///< "host" or "cuda"
  Precision precision = Precision::f32;
  Bound bound = Bound::compute;
  /// The units that the provider may use: a library may take tensor units where a device has them.
  Units units = Units::vector;
  /// Format of the sums where it is not that of the operands: f32 for bf16 on tensor units.
  std::optional<Precision> accumulator = {};
  /// The instruction that does all the arithmetic, as the rate table calls it ("FFMA", "wgmma");
  /// empty for a program of many. Where it is the one that the peak is made of, the workload claims
  /// to reach that peak, and the report holds it to that.
  std::string instruction = {};
  /// What the suite runs it on, each reported apart, unless a user asks for one of them.
  std::vector<DataPattern> data = {DataPattern::uniform};

  /// Set where the workload decides it: a working set that is to stay in a cache is hot whatever a
  /// user wants.
  std::optional<CachePolicy> cache = {};

  /// The sizes of the quick suite on `device`, none where the full suite alone has any; and one
  /// small size for tests.
  std::function<std::vector<Problem>(const Device&)> problems;
  std::function<Problem()> test_problem;
  std::function<Work(const Problem&)> work;
  /// Class of sizes that share one derate factor, such as "small" or "large".
  std::function<std::string(const Problem&)> size_class;
  /// Allocates and fills. Throws DeviceError (out of memory, library missing).
  std::function<std::unique_ptr<Instance>(const Problem&, const Operands&, Session&)> prepare;
  /// Sizes that the full suite adds; not set where the quick ones say it all.
  std::function<std::vector<Problem>(const Device&)> more_problems = {};
  /// Sizes of the suite of shapes: what programs ask for besides cubes. Not set: not in it.
  std::function<std::vector<Problem>(const Device&)> shapes = {};
  /// Why `device` cannot run this at all; empty, or not set, when it can.
  std::function<std::optional<std::string>(const Device&)> unsupported = {};
  /// Why `device` cannot run this size, which a user may have asked for; empty, or not set, when it
  /// can.
  std::function<std::optional<std::string>(const Problem&, const Device&)> refuses = {};
  /// Name and version of the library behind the provider; not set for own code.
  std::function<std::string()> library = {};
  /// Ways to do the same work between which size and device decide, such as tiles, by name; not set
  /// where there is only one. `derate_bench --derate_tune` measures all of them.
  std::function<std::vector<std::string>(const Device&)> configurations = {};
  /// The one of them that prepare() takes unless it is told; set where `configurations` is.
  std::function<std::string(const Problem&, const Device&)> usual_configuration = {};
  /// Stages that prepare() can leave it at, besides the whole, for `derate explain`; not set where
  /// there is none.
  std::function<std::vector<Stage>(const Device&)> stages = {};

  /// "cuda/gemm/tiled/f32/m:512/n:512/k:512", with "/zeros" behind it for such data; `selector` is
  /// Device::selector().
  [[nodiscard]] std::string benchmark_name(std::string_view selector, const Problem& problem,
                                           DataPattern pattern = DataPattern::uniform) const;
};

/// Every workload linked into this program, sorted by backend, name, variant and precision.
[[nodiscard]] std::vector<const Workload*> registered_workloads();

/// A namespace-scope object of this type in a workload's file is all it takes to register it.
class Registration {
 public:
  explicit Registration(Workload workload);
};

}  // namespace derate
