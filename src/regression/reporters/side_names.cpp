// SPDX-License-Identifier: Apache-2.0
// Common words at the beginning and at the end of both sides, of which each keeps one word at
// least.
#include "regression/reporters/side_names.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>
#include <sstream>
#include <vector>

namespace derate::outputs {
namespace {

using Words = std::span<const std::string>;

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

std::size_t common_beginning(Words a, Words b) {
  const std::size_t most = std::min(a.size(), b.size());
  return static_cast<std::size_t>(
      std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(most), b.begin()).first -
      a.begin());
}

std::size_t common_end(Words a, Words b) {
  const std::size_t most = std::min(a.size(), b.size());
  std::size_t n = 0;
  while (n < most && a[a.size() - 1 - n] == b[b.size() - 1 - n]) ++n;
  return n;
}

std::size_t length_of(Words words) { return fmt::format("{}", fmt::join(words, " ")).size(); }

}  // namespace

std::string candidate_against_base(const std::string& candidate, const std::string& base) {
  constexpr std::size_t kShort = 30;  // of what would be repeated
  if (candidate == base) return candidate + " against itself";
  const std::vector<std::string> a = words_of(candidate);
  const std::vector<std::string> b = words_of(base);
  const std::size_t least = std::min(a.size(), b.size());
  const std::size_t before =
      std::min(common_beginning(a, b), least - std::min<std::size_t>(1, least));
  const std::size_t after = std::min(common_end(Words(a).subspan(before), Words(b).subspan(before)),
                                     least - before - std::min<std::size_t>(1, least - before));
  const std::size_t shared = length_of(Words(a).first(before)) + length_of(Words(a).last(after));
  if (shared < kShort) return fmt::format("{} against {}", candidate, base);
  const auto differing = [&](Words words) {
    return fmt::format("{}{}{}", before > 0 ? "… " : "",
                       fmt::join(words.subspan(before, words.size() - before - after), " "),
                       after > 0 ? " …" : "");
  };
  return fmt::format("{} against {}", differing(a), differing(b));
}

}  // namespace derate::outputs
