// SPDX-License-Identifier: Apache-2.0
// Divides a library's efficiency by the ceiling that the own kernel's stages show.
#include "attribution/library_loss.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "attribution/stage_series.h"
#include "base/units.h"
#include "derate/aggregate.h"

namespace derate {
namespace {

using Medians = std::span<const double>;

/// Only where the own launches are those that the library makes as well.
bool knows_launches(const Record& library, const MeasuredStages& stages) {
  return library.backend == "cuda" && find_stage(stages.rounds.back(), Stage::launch) != nullptr;
}

/// What the tiles of its algorithm leave of whole waves; kUnknown where it does not tell.
double tail_of(const Record& library) {
  const std::optional<LibraryTile> tile = tile_of_algorithm(library.algorithm);
  const std::optional<Problem> problem = Problem::parse(library.problem);
  if (!tile || !problem) return kUnknown;
  return share_of_whole_waves(problem->at("m"), problem->at("n"), *tile, library.compute_units);
}

LibraryLoss loss_of(const std::vector<Record>& rounds, const MeasuredStages& stages) {
  LibraryLoss loss;
  loss.record = rounds.back();
  const Record& library = loss.record;
  // Of the own kernel the whole on whole waves is the ceiling: without tail and launches.
  const bool has_waves = std::all_of(
      stages.rounds.begin(), stages.rounds.end(),
      [](const auto& round) { return find_stage(round, Stage::whole_waves) != nullptr; });
  const Stage best = has_waves ? Stage::whole_waves : Stage::whole;
  StageTable table(stages.rounds, {best});
  const std::size_t of_library = table.add(rounds);
  const double peak_per_clock = library.peak_per_clock;
  const double reference_hz = reference_clock_hz(library);
  const bool launches = knows_launches(library, stages);
  const double tail = tail_of(library);
  double left = 1;
  const auto add = [&](std::string name, const Estimate& value, std::string note = {}) {
    const double before = left;
    left *= value.value;
    loss.steps.push_back({{std::move(name), value, std::move(note)}, left, before - left});
  };
  add("clock", table.figure([&](Medians medians) {
    return StageTable::clock_hz(medians, of_library) / reference_hz;
  }));
  if (!library.waited_shares.empty()) {
    add("waiting for a core", table.figure([&](Medians medians) {
      return StageTable::own_time_s(medians, of_library) / StageTable::time_s(medians, of_library);
    }));
  }
  const auto net_share = [&](Medians medians) {
    return StageTable::own_time_s(medians, of_library) -
           (launches ? StageTable::launch_s(medians) : 0);
  };
  if (launches) {
    add("launch", table.figure([&](Medians medians) {
      return net_share(medians) / StageTable::own_time_s(medians, of_library);
    }));
  }
  if (!std::isnan(tail)) {
    add("tail", {tail, {tail, tail, 1}}, "of the tiles of " + library.algorithm);
  }
  add(fmt::format("ceiling of {}", stages.rounds.back().front().variant),
      table.figure(
          [&](Medians medians) { return table.flops_per_clock(medians, 0) / peak_per_clock; }));
  add("inside the library", table.figure([&](Medians medians) {
    const double own =
        table.flops(of_library) / (net_share(medians) * StageTable::clock_hz(medians, of_library));
    return own / table.flops_per_clock(medians, 0) / (std::isnan(tail) ? 1 : tail);
  }),
      std::isnan(tail) ? "with its tail" : "");
  const double peak = peak_per_clock * reference_hz;
  loss.eta = table.figure([&](Medians medians) {
    return table.flops(of_library) / StageTable::time_s(medians, of_library) / peak;
  });
  return loss;
}

/// Reads a number from the beginning of `text` and takes it off; nothing where there is none.
std::optional<std::int64_t> take_number(std::string_view& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number <= 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

}  // namespace

std::optional<LibraryTile> tile_of_algorithm(std::string_view algorithm) {
  constexpr std::string_view kTile = "tile ";
  constexpr std::string_view kSplit = "split-k ";
  // With k divided among blocks a tile of C is not one block's.
  const std::size_t split = algorithm.find(kSplit);
  if (split != std::string_view::npos) {
    std::string_view parts = algorithm.substr(split + kSplit.size());
    if (take_number(parts) != 1) return std::nullopt;
  }
  const std::size_t place = algorithm.find(kTile);
  if (place == std::string_view::npos) return std::nullopt;
  std::string_view rest = algorithm.substr(place + kTile.size());
  const std::optional<std::int64_t> rows = take_number(rest);
  if (!rows || !rest.starts_with('x')) return std::nullopt;
  rest.remove_prefix(1);
  const std::optional<std::int64_t> columns = take_number(rest);
  if (!columns) return std::nullopt;
  return LibraryTile{*rows, *columns};
}

double share_of_whole_waves(std::int64_t m, std::int64_t n, const LibraryTile& tile, double units) {
  const double tiles = std::ceil(static_cast<double>(m) / static_cast<double>(tile.rows)) *
                       std::ceil(static_cast<double>(n) / static_cast<double>(tile.columns));
  if (!(units >= 1)) return kUnknown;
  const double computed = std::ceil(tiles / units) * units * static_cast<double>(tile.rows) *
                          static_cast<double>(tile.columns);
  return static_cast<double>(m) * static_cast<double>(n) / computed;
}

void add_libraries(const MeasuredStages& stages, Waterfall& waterfall) {
  std::map<std::string, std::vector<Record>> by_variant;
  for (const Record& record : stages.libraries) {
    if (has_clock(record) && record.peak_per_clock > 0) {
      by_variant[record.variant + "\n" + record.library].push_back(record);
    }
  }
  for (const auto& [variant, rounds] : by_variant) {
    waterfall.libraries.push_back(loss_of(rounds, stages));
  }
}

}  // namespace derate
