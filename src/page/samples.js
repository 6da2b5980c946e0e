// SPDX-License-Identifier: Apache-2.0
// Every sample over time, so that a second mode, a throttle or a disturbed round is seen.
'use strict';

const MOST_SAMPLES_LISTED = 2000;

// Sensor columns of the samples: a plot for each that was read.
const SENSORS = [
  {name: 'clock_hz', title: 'clock', text: (value) => with_prefix(value, 'Hz')},
  {name: 'power_w', title: 'power', text: (value) => `${value} W`},
  {name: 'temperature_c', title: 'temperature', text: (value) => `${value} °C`},
];

// Places of the samples of a row, or of all where `row` is null.
function places_of(samples, row) {
  const all = samples.row.map((_, i) => i);
  return row === null ? all : all.filter((i) => samples.row[i] === row);
}

// Of all rows over time, since they took turns; of one over the samples, since its rounds are short
// and far apart.
function points_over_time(samples, rows, chosen, value, text) {
  return places_of(samples, chosen).map((i, n) => ({
    x: chosen === null ? samples.time_s[i] : n + 1,
    y: value(i), round: samples.round[i],
    label: [rows[samples.row[i]].label, `round ${samples.round[i]}: ${text(i)}`,
      ...(samples.throttled[i] === 1 ? ['the clock was held down'] : [])],
  })).filter((point) => point.y !== null);
}

function time_axis(look, samples) {
  return axis(look, 'time since the first sample', (x) => `${Number(x.toPrecision(4))} s`,
    {type: 'linear', min: 0, max: Math.ceil(samples.time_s.at(-1))});
}

function samples_config(look, samples, points, chosen, y_axis) {
  const datasets = [...group_by(points, (point) => point.round)].sort(([a], [b]) => a - b).map(
    ([round, of_round]) => series(look, round - 1, `round ${round}`, of_round,
      {pointRadius: chosen === null ? 2 : 3, showLine: false, borderWidth: 1}));
  return {
    type: 'scatter', data: {datasets},
    options: {
      interaction: {mode: 'nearest', intersect: false},
      plugins: {legend: {position: 'bottom', display: datasets.length <= 12, ...legend_of(look)},
        tooltip: hover_by_label()},
      scales: {
        x: chosen === null ? time_axis(look, samples)
          : axis(look, 'sample', (x) => x, {type: 'linear'}),
        y: y_axis,
      },
    },
  };
}

function samples_table(samples, rows, chosen) {
  return places_of(samples, chosen).slice(0, MOST_SAMPLES_LISTED).map((i) => (
    [rows[samples.row[i]].label, samples.round[i], `${samples.time_s[i]} s`,
      rate_text(rows[samples.row[i]], samples.rate[i]),
      ...SENSORS.map((sensor) => {
        const value = samples[sensor.name][i] ?? null;
        return value === null ? '–' : sensor.text(value);
      })]));
}

function kept_text(samples) {
  const kept = samples.row.length;
  return kept < samples.taken ? ` (${kept} of ${samples.taken} samples are kept here)` : '';
}

function speed_figure(samples, rows, choice) {
  const relative = (i) => {
    const median = rows[samples.row[i]].achieved;
    return median > 0 ? 100 * samples.rate[i] / median : null;
  };
  const text = (i) => (
    `${rate_text(rows[samples.row[i]], samples.rate[i])}, ${relative(i).toFixed(1)} %`);
  const slow = samples.row.filter((_, i) => relative(i) !== null && relative(i) < 95).length;
  return figure_of({
    caption: `Each sample's speed as a share of its row's figure${kept_text(samples)}: ` +
      `${slow} of ${plural(samples.row.length, 'sample')} are slower by more than 5 %.`,
    height: 360,
    config: (look) => {
      const points = points_over_time(samples, rows, choice.row, relative, text);
      const y_axis = axis(look, "share of the row's figure", percent_tick,
        {suggestedMin: 95, suggestedMax: 105});
      return samples_config(look, samples, points, choice.row, y_axis);
    },
    headings: ['row', 'round', 'time', 'rate', ...SENSORS.map((sensor) => sensor.title)],
    rows: () => samples_table(samples, rows, choice.row),
  });
}

function sensor_figure(sensor, samples, rows, choice) {
  const values = samples[sensor.name];
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return null;
  const low = known.reduce((a, b) => Math.min(a, b));
  const high = known.reduce((a, b) => Math.max(a, b));
  return figure_of({
    caption: `The ${sensor.title} around each sample: from ${sensor.text(low)} to ` +
      `${sensor.text(high)}.`,
    height: 260,
    config: (look) => {
      const points = points_over_time(samples, rows, choice.row, (i) => values[i],
        (i) => sensor.text(values[i]));
      const tick = (value) => sensor.text(Number(value.toPrecision(6)));
      const y_axis = axis(look, sensor.title, tick,
        {suggestedMin: 0.98 * low, suggestedMax: 1.02 * high});
      return samples_config(look, samples, points, choice.row, y_axis);
    },
    headings: ['row', 'round', 'time', sensor.title],
    rows: () => places_of(samples, choice.row).slice(0, MOST_SAMPLES_LISTED).map((i) => (
      [rows[samples.row[i]].label, samples.round[i], `${samples.time_s[i]} s`,
        values[i] === null ? '–' : sensor.text(values[i])])),
  });
}

function row_choice(rows, samples, on_change) {
  const with_samples = new Set(samples.row);
  const options = rows.filter((row) => with_samples.has(row.index)).map(
    (row) => element('option', {value: row.index}, row.label));
  const select = element('select', {}, element('option', {value: ''}, 'all rows'), ...options);
  select.addEventListener('change',
    () => on_change(select.value === '' ? null : Number(select.value)));
  return element('label', {}, 'Row', select);
}

function samples_section(device, rows) {
  const samples = device.samples;
  if (samples.row.length === 0) return [];
  const choice = {row: null};
  const holder = element('div', {});
  const figures = [speed_figure(samples, rows, choice),
    ...SENSORS.map((sensor) => sensor_figure(sensor, samples, rows, choice))]
    .filter((figure) => figure !== null);
  holder.append(...figures);
  const select = row_choice(rows, samples, (row) => {
    choice.row = row;
    for (const figure of figures) if (figure.redraw) figure.redraw();
  });
  return [...(has_charts ? [select] : []), holder];
}
