// SPDX-License-Identifier: Apache-2.0
// Explicit instantiations of nlohmann/json for ordered_json. Its parser hands over events,
// from which values are built within limits, and lines of fields found where one is to be named.
#include "base/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <utility>
#include <vector>

#include "base/fit_text.h"
#include "base/input_limits.h"
#include "base/safe_text.h"

namespace nlohmann {

template class basic_json<ordered_map>;

namespace detail {

template class serializer<ordered_json>;

}  // namespace detail
}  // namespace nlohmann

namespace derate {
namespace {

using Json = nlohmann::ordered_json;

/// Reads a text and counts its lines; the parser copies it, so that the count lies elsewhere.
struct CountingIterator {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  const char* at;
  std::size_t* line;

  reference operator*() const { return *at; }
  CountingIterator& operator++() {
    if (*at++ == '\n') ++*line;
    return *this;
  }
  CountingIterator operator++(int) {
    const CountingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at == other.at; }
};

std::string joined(const std::string& at, const std::string& key) {
  return at.empty() ? key : at + "." + key;
}

/// What the parser says, without the name of its exception and the place that it counts in bytes.
std::string why_of(const Json::exception& error) {
  std::string_view what = error.what();
  const std::size_t why = what.find("syntax error");
  what.remove_prefix(why != std::string_view::npos ? why : what.find(']') + 1);
  what.remove_prefix(std::min(what.size(), what.find_first_not_of(' ')));
  constexpr std::size_t kLongest = 300;
  return fit_text::cut(what, kLongest);
}

/// Builds the value from the parser's events. Each returns whether to go on; otherwise why() is
/// what is wrong.
class Builder {
 public:
  Builder() : root_(nullptr) {}

  bool null() { return put(nullptr); }
  bool boolean(bool value) { return put(value); }
  bool number_integer(std::int64_t value) { return put(value); }
  bool number_unsigned(std::uint64_t value) { return put(value); }
  bool number_float(double value, const std::string&) { return put(value); }
  bool string(std::string& value) { return put(std::move(value)); }
  bool binary(Json::binary_t&) { return false; }  // JSON has none
  bool start_object(std::size_t) { return open(Json::object()); }
  bool start_array(std::size_t) { return open(Json::array()); }
  bool end_array() { return close(); }

  bool key(std::string& key) {
    open_.back()->get_ref<Json::object_t&>().emplace_back(std::move(key), nullptr);
    return true;
  }

  /// Looks for twins once the object is whole: comparing each key with those before it takes
  /// minutes for an object of a million.
  bool end_object() {
    const auto& object = open_.back()->get_ref<const Json::object_t&>();
    std::vector<std::string_view> keys;
    keys.reserve(object.size());
    for (const auto& [key, value] : object) keys.emplace_back(key);
    std::sort(keys.begin(), keys.end());
    const auto twin = std::adjacent_find(keys.begin(), keys.end());
    if (twin == keys.end()) return close();
    twice_ = joined(path_of_open(), std::string(*twin));
    why_ = fmt::format("field \"{}\" stands there twice", fit_text::echoed(twice_));
    return false;
  }

  bool parse_error(std::size_t, const std::string& token, const Json::exception& error) {
    constexpr int kNumberOverflow = 406;
    if (error.id == kNumberOverflow) {
      return refuse(fmt::format("is {}, beyond what a number can hold", fit_text::echoed(token)));
    }
    why_ = "not JSON: " + why_of(error);
    return false;
  }

  [[nodiscard]] Json take() { return std::move(root_); }
  [[nodiscard]] const std::string& why() const { return why_; }
  /// The field that is there twice; empty where none is.
  [[nodiscard]] const std::string& twice() const { return twice_; }

 private:
  bool put(Json value) { return place(std::move(value)) != nullptr; }

  bool open(Json empty) {
    if (open_.size() == input_limits::kDeepestJson) {
      return refuse(fmt::format("nests deeper than {} levels", input_limits::kDeepestJson));
    }
    Json* const there = place(std::move(empty));
    if (there != nullptr) open_.push_back(there);
    return there != nullptr;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  /// Nothing where there are too many.
  Json* place(Json value) {
    if (++values_ > input_limits::kMostJsonValues) {
      refuse(fmt::format("is one of more than {} values", input_limits::kMostJsonValues));
      return nullptr;
    }
    if (open_.empty()) return &(root_ = std::move(value));
    if (open_.back()->is_array()) {
      return &open_.back()->get_ref<Json::array_t&>().emplace_back(std::move(value));
    }
    return &(open_.back()->get_ref<Json::object_t&>().back().second = std::move(value));
  }

  bool refuse(const std::string& what) {
    const std::string at = path();
    why_ = at.empty() ? "the whole " + what
                      : fmt::format("field \"{}\" {}", fit_text::echoed(at), what);
    return false;
  }

  /// Of the innermost array or object that is open.
  [[nodiscard]] std::string path_of_open() const {
    std::string text;
    for (std::size_t i = 0; i + 1 < open_.size(); ++i) {
      const Json& at = *open_[i];
      if (at.is_array()) {
        text += fmt::format("[{}]", at.size() - 1);
      } else {
        text = joined(text, at.get_ref<const Json::object_t&>().back().first);
      }
    }
    return text;
  }

  /// Of the value that comes next.
  [[nodiscard]] std::string path() const {
    if (open_.empty()) return "";
    const Json& at = *open_.back();
    if (at.is_array()) return fmt::format("{}[{}]", path_of_open(), at.size());
    return joined(path_of_open(), at.get_ref<const Json::object_t&>().back().first);
  }

  Json root_;
  std::vector<Json*> open_;  ///< arrays and objects that the next value lies in
  std::size_t values_ = 0;
  std::string why_;
  std::string twice_;
};

/// Follows the parser until it comes to a field.
class FieldFinder {
 public:
  FieldFinder(std::string_view field, int nth, const std::size_t& line)
      : field_(field), nth_(nth), line_(line) {}

  bool null() { return value(); }
  bool boolean(bool) { return value(); }
  bool number_integer(std::int64_t) { return value(); }
  bool number_unsigned(std::uint64_t) { return value(); }
  bool number_float(double, const std::string&) { return value(); }
  bool string(std::string&) { return value(); }
  bool binary(Json::binary_t&) { return value(); }
  bool start_object(std::size_t) { return open(false); }
  bool start_array(std::size_t) { return open(true); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool parse_error(std::size_t, const std::string&, const Json::exception&) { return false; }

  bool key(const std::string& key) {
    const std::size_t before = open_.back().spelt;
    return note(open_.back().next = follow(before, before == 0 ? key : "." + key));
  }

  [[nodiscard]] std::size_t found_line() const { return found_line_; }

 private:
  static constexpr std::size_t kOther = std::string_view::npos;

  /// An array or object; `spelt` is how much of the field's path leads to it, kOther for another
  /// path, and `next` the same of the member that comes next.
  struct Frame {
    bool is_list;
    std::size_t spelt;
    std::size_t index = 0;
    std::size_t next = kOther;
  };

  [[nodiscard]] std::size_t follow(std::size_t spelt, const std::string& step) const {
    if (spelt == kOther || !field_.substr(spelt).starts_with(step)) return kOther;
    const std::size_t end = spelt + step.size();
    return end == field_.size() || field_[end] == '.' || field_[end] == '[' ? end : kOther;
  }

  /// A member begins in the present line: whether the search goes on.
  bool note(std::size_t spelt) {
    if (spelt == kOther) return true;
    if (spelt == field_.size() ? --nth_ == 0 : spelt > deepest_) {
      deepest_ = spelt;
      found_line_ = line_;
    }
    return nth_ > 0;
  }

  bool open(bool is_list) {
    std::size_t spelt = open_.empty() ? 0 : open_.back().next;
    if (!open_.empty() && open_.back().is_list) {
      spelt = follow(open_.back().spelt, fmt::format("[{}]", open_.back().index));
      if (!note(spelt)) return false;
    }
    open_.push_back({is_list, spelt});
    return true;
  }

  bool value() {
    if (!open_.empty()) ++open_.back().index;
    return true;
  }

  bool close() {
    open_.pop_back();
    return value();
  }

  std::string_view field_;
  int nth_;
  const std::size_t& line_;
  std::vector<Frame> open_;
  std::size_t deepest_ = 0;
  std::size_t found_line_ = 1;
};

/// The line at which `events` had enough, or the last.
template <typename Events>
bool follow(std::string_view text, Events& events, std::size_t& line) {
  return Json::sax_parse(CountingIterator{text.data(), &line},
                         CountingIterator{text.data() + text.size(), &line}, &events);
}

/// What is wrong with the text; empty where nothing is.
std::string build(std::string_view text, Json& json, std::size_t& line) {
  Builder builder;
  if (follow(text, builder, line)) {
    json = builder.take();
    return "";
  }
  if (!builder.twice().empty()) line = line_of_field(text, builder.twice(), 2);
  return builder.why();
}

}  // namespace

nlohmann::ordered_json parse_json(std::string_view text) {
  Json json;
  std::size_t line = 1;
  if (const std::string why = build(text, json, line); !why.empty()) throw BadJson(why, line);
  return json;
}

nlohmann::ordered_json try_parse_json(std::string_view text) {
  Json json;
  std::size_t line = 1;
  if (!build(text, json, line).empty()) json = Json(Json::value_t::discarded);
  return json;
}

std::size_t line_of_field(std::string_view text, std::string_view field, int nth) {
  std::size_t line = 1;
  FieldFinder finder(field, nth, line);
  follow(text, finder, line);
  return finder.found_line();
}

nlohmann::ordered_json number_of_digits(double value, int digits) {
  if (!std::isfinite(value)) return nullptr;
  // Not std::stod, which refuses what is below the smallest normal number.
  return std::strtod(fmt::format("{:.{}g}", value, digits).c_str(), nullptr);
}

std::string dumped(const nlohmann::ordered_json& json, int indent) {
  return safe_text::for_json(json.dump(indent, ' ', false, Json::error_handler_t::replace));
}

std::string brief(const nlohmann::ordered_json& json) {
  return fit_text::echoed(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace derate
