// SPDX-License-Identifier: Apache-2.0
// XXH3-128, by which a file of a fleet is known again, as xxh128sum prints it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace derate::fleet {

/// Of bytes that come in pieces.
class Digest {
 public:
  Digest();
  ~Digest();
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;

  void add(std::string_view bytes);
  /// 32 hexadecimal digits.
  [[nodiscard]] std::string text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

[[nodiscard]] std::string xxh3_128_of(std::string_view bytes);

}  // namespace derate::fleet
