// SPDX-License-Identifier: Apache-2.0
// Ranks, here threads, meet in a folder; and each learns why it comes to nothing.
#include "measure/rendezvous.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "derate/error.h"
#include "unit/own_path.h"

namespace derate {
namespace {

namespace fs = std::filesystem;

class RendezvousTest : public testing::Test {
 protected:
  RendezvousTest() { fs::remove_all(folder_); }
  ~RendezvousTest() override { fs::remove_all(folder_); }

  [[nodiscard]] Rendezvous of(int rank, int ranks, double wait_s = 20) const {
    return {folder_,
            {rank, ranks, 0, "n" + std::to_string(rank), "first"},
            std::chrono::duration<double>(wait_s)};
  }

  /// What one rank does; the word, or why it got none.
  [[nodiscard]] std::string meet(int rank, int ranks, double wait_s,
                                 const std::string& refusal = "") const {
    const Rendezvous there = of(rank, ranks, wait_s);
    try {
      there.arrive(refusal);
      if (rank > 0) return there.word();
      try {
        there.wait_for_all();
      } catch (const Error& error) {
        there.give_up(error.what());
        throw;
      }
      there.tell("the word");
      return "the word";
    } catch (const Error& error) {
      return error.what();
    }
  }

  /// What each of those of them that come gets.
  [[nodiscard]] std::vector<std::string> meet_all(const std::vector<int>& come, int ranks,
                                                  double wait_s,
                                                  const std::string& last_refuses = "") const {
    std::vector<std::string> said(come.size());
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < come.size(); ++i) {
      threads.emplace_back([&, i] {
        said[i] = meet(come[i], ranks, wait_s, i + 1 == come.size() ? last_refuses : "");
      });
    }
    for (std::thread& thread : threads) thread.join();
    return said;
  }

  fs::path folder_ = test::own_path("rendezvous");
};

using Said = std::vector<std::string>;

TEST_F(RendezvousTest, TellsEveryRankTheFirstOnesWord) {
  EXPECT_EQ(meet_all({2, 1, 0, 3}, 4, 20), Said(4, "the word"));
  of(0, 4).clear();
  EXPECT_FALSE(fs::exists(folder_ / "first/here"));
}

TEST_F(RendezvousTest, NamesToAllWhoNeverCame) {
  const std::string reason = "ranks 2, 4 of 5 did not come within 0.3 s";
  EXPECT_EQ(meet_all({0, 1, 3}, 5, 0.3), Said(3, reason));
}

TEST_F(RendezvousTest, NamesToAllWhoCannotTakePart) {
  const std::string reason = "rank 2 on n2: there is no libnccl.so.2";
  EXPECT_EQ(meet_all({0, 1, 2}, 3, 20, "there is no libnccl.so.2"), Said(3, reason));
}

TEST_F(RendezvousTest, PassesOverWhatARankIsStillWriting) {
  const Rendezvous first = of(0, 1);
  first.arrive();
  std::ofstream(folder_ / "first/here/.0.Xa31bQ") << "n0";
  EXPECT_NO_THROW(first.wait_for_all());
}

TEST_F(RendezvousTest, RefusesAStartThatWasUsedBefore) {
  EXPECT_EQ(meet_all({0, 1}, 2, 20), Said(2, "the word"));
  EXPECT_EQ(meet(0, 2, 20), "--start first was used before, in " + (folder_ / "first").string());
}

TEST_F(RendezvousTest, SaysThatTheFirstNeverCame) {
  // The first is waited for ten seconds longer than it waits itself.
  const std::string said = meet(1, 2, -9.8);
  EXPECT_EQ(said.substr(0, 36), "rank 0 did not come within 0.2 s, or");
}

}  // namespace
}  // namespace derate
