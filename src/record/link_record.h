// SPDX-License-Identifier: Apache-2.0
// A measurement between nodes, and how a rank's part in it ended: the lines of
// FOLDER/links/*.jsonl, which ranks write and the fleet's report reads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace derate {

/// Who took part: the GPUs of one node, of two, or of all.
enum class LinkScope { node, pair, all };

[[nodiscard]] std::string_view to_string(LinkScope scope);

/// One all-reduce over the GPUs of some nodes, out of place, as nccl-tests define it.
struct LinkRecord {
  LinkScope scope = LinkScope::pair;
  std::vector<std::string> nodes;  ///< in the order of ranks
  std::int64_t devices = 0;        ///< all of them together
  std::int64_t bytes = 0;          ///< of the array that each device sends
  std::int64_t launches = 0;       ///< of one sample
  std::vector<double> samples_s;   ///< mean time of one launch
  std::string outcome;             ///< "passed", "incorrect" or "failed"
  std::string reason;              ///< why not passed
  std::string library;             ///< "NCCL 2.28.9"
  std::string start;               ///< which start of the measurement it belongs to
  std::int64_t round = 0;          ///< pairs of one round were measured at the same time
  std::string time_utc;

  /// Bus bandwidth of the median sample in bytes per second: bytes ÷ time × 2 (n - 1) / n over n
  /// devices; NaN where it did not pass.
  [[nodiscard]] double bus_bandwidth() const;
};

/// The last line of a rank: whoever was ended by force has none.
struct LinkEnd {
  std::string node;
  std::int64_t rank = 0;
  std::int64_t ranks = 0;
  std::int64_t exit_code = 0;
  std::string reason;
  std::string start;
  std::string time_utc;
};

using LinkLine = std::variant<LinkRecord, LinkEnd>;

/// One line of JSON, without its end.
[[nodiscard]] std::string to_json_line(const LinkLine& line);

/// Throws std::invalid_argument that says what is wrong with the line.
[[nodiscard]] LinkLine parse_link_line(std::string_view line);

/// FOLDER/*.jsonl, sorted; none where there is no such folder.
[[nodiscard]] std::vector<std::filesystem::path> link_files(const std::filesystem::path& folder);

}  // namespace derate
