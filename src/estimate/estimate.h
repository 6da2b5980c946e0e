// SPDX-License-Identifier: Apache-2.0
// What a training takes: operations, time, memory. Pure arithmetic on what the caller gives;
// docs/estimate.md works each formula by hand. Times are in seconds, rates in FLOP/s, memory in
// bytes.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "derate/calibration.h"
#include "derate/work.h"

namespace derate {

/// A figure and the ends between which it lies.
struct Range {
  double low = 0;
  double value = 0;
  double high = 0;
};

[[nodiscard]] constexpr Range exactly(double value) { return {value, value, value}; }
/// The middle between the two.
[[nodiscard]] constexpr Range between(double low, double high) {
  return {low, (low + high) / 2, high};
}

/// The work of a training by the rule C_train = O_f·O_b·P·S·E.
struct TrainingWork {
  double forward_flops = 2;        ///< O_f: operations of the forward pass per parameter and sample
  double backward_multiplier = 3;  ///< O_b: forward and backward pass together, in forward passes
  double parameters = kUnknown;    ///< P
  double samples = kUnknown;       ///< S: samples of one epoch; of language models, tokens
  double epochs = 1;               ///< E
};

/// C_train; NaN where parameters or samples are unknown.
[[nodiscard]] double training_flops(const TrainingWork& work);

/// S by the rule of so many tokens for each parameter (20: Hoffmann et al., 2022).
[[nodiscard]] double tokens_for(double parameters, double per_parameter);

/// Which share of 2·N·C is delivered, and who says so.
struct Derate {
  std::string name;
  Range eta;
  std::string source;
  /// The rate itself where it was measured, FLOP/s; it stands even where the peak is unknown.
  std::optional<Range> measured = {};
  /// What whole trainings reach: communication and recomputation are in it already.
  bool of_whole_trainings = false;
};

/// The derates that have a name: "mfu", what whole trainings reach, and "flat", the rule of 15-25 %
/// overhead. Empty for any other word.
[[nodiscard]] std::optional<Derate> named_derate(std::string_view name);

/// The calibration's matrix product for trainings in `precision`: the fastest of the largest class
/// of sizes on random data and one device alone, sustained where that was measured. Null when there
/// is none.
[[nodiscard]] const Factor* training_factor(const Calibration& calibration,
                                            std::string_view precision);

/// The calibration's link between devices, the slowest where there are several, for it holds up a
/// ring: device to device, or else through pinned memory of the host. Null when it has neither.
[[nodiscard]] const Factor* link_factor(const Calibration& calibration);

/// The measured rate with its interval; where that is unknown, the value alone.
[[nodiscard]] Range range_of(const Estimate& estimate);

/// One device's way to the next: bytes/s one way, and what each message takes besides.
struct Link {
  Range bytes_per_s;
  double latency_s = 0;
};

/// Time of one ring all-reduce of `bytes` by the alpha-beta model (Thakur et al., 2005):
/// 2·(n-1)·alpha + 2·(n-1)/n·bytes/beta. 0 for one device.
[[nodiscard]] Range all_reduce_s(double bytes, double devices, const Link& link);

enum class Optimizer { sgd, momentum, adam };

[[nodiscard]] constexpr std::string_view to_string(Optimizer optimizer) {
  constexpr std::array<std::string_view, 3> kNames = {"sgd", "momentum", "adam"};
  return kNames[static_cast<std::size_t>(optimizer)];
}

/// What lies in the memory of one device. NaN for what is not known; total() leaves it out.
struct MemoryNeed {
  double weights = 0;
  double gradients = 0;
  double optimizer = 0;
  double activations = kUnknown;
  double input = kUnknown;

  [[nodiscard]] double total() const;
};

/// What a device holds of a batch; NaN where the user did not say.
struct BatchMemory {
  double samples = kUnknown;                      ///< at once on one device
  double activation_bytes_per_sample = kUnknown;  ///< kept for the backward pass
  double input_bytes_per_sample = kUnknown;
};

/// What data-parallel devices share of the model (ZeRO, FSDP): nothing, moments, gradients too, or
/// weights too.
enum class Sharding { none, optimizer, gradients, weights };

/// Weights and gradients in `precision` (gradients in 16 bit at least), the optimiser's moments in
/// f32 at least (none, one or two), and a copy of the weights in f32 where they are narrower; of
/// one of `devices` that share what `sharding` says.
[[nodiscard]] MemoryNeed memory_need(double parameters, Precision precision, Optimizer optimizer,
                                     const BatchMemory& batch, double devices = 1,
                                     Sharding sharding = Sharding::none);

/// All that an estimate of a training is made of.
struct TrainingPlan {
  std::string device;        ///< its name
  std::string peak_formula;  ///< "2 x 3840 x 1.531 GHz (FFMA)"; empty where only a rate is known
  std::string peak_source;   ///< who says so
  Precision precision = Precision::f32;
  double peak = kUnknown;                 ///< 2·N·C of one device
  double device_memory_bytes = kUnknown;  ///< NaN: not known
  double devices = 1;
  double batch = kUnknown;  ///< samples of one step, over all devices
  TrainingWork work;
  std::vector<Derate> derates;
  std::optional<Link> link;
  std::string link_source;
  Optimizer optimizer = Optimizer::adam;
  Sharding sharding = Sharding::none;
  BatchMemory at_once;
};

/// The time by one derate.
struct TrainingLine {
  Derate derate;
  Range flop_per_s;  ///< R of one device
  Range compute_s;   ///< C_train over the rates of all devices
  Range total_s;     ///< with communication: low where compute hides it, else one after the other
};

struct TrainingEstimate {
  TrainingPlan plan;
  double flops = kUnknown;  ///< C_train
  double steps = kUnknown;  ///< S·E over the batch
  Range all_reduce_s;       ///< of one step
  Range communication_s;    ///< of all steps
  /// "2·N·C" first, then in the order of plan.derates; none where the memory does not suffice.
  std::vector<TrainingLine> lines;
  MemoryNeed memory;
  /// Empty where the device's memory is unknown.
  std::optional<bool> fits;
};

[[nodiscard]] TrainingEstimate estimate_training(const TrainingPlan& plan);

/// What a run of some hours costs, on devices bought or rented. Prices are in the user's currency.
struct CostPlan {
  std::string device;
  double devices = 1;
  Range hours;           ///< that the run takes
  Range price;           ///< of one device
  Range host_share;      ///< host, network and rack of one device, as a share of its price
  Range lifetime_years;  ///< over which the purchase is written off
  Range in_use;          ///< share of the lifetime at work
  Range device_power_w;  ///< of one device during the run
  Range host_power;      ///< power of a whole server, in that of its devices
  Range pue;             ///< power of the building, in that of its servers
  Range kwh_price;
  Range upkeep_per_year;               ///< repairs, room and staff, as a share of the purchase
  std::optional<Range> rent_per_hour;  ///< of one device
  std::optional<Range> carbon_g_per_kwh;
  std::string hours_source;  ///< which estimate gave the hours; empty where the user did
  std::string price_source;  ///< likewise for the price
  std::string rent_source;   ///< and the rent
};

struct CostEstimate {
  CostPlan plan;
  Range purchase;  ///< of all devices, with their share of hosts
  Range capital;   ///< the run's share of the purchase
  Range energy_kwh;
  Range electricity;
  Range upkeep;
  Range owning;  ///< capital, electricity and upkeep
  std::optional<Range> renting;
  /// Hours of use of each device from which on it is cheaper to own; infinite where renting costs
  /// less than running one's own.
  std::optional<Range> break_even_hours;
  Range lifetime_hours;  ///< in use
  /// Share of the lifetime, by the calendar, that each device must be at work for owning to be as
  /// cheap as renting.
  std::optional<Range> break_even_use;
  std::optional<Range> carbon_kg;  ///< of the energy
};

/// Low ends of all that costs make the low end, and so on: the ends are those of the worst and the
/// best case, not of a probability.
[[nodiscard]] CostEstimate estimate_cost(const CostPlan& plan);
[[nodiscard]] std::string to_json(const CostEstimate& estimate);

/// With the cost of the run as "cost", where it was asked for.
[[nodiscard]] std::string to_json(const TrainingEstimate& estimate,
                                  const CostEstimate* cost = nullptr);

}  // namespace derate
