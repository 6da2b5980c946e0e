// SPDX-License-Identifier: Apache-2.0
// On NFS a name that was asked for and not found may stay "not there" for a minute, while opening
// its folder asks the server: so folders are listed, and no file is asked for before it is listed.
#include "measure/rendezvous.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include "base/file.h"
#include "base/input_file.h"
#include "derate/error.h"

namespace derate {
namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

constexpr const char* kWordFile = "word";
constexpr std::string_view kTold = "told ";
constexpr std::string_view kGivenUp = "given up ";
/// Others wait for longer than the first, which has the better reason.
constexpr std::chrono::seconds kGrace{10};
constexpr std::size_t kMostNamed = 8;

std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  std::error_code unreadable;
  for (fs::directory_iterator at(folder, unreadable), end; !unreadable && at != end;
       at.increment(unreadable)) {
    names.insert(at->path().filename().string());
  }
  return names;
}

/// Less often as time goes by, for the sake of the file server; false once there is no more of it.
bool sleep_a_little(steady_clock::time_point begin, std::chrono::duration<double> wait) {
  using std::chrono::duration;
  const duration<double> gone = steady_clock::now() - begin;
  if (gone >= wait) return false;
  std::this_thread::sleep_for(
      std::min(wait - gone, std::clamp(gone / 20, duration<double>(0.01), duration<double>(0.5))));
  return true;
}

/// Beside those of ranks there are files that are still being written.
bool is_rank(const std::string& name) {
  return name.find_first_not_of("0123456789") == std::string::npos;
}

std::string first_line(const fs::path& path) {
  std::string text = text_of_file(path, std::size_t{64} << 10);
  return text.substr(0, text.find('\n'));
}

}  // namespace

Rendezvous::Rendezvous(const fs::path& folder, LinkRank rank, std::chrono::duration<double> wait)
    : folder_(folder / rank.start), rank_(std::move(rank)), wait_(wait) {
  std::error_code failed;
  fs::create_directories(arrivals(), failed);
  if (failed) cannot_write(arrivals(), failed.message());
}

void Rendezvous::arrive(const std::string& refusal) const {
  replace_file(arrivals() / std::to_string(rank_.rank), rank_.node + ": " + refusal + "\n");
}

std::string Rendezvous::missing() const {
  const std::set<std::string> there = names_in(arrivals());
  std::string named;
  std::size_t count = 0;
  for (int rank = 0; rank < rank_.ranks; ++rank) {
    if (there.contains(std::to_string(rank)) || ++count > kMostNamed) continue;
    named += fmt::format("{}{}", named.empty() ? "" : ", ", rank);
  }
  if (count > kMostNamed) named += fmt::format(" and {} more", count - kMostNamed);
  return count == 0 ? "" : fmt::format("{} {}", count == 1 ? "rank" : "ranks", named);
}

std::string Rendezvous::refused() const {
  for (const std::string& name : names_in(arrivals())) {
    if (!is_rank(name)) continue;
    const std::string line = first_line(arrivals() / name);
    if (!line.ends_with(": ")) return fmt::format("rank {} on {}", name, line);
  }
  return "";
}

void Rendezvous::wait_for_all() const {
  if (names_in(folder_).contains(kWordFile)) {
    throw Error(ExitCode::usage,
                fmt::format("--start {} was used before, in {}", rank_.start, folder_.string()));
  }
  const auto begin = steady_clock::now();
  while (!missing().empty() && sleep_a_little(begin, wait_)) {
  }
  if (const std::string who = refused(); !who.empty()) {
    throw Error(ExitCode::failed, who);
  }
  if (const std::string who = missing(); !who.empty()) {
    throw Error(ExitCode::failed, fmt::format("{} of {} did not come within {:g} s", who,
                                              rank_.ranks, wait_.count()));
  }
}

void Rendezvous::tell(const std::string& word) const {
  replace_file(folder_ / kWordFile, std::string(kTold) + word + "\n");
}

void Rendezvous::give_up(const std::string& reason) const {
  replace_file(folder_ / kWordFile, std::string(kGivenUp) + reason + "\n");
}

std::string Rendezvous::word() const {
  const auto begin = steady_clock::now();
  while (!names_in(folder_).contains(kWordFile)) {
    if (sleep_a_little(begin, wait_ + kGrace)) continue;
    throw Error(ExitCode::failed, fmt::format("rank 0 did not come within {:g} s, or sees another "
                                              "folder than {}",
                                              (wait_ + kGrace).count(), folder_.string()));
  }
  const std::string line = first_line(folder_ / kWordFile);
  if (line.starts_with(kTold)) return line.substr(kTold.size());
  if (line.starts_with(kGivenUp)) throw Error(ExitCode::failed, line.substr(kGivenUp.size()));
  throw Error(ExitCode::invalid_input,
              fmt::format("{} is not what rank 0 writes", (folder_ / kWordFile).string()));
}

void Rendezvous::clear() const {
  std::error_code ignored;  // what stays harms nobody
  fs::remove_all(arrivals(), ignored);
}

}  // namespace derate
