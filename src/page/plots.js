// SPDX-License-Identifier: Apache-2.0
// Plots by Chart.js: a figure with caption, text alternative and its data as a table. They are
// drawn again when the colour scheme changes, and in light colours for print.
'use strict';

// Okabe and Ito's colours, which colour-blind people can tell apart; those that stand out on the
// paper first.
const COLOURS = {
  light: ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'],
  dark: ['#56b4e9', '#e69f00', '#009e73', '#cc79a7', '#f0e442', '#d55e00'],
};
const SHAPES = ['circle', 'rect', 'triangle', 'rectRot', 'crossRot', 'star'];
const has_charts = typeof Chart !== 'undefined';
const drawn = [];  // {canvas, config, chart}
let printing = false;

function theme() {
  const style = getComputedStyle(document.documentElement);
  const dark = !printing && matchMedia('(prefers-color-scheme: dark)').matches;
  const paint = (name, on_paper) => (printing ? on_paper : style.getPropertyValue(name).trim());
  return {
    colours: COLOURS[dark ? 'dark' : 'light'],
    ink: paint('--ink', '#000000'),
    faint: paint('--faint', '#333333'),
    line: paint('--line', '#cccccc'),
    paper: paint('--paper', '#ffffff'),
    band: dark ? 'rgba(240, 228, 66, 0.16)' : 'rgba(230, 159, 0, 0.18)',
  };
}

function draw(plot) {
  if (plot.chart) plot.chart.destroy();
  const look = theme();
  Chart.defaults.color = look.faint;
  Chart.defaults.borderColor = look.line;
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  const config = plot.config(look);
  config.options = {animation: false, responsive: true, maintainAspectRatio: false,
    ...config.options};
  plot.chart = new Chart(plot.canvas, config);
}

let drawing = 0;

// Some at once and the others one by one, so that a page of a hundred plots can be read meanwhile.
function draw_all(at_once = 20) {
  const mine = ++drawing;
  const draw_from = (place) => {
    if (mine !== drawing || place >= drawn.length) return;
    draw(drawn[place]);
    setTimeout(() => draw_from(place + 1));
  };
  drawn.slice(0, at_once).forEach(draw);
  draw_from(at_once);
}

if (has_charts) {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => draw_all());
  addEventListener('beforeprint', () => { printing = true; draw_all(Infinity); });
  addEventListener('afterprint', () => { printing = false; draw_all(); });
}

// A figure: {caption, height, config(look), headings, rows()}. Its plot is redrawn by redraw().
function figure_of({caption, height, config, headings, rows}) {
  const figure = element('figure', {}, element('figcaption', {}, caption));
  if (has_charts) {
    const canvas = element('canvas', {role: 'img', 'aria-label': caption}, caption);
    const frame = element('div', {class: 'canvas', style: `height: ${height}px`}, canvas);
    figure.append(frame);
    const plot = {canvas, config};
    drawn.push(plot);
    figure.redraw = () => draw(plot);
  }
  figure.append(folded_table(headings, rows, !has_charts));
  return figure;
}

// The lines of a point's `label` when the pointer is over it.
function hover_by_label() {
  return {callbacks: {title: () => '', label: (item) => item.raw.label}};
}

function legend_of(look) {
  return {labels: {color: look.ink, usePointStyle: true, boxHeight: 7, font: {size: 12}}};
}

function axis(look, title, format, more = {}) {
  return {
    title: {display: true, text: title, color: look.ink},
    grid: {color: look.line, lineWidth: 0.5},
    ...more,
    ticks: {color: look.faint, maxRotation: 0, autoSkipPadding: 12, includeBounds: false,
      callback: format,
      ...more.ticks},
  };
}

function percent_tick(value) {
  return `${Number(value.toPrecision(6))} %`;
}

// Chart.js labels every tick of a logarithmic axis; of these only powers of ten, or 2 and 5 times
// them where the axis spans little.
function log_axis(look, title, format, more = {}) {
  const tick = function (value) {
    const leading = Number(value.toExponential()[0]);
    const decades = Math.log10(this.max / this.min);
    const kept = decades > 3 ? [1] : decades > 1.5 ? [1, 3] : [1, 2, 3, 5];
    return kept.includes(leading) ? format(value) : null;
  };
  return axis(look, title, tick, {type: 'logarithmic', ...more});
}

// A dataset of scatter points in the n-th pair of colour and shape, of which there are 36.
function series(look, n, label, points, more = {}) {
  const colour = look.colours[n % look.colours.length];
  const shape = SHAPES[(n + Math.floor(n / look.colours.length)) % SHAPES.length];
  return {label, data: points, borderColor: colour, backgroundColor: colour, borderWidth: 2,
    pointStyle: shape, pointRadius: 4, pointHoverRadius: 7, ...more};
}

// A plugin that draws a line from top to bottom at each {x, colour, dash}.
function vertical_lines(lines) {
  return {
    id: 'vertical_lines',
    beforeDatasetsDraw: ({ctx, chartArea, scales}) => {
      ctx.save();
      for (const {x, colour, dash} of lines) {
        ctx.strokeStyle = colour;
        ctx.setLineDash(dash);
        ctx.beginPath();
        ctx.moveTo(scales.x.getPixelForValue(x), chartArea.top);
        ctx.lineTo(scales.x.getPixelForValue(x), chartArea.bottom);
        ctx.stroke();
      }
      ctx.restore();
    },
  };
}
