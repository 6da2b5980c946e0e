// SPDX-License-Identifier: Apache-2.0
// The catalogue: every product that we know, one row each. A figure that no source here gives is 0.
//
// The L2, last in a row, is what drivers say: of P100, V100, A100, H100 and B200 in OpenXLA's
// descriptions of devices (xla/backends/gpu/target_config/specs; NVIDIA's tuning guides have 40, 50
// and 126 MB of the last three); of L40S, RTX 4090 and RTX 5090 as CUDA's deviceQuery prints it,
// and of the H200 too, which OpenXLA describes with the H100's.
#include <array>

#include "hardware/product.h"
#include "hardware/product_class.h"

namespace derate {
namespace {

constexpr std::string_view kSheet = "NVIDIA's data sheet";
constexpr std::string_view kEpoch =
    "NVIDIA's data sheet; year, price and base clock: Epoch AI's chip and price tables, April 2026";
constexpr std::string_view kReviews =
    "NVIDIA's figures as ComputerBase, HotHardware, Overclock3D and amdarea51.de print them; year, "
    "price, power and base clock: Epoch AI's chip table, April 2026";
constexpr std::string_view kTx2Source =
    "NVIDIA's power modes of the module (JetsonHacks, March 2017); power: Epoch AI's chip table, "
    "April 2026";
constexpr std::string_view kCpuSource =
    "Golem's test of October 2017: 6 cores, 3.7 GHz, 4.3 to 4.7 GHz with turbo, DDR4-2666, 95 W; "
    "price: DDay.it, at launch";

constexpr std::string_view kGtx285 =
    "printed at three operations a clock: GT200 can start a multiplication beside each "
    "multiply-add "
    "(240 x 3 x 1.476 GHz = 1063 GFLOP/s). 2·N·C counts the multiply-add, which a matrix product "
    "can use";
constexpr std::string_view kGtx590 =
    "two GPUs on one board, 16 SMs each, shown as one device. 244 W, which some lists give, is the "
    "GTX 580";
constexpr std::string_view kAtBase =
    "printed at the base clock; 2·N·C here is at the boost clock, as for every other GPU";
constexpr std::string_view kGtx780Ti =
    "printed at the base clock; 2·N·C here is at the boost clock, as for every other GPU. $649, "
    "which "
    "some lists give, was the GTX 780";
constexpr std::string_view kGtx1080 = "printed as 9 TFLOP/s, rounded up from 8.87";
constexpr std::string_view kP40 =
    "Epoch AI lists 694 GB/s; 384 bit at 7.2 Gbit/s are 346, as the data sheet says";
constexpr std::string_view kTx2 =
    "at the 1.30 GHz of the module's fastest mode; lists with 750 GFLOP/s take the chip's 1.465 "
    "GHz. "
    "Its memory is the host's too";
constexpr std::string_view kV100 = "price as Microway listed it in May 2018";
constexpr std::string_view kXavier = "sold with 16 and with 32 GB, which are the host's too";
constexpr std::string_view kRtx4080 =
    "390 TFLOP/s f16 and 780 TOPS int8 are of sparse operands: dense are 195 (97 into f32) and 390";
constexpr std::string_view kH100 = "price of one board in March 2025, not at launch";
constexpr std::string_view kB200 =
    "192 GB on the package, of which HGX and DGX boards have 180; the price is known of whole "
    "servers only";
constexpr std::string_view kI7 =
    "218 GFLOP/s, which some lists give, comes out at no clock of its sheet: 6 cores x 32 FLOP are "
    "710 at 3.7 GHz, f64 has half. 218 would need 1.14 GHz, or 8 FLOP a clock and core (vectors "
    "without fused multiply-add) at 4.54 GHz";

// clang-format off
constexpr std::array kProducts = {
    //      name                  driver's name                   architecture class   units boost tensor   GB/s     W  memory MHz, bits
    //       base GiB   year  price printed source, note, L2 MiB
    Product{"GTX 285",            "",                             "sm_13",   kGeForce,   30,  1476,     0,    159,   204,     0,     0,
                0,    1,  2008,    359,    1063, kReviews, kGtx285},
    Product{"GTX 480",            "",                             "sm_20",   kGeForce,   15,  1401,     0,  177.4,   250,     0,     0,
                0,  1.5,  2010,    499,    1345, kReviews, {}},
    Product{"GTX 590",            "",                             "sm_20",   kGeForce,   32,  1215,     0,  327.7,   365,     0,     0,
                0,    3,  2011,    699,    2488, kReviews, kGtx590},
    Product{"GTX 680",            "",                             "sm_30",   kGeForce,    8,  1058,     0,  192.3,   195,     0,     0,
             1006,    2,  2012,    499,    3090, kReviews, kAtBase},
    Product{"GTX 780 Ti",         "",                             "sm_35",   kGeForce,   15,   928,     0,    336,   250,     0,     0,
              876,    3,  2013,    699,    5046, kReviews, kGtx780Ti},
    Product{"GTX 980",            "",                             "sm_52",   kGeForce,   16,  1216,     0,  224.4,   165,     0,     0,
             1126,    4,  2014,    549,    4612, kReviews, kAtBase},
    Product{"GTX 1080",           "NVIDIA GeForce GTX 1080",      "sm_61",   kGeForce,   20,  1733,     0,    320,   180,     0,     0,
             1607,    8,  2016,    599,    9000, kEpoch, kGtx1080},
    Product{"GTX 1080 Ti",        "NVIDIA GeForce GTX 1080 Ti",   "sm_61",   kGeForce,   28,  1582,     0,    484,   250,     0,     0,
             1481,   11,  2017,    699,   11300, kEpoch, {}},
    Product{"Tesla P40",          "Tesla P40",                    "sm_61",   kPro,       30,  1531,     0,    346,   250,     0,     0,
             1303,   24,  2016,   5699,   11760, kEpoch, kP40},
    Product{"P100 SXM2",          "Tesla P100-SXM2-16GB",         "sm_60",   kPro,       56,  1480,     0,    732,   300,     0,     0,
             1328,   16,  2016,      0,   10600, kEpoch, {}, 4},
    Product{"P100 PCIe",          "Tesla P100-PCIE-16GB",         "sm_60",   kPro,       56,  1303,     0,    732,   250,     0,     0,
             1190,   16,  2016,      0,    9300, kEpoch, {}},
    Product{"Jetson TX2",         "",                             "sm_62",   kPro,        2,  1300,     0,   59.7,    15,     0,     0,
              854,    8,  2017,      0,       0, kTx2Source, kTx2},
    Product{"V100 SXM2",          "Tesla V100-SXM2-16GB",         "sm_70",   kPro,       80,  1530,     0,    900,   300,     0,     0,
             1312,   16,  2017,  10664,   15700, kEpoch, kV100, 6},
    Product{"V100 SXM2 32GB",     "Tesla V100-SXM2-32GB",         "sm_70",   kPro,       80,  1530,     0,    900,   300,     0,     0,
             1290,   32,  2018,  11458,   15700, kEpoch, kV100},
    Product{"V100 PCIe",          "Tesla V100-PCIE-16GB",         "sm_70",   kPro,       80,  1380,     0,    900,   250,     0,     0,
             1245,   16,  2017,  10664,   14000, kEpoch, kV100},
    Product{"Jetson AGX Xavier",  "",                             "sm_72",   kPro,        8,  1377,     0,  136.5,    30,     0,     0,
              854,    0,  2018,    899,    1410, kEpoch, kXavier},
    Product{"T4",                 "Tesla T4",                     "sm_75",   kPro,       40,  1590,     0,    320,    70,     0,     0,
              585,   16,  2018,      0,    8100, kEpoch, {}},
    Product{"RTX 2080 Ti",        "NVIDIA GeForce RTX 2080 Ti",   "sm_75",   kGeForce,   68,  1545,     0,    616,   250,     0,     0,
             1350,   11,  2018,    999,   13400, kEpoch, {}},
    Product{"RTX 2080 Ti FE",     "",                             "sm_75",   kGeForce,   68,  1635,     0,    616,   260,     0,     0,
                0,   11,  2018,      0,   14200, kEpoch, {}},
    Product{"A100 SXM 40GB",      "NVIDIA A100-SXM4-40GB",        "sm_80",   kPro,      108,  1410,     0,   1555,   400,     0,     0,
             1095,   40,  2020,  15000,   19500, kEpoch, {}, 40},
    Product{"A100 SXM 80GB",      "NVIDIA A100-SXM4-80GB",        "sm_80",   kPro,      108,  1410,     0,   2039,   400,     0,     0,
             1275,   80,  2020,      0,   19500, kEpoch, {}, 40},
    Product{"A100 PCIe 40GB",     "NVIDIA A100-PCIE-40GB",        "sm_80",   kPro,      108,  1410,     0,   1555,   250,     0,     0,
                0,   40,  2020,  15000,   19500, kEpoch, {}},
    Product{"A100 PCIe 80GB",     "NVIDIA A100 80GB PCIe",        "sm_80",   kPro,      108,  1410,     0,   1935,   300,     0,     0,
                0,   80,     0,      0,   19500, kSheet, {}, 40},
    Product{"A30",                "NVIDIA A30",                   "sm_80",   kPro,       56,  1440,     0,    933,   165,     0,     0,
              930,   24,  2021,      0,   10300, kEpoch, {}},
    Product{"A10",                "NVIDIA A10",                   "sm_86",   kPro,       72,  1695,     0,    600,   150,     0,     0,
              885,   24,  2021,   2800,   31200, kEpoch, {}},
    Product{"RTX 3080",           "NVIDIA GeForce RTX 3080",      "sm_86",   kGeForce,   68,  1710,     0,    760,   320,     0,     0,
             1440,   10,  2020,    699,   29800, kEpoch, {}},
    Product{"RTX 3090",           "NVIDIA GeForce RTX 3090",      "sm_86",   kGeForce,   82,  1695,     0,    936,   350,     0,     0,
             1395,   24,  2020,   1499,   35600, kEpoch, {}},
    Product{"Jetson AGX Orin",    "",                             "sm_87",   kPro,       16,  1300,     0,  204.8,    60,     0,     0,
                0,   64,     0,      0,    5300, kSheet, {}},
    Product{"Jetson Orin NX",     "",                             "sm_87",   kPro,        8,   918,     0,  102.4,    25,     0,     0,
                0,   16,     0,      0,    1880, kSheet, {}},
    Product{"L4",                 "NVIDIA L4",                    "sm_89",   kPro,       58,  2040,     0,    300,    72,     0,     0,
              795,   24,  2023,      0,   30300, kEpoch, {}},
    Product{"L40S",               "NVIDIA L40S",                  "sm_89",   kPro,      142,  2520,     0,    864,   350,     0,     0,
                0,   48,     0,      0,   91600, kSheet, {}, 96},
    Product{"RTX 4080",           "NVIDIA GeForce RTX 4080",      "sm_89",   kGeForce,   76,  2505,     0,  716.8,   320,     0,     0,
             2205,   16,  2022,   1199,   48700, kEpoch, kRtx4080},
    Product{"RTX 4090",           "NVIDIA GeForce RTX 4090",      "sm_89",   kGeForce,  128,  2520,     0,   1008,   450,     0,     0,
             2235,   24,  2022,   1599,   82600, kEpoch, {}, 72},
    Product{"H100 SXM",           "NVIDIA H100 80GB HBM3",        "sm_90",   kPro,      132,  1980,  1830,   3350,   700,     0,     0,
             1665,   80,  2022,  31250,   66900, kEpoch, kH100, 50},
    Product{"H100 PCIe",          "NVIDIA H100 PCIe",             "sm_90",   kPro,      114,  1755,  1620,   2039,   350,     0,     0,
             1095,   80,  2022,  24500,   51200, kEpoch, kH100, 50},
    Product{"H200",               "NVIDIA H200",                  "sm_90",   kPro,      132,  1980,  1830,   4800,   700,  3201,  6144,
                0,  141,  2024,      0,   66900, kEpoch, {}, 60},
    Product{"B200",               "NVIDIA B200",                  "sm_100",  kPro,      148,  1965,  1856,   8000,  1000,  3996,  7680,
                0,  180,  2024,      0,   75000, kEpoch, kB200, 126.5},
    Product{"RTX 5090",           "NVIDIA GeForce RTX 5090",      "sm_120",  kGeForce,  170,  2407,     0,   1792,   575,     0,     0,
                0,   32,     0,      0,  104800, kSheet, {}, 96},
    Product{"Core i7-8700K",      "",                             "skylake", kPro,        6,  3700,     0,   42.7,    95,     0,     0,
             3700,    0,  2017,    359,     218, kCpuSource, kI7},
};
// clang-format on

}  // namespace

std::span<const Product> products() { return kProducts; }

}  // namespace derate
