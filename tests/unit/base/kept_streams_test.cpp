// SPDX-License-Identifier: Apache-2.0
// What a caller keeps of the streams of its thread.
#include "base/kept_streams.h"

#include <gtest/gtest.h>

#include <iostream>
#include <thread>

#include "base/standard_streams.h"
#include "base/terminal.h"

namespace derate {
namespace {

TEST(KeptStreams, HoldWhatTheirThreadWritesAndNoMore) {
  EXPECT_EQ(&standard_output(), &std::cout);
  const KeptStreams outer;
  {
    const KeptStreams inner;
    standard_output() << "rows";
    standard_error() << "a note";
    say("derate", "another");
    std::thread([] { EXPECT_EQ(&standard_error(), &std::cerr); }).join();
    EXPECT_EQ(inner.output(), "rows");
    EXPECT_EQ(inner.messages(), "a notederate: another\n");
  }
  standard_output() << "later";
  EXPECT_EQ(outer.output(), "later");
}

TEST(KeptStreams, AreNoTerminal) {
  const KeptStreams kept;
  EXPECT_FALSE(is_read_on_terminal());
  EXPECT_FALSE(wants_colours());
}

}  // namespace
}  // namespace derate
