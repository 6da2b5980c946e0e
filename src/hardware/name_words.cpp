// SPDX-License-Identifier: Apache-2.0
// Cuts a name at blanks and punctuation, and where people write two words as one.
#include "hardware/name_words.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace derate {
namespace {

using Words = std::vector<std::string>;

constexpr std::string_view kDigits = "0123456789";
constexpr std::array<std::string_view, 7> kGluedBefore = {"nvidia", "geforce", "tesla", "titan",
                                                          "quadro", "rtx",     "gtx"};
constexpr std::array<std::string_view, 4> kGluedAfter = {"ti", "super", "laptop", "d"};
constexpr std::array<std::string_view, 6> kSayNothing = {"corporation", "gpu",    "nvgpu",
                                                         "graphics",    "shared", "generation"};
constexpr std::array<std::string_view, 6> kBeforeChip = {"nvidia",     "corporation", "vga",
                                                         "compatible", "controller:", "3d"};
constexpr std::array<std::string_view, 4> kTradeMarks = {"(r)", "(tm)", "®", "™"};

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
}

bool is_number(std::string_view word) {
  return !word.empty() && word.find_first_not_of(kDigits) == std::string_view::npos;
}

bool is_chip(std::string_view word) {
  constexpr std::array<std::string_view, 9> kFamilies = {"gk", "gm", "gp", "gv", "tu",
                                                         "ga", "ad", "gh", "gb"};
  return word.size() > 4 && is_number(word.substr(2, 3)) &&
         std::find(kFamilies.begin(), kFamilies.end(), word.substr(0, 2)) != kFamilies.end();
}

Words cut(std::string_view text) {
  Words words;
  while (true) {
    const std::size_t begin = text.find_first_not_of(" -_/,()[]");
    if (begin == std::string_view::npos) return words;
    text.remove_prefix(begin);
    const std::size_t end = std::min(text.find_first_of(" -_/,()[]"), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

/// "01:00.0", with which lspci begins a line.
bool is_slot(std::string_view word) {
  return word.find(':') != std::string_view::npos &&
         word.find_first_not_of("0123456789abcdef:.") == std::string_view::npos;
}

/// What lspci prints in brackets after the chip; other text as it is.
std::string_view without_chip(std::string_view text) {
  const std::size_t open = text.find('[');
  const std::size_t close = text.find(']');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
    return text;
  }
  Words before = cut(text.substr(0, open));
  if (!before.empty() && is_slot(before.front())) before.erase(before.begin());
  const bool is_lspci =
      !before.empty() && is_chip(before.back()) &&
      std::all_of(before.begin(), before.end() - 1, [](const std::string& word) {
        return std::find(kBeforeChip.begin(), kBeforeChip.end(), word) != kBeforeChip.end();
      });
  return is_lspci ? text.substr(open + 1, close - open - 1) : text;
}

/// "geforcertx4070tisuper" as its words.
void split_glued(std::string_view word, Words& words) {
  for (const std::string_view before : kGluedBefore) {
    if (!word.starts_with(before)) continue;
    words.emplace_back(before);
    if (word.size() > before.size()) split_glued(word.substr(before.size()), words);
    return;
  }
  for (const std::string_view after : kGluedAfter) {
    const std::size_t digits = std::min(word.find_first_not_of(kDigits), word.size());
    if (digits < 3 || !word.substr(digits).starts_with(after)) continue;
    words.emplace_back(word.substr(0, digits));
    words.emplace_back(after);
    if (word.size() > digits + after.size()) split_glued(word.substr(digits + after.size()), words);
    return;
  }
  words.emplace_back(word);
}

/// "80 gb", "80gib" and "80g" as "80gb".
void join_sizes(Words& words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string unit =
        words[i].substr(std::min(words[i].find_first_not_of(kDigits), words[i].size()));
    if (unit != "g" && unit != "gb" && unit != "gib") continue;
    std::string number = words[i].substr(0, words[i].size() - unit.size());
    if (number.empty() && i > 0 && is_number(words[i - 1])) {
      number = words[i - 1];
      words.erase(words.begin() + static_cast<std::ptrdiff_t>(--i));
    }
    if (!number.empty()) words[i] = number + "gb";
  }
}

}  // namespace

std::vector<std::string> name_words(std::string_view name) {
  std::string text = lower_case(name);
  for (const std::string_view mark : kTradeMarks) replace_all(text, mark, " ");
  replace_all(text, "mobile / max-q", "laptop");
  replace_all(text, "mobile", "laptop");
  Words words;
  for (const std::string& word : cut(without_chip(text))) split_glued(word, words);
  join_sizes(words);
  std::erase_if(words, [](const std::string& word) {
    return std::find(kSayNothing.begin(), kSayNothing.end(), word) != kSayNothing.end();
  });
  std::sort(words.begin(), words.end());
  return words;
}

}  // namespace derate
