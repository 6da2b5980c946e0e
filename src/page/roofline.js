// SPDX-License-Identifier: Apache-2.0
// The roofline: FLOP/s over FLOP per byte, under the peaks and the measured ceilings.
'use strict';

function best_rate(rows) {
  return rows.length ? Math.max(...rows.map((row) => row.achieved)) : null;
}

// {name, level, per_s, measured} of memory and caches; memory first.
function bandwidths_of(rows) {
  const found = [];
  const memory = rows.filter((row) => row.bound === 'memory' && row.cache === 'cold');
  const peak = memory.find((row) => row.peak > 0);
  if (peak) found.push({name: 'memory, peak', level: 'memory', per_s: peak.peak, measured: false});
  if (memory.length) {
    found.push({name: 'memory, measured', level: 'memory', per_s: best_rate(memory),
      measured: true});
  }
  const caches = rows.filter((row) => row.bound === 'cache' && row.workload === 'memory_read');
  for (const [level, of_level] of group_by(caches, (row) => row.variant)) {
    found.push({name: `${level}, measured`, level, per_s: best_rate(of_level), measured: true});
  }
  return found;
}

// {name, type, per_s, measured} of arithmetic: the peak of each type and kind of unit, and the best
// chain, which touches no memory.
function arithmetic_of(rows) {
  const found = [];
  const compute = rows.filter((row) => row.bound === 'compute');
  for (const [name, group] of group_by(compute, (row) => `${row.precision} ${row.units}`.trim())) {
    const type = group[0].precision;
    const peak = Math.max(...group.map((row) => row.peak ?? 0));
    if (peak > 0) found.push({name: `${name}, peak`, type, per_s: peak, measured: false});
    const chains = group.filter((row) => row.workload.endsWith('_chain'));
    if (chains.length) {
      found.push({name: `${name}, chain`, type, per_s: best_rate(chains), measured: true});
    }
  }
  return found;
}

function points_of(rows) {
  return rows.filter((row) => row.flops > 0 && row.bytes > 0 && row.achieved > 0).map((row) => {
    const x = row.flops / row.bytes;
    const y = row.bound === 'compute' ? row.achieved : row.achieved * x;
    const unit = row.precision.startsWith('i') ? 'OP' : 'FLOP';
    return {x, y, type: row.precision, row,
      label: [row.label, with_prefix(y, `${unit}/s`), `${Number(x.toPrecision(4))} ${unit}/B`]};
  });
}

function ceiling_lines(look, range, bandwidths, arithmetic, colour_of) {
  const widest = Math.max(...bandwidths.map((each) => each.per_s));
  const highest = Math.max(...arithmetic.map((each) => each.per_s));
  const line = (each, colour, from, to) => ({
    label: each.name, showLine: true,
    data: [from, to].map((point) => ({...point,
      label: [each.name, with_prefix(each.per_s, colour === look.faint ? 'B/s' : 'FLOP/s')]})),
    borderColor: colour, backgroundColor: colour, borderWidth: each.measured ? 2 : 1.5,
    borderDash: each.measured ? [] : [6, 4],
    pointRadius: 0, pointHitRadius: 6, pointStyle: 'line'});
  const slopes = bandwidths.map((each) => {
    const end = Math.min(highest / each.per_s, range.high);
    return line(each, look.faint, {x: range.low, y: range.low * each.per_s},
      {x: end, y: end * each.per_s});
  });
  const roofs = arithmetic.map((each) => line(each, colour_of(each.type),
    {x: Math.max(range.low, each.per_s / widest), y: each.per_s}, {x: range.high, y: each.per_s}));
  return [...slopes, ...roofs];
}

// Arithmetic ceilings have the colour of their type, and are named where the pointer is.
function roofline_legend(look, arithmetic) {
  const names = new Set(arithmetic.map((each) => each.name));
  const {labels} = legend_of(look);
  return {position: 'bottom', labels: {...labels, filter: (item) => !names.has(item.text)}};
}

function roofline_config(look, points, bandwidths, arithmetic) {
  const types = [...new Set([...points, ...arithmetic].map((each) => each.type))];
  const number = (type) => types.indexOf(type);
  const colour_of = (type) => look.colours[number(type) % look.colours.length];
  const ridges = arithmetic.flatMap((roof) => bandwidths.map((each) => roof.per_s / each.per_s));
  const all = [...points.map((point) => point.x), ...ridges];
  const range = {low: Math.min(...all) / 3, high: Math.max(...all) * 3};
  const datasets = ceiling_lines(look, range, bandwidths, arithmetic, colour_of);
  for (const [type, of_type] of group_by(points, (point) => point.type)) {
    datasets.unshift(series(look, number(type), type, of_type, {showLine: false}));
  }
  return {
    type: 'scatter', data: {datasets},
    options: {
      interaction: {mode: 'nearest', intersect: false},
      plugins: {legend: roofline_legend(look, arithmetic), tooltip: hover_by_label()},
      scales: {
        x: log_axis(look, 'FLOP per byte of memory traffic', (x) => `${x}`,
          {min: range.low, max: range.high}),
        y: log_axis(look, 'FLOP/s', (y) => with_prefix(y, 'FLOP/s')),
      },
    },
  };
}

// Above which intensity the fastest code of a type is no longer bound by memory, or by the first
// cache where no memory was measured: each type has a ridge of its own.
function ridges_text(rows, bandwidths) {
  const {level, per_s} = bandwidths.find((each) => each.measured);
  const of_types = group_by(rows.filter((row) => row.bound === 'compute'), (row) => row.precision);
  const ridges = [...of_types].map(([type, of_type]) => ({type, x: best_rate(of_type) / per_s}));
  ridges.sort((a, b) => a.x - b.x);
  const shown = ridges.length > 1 ? [ridges[0], ridges.at(-1)] : ridges;
  const texts = shown.map(({type, x}) => `${Number(x.toPrecision(2))} (${type})`);
  return `not to be bound by ${level}, work needs ${texts.join(' to ')} operations for each byte`;
}

function roofline_section(rows) {
  const right = rows.filter((row) => row.right && row.achieved > 0);
  const points = points_of(right);
  const bandwidths = bandwidths_of(right);
  const arithmetic = arithmetic_of(right);
  if (points.length === 0 || bandwidths.length === 0 || arithmetic.length === 0) return [];
  const caption = `${plural(points.length, 'row')} under the peaks (dashed) and the measured ` +
    `ceilings (solid): ${ridges_text(right, bandwidths)}.`;
  return [figure_of({
    caption, height: 480,
    config: (look) => roofline_config(look, points, bandwidths, arithmetic),
    headings: ['row or ceiling', 'operations/s', 'operations per byte'],
    rows: () => [
      ...bandwidths.map((each) => [each.name, with_prefix(each.per_s, 'B/s'), '–']),
      ...arithmetic.map((each) => [each.name, with_prefix(each.per_s, 'FLOP/s'), '–']),
      ...points.map(({row, label, x}) => [row.label, label[1], Number(x.toPrecision(4))])],
  })];
}
