// SPDX-License-Identifier: Apache-2.0
// Opens /dev/null in place of a closed standard stream, so that no file gets its number and is
// written to by mistake.
#include "base/standard_streams.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/kept_streams.h"
#include "base/safe_text.h"

namespace derate {

void occupy_standard_streams() {
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest free number is this one, as those below are taken. In the wrong direction, so that
    // reading or writing is the error that it was.
    const int direction = descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY;
    if (::open("/dev/null", direction) < 0) return;
  }
}

void say(const std::string& text) {
  if (KeptStreams::are_there()) {
    standard_error() << text;
  } else {
    static_cast<void>(std::fputs(text.c_str(), stderr));
  }
}

void say(std::string_view who, std::string_view sentence) {
  say(safe_text::for_terminal(std::string(who).append(": ").append(sentence)) + "\n");
}

bool reader_has_gone() {
  pollfd output{STDOUT_FILENO, POLLOUT, 0};
  return ::poll(&output, 1, 0) > 0 && (output.revents & POLLERR) != 0;
}

}  // namespace derate
