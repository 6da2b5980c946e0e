// SPDX-License-Identifier: Apache-2.0
// Where the rest of the peak went: for each product that was taken apart a bar for each factor, from
// the share of the peak before it to the share behind it.
'use strict';

function change_text(step) {
  if (step.value === null) return '–';
  const change = 100 * (step.value - 1);
  const half = step.high > step.low ? ` ±${(50 * (step.high - step.low)).toFixed(1)}` : '';
  return `${change >= 0 ? '+' : '−'}${Math.abs(change).toFixed(1)} %${half}`;
}

// The peak, each factor, and what is left.
function waterfall_bars(waterfall) {
  const known = waterfall.steps.filter((step) => step.value !== null);
  const bars = [{label: '2·N·C', from: 0, to: 1, colour: 2, lines: [waterfall.peak]}];
  for (const step of known) {
    bars.push({label: step.name, from: step.before, to: step.after, gain: step.after > step.before,
      colour: step.after > step.before ? 1 : 3,
      lines: [`${change_text(step)}, ${percent(step.after)} of 2·N·C is left`,
        ...(step.note ? [step.note] : [])]});
  }
  bars.push({label: 'delivered', from: 0, to: waterfall.eta, colour: 0, lines: [waterfall.delivered]});
  return bars;
}

function waterfall_config(look, bars) {
  const colours = bars.map((bar) => look.colours[bar.colour % look.colours.length]);
  return {
    type: 'bar',
    data: {
      labels: bars.map((bar) => bar.label),
      datasets: [{data: bars.map((bar) => [100 * Math.min(bar.from, bar.to),
        100 * Math.max(bar.from, bar.to)]), backgroundColor: colours, maxBarThickness: 16,
      minBarLength: 2}],
    },
    options: {
      indexAxis: 'y',
      interaction: {mode: 'nearest', axis: 'y', intersect: false},
      plugins: {
        legend: {display: false},
        tooltip: {callbacks: {label: (item) => bars[item.dataIndex].lines,
          title: ([item]) => bars[item.dataIndex].label}},
      },
      scales: {
        x: axis(look, 'share of 2·N·C', percent_tick, {beginAtZero: true, suggestedMax: 100}),
        y: {grid: {display: false}, ticks: {color: look.ink, autoSkip: false, font: {size: 12}}},
      },
    },
    plugins: [band_of(look)],
  };
}

function waterfall_figure(waterfall) {
  const bars = waterfall_bars(waterfall);
  const lost = waterfall.steps.filter((step) => step.value !== null && step.before - step.after > 0)
    .sort((a, b) => (b.before - b.after) - (a.before - a.after));
  const worst = lost.length ? `most is lost to ${lost[0].name}, ` +
    `${percent(lost[0].before - lost[0].after)} of the peak` : 'nothing is lost';
  return figure_of({
    caption: `${waterfall.title}: ${worst}; ${percent(waterfall.eta)} of the peak is delivered ` +
      '(shaded: the rule of 15–25 % overhead).',
    height: bars_height(bars),
    config: (look) => waterfall_config(look, bars),
    headings: ['factor', 'change', 'left of 2·N·C', 'note'],
    rows: () => waterfall.steps.map((step) => [step.name, change_text(step),
      step.after === null ? '–' : percent(step.after), step.note]),
  });
}

function waterfall_section(device) {
  return device.waterfalls.flatMap((waterfall) => [waterfall_figure(waterfall),
    ...(waterfall.notes.length ? [list_of(waterfall.notes)] : [])]);
}
