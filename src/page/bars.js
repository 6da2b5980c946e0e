// SPDX-License-Identifier: Apache-2.0
// Shares with their intervals as bars: of the peak, and of a library measured side by side.
'use strict';

const MOST_BARS = 32;

// The range that people subtract without measuring: 15 to 25 % overhead.
function band_of(look) {
  return {
    id: 'rule_of_thumb',
    beforeDatasetsDraw: ({ctx, chartArea, scales}) => {
      const [left, right] = [75, 85].map((share) => scales.x.getPixelForValue(share));
      ctx.fillStyle = look.band;
      ctx.fillRect(left, chartArea.top, right - left, chartArea.bottom - chartArea.top);
    },
  };
}

// Bars of {label, value, low, high, lines}; intervals are thin bars from end to end.
function bars_config(look, bars, title, plugins) {
  const narrow = innerWidth < 600;
  const hover = {callbacks: {label: (item) => bars[item.dataIndex].lines,
    title: ([item]) => bars[item.dataIndex].label}};
  const intervals = bars.map(
    ({low, high}) => (low < high ? [100 * low, 100 * high] : null));
  const whole = ({tick}) => tick !== undefined && tick.value === 100;
  const grid = {color: (line) => (whole(line) ? look.ink : look.line),
    lineWidth: (line) => (whole(line) ? 1 : 0.5)};
  return {
    type: 'bar',
    data: {
      labels: bars.map((bar) => bar.label),
      datasets: [
        {data: intervals, backgroundColor: look.ink, barThickness: 3, minBarLength: 2,
          grouped: false, order: 0},
        {data: bars.map((bar) => 100 * bar.value), grouped: false, order: 1,
          maxBarThickness: 16,
          // Unstable rows stand back.
          backgroundColor: bars.map((bar) => look.colours[bar.colour] + (bar.faint ? '80' : ''))},
      ],
    },
    options: {
      indexAxis: 'y',
      interaction: {mode: 'nearest', axis: 'y', intersect: false},
      plugins: {
        legend: {display: false},
        tooltip: {...hover, filter: (item) => item.datasetIndex === 1},
      },
      scales: {
        x: axis(look, title, percent_tick, {beginAtZero: true, suggestedMax: 100, grid}),
        y: {grid: {display: false}, ticks: {color: look.ink, autoSkip: false, font: {size: 12},
          callback(value) { return shortened(this.getLabelForValue(value), narrow ? 21 : 100); }}},
      },
    },
    plugins,
  };
}

function bars_height(bars) {
  return 70 + 24 * bars.length;
}

// Rows with a known peak, but for those side by side, which have a part of their own, and those
// that a cache lets beat the memory; of too many the best size of each variant.
function rows_for_bars(rows, basis) {
  const cached = (row) => row.bound === 'memory' && row.cache === 'hot';
  const known = rows.filter((row) => row.right && !row.side_by_side && !cached(row) &&
    basis.of(row).value !== null);
  if (known.length <= MOST_BARS) return known;
  const value = (row) => basis.of(row).value;
  return [...group_by(known, (row) => row.series).values()].map(
    (group) => group.reduce((best, row) => (value(row) > value(best) ? row : best)))
    .slice(0, MOST_BARS);
}

function eta_section(rows, basis) {
  const shown = rows_for_bars(rows, basis);
  if (shown.length === 0) return [];
  const colours = {compute: 0, memory: 1};
  const bars = shown.map((row) => {
    const eta = basis.of(row);
    return {label: row.label, ...eta, colour: colours[row.bound] ?? 2,
      faint: row.outcome === 'unstable',
      lines: [`${interval_text(eta)} of the peak`, `${row.texts.achieved} of ${row.texts.peak}`,
        `${row.outcome}, ${plural(row.samples, 'sample')} in ${plural(row.rounds, 'round')}`]};
  });
  const best = bars.reduce((a, b) => (b.value > a.value ? b : a));
  const inside = bars.filter(
    (bar) => (bar.low ?? bar.value) <= 0.85 && (bar.high ?? bar.value) >= 0.75).length;
  const of = shown.length < rows.length ? `${shown.length} of ${rows.length} rows` : 'all rows';
  const caption = `Of ${of}, ${best.label} reaches most, ${percent(best.value)} of its peak, and ` +
    `${inside} may lie in the shaded range of 15–25 % overhead (${basis.text}; thin bars: ` +
    'intervals; pale: unstable).';
  return [figure_of({
    caption, height: bars_height(bars),
    config: (look) => bars_config(look, bars, 'share of the peak', [band_of(look)]),
    headings: ['row', 'share of the peak', 'achieved', 'peak', 'outcome'],
    rows: () => shown.map((row, i) => [row.label, interval_text(bars[i]), row.texts.achieved,
      row.texts.peak, row.outcome]),
  })];
}

function side_by_side_section(device) {
  const pairs = items_of(device.side_by_side);
  if (pairs.length === 0) return [];
  const bars = [];
  for (const pair of pairs) {
    for (const [data, colour] of [['random', 0], ['zeros', 1]]) {
      if (pair[data] === null) continue;
      const bar = {value: pair[data], low: pair[`${data}_low`], high: pair[`${data}_high`], colour,
        label: shortened(`${pair.own} ÷ ${pair.library} ${pair.texts.precision} ` +
          `${problem_text(pair.problem)}, ${data}`, 100)};
      bars.push({...bar, lines: [interval_text(bar), `${plural(pair.rounds, 'round')}`]});
    }
  }
  const sentences = device.side_by_side_sentences;
  const shown = bars.slice(0, MOST_BARS);
  const faster = shown.filter((bar) => bar.low !== null && bar.low > 1).length;
  const caption = 'Own code ÷ library, interleaved sample by sample on the same operands: own ' +
    `code is faster in ${faster} of ${plural(shown.length, 'comparison')}, by whole intervals.`;
  const columns = device.side_by_side.columns.filter((column) => column.heading !== '');
  const figure = shown.length === 0 ? [] : [figure_of({
    caption, height: bars_height(shown),
    config: (look) => bars_config(look, shown, 'own ÷ library', []),
    headings: columns.map((column) => column.heading),
    rows: () => device.side_by_side.texts,
  })];
  return [...figure, ...(sentences.length ? [list_of(sentences)] : [])];
}
