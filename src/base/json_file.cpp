// SPDX-License-Identifier: Apache-2.0
// Follows the parser's events to note the line of each field and keys that occur twice; a refusal
// then names file, line and field.
#include "base/json_file.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "derate/error.h"

namespace derate {
namespace {

using Json = JsonFile::Json;

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

/// Follows the parser, to know in which line a field such as "devices[0].problems" begins. Keys and
/// opening brackets are what it has read no further than.
class Places {
 public:
  void follow(Json::parse_event_t event, const Json& parsed, std::size_t line) {
    using Event = Json::parse_event_t;
    if (event == Event::key) {
      frames_.back().key = parsed.get<std::string>();
      if (!note(line) && twice_.second == 0) twice_ = {path(), line};
    } else if (event == Event::object_start || event == Event::array_start) {
      note(line);
      frames_.push_back({event == Event::array_start, 0, ""});
    } else {
      if (event != Event::value) frames_.pop_back();
      if (!frames_.empty()) ++frames_.back().index;
    }
  }

  [[nodiscard]] const std::map<std::string, std::size_t>& lines() const { return lines_; }
  /// The first key that an object has twice, and the line of the second; line 0 where none is.
  [[nodiscard]] const std::pair<std::string, std::size_t>& twice() const { return twice_; }

 private:
  struct Frame {
    bool is_list;
    std::size_t index;
    std::string key;
  };

  /// Notes where the present field begins, its key rather than its bracket. No field of ours lies
  /// deeper; a file of nothing but brackets is not to take forever. False where it was there.
  bool note(std::size_t line) {
    constexpr std::size_t kDeepest = 8;
    return frames_.size() > kDeepest || lines_.try_emplace(path(), line).second;
  }

  [[nodiscard]] std::string path() const {
    std::string text;
    for (const Frame& frame : frames_) {
      if (frame.is_list) {
        text += fmt::format("[{}]", frame.index);
      } else {
        text += (text.empty() ? "" : ".") + frame.key;
      }
    }
    return text;
  }

  std::vector<Frame> frames_;
  std::map<std::string, std::size_t> lines_;
  std::pair<std::string, std::size_t> twice_;
};

}  // namespace

std::string text_of_file(const std::filesystem::path& path) {
  std::error_code unknown;
  std::ifstream file(path, std::ios::binary);
  if (!file || std::filesystem::is_directory(path, unknown)) {  // opens, but throws when read
    throw Error(ExitCode::invalid_input, path.string() + " cannot be read");
  }
  return {std::istreambuf_iterator<char>(file), {}};
}

JsonFile::JsonFile(const std::filesystem::path& path)
    : JsonFile(path.string(), text_of_file(path)) {}

JsonFile::JsonFile(std::string name, std::string_view text) : name_(std::move(name)) {
  std::size_t line = 1;
  Places places;
  try {
    json_ = Json::parse(CountingIterator{text.data(), &line},
                        CountingIterator{text.data() + text.size(), &line},
                        [&](int, Json::parse_event_t event, const Json& parsed) {
                          places.follow(event, parsed, line);
                          return true;
                        });
  } catch (const Json::exception& error) {
    std::string_view what = error.what();
    if (const std::size_t why = what.find("syntax error"); why != std::string_view::npos) {
      what.remove_prefix(why);
    } else {
      what.remove_prefix(what.find(']') + 1);  // the name of its exception
    }
    throw Error(ExitCode::invalid_input, fmt::format("{}, line {}: not JSON: {}", name_, line,
                                                     what.substr(what.find_first_not_of(' '))));
  }
  lines_ = places.lines();
  if (const auto& [field, again] = places.twice(); again > 0) {
    throw Error(ExitCode::invalid_input,
                fmt::format("{}, line {}: field \"{}\" stands there twice", name_, again, field));
  }
}

void JsonFile::refuse(const std::string& field, std::string_view what) const {
  const std::string subject = field.empty() ? "the whole" : fmt::format("field \"{}\"", field);
  throw Error(ExitCode::invalid_input,
              fmt::format("{}, line {}: {} {}", name_, line_of(field), subject, what));
}

const Json& JsonFile::field(const Json& object, const std::string& at,
                            const std::string& key) const {
  if (!object.is_object()) refuse(at, "is not an object");
  const auto found = object.find(key);
  if (found == object.end()) refuse(joined(at, key), "is missing");
  return *found;
}

std::string JsonFile::text(const Json& object, const std::string& at,
                           const std::string& key) const {
  const Json& value = field(object, at, key);
  if (!value.is_string()) refuse(joined(at, key), "is not a string");
  return value;
}

std::string JsonFile::some_text(const Json& object, const std::string& at,
                                const std::string& key) const {
  std::string value = text(object, at, key);
  if (value.empty()) refuse(joined(at, key), "is empty");
  return value;
}

std::int64_t JsonFile::count(const Json& object, const std::string& at,
                             const std::string& key) const {
  const Json& value = field(object, at, key);
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > (1ULL << 62)) {
    refuse(joined(at, key), "is not a count");
  }
  return value;
}

const Json& JsonFile::list(const Json& object, const std::string& at,
                           const std::string& key) const {
  const Json& value = field(object, at, key);
  if (!value.is_array()) refuse(joined(at, key), "is not a list");
  return value;
}

std::size_t JsonFile::line_of(std::string field) const {
  while (!field.empty()) {
    if (const auto found = lines_.find(field); found != lines_.end()) return found->second;
    const std::size_t end = field.find_last_of(".[");
    field.resize(end == std::string::npos ? 0 : end);
  }
  return 1;
}

}  // namespace derate
