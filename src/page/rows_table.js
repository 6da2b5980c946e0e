// SPDX-License-Identifier: Apache-2.0
// The rows as a table that can be sorted and filtered.
'use strict';

function compare_values(a, b) {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a).localeCompare(String(b));
}

function sortable_head(column, is_number, sort) {
  const button = element('button', {type: 'button', title: column.meaning}, column.heading);
  const head = element('th',
    {scope: 'col', 'aria-sort': 'none', class: is_number ? 'number' : 'text'}, button);
  button.addEventListener('click', () => {
    const down = head.getAttribute('aria-sort') === 'ascending';
    for (const other of head.parentElement.children) other.setAttribute('aria-sort', 'none');
    head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    sort(column.name, down ? -1 : 1);
  });
  return head;
}

function rows_section(device, rows) {
  const columns = device.rows.columns.filter((column) => column.heading !== '');
  const lines = rows.map((row) => {
    const cells = columns.map((column) => element('td',
      {class: typeof row[column.name] === 'number' ? 'number' : 'text',
        title: row.texts[column.name]},
      row.texts[column.name]));
    return {row, line: element('tr', {title: row.message}, ...cells)};
  });
  const body = element('tbody', {}, ...lines.map(({line}) => line));
  const sort = (name, sign) => {
    lines.sort((a, b) => sign * compare_values(a.row[name], b.row[name]));
    body.append(...lines.map(({line}) => line));
  };
  const is_number = (column) => rows.some((row) => typeof row[column.name] === 'number');
  const head = element('tr', {}, ...columns.map(
    (column) => sortable_head(column, is_number(column), sort)));
  const count = paragraph(plural(rows.length, 'row'), 'hint');
  const filter = element('input', {type: 'search', placeholder: 'gemm f32 passed'});
  filter.addEventListener('input', () => {
    const words = filter.value.toLowerCase().split(/\s+/);
    let left = 0;
    for (const {line} of lines) {
      const text = line.textContent.toLowerCase();
      line.hidden = !words.every((word) => text.includes(word));
      left += line.hidden ? 0 : 1;
    }
    count.textContent = `${left} of ${plural(rows.length, 'row')}`;
  });
  const left_out = device.rows_left_out === 0 ? null
    : paragraph(`${plural(device.rows_left_out, 'more row')} would make this page too large: ` +
      `derate report --format csv has them.`);
  return [element('label', {}, 'Only rows with all of these words', filter), count,
    element('div', {class: 'scroll', tabindex: '0'},
      element('table', {class: 'rows'}, element('thead', {}, head), body)),
    ...(left_out ? [left_out] : [])];
}
