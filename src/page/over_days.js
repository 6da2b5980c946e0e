// SPDX-License-Identifier: Apache-2.0
// A benchmark over days: its sessions, the levels that they make, and what changed beside them.
'use strict';

const DAY_MS = 86_400_000;
const DATE_STEPS_MS = [1 / 24, 1 / 4, 1, 2, 7, 14, 30, 91, 365, 1826].map((days) => days * DAY_MS);

function date_text(ms, with_time = false) {
  const text = new Date(ms).toISOString();
  return with_time ? `${text.slice(0, 10)} ${text.slice(11, 16)}` : text.slice(0, 10);
}

// Chart.js needs another library for dates: a linear axis with ticks at whole days or hours.
function date_axis(look, low, high) {
  const most = innerWidth < 600 ? 3 : 7;
  const step = DATE_STEPS_MS.find((each) => (high - low) / each <= most) ?? (high - low) / most;
  const ticks = [];
  for (let at = Math.ceil(low / step) * step; at <= high; at += step) ticks.push({value: at});
  return axis(look, 'session (UTC)', (ms) => date_text(ms, step < DAY_MS),
    {type: 'linear', min: low, max: high, afterBuildTicks: (made) => { made.ticks = ticks; }});
}

function session_text(session) {
  const label = session.label === '' ? '' : ` (${shortened(session.label, 40)})`;
  return `session ${session.id}${label}, ${date_text(session.time_ms, true)}`;
}

function processes_text({processes, failed, session}) {
  return `${processes} ${processes === 1 ? 'process' : 'processes'}` +
    `${failed > 0 ? `, ${failed} failed` : ''}${session.pinned ? ', pinned' : ''}`;
}

function time_text({amount, unit}, time_s) {
  const rate = amount > 0 && unit !== '' ? `, ${with_prefix(amount / time_s, `${unit}/s`)}` : '';
  return time_s === null ? 'not measured' : with_prefix(time_s, 's') + rate;
}

// {session, time_s, clock_hz, processes, failed} for each session of a benchmark.
function values_of(bench, sessions) {
  const {session, ...columns} = bench.values;
  return session.map((place, i) => ({session: sessions[place],
    ...Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, column[i]]))}));
}

// A session as a point; one that measured nothing lies where it is told.
function value_point(bench, value, y = value.time_s) {
  return {x: value.session.time_ms, y, label: [session_text(value.session),
    time_text(bench, value.time_s),
    ...(value.clock_hz === null ? [] : [with_prefix(value.clock_hz, 'Hz')]),
    processes_text(value)]};
}

// From the first session of each level to its last; what is no number parts it from the next.
function level_points(bench, sessions) {
  return bench.levels.flatMap(({from, to, time_s, since}) => {
    const label = [`level ${with_prefix(time_s, 's')}`,
      ...(since === undefined ? [] : wrapped(since, HOVER_WIDTH))];
    return [from, to].map((place) => ({x: sessions[place].time_ms, y: time_s, label}))
      .concat({x: NaN, y: NaN, label: []});
  });
}

// Points at the top edge, for marks [place, text]; vertical_lines() draws the lines below them.
function mark_points(marks, sessions, top) {
  return marks.map(([place, text]) => (
    {x: sessions[place].time_ms, y: top, label: wrapped(text, HOVER_WIDTH)}));
}

// From the least to the greatest number, and a share of that on both sides.
function range_with(share, numbers) {
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const margin = share * (high - low || 0.1 * Math.abs(high));
  return {low: low - margin, high: high + margin};
}

const LEVEL_LINE = {showLine: true, borderWidth: 3, pointRadius: 0, pointHitRadius: 8,
  pointStyle: 'line', order: 1};

function days_datasets(look, bench, sessions, y) {
  const values = values_of(bench, sessions);
  const points = (chosen, height) => values.filter(chosen).map(
    (value) => value_point(bench, value, height));
  const known = ({time_s}) => time_s !== null;
  return [
    ['session', 0, 'circle', points((value) => known(value) && !value.session.pinned)],
    ['pinned session', 0, 'rect', points((value) => known(value) && value.session.pinned),
      {pointRadius: 7}],
    ['not measured', 1, 'crossRot', points((value) => !known(value), y.low), {pointRadius: 6}],
    ['level', 2, 'line', level_points(bench, sessions), LEVEL_LINE],
    ['machine changed', 4, 'triangle', mark_points(bench.events, sessions, y.high),
      {pointRadius: 6}],
    ['accepted', 3, 'rectRot', mark_points(bench.accepted, sessions, y.high), {pointRadius: 6}],
  ].filter(([, , , data]) => data.length > 0).map(([name, colour, shape, data, more]) => (
    series(look, colour, name, data, {pointStyle: shape, showLine: false, clip: 8, ...more})));
}

function days_config(look, bench, sessions) {
  const places = bench.values.session;
  const y = range_with(0.25, bench.values.time_s.filter((time_s) => time_s !== null));
  const x = range_with(0.03, [sessions[places[0]].time_ms, sessions[places.at(-1)].time_ms]);
  const line = (colour, dash) => ([place]) => (
    {x: sessions[place].time_ms, colour: look.colours[colour], dash});
  return {
    type: 'scatter', data: {datasets: days_datasets(look, bench, sessions, y)},
    options: {
      interaction: {mode: 'nearest', intersect: false},
      plugins: {legend: {position: 'bottom', ...legend_of(look)}, tooltip: hover_by_label()},
      scales: {x: date_axis(look, x.low, x.high),
        y: axis(look, 'time of a launch', (s) => with_prefix(s, 's'), {min: y.low, max: y.high})},
    },
    plugins: [vertical_lines([...bench.events.map(line(4, [6, 4])),
      ...bench.accepted.map(line(3, [2, 3]))])],
  };
}

function days_caption(bench, sessions) {
  const places = bench.values.session;
  const [first, last] = [places[0], places.at(-1)].map((place) => sessions[place]);
  const newest = bench.levels.at(-1);
  const levels = newest === undefined ? [] : [bench.levels.length === 1
    ? `one level of ${with_prefix(newest.time_s, 's')}`
    : `${bench.levels.length} levels, the newest ${with_prefix(newest.time_s, 's')}, ` +
      `${signed_percent(newest.change)} against the one before`];
  const lost = bench.values.time_s.filter((time_s) => time_s === null).length;
  const notes = [...levels,
    ...(bench.events.length ? [`the machine changed ${bench.events.length} × (dashed)`] : []),
    ...(bench.accepted.length ? [`${plural(bench.accepted.length, 'acceptance')} (dotted)`] : []),
    ...(lost ? [`${lost} did not measure it (crosses)`] : [])];
  return `${plural(places.length, 'session')} from ${date_text(first.time_ms)} to ` +
    `${date_text(last.time_ms)}: ${notes.join('; ')}.`;
}

function days_rows(bench, sessions) {
  const notes = new Map();
  const note = (place, text) => notes.set(place, [...(notes.get(place) ?? []), text]);
  for (const {from, since} of bench.levels) if (since !== undefined) note(from, since);
  for (const [place, text] of [...bench.events, ...bench.accepted]) note(place, text);
  return values_of(bench, sessions).map((value, i) => [value.session.id,
    date_text(value.session.time_ms, true), shortened(value.session.label, 40),
    time_text(bench, value.time_s), with_prefix(value.clock_hz, 'Hz'), processes_text(value),
    (notes.get(bench.values.session[i]) ?? []).join('; ')]);
}

function days_figure(bench, sessions) {
  return figure_of({
    caption: days_caption(bench, sessions), height: 300,
    config: (look) => days_config(look, bench, sessions),
    headings: ['session', 'time (UTC)', 'label', 'time of a launch', 'clock', 'processes', 'notes'],
    rows: () => days_rows(bench, sessions),
  });
}
