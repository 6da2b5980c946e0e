// SPDX-License-Identifier: Apache-2.0
// derate catalog: every product that we know, with its data sheet, its price and what 2·N·C makes
// of it; chosen and sorted as the user likes.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>

#include "base/kept_streams.h"
#include "base/line_width.h"
#include "base/table.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/options/quantity.h"
#include "hardware/product.h"
#include "hardware/product_name.h"

namespace derate::cli {
namespace {

/// A product and what follows from it; NaN where a figure is unknown.
struct CatalogLine {
  const Product* product = nullptr;
  double peak_f32 = kUnknown;
  double peak = kUnknown;  ///< in the precision asked for
  double per_watt = kUnknown;
  double per_dollar = kUnknown;
};

/// As --measurable takes it.
std::string_view measurable_word(const Product& product) {
  return product.is_for_estimates_only ? "no" : "yes";
}

double known(double figure) { return figure > 0 ? figure : kUnknown; }

std::string plain(double figure) {
  return std::isnan(figure) ? "–" : fmt::format("{:g}", std::round(figure * 100) / 100);
}

/// FLOP/s for each watt or dollar: giga is what all of them are.
std::string giga(double figure) {
  return std::isnan(figure) ? "–" : fmt::format("{:.4g}", figure / 1e9);
}

using CatalogColumn = Column<CatalogLine>;

const std::array kCatalogColumns = {
    CatalogColumn{"name", "device", "",
                  [](const CatalogLine& l) -> Value { return l.product->name; }},
    CatalogColumn{"architecture", "architecture", "",
                  [](const CatalogLine& l) -> Value { return l.product->architecture; }},
    CatalogColumn{"measurable", "", "",
                  [](const CatalogLine& l) -> Value { return measurable_word(*l.product); }},
    CatalogColumn{"year", "year", "",
                  [](const CatalogLine& l) -> Value { return known(l.product->year); }},
    CatalogColumn{"cores", "cores", "",
                  [](const CatalogLine& l) -> Value { return known(cores_of(*l.product)); }},
    CatalogColumn{"base_hz", "", "",
                  [](const CatalogLine& l) -> Value { return known(l.product->base_mhz * 1e6); }},
    CatalogColumn{
        "clock_hz", "clock", "",
        [](const CatalogLine& l) -> Value { return known(l.product->boost_mhz * 1e6); },
        [](const CatalogLine& l) { return format_frequency(known(l.product->boost_mhz * 1e6)); }},
    CatalogColumn{"peak_f32", "2·N·C f32", "",
                  [](const CatalogLine& l) -> Value { return l.peak_f32; },
                  [](const CatalogLine& l) { return format_flops(l.peak_f32); }},
    CatalogColumn{
        "printed_f32", "printed", "",
        [](const CatalogLine& l) -> Value { return known(l.product->printed_f32_gflops * 1e9); },
        [](const CatalogLine& l) {
          return format_flops(known(l.product->printed_f32_gflops * 1e9));
        }},
    CatalogColumn{"peak", "chosen", "", [](const CatalogLine& l) -> Value { return l.peak; },
                  [](const CatalogLine& l) { return format_flops(l.peak); }},
    CatalogColumn{
        "memory_bytes_per_s", "memory", "",
        [](const CatalogLine& l) -> Value { return known(l.product->memory_gb_per_s * 1e9); },
        [](const CatalogLine& l) {
          return format_bandwidth(known(l.product->memory_gb_per_s * 1e9));
        }},
    CatalogColumn{"memory_gib", "GiB", "",
                  [](const CatalogLine& l) -> Value { return known(l.product->memory_gib); }},
    CatalogColumn{"tdp_w", "W", "",
                  [](const CatalogLine& l) -> Value { return known(l.product->tdp_w); }},
    CatalogColumn{"price_usd", "$", "",
                  [](const CatalogLine& l) -> Value { return known(l.product->price_usd); },
                  [](const CatalogLine& l) { return plain(known(l.product->price_usd)); }},
    CatalogColumn{"flops_per_watt", "GFLOP/s per W", "",
                  [](const CatalogLine& l) -> Value { return l.per_watt; },
                  [](const CatalogLine& l) { return giga(l.per_watt); }},
    CatalogColumn{"flops_per_dollar", "GFLOP/s per $", "",
                  [](const CatalogLine& l) -> Value { return l.per_dollar; },
                  [](const CatalogLine& l) { return giga(l.per_dollar); }},
    CatalogColumn{"source", "", "",
                  [](const CatalogLine& l) -> Value { return l.product->source; }},
    CatalogColumn{"note", "", "", [](const CatalogLine& l) -> Value { return l.product->note; }}};

constexpr std::array<std::string_view, 11> kCatalogLeastFirst = {
    "printed_f32", "cores",    "flops_per_dollar", "flops_per_watt", "architecture",
    "year",        "clock_hz", "price_usd",        "tdp_w",          "memory_bytes_per_s",
    "memory_gib"};

/// What --sort takes: larger first, but for names and prices.
struct Order {
  std::string_view word;
  double (*key)(const CatalogLine&);
};

constexpr std::array kOrders = {
    Order{"peak", [](const CatalogLine& l) { return l.peak; }},
    Order{"per-watt", [](const CatalogLine& l) { return l.per_watt; }},
    Order{"per-dollar", [](const CatalogLine& l) { return l.per_dollar; }},
    Order{"memory", [](const CatalogLine& l) { return known(l.product->memory_gib); }},
    Order{"bandwidth", [](const CatalogLine& l) { return known(l.product->memory_gb_per_s); }},
    Order{"power", [](const CatalogLine& l) { return known(l.product->tdp_w); }},
    Order{"price", [](const CatalogLine& l) { return -known(l.product->price_usd); }},
    Order{"year", [](const CatalogLine& l) { return known(l.product->year); }}};

struct CatalogOptions {
  std::string name;
  std::string architecture;
  std::string measurable;
  std::string precision = "f32";
  std::string sort;
  int since = 0;
  double max_price_usd = INFINITY;
  double min_memory_gib = 0;
  Format format = Format::table;
};

CatalogLine line_of(const Product& product, Precision precision) {
  // What is printed alone is in the chosen precision's column, which does not say 2·N·C.
  const bool has_units = product.compute_units > 0;
  CatalogLine line{&product, has_units ? peak_of_product(product, Precision::f32) : kUnknown,
                   peak_of_product(product, precision)};
  line.per_watt = line.peak / known(product.tdp_w);
  line.per_dollar = line.peak / known(product.price_usd);
  return line;
}

/// A product whose price or memory is unknown passes no limit on it.
bool is_chosen(const Product& product, const CatalogOptions& options) {
  if (!options.architecture.empty() && product.architecture != options.architecture) return false;
  if (!options.measurable.empty() && measurable_word(product) != options.measurable) return false;
  if (product.year < options.since) return false;
  if (std::isfinite(options.max_price_usd) &&
      !(known(product.price_usd) <= options.max_price_usd)) {
    return false;
  }
  return product.memory_gib >= options.min_memory_gib;
}

std::vector<CatalogLine> chosen(const CatalogOptions& options) {
  const Precision precision = *parse_precision(options.precision);
  std::vector<const Product*> named;
  if (options.name.empty()) {
    for (const Product& product : products()) named.push_back(&product);
  } else {
    named = products_meant(options.name);
    if (named.empty()) named = {&product_named(options.name)};  // says which names are similar
  }
  std::vector<CatalogLine> lines;
  for (const Product* product : named) {
    if (is_chosen(*product, options)) lines.push_back(line_of(*product, precision));
  }
  for (const Order& order : kOrders) {
    if (order.word != options.sort) continue;
    std::stable_sort(lines.begin(), lines.end(), [&](const auto& a, const auto& b) {
      const double left = order.key(a);
      const double right = order.key(b);
      return std::isnan(right) ? !std::isnan(left) : left > right;
    });
  }
  return lines;
}

std::string names_for_estimates(const std::vector<CatalogLine>& lines) {
  std::vector<std::string_view> names;
  for (const CatalogLine& line : lines) {
    if (line.product->is_for_estimates_only) names.push_back(line.product->name);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

void write_notes(std::ostream& out, const std::vector<CatalogLine>& lines, bool with_sources,
                 Format format) {
  const auto write_line = [&](const std::string& text) { write_paragraph(out, text, format); };
  out << '\n';
  write_line(
      "2·N·C is dense and at the clock shown; a dash is a figure that no source here gives.");
  const std::string for_estimates = names_for_estimates(lines);
  if (!for_estimates.empty()) {
    write_line(fmt::format("For estimates only, and not measurable: {}.", for_estimates));
  }
  for (const CatalogLine& line : lines) {
    const Product& product = *line.product;
    if (!product.note.empty()) write_line(fmt::format("{}: {}.", product.name, product.note));
    if (with_sources) write_line(fmt::format("{}: source: {}.", product.name, product.source));
  }
  if (!with_sources) write_line("Sources: derate catalog NAME, or --format json.");
}

ExitCode print_catalog(const CatalogOptions& options) {
  const std::vector<CatalogLine> lines = chosen(options);
  if (lines.empty()) throw Error(ExitCode::usage, "no product in the catalogue is as asked for");
  std::vector<CatalogColumn> columns(kCatalogColumns.begin(), kCatalogColumns.end());
  for (CatalogColumn& column : columns) {
    if (column.name != "peak") continue;
    column.heading = options.precision == "f32" ? std::string_view() : options.precision;
  }
  write(standard_output(), std::span<const CatalogColumn>(columns), lines, options.format,
        {.least_first = kCatalogLeastFirst, .shortest_text = 22});
  if (options.format == Format::table || options.format == Format::markdown) {
    write_notes(standard_output(), lines, !options.name.empty(), options.format);
  }
  return ExitCode::ok;
}

}  // namespace

void add_catalog(Command& app, ExitCode& end) {
  const auto options = std::make_shared<CatalogOptions>();
  Command command =
      app.add_subcommand("catalog", "list known products: peaks, memory, power, prices");
  command.add_option("name", options->name, "only products with these words in their name");
  command.add_option("--architecture", options->architecture, "only this one, such as sm_90");
  command
      .add_option("--measurable", options->measurable,
                  "only what derate can measure, or only what it knows for estimates")
      .one_of({"yes", "no"});
  command.add_option("--since", options->since, "only of this year or later");
  add_quantity(command, "--max-price", options->max_price_usd, "only up to this price in $",
               kPositive);
  add_quantity(command, "--min-memory", options->min_memory_gib,
               "only with at least this much memory in GiB", kPositive);
  command
      .add_option("--precision", options->precision,
                  "of the peak behind per-watt and per-dollar, on the faster units")
      .one_of(product_precision_names())
      .show_default();
  std::vector<std::string> words = {"name"};
  for (const Order& order : kOrders) words.emplace_back(order.word);
  command.add_option("--sort", options->sort, "largest first; prices smallest first").one_of(words);
  add_format(command, options->format);
  command.on_parse([options, &end] { end = print_catalog(*options); });
}

}  // namespace derate::cli
