// SPDX-License-Identifier: Apache-2.0
// Changes with their intervals as a forest plot, worst first.
'use strict';

const MOST_CHANGES = 60;
const HOVER_WIDTH = 44;

// Colour and shape of each verdict; what is no answer is grey.
const VERDICTS = {
  regression: {text: 'slower', colour: 1, shape: 'triangle'},
  improvement: {text: 'faster', colour: 2, shape: 'rect'},
  environment: {text: 'changed by the environment', colour: 3, shape: 'rectRot'},
  inconclusive: {text: 'inconclusive', colour: null, shape: 'crossRot'},
  unchanged: {text: 'unchanged', colour: 0, shape: 'circle'},
};

function verdict_text(word) {
  return word.replaceAll('_', ' ');
}

// Up to twice the largest change, in percent: the interval of a noisy benchmark may be far wider,
// and is cut.
function forest_range(changes, promise) {
  const reach = 2 * Math.max(promise, ...changes.map(({change}) => Math.abs(change)));
  const ends = changes.flatMap(({change, change_low, change_high}) => (
    [change, change_low ?? change, change_high ?? change]));
  return {low: 105 * Math.max(-reach, Math.min(-promise, ...ends)),
    high: 105 * Math.min(reach, Math.max(1.5 * promise, ...ends))};
}

function forest_hover(item) {
  const cycles = item.change_cycles === null ? []
    : [`in clock cycles ${signed_percent(item.change_cycles)}`];
  return [`${verdict_text(item.verdict)}: ${item.texts.change}`, ...cycles,
    `${item.texts.base_s} → ${item.texts.candidate_s}, detectable ${item.texts.detectable}`,
    ...wrapped(item.reason, HOVER_WIDTH)];
}

function forest_datasets(look, changes) {
  const words = Object.keys(VERDICTS).filter(
    (word) => changes.some(({verdict}) => verdict === word));
  const points = words.map((word) => {
    const {text, colour, shape} = VERDICTS[word];
    const paint = colour === null ? look.faint : look.colours[colour];
    const mine = (item) => (item.verdict === word ? 100 * item.change : null);
    return {type: 'line', label: text, data: changes.map(mine), showLine: false, pointStyle: shape,
      pointRadius: 6, pointHoverRadius: 8, borderColor: paint, backgroundColor: paint,
      borderWidth: 2, order: 0};
  });
  const intervals = changes.map(({change_low, change_high}) => (
    change_low < change_high ? [100 * change_low, 100 * change_high] : null));
  return [...points, {label: '95 % interval', data: intervals, backgroundColor: look.ink,
    borderColor: look.ink, barThickness: 3, minBarLength: 2, pointStyle: 'rectRounded', order: 1}];
}

function forest_config(look, changes, promise) {
  const {low, high} = forest_range(changes, promise);
  const narrow = innerWidth < 600;
  return {
    type: 'bar',
    data: {labels: told_apart(changes.map(({benchmark}) => benchmark)),
      datasets: forest_datasets(look, changes)},
    options: {
      indexAxis: 'y',
      interaction: {mode: 'nearest', axis: 'y', intersect: false},
      plugins: {
        legend: {position: 'bottom', ...legend_of(look)},
        tooltip: {filter: (item) => item.dataset.type === 'line' && item.raw !== null,
          callbacks: {title: ([item]) => wrapped(changes[item.dataIndex].benchmark, HOVER_WIDTH),
            label: (item) => forest_hover(changes[item.dataIndex])}},
      },
      scales: {
        x: axis(look, 'change in time (slower →)', percent_tick, {min: low, max: high}),
        y: {grid: {display: false}, ticks: {color: look.ink, autoSkip: false, font: {size: 12},
          callback(value) { return shortened(this.getLabelForValue(value), narrow ? 20 : 64); }}},
      },
    },
    plugins: [vertical_lines([{x: 0, colour: look.ink, dash: []},
      {x: 100 * promise, colour: look.faint, dash: [6, 4]}])],
  };
}

function forest_caption(shown, all, promise) {
  const cut = ({low, high}, {change_low, change_high}) => (
    100 * (change_low ?? 0) < low || 100 * (change_high ?? 0) > high);
  const range = forest_range(shown, promise);
  const counted = Object.entries(VERDICTS).map(([word, {text}]) => (
    [shown.filter(({verdict}) => verdict === word).length, text])).filter(([count]) => count > 0);
  const without = shown.filter(({change_low}) => change_low === null).length;
  const notes = [`dashed: the slowdown of ${percent(promise, 0)} that is to be found`,
    ...(without ? [`${without} without an interval`] : []),
    ...(shown.some((item) => cut(range, item)) ? ['intervals beyond the edge are cut'] : [])];
  const of = shown.length < all ? `${shown.length} of ` : '';
  return `Changes in time of ${of}${plural(all, 'benchmark')} with 95 % intervals, ` +
    `worst first: ${counted.map(([count, text]) => `${count} ${text}`).join(', ')} ` +
    `(${notes.join('; ')}).`;
}

// Of the benchmarks of a comparison, as items in the order of the data.
function forest_section(comparison, items) {
  const changes = items.filter(({change}) => change !== null);
  const shown = changes.slice(0, MOST_CHANGES);
  if (shown.length === 0) return [];
  return [figure_of({
    caption: forest_caption(shown, changes.length + comparison.judgements_left_out,
      comparison.promise),
    height: 110 + 26 * shown.length,
    config: (look) => forest_config(look, shown, comparison.promise),
    headings: ['benchmark', 'verdict', 'change [95 % interval]', 'base', 'candidate', 'detectable'],
    rows: () => shown.map(({benchmark, verdict, texts}) => [shortened(benchmark, 80),
      verdict_text(verdict), texts.change, texts.base_s, texts.candidate_s, texts.detectable]),
  })];
}
