// SPDX-License-Identifier: Apache-2.0
// Elements of the page. Text only ever enters as text: no name can become markup.
'use strict';

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  for (const child of children) if (child !== null) made.append(child);
  return made;
}

function paragraph(text, kind = 'faint') {
  return element('p', {class: kind}, text);
}

function list_of(texts) {
  return element('ul', {}, ...texts.map((text) => element('li', {}, text)));
}

// Rows of cells, each a text or a number.
function table_of(headings, rows) {
  const cell = (value) => {
    const shown = typeof value === 'number' ? String(value) : value ?? '–';
    return element('td', {class: typeof value === 'number' ? 'number' : 'text'}, shown);
  };
  const head = headings.map((heading) => element('th', {scope: 'col'}, heading));
  const table = element('table', {}, element('thead', {}, element('tr', {}, ...head)));
  table.append(element('tbody', {}, ...rows.map((row) => element('tr', {}, ...row.map(cell)))));
  return element('div', {class: 'scroll', tabindex: '0'}, table);
}

// Made when it is opened: tables of thousands of samples would delay the page.
function folded_table(headings, rows, open) {
  const details = element('details', {}, element('summary', {}, `The data as a table`));
  const fill = () => {
    if (details.open && details.children.length === 1) {
      details.append(table_of(headings, rows()));
    }
  };
  details.addEventListener('toggle', fill);
  details.open = open;
  fill();
  return details;
}
