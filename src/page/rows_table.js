// SPDX-License-Identifier: Apache-2.0
// Rows as a table that can be sorted and filtered.
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

// Hides the elements whose text lacks one of the words, and says how many are left.
function word_filter(example, elements, text_of, on_change) {
  const filter = element('input', {type: 'search', placeholder: example});
  filter.addEventListener('input', () => {
    const words = filter.value.toLowerCase().split(/\s+/);
    for (const each of elements) {
      const text = text_of(each).toLowerCase();
      each.hidden = !words.every((word) => text.includes(word));
    }
    on_change(elements.filter((each) => !each.hidden).length);
  });
  return filter;
}

// Columns {name, heading, meaning}, of which those without a heading are left out; rows with a
// value for each name, `texts` by name, and a message; and words to filter by, as an example.
function sortable_table(all_columns, rows, example) {
  const columns = all_columns.filter((column) => column.heading !== '');
  const lines = rows.map((row) => {
    const cells = columns.map((column) => element('td',
      {class: typeof row[column.name] === 'number' ? 'number' : 'text',
        title: row.texts[column.name]},
      row.texts[column.name]));
    return {row, line: element('tr', {title: row.message ?? ''}, ...cells)};
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
  const filter = word_filter(example, [...body.children], (line) => line.textContent, (left) => {
    count.textContent = `${left} of ${plural(rows.length, 'row')}`;
  });
  return [element('label', {}, 'Only rows with all of these words', filter), count,
    element('div', {class: 'scroll', tabindex: '0'},
      element('table', {class: 'rows'}, element('thead', {}, head), body))];
}
