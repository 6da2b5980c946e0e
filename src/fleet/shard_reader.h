// SPDX-License-Identifier: Apache-2.0
// The lines of a shard, plain or compressed with zstd, and the digest of its bytes, in one pass.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "record/read_lines.h"

namespace derate::fleet {

/// A shard that is damaged gives the lines before its damage, and says so.
class ShardReader : public RecordLines {
 public:
  /// Throws Error(invalid_input) where the file cannot be read.
  explicit ShardReader(const std::filesystem::path& path);
  ~ShardReader() override;
  ShardReader(const ShardReader&) = delete;
  ShardReader& operator=(const ShardReader&) = delete;

  [[nodiscard]] bool read_line(std::string& line) override;
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] std::int64_t line() const override { return line_; }
  [[nodiscard]] bool was_cut() const override { return was_cut_; }

  /// Why the shard ended before its end: "is cut", "is damaged: ..."; empty where it did not.
  [[nodiscard]] const std::string& damage() const { return damage_; }
  /// Reads what is left, for the digest alone.
  void finish();
  /// Of all bytes that were read, as 32 hexadecimal digits.
  [[nodiscard]] std::string xxh3_128() const;
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  struct Codec;

  bool fill_input();
  /// Appends to `text_`; false at the end.
  bool fill_text();
  bool decompress();

  std::string name_;
  std::FILE* file_ = nullptr;
  bool is_compressed_ = false;
  std::unique_ptr<Codec> codec_;
  std::string input_;
  std::size_t input_at_ = 0;
  std::string text_;
  std::size_t text_at_ = 0;
  std::int64_t line_ = 0;
  std::uint64_t bytes_ = 0;
  bool was_cut_ = false;
  std::string damage_;
};

}  // namespace derate::fleet
