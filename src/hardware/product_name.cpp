// SPDX-License-Identifier: Apache-2.0
// Compares names word by word: all words must be the product's, and all of the product's be there.
// A name that is a part of others is asked about, so that no product ever answers for another.
#include "hardware/product_name.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <string>
#include <utility>

#include "base/fit_text.h"
#include "derate/error.h"
#include "hardware/name_words.h"
#include "hardware/product_table.h"

namespace derate {
namespace {

using Words = std::vector<std::string>;
using Products = std::vector<const Product*>;

constexpr std::size_t kLongestName = 100;  // that a product has: about 50
constexpr std::size_t kMostListed = 8;

bool has(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Maker and brand, which go without saying.
Words unsaid_of(const Product& product) {
  Words unsaid = name_words(product.brand);
  if (product.architecture.starts_with("sm_")) unsaid.emplace_back("nvidia");
  return unsaid;
}

Words without(const Words& unsaid, const Words& words) {
  Words said;
  std::copy_if(words.begin(), words.end(), std::back_inserter(said),
               [&](const std::string& word) { return !has(unsaid, word); });
  return said;
}

/// The names of a product as words, made once.
struct Spelled {
  const Product* product = nullptr;
  Words unsaid;                     ///< of maker and brand
  std::string memory;               ///< "80gb", which may be added to a name; empty: not known
  std::vector<Words> forms;         ///< of name and aliases, without the brand
  std::vector<Words> whole_forms;   ///< these, and each with the memory
  std::vector<Words> driver_names;  ///< whole
};

Spelled spelled(const Product& product) {
  Spelled made;
  made.product = &product;
  made.unsaid = unsaid_of(product);
  if (product.memory_gib > 0) made.memory = fmt::format("{:g}gb", product.memory_gib);
  made.forms.push_back(without(made.unsaid, name_words(product.name)));
  for (const std::string_view alias : names_in(product.aliases)) {
    made.forms.push_back(without(made.unsaid, name_words(alias)));
  }
  made.whole_forms = made.forms;
  for (Words form : made.forms) {
    if (made.memory.empty() || has(form, made.memory)) continue;
    form.insert(std::upper_bound(form.begin(), form.end(), made.memory), made.memory);
    made.whole_forms.push_back(std::move(form));
  }
  for (const std::string_view name : names_in(product.driver_names)) {
    made.driver_names.push_back(name_words(name));
  }
  return made;
}

const std::vector<Spelled>& catalogue() {
  static const std::vector<Spelled> all = [] {
    std::vector<Spelled> made;
    for (const Product& product : products()) made.push_back(spelled(product));
    return made;
  }();
  return all;
}

bool is_one_of(const std::vector<Words>& forms, const Words& words) {
  return std::find(forms.begin(), forms.end(), words) != forms.end();
}

bool is_whole_name(const Words& words, const Spelled& entry) {
  return is_one_of(entry.whole_forms, without(entry.unsaid, words));
}

bool is_part_of_name(const Words& words, const Spelled& entry) {
  const Words wanted = without(entry.unsaid, words);
  if (wanted.empty()) return false;
  return std::any_of(entry.forms.begin(), entry.forms.end(), [&](const Words& form) {
    return std::all_of(wanted.begin(), wanted.end(), [&](const std::string& word) {
      return word == entry.memory || has(form, word);
    });
  });
}

/// A driver's name may be that of several products, so none of its words may be missing.
bool is_driver_name(const Words& words, const Spelled& entry) {
  return is_one_of(entry.driver_names, words);
}

bool is_cloud_name(std::string_view name, const Spelled& entry) {
  const auto names = names_in(entry.product->cloud_names);
  return std::find(names.begin(), names.end(), name) != names.end();
}

Products that_pass(bool (*test)(const Words&, const Spelled&), const Words& words) {
  Products passed;
  for (const Spelled& entry : catalogue()) {
    if (test(words, entry)) passed.push_back(entry.product);
  }
  return passed;
}

/// Those whose whole name this is.
Products called(std::string_view name, const Words& words) {
  for (const Spelled& entry : catalogue()) {
    if (is_cloud_name(name, entry)) return {entry.product};
  }
  Products by_driver = that_pass(is_driver_name, words);
  if (by_driver.size() == 1) return by_driver;
  // Of several products under one driver's name, the one that was first sold has no other.
  Products by_name = that_pass(is_whole_name, words);
  return by_name.empty() ? by_driver : by_name;
}

/// Insertions, deletions and replacements of characters that make `b` of `a` (Wagner and Fischer).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

std::string joined(const Words& words) { return fmt::format("{}", fmt::join(words, "")); }

/// Of a name that somebody has mistyped.
std::size_t most_slips(const std::string& name) {
  constexpr std::size_t kCharactersPerSlip = 6;
  return std::max<std::size_t>(1, name.size() / kCharactersPerSlip);
}

std::string listed(const std::vector<std::string_view>& names) {
  if (names.size() < 2) return fmt::format("{}", fmt::join(names, ""));
  return fmt::format("{} or {}", fmt::join(names.begin(), names.end() - 1, ", "), names.back());
}

[[noreturn]] void refuse(const std::string& sentence) { throw Error(ExitCode::usage, sentence); }

void check_characters(std::string_view name) {
  if (name.size() > kLongestName) {
    refuse(fmt::format("a device's name has at most {} characters, not {}", kLongestName,
                       name.size()));
  }
  const bool has_control = std::any_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
  if (has_control) {
    refuse(fmt::format("\"{}\" holds control characters, which no device's name has",
                       fit_text::echoed(name)));
  }
}

[[noreturn]] void ask(std::string_view name, const Products& candidates) {
  if (candidates.size() > kMostListed) {
    refuse(
        fmt::format("\"{0}\" may be one of {1} products: say which (derate catalog \"{0}\" lists "
                    "them)",
                    name, candidates.size()));
  }
  std::vector<std::string_view> names;
  for (const Product* product : candidates) names.push_back(product->name);
  refuse(fmt::format("\"{}\" may be {}: say which", name, listed(names)));
}

}  // namespace

const Product* find_product(std::string_view name) {
  if (name.size() > kLongestName) return nullptr;
  const Products found = called(name, name_words(name));
  return found.size() == 1 ? found.front() : nullptr;
}

std::vector<const Product*> products_meant(std::string_view name) {
  if (name.size() > kLongestName) return {};
  const Words words = name_words(name);
  Products found = called(name, words);
  return found.empty() ? that_pass(is_part_of_name, words) : found;
}

const Product& product_named(std::string_view name, std::string_view where) {
  check_characters(name);
  if (const Product* const found = find_product(name)) return *found;
  const Products candidates = products_meant(name);
  if (!candidates.empty()) ask(name, candidates);
  const std::vector<std::string_view> similar = similar_products(name);
  refuse(fmt::format(
      "no device \"{}\" is {}, so its peak is unknown{} (derate catalog lists all)", name, where,
      similar.empty() ? std::string() : fmt::format(": did you mean {}?", listed(similar))));
}

std::vector<std::string_view> similar_products(std::string_view name) {
  constexpr std::size_t kMost = 3;
  const Words words = name_words(name.substr(0, kLongestName));
  std::vector<std::pair<std::size_t, std::string_view>> near;
  for (const Spelled& entry : catalogue()) {
    const std::string wanted = joined(without(entry.unsaid, words));
    const std::string offered = joined(entry.forms.front());
    const std::size_t slips = edit_distance(wanted, offered);
    if (wanted.size() < 2 || slips > most_slips(wanted)) continue;
    // Of equally near ones those of the same length, where a character was mistyped, come first.
    const bool is_mistyped = wanted.size() == offered.size();
    near.emplace_back(2 * slips + (is_mistyped ? 0 : 1), entry.product->name);
  }
  std::stable_sort(near.begin(), near.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < std::min(kMost, near.size()); ++i) names.push_back(near[i].second);
  return names;
}

}  // namespace derate
