// SPDX-License-Identifier: Apache-2.0
// Messages of the measuring process to the one that watches over it.
#include "fuzz.h"
#include "watch_message.h"

namespace derate::fuzz {
namespace {

void read_message(std::string_view input) {
  const std::string_view line = input.substr(0, input.find('\n'));
  const std::optional<bench::WatchMessage> message = bench::message_of(line);
  if (!message) return;
  std::string once = bench::to_line(*message);
  require(once.find('\n') == once.size() - 1, "a message has several lines");
  once.pop_back();
  const std::optional<bench::WatchMessage> again = bench::message_of(once);
  require(again.has_value(), "a message is not read as it is written");
  require_equal(once + "\n", bench::to_line(*again), "a message changed as it was written");
}

const Registered watch_message({"watch_message", read_message});

}  // namespace
}  // namespace derate::fuzz
