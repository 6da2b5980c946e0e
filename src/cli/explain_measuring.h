// SPDX-License-Identifier: Apache-2.0
// The rounds of `derate explain`. Each is two processes: one in which all stages are interleaved,
// and one that measures the whole alone, with which the product of the factors is compared.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "attribution/waterfall.h"
#include "derate/device.h"
#include "derate/error.h"
#include "derate/format.h"
#include "record/output_folder.h"

namespace derate::cli {

struct ExplainOptions {
  std::string device = "auto";
  bool all_devices = false;
  std::string precision;
  std::string variant;
  std::optional<std::int64_t> m, n, k;
  int rounds = 5;
  int most_rounds = 12;
  std::filesystem::path out;
  std::filesystem::path bench;
  std::vector<std::filesystem::path> files;
  Format format = Format::table;
};

/// m, n and k; or nothing, for the largest of the quick suite.
using Extents = std::vector<std::int64_t>;

/// "m:512,n:512,k:512".
[[nodiscard]] std::string problem_of(const Extents& extents);

/// Measures on one device, into the records and the stages of its folder.
class Explainer {
 public:
  Explainer(const ExplainOptions& options, const Device& device, std::filesystem::path folder);

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }

  /// One round of all stages, interleaved.
  [[nodiscard]] ExitCode measure_stages(const std::string& filter, const Extents& extents) const;

  /// One round of the whole, and of what a library makes of the same. The same products are
  /// measured by arguments_at_once().
  [[nodiscard]] ExitCode measure_alone(const std::string& filter, const Extents& extents);

  /// Of a process that measures what measure_alone() did last, while so many devices work.
  [[nodiscard]] std::vector<std::string> arguments_at_once(std::size_t devices) const;

  void read_into(Attribution& attribution) const;
  [[nodiscard]] Attribution read() const;

 private:
  [[nodiscard]] std::vector<std::string> arguments_for(const std::filesystem::path& records,
                                                       const std::string& filter,
                                                       const Extents& extents) const;

  std::filesystem::path bench_;
  Device device_;
  OutputFolder folder_;
  std::vector<std::string> alone_;  ///< arguments of the last measure_alone()
};

/// Rounds until what is unexplained is known well, or there were as many as may be.
[[nodiscard]] ExitCode measure_product(const ExplainOptions& options, Explainer& explainer,
                                       const Extents& extents);

/// As many rounds of what was measured alone, on all devices at the same time.
[[nodiscard]] ExitCode measure_at_once(const ExplainOptions& options,
                                       const std::vector<std::unique_ptr<Explainer>>& explainers);

}  // namespace derate::cli
