// SPDX-License-Identifier: Apache-2.0
// libzstd's streaming compression, file by file in pieces, so that only what comes out is held in
// memory.
#include "fleet/shard.h"

#include <fmt/format.h>
#include <zstd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <memory>
#include <new>

#include "derate/error.h"

namespace derate::fleet {
namespace {

// 70 records of a host, 163 kB, become 15.2 kB; 16.8 at level 3, and 12.8 at 19 in ten times the
// time.
constexpr int kLevel = 9;
constexpr std::size_t kPiece_bytes = std::size_t{1} << 18;

/// Calls `use` for each piece of a file.
template <typename Use>
void for_each_piece(const std::filesystem::path& path, const Use& use) {
  std::ifstream in(path, std::ios::binary);
  std::string piece(kPiece_bytes, '\0');
  while (in) {
    in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    if (in.gcount() > 0) use(std::string_view(piece.data(), static_cast<std::size_t>(in.gcount())));
  }
  if (in.eof()) return;
  throw Error(ExitCode::invalid_input,
              fmt::format("cannot read {}: {}", path.string(), std::strerror(errno)));
}

class Compressor {
 public:
  Compressor() : context_(ZSTD_createCCtx(), &ZSTD_freeCCtx) {
    if (!context_) throw std::bad_alloc();
    require(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, kLevel));
    require(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1));
  }

  void add(std::string_view bytes, ZSTD_EndDirective directive) {
    ZSTD_inBuffer in = {bytes.data(), bytes.size(), 0};
    std::size_t left = 0;
    do {
      ZSTD_outBuffer out = {buffer_.data(), buffer_.size(), 0};
      left = ZSTD_compressStream2(context_.get(), &out, &in, directive);
      require(left);
      text_.append(buffer_.data(), out.pos);
    } while (directive == ZSTD_e_end ? left > 0 : in.pos < in.size);
  }

  [[nodiscard]] std::string take() {
    add({}, ZSTD_e_end);
    return std::move(text_);
  }

 private:
  static void require(std::size_t result) {
    if (ZSTD_isError(result) == 0) return;
    throw Error(ExitCode::failed,
                fmt::format("cannot compress records: {}", ZSTD_getErrorName(result)));
  }

  std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context_;
  std::string buffer_ = std::string(ZSTD_CStreamOutSize(), '\0');
  std::string text_;
};

}  // namespace

std::string compressed(const std::vector<std::filesystem::path>& files) {
  Compressor out;
  for (const std::filesystem::path& file : files) {
    char last = '\n';
    for_each_piece(file, [&](std::string_view piece) {
      out.add(piece, ZSTD_e_continue);
      last = piece.back();
    });
    if (last != '\n') out.add("\n", ZSTD_e_continue);
  }
  return out.take();
}

}  // namespace derate::fleet
