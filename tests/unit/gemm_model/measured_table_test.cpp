// SPDX-License-Identifier: Apache-2.0
// Tables of matrix products as people write them, and as nobody should.
#include "gemm_model/measured_table.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "derate/error.h"
#include "unit/own_path.h"

namespace derate {
namespace {

class GemmTables : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }

  GemmTable read(const std::string& text) {
    std::ofstream(path_, std::ios::binary) << text;
    return read_gemm_table(path_);
  }

  std::string refusal(const std::string& text) {
    try {
      (void)read(text);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::invalid_input);
      return error.what();
    }
    return "";
  }

  std::filesystem::path path_ = test::own_path("derate_gemm_table_");
};

TEST_F(GemmTables, ColumnsInAnyOrderAndAmongOthers) {
  const GemmTable table = read("device,seconds,k,n,m\nH200,1.5e-5,4096,512,7\n");
  ASSERT_EQ(table.samples.size(), 1);
  EXPECT_EQ(table.samples[0].shape.m, 7);
  EXPECT_EQ(table.samples[0].shape.n, 512);
  EXPECT_EQ(table.samples[0].shape.k, 4096);
  EXPECT_EQ(table.samples[0].time_s, 1.5e-5);
  EXPECT_TRUE(table.bad.empty());
}

TEST_F(GemmTables, FromOtherPrograms) {
  const GemmTable table = read(
      "\xEF\xBB\xBF\"m\", \"n\", \"k\", \"seconds\"\r\n1.0, 2.0, 3.0, 4e-6\r\n\r\n5,6,7,8\r\n");
  ASSERT_EQ(table.samples.size(), 2);
  EXPECT_EQ(table.samples[0].shape.k, 3);
  EXPECT_EQ(table.samples[1].time_s, 8);
}

TEST_F(GemmTables, BadRowsAreNamedByLine) {
  const GemmTable table = read(
      "m,n,k,seconds\n1,2,3,4e-6\n0,2,3,1\n-1,2,3,1\n1.5,2,3,1\n1,2,nan,1\n1,2,3,nan\n1,2,3,-1\n"
      "1,2,3,0\n1,2,3,inf\n1,2,3\n1,2,3,4 s\n,,,\n1e99,2,3,1\nm,n,k,seconds\n4,4,4,1e-6\n");
  EXPECT_EQ(table.rows, 2);
  ASSERT_EQ(table.bad.size(), 13);
  for (std::size_t i = 0; i < table.bad.size(); ++i) {
    EXPECT_EQ(table.bad[i].line, static_cast<std::int64_t>(i) + 3);
    EXPECT_FALSE(table.bad[i].reason.empty());
  }
  EXPECT_NE(table.bad[0].reason.find("m is not a whole number"), std::string::npos);
  EXPECT_NE(table.bad[5].reason.find("seconds are not from"), std::string::npos);
  EXPECT_NE(table.bad[8].reason.find("seconds is missing"), std::string::npos);
}

TEST_F(GemmTables, AShapeThatStandsThereSeveralTimesIsOne) {
  const GemmTable table = read("m,n,k,seconds\n1,1,2,5\n1,1,1,3\n1,1,1,1\n1,1,1,2\n");
  EXPECT_EQ(table.rows, 4);
  ASSERT_EQ(table.samples.size(), 2);
  EXPECT_EQ(table.samples[0].time_s, 5);  // in the order of the file
  EXPECT_EQ(table.samples[1].time_s, 2);  // the middle one
}

TEST_F(GemmTables, LeavesOutTimesThatNothingTakes) {
  for (const char* seconds : {"1e-300", "5e-324", "1e300", "0", "-1", "nan", "inf"}) {
    const GemmTable table = read(std::string("m,n,k,seconds\n1,1,1,1\n1,1,2,") + seconds + "\n");
    ASSERT_EQ(table.bad.size(), 1) << seconds;
    EXPECT_NE(table.bad[0].reason.find("seconds are not from 1e-12 to 1e+09"), std::string::npos)
        << table.bad[0].reason;
  }
}

TEST_F(GemmTables, HeadingsOfOtherPrograms) {
  const auto time_s = [&](const std::string& heading, const std::string& row) {
    const GemmTable table = read(heading + "\n" + row + "\n");
    EXPECT_EQ(table.samples.at(0).shape.k, 3) << heading;
    return table.samples.at(0).time_s;
  };
  EXPECT_DOUBLE_EQ(time_s("M,N,K,Seconds", "1,2,3,4e-6"), 4e-6);
  EXPECT_DOUBLE_EQ(time_s("M;N;K;time_us", "1;2;3;4"), 4e-6);
  EXPECT_DOUBLE_EQ(time_s("m\tn\tk\ta_t\tTime (msec)\tTERAFLOPS", "1\t2\t3\tN\t0.5\t7"), 5e-4);
  EXPECT_DOUBLE_EQ(time_s("m,n,k,Latency [\xC2\xB5s]", "1,2,3,4"), 4e-6);
  EXPECT_DOUBLE_EQ(time_s("m,n,k,duration_ns", "1,2,3,4000"), 4e-6);
  EXPECT_DOUBLE_EQ(time_s("# a comment\n\nm,n,k,ms", "# another\n1,2,3,4"), 4e-3);
  EXPECT_DOUBLE_EQ(time_s("framework,m,n,k,latency", "trt,1,2,3,4"), 4e-3);
  EXPECT_TRUE(read("m,n,k,latency\n1,2,3,4\n").columns.unit_is_assumed);
  EXPECT_FALSE(read("m,n,k,time_ms\n1,2,3,4\n").columns.unit_is_assumed);
}

TEST_F(GemmTables, HeadingsThatMayMeanSeveralThings) {
  EXPECT_NE(refusal("m,n,k,time\n1,2,3,4\n").find("\"time\" without its unit"), std::string::npos);
  EXPECT_NE(refusal("m,n,k,time_us,latency_ms\n1,2,3,4,5\n")
                .find("\"time_us\" and \"latency_ms\", which may be the same"),
            std::string::npos);
  EXPECT_NE(refusal("m,M,n,k,s\n1,1,2,3,4\n").find("\"m\" and \"M\""), std::string::npos);
  EXPECT_NE(refusal("# one\nm,n,k\n1,2,3\n").find("line 2 names no column \"seconds\""),
            std::string::npos);
}

TEST_F(GemmTables, RatesAboveThePeakAreSuspect) {
  // 2 TFLOP/s, 0.5 TFLOP/s and twice 1 TFLOP/s.
  const std::string rows = "1000,1000,1000,1e-3\n1000,1000,2000,8e-3\n1000,1000,3000,6e-3\n";
  GemmTable table = read("m,n,k,seconds\n" + rows);
  leave_out_impossible(1.5e12, "t.csv", table);
  EXPECT_EQ(table.samples.size(), 2U);
  EXPECT_EQ(table.left_out,
            "1 of 3 shapes are faster than the peak of 1.500 TFLOP/s, the most 1000 x 1000 x 1000 "
            "with 2.000 TFLOP/s: suspect, and left out");
  leave_out_impossible(1.5e12, "t.csv", table);
  EXPECT_EQ(table.samples.size(), 2U);
  try {
    leave_out_impossible(1e9, "t.csv", table);
    FAIL() << "a thousand times too fast";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::invalid_input);
    EXPECT_NE(std::string(error.what()).find("are its times in seconds, and of one product?"),
              std::string::npos)
        << error.what();
  }
}

TEST_F(GemmTables, RefusesFilesThatAreNone) {
  EXPECT_NE(refusal("m,n,seconds\n1,2,3\n").find("no column \"k\""), std::string::npos);
  EXPECT_NE(refusal("m,n,k,m,seconds\n1,2,3,1,5\n").find("column \"m\" twice"), std::string::npos);
  EXPECT_NE(refusal("").find("empty"), std::string::npos);
  EXPECT_NE(refusal("m,n,k,seconds\n").find("no row"), std::string::npos);
  EXPECT_NE(refusal("m,n,k,seconds\n1,2,3,x\n").find("line 2: seconds is no number"),
            std::string::npos);
  EXPECT_NE(refusal(std::string("\0\xFF\0\xFE", 4)).find("column"), std::string::npos);
  EXPECT_THROW((void)read_gemm_table(testing::TempDir() + "no_such_table.csv"), Error);
  EXPECT_THROW((void)read_gemm_table(testing::TempDir()), Error);
}

}  // namespace
}  // namespace derate
