// SPDX-License-Identifier: Apache-2.0
// Processes on several nodes meet in a folder that all of them see, before they have any other way
// to talk: each says that it is there, and the first then tells all of them one word.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "measure/link_rank.h"

namespace derate {

class Rendezvous {
 public:
  /// In FOLDER/START, which is made. Throws Error(output).
  Rendezvous(const std::filesystem::path& folder, LinkRank rank,
             std::chrono::duration<double> wait);

  /// Says that this rank is here and can take part, or why it cannot.
  void arrive(const std::string& refusal = "") const;

  /// By the first rank: waits for all. Throws Error(failed) that names who never came, or who
  /// cannot take part and why; and Error(usage) where the start was used before.
  void wait_for_all() const;
  /// By the first rank: what all others are to know. `word` is one line.
  void tell(const std::string& word) const;
  /// By the first rank: that nothing will come, and why.
  void give_up(const std::string& reason) const;

  /// By the others. Throws Error(failed) with the first one's reason, or that nothing came.
  [[nodiscard]] std::string word() const;

  /// By the first rank, once all have met: takes away what each of them left.
  void clear() const;

 private:
  [[nodiscard]] std::filesystem::path arrivals() const { return folder_ / "here"; }
  [[nodiscard]] std::string missing() const;
  [[nodiscard]] std::string refused() const;

  std::filesystem::path folder_;
  LinkRank rank_;
  std::chrono::duration<double> wait_;
};

}  // namespace derate
