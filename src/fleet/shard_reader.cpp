// SPDX-License-Identifier: Apache-2.0
// libzstd's streaming decompression, which checks the content's checksum, and a digest of the bytes
// as they lie in the file.
#include "fleet/shard_reader.h"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include "base/input_limits.h"
#include "base/missing_file.h"
#include "derate/error.h"
#include "fleet/digest.h"

namespace derate::fleet {
namespace {

constexpr std::size_t kInput_bytes = std::size_t{256} << 10;
constexpr std::size_t kText_bytes = std::size_t{1} << 20;

[[noreturn]] void cannot_read_shard(const std::string& name, int error) {
  const std::string sentence = fmt::format("cannot read {}: {}", name, std::strerror(error));
  if (error == ENOENT) throw MissingFile(sentence);
  throw Error(ExitCode::invalid_input, sentence);
}

}  // namespace

struct ShardReader::Codec {
  ZSTD_DCtx* context = ZSTD_createDCtx();
  Digest digest;
  bool within_frame = false;

  Codec() {
    if (context == nullptr) throw std::bad_alloc();
  }
  ~Codec() { ZSTD_freeDCtx(context); }
  Codec(const Codec&) = delete;
  Codec& operator=(const Codec&) = delete;
};

ShardReader::ShardReader(const std::filesystem::path& path)
    : name_(path.string()),
      is_compressed_(path.extension() == ".zst"),
      codec_(std::make_unique<Codec>()) {
  std::error_code unknown;
  const std::filesystem::file_status status = std::filesystem::status(path, unknown);
  if (std::filesystem::is_character_file(status) || std::filesystem::is_block_file(status)) {
    throw Error(ExitCode::invalid_input, fmt::format("{} is a device, not a file", name_));
  }
  if (std::filesystem::is_directory(status)) cannot_read_shard(name_, EISDIR);
  file_ = std::fopen(path.c_str(), "rbe");
  if (file_ == nullptr) cannot_read_shard(name_, errno);
  std::setvbuf(file_, nullptr, _IONBF, 0);
}

ShardReader::~ShardReader() { std::fclose(file_); }

bool ShardReader::fill_input() {
  input_.resize(kInput_bytes);
  input_at_ = 0;
  const std::size_t got = std::fread(input_.data(), 1, kInput_bytes, file_);
  input_.resize(got);
  if (got == 0 && std::ferror(file_) != 0) damage_ = "cannot be read to its end";
  codec_->digest.add(input_);
  bytes_ += got;
  return got > 0;
}

bool ShardReader::decompress() {
  const std::size_t before = text_.size();
  while (true) {
    if (input_at_ == input_.size() && !fill_input()) {
      if (codec_->within_frame && damage_.empty()) damage_ = "is cut";
      return false;
    }
    text_.resize(before + kText_bytes);
    ZSTD_inBuffer in{input_.data(), input_.size(), input_at_};
    ZSTD_outBuffer out{text_.data() + before, kText_bytes, 0};
    const std::size_t left = ZSTD_decompressStream(codec_->context, &out, &in);
    input_at_ = in.pos;
    text_.resize(before + out.pos);
    if (ZSTD_isError(left) != 0) {
      damage_ = fmt::format("is damaged: {}", ZSTD_getErrorName(left));
      input_at_ = input_.size();
      return false;
    }
    codec_->within_frame = left != 0;
    if (out.pos > 0) return true;
  }
}

bool ShardReader::fill_text() {
  if (!damage_.empty()) return false;
  if (text_at_ > 0) {
    text_.erase(0, text_at_);
    text_at_ = 0;
  }
  if (is_compressed_) return decompress();
  if (!fill_input()) return false;
  text_ += input_;
  input_at_ = input_.size();
  return true;
}

bool ShardReader::read_line(std::string& line) {
  std::size_t searched = 0;
  while (true) {
    const std::string_view there = std::string_view(text_).substr(text_at_);
    const std::size_t end = there.find('\n', searched);
    if (end != std::string_view::npos) {
      line.assign(there.substr(0, end));
      text_at_ += end + 1;
      was_cut_ = false;
      break;
    }
    searched = there.size();
    if (searched > input_limits::kLongestLine_bytes) {
      throw Error(ExitCode::invalid_input,
                  fmt::format("{}, line {} has more than {} MiB", name_, line_ + 1,
                              input_limits::kLongestLine_bytes >> 20));
    }
    if (fill_text()) continue;
    line.assign(std::string_view(text_).substr(text_at_));
    text_.clear();
    text_at_ = 0;
    if (line.empty()) return false;
    was_cut_ = true;
    break;
  }
  if (++line_ > input_limits::kMostLines) {
    throw Error(ExitCode::invalid_input,
                fmt::format("{} has more than {} lines", name_, input_limits::kMostLines));
  }
  return true;
}

void ShardReader::finish() {
  while (fill_input()) {
  }
}

std::string ShardReader::xxh3_128() const { return codec_->digest.text(); }

}  // namespace derate::fleet
