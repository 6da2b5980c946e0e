// SPDX-License-Identifier: Apache-2.0
// Creates and locks the folder (flock on the folder itself), refuses one of another device or with
// files of unknown origin, and removes what it created if that stays empty.
#include "record/output_folder.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/system_calls.h"
#include "derate/error.h"
#include "derate/record_file.h"

namespace derate {
namespace {

constexpr std::size_t kRoomForARun_bytes = 1 << 20;

/// Lower-case letters and digits, everything else one dash.
std::string slug(const std::string& name) {
  std::string out;
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (!out.empty() && out.back() != '-') {
      out += '-';
    }
  }
  while (out.ends_with('-')) out.pop_back();
  return out.empty() ? "device" : out;
}

std::uintmax_t size_of(const std::filesystem::path& file) {
  std::error_code failed;
  const std::uintmax_t size = std::filesystem::file_size(file, failed);
  return failed ? 0 : size;
}

/// The first good record of a folder; none when it has none.
std::optional<Record> first_record(const std::filesystem::path& folder) {
  std::optional<Record> first;
  struct Enough {};
  try {
    read_records(folder, [&](const Record& record) {
      first = record;
      throw Enough{};
    });
  } catch (const Enough&) {
  } catch (const Error&) {
  }
  return first;
}

/// Refuses to mix runs of different devices, and to overwrite what no run has written.
void require_run_of(const Device& device, const std::filesystem::path& folder) {
  std::error_code failed;
  if (!std::filesystem::exists(folder / "records.jsonl", failed)) {
    for (const char* name : {"report.md", "report.html", "calibration.json"}) {
      if (std::filesystem::exists(folder / name, failed)) {
        cannot_write(folder, fmt::format("it holds a {} but no records.jsonl, so it is not of a "
                                         "derate run; choose another --out",
                                         name));
      }
    }
    return;
  }
  const std::optional<Record> first = first_record(folder);
  if (first && first->device_id != device.id) {
    cannot_write(folder, fmt::format("its records.jsonl is of another device, {}; choose another "
                                     "--out",
                                     first->device_name));
  }
}

}  // namespace

std::filesystem::path default_folder(const Device& device) {
  std::string name = slug(device.name);
  if (device.index > 0) name += fmt::format("-{}", device.index);
  return default_folder(name);
}

std::filesystem::path default_folder(const std::string& word) {
  const auto now = std::chrono::system_clock::to_time_t(system_calls().utc_now());
  const std::string name = fmt::format("{:%Y%m%dT%H%M%SZ}-{}", fmt::gmtime(now), word);
  std::filesystem::path folder = std::filesystem::path("derate-out") / name;
  std::error_code unreadable;
  for (int more = 2; std::filesystem::exists(folder, unreadable); ++more) {
    folder.replace_filename(fmt::format("{}-{}", name, more));  // of another within this second
  }
  return folder;
}

OutputFolder::OutputFolder(std::filesystem::path path, const Device& device)
    : held_(std::move(path)) {
  std::error_code failed;
  had_records_ = std::filesystem::exists(records(), failed);
  size_before_ = size_of(records());
  require_run_of(device, this->path());
}

OutputFolder::~OutputFolder() {
  std::error_code ignored;
  if (!had_records_ && !grew()) std::filesystem::remove(records(), ignored);
}

bool OutputFolder::grew() const { return size_of(records()) > size_before_; }

HeldFolder::HeldFolder(std::filesystem::path path) : path_(std::move(path)) {
  try {
    create();
    lock();
    require_room(path_, kRoomForARun_bytes);
  } catch (...) {
    remove_created();
    if (lock_ >= 0) ::close(lock_);
    throw;
  }
}

HeldFolder::~HeldFolder() {
  remove_created();
  if (lock_ >= 0) ::close(lock_);
}

bool HeldFolder::is_held(const std::filesystem::path& path) {
  const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return false;
  const bool is_free = ::flock(folder, LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK;
  ::close(folder);
  return !is_free;
}

void HeldFolder::create() {
  std::error_code failed;
  for (auto at = path_; !at.empty() && !std::filesystem::exists(at, failed) && !failed;
       at = at.parent_path()) {
    created_.push_back(at);
  }
  std::filesystem::create_directories(path_, failed);
  if (failed) cannot_write(path_, failed.message());
}

void HeldFolder::lock() {
  // The folder itself, so that no file is needed. Some file systems cannot lock one: then two runs
  // at once are not noticed.
  lock_ = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock_ < 0) cannot_write(path_, std::strerror(errno));
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    cannot_write(path_, "another derate run is writing there");
  }
}

void HeldFolder::remove_created() const {
  std::error_code ignored;  // what is not empty stays
  for (const std::filesystem::path& folder : created_) std::filesystem::remove(folder, ignored);
}

}  // namespace derate
