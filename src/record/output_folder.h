// SPDX-License-Identifier: Apache-2.0
// The folder that a run writes to: its default name, and a lock against other runs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "derate/device.h"

namespace derate {

/// "derate-out/20261120T161500Z-nvidia-h200" for now and this device.
[[nodiscard]] std::filesystem::path default_folder(const Device& device);

/// "derate-out/20261120T161500Z-gate" for now and this word.
[[nodiscard]] std::filesystem::path default_folder(const std::string& word);

/// A folder held against other runs for as long as this lives. Goes again with everything that was
/// created for it when nothing was left in it.
class HeldFolder {
 public:
  /// Creates what is missing of `path` and proves that a file of a run's size can be written there,
  /// so that a full disk shows before measuring and not after. Throws Error(output) when not, and
  /// when another run holds the folder.
  explicit HeldFolder(std::filesystem::path path);
  ~HeldFolder();
  HeldFolder(const HeldFolder&) = delete;
  HeldFolder& operator=(const HeldFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// Whether a run holds the folder now.
  [[nodiscard]] static bool is_held(const std::filesystem::path& path);

 private:
  void create();
  void lock();
  void remove_created() const;

  std::filesystem::path path_;
  std::vector<std::filesystem::path> created_;  ///< folders that were not there, innermost first
  int lock_ = -1;
};

/// A folder that one run of `derate run` writes to.
class OutputFolder {
 public:
  /// Throws Error(output) as HeldFolder does, and when it holds what is not a run of `device`.
  OutputFolder(std::filesystem::path path, const Device& device);
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return held_.path(); }
  [[nodiscard]] std::filesystem::path records() const { return path() / "records.jsonl"; }
  /// Whether it held records of earlier runs, to which those of this one are added.
  [[nodiscard]] bool had_records() const { return had_records_ && size_before_ > 0; }
  /// Whether anything was recorded since the folder was opened.
  [[nodiscard]] bool grew() const;

 private:
  HeldFolder held_;
  bool had_records_ = false;
  std::uintmax_t size_before_ = 0;  ///< of the records
};

}  // namespace derate
