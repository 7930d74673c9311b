/**
 * What the page of reports does: it filters the rows, opens cells, and keeps
 * both in its address.
 *
 * The address has, behind `#`, the values that differ from those of an unchanged
 * page: `view`, the filters `text`, `level`, `verdict`, `of`, `differ` and
 * `change`, and what is open: `case` or `statement`, and `at`, the number of the
 * column.
 *
 * @module
 */

import { DIALOG_SCRIPT } from "./_html_dialog_script.ts";

/** The script of the page, for browsers. */
export const PAGE_SCRIPT = String.raw`
const details = JSON.parse(document.getElementById("details").textContent);
const filters = document.querySelector("header form");
const dialog = document.querySelector("dialog");
const views = [...document.querySelectorAll("[data-view]")];
const FIELDS = ["view", "text", "level", "verdict", "of", "differ", "change"];

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

/* The address. */

function addressOf(values) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value) query.set(name, value);
  }
  return "#" + query.toString().replaceAll("%2F", "/");
}

function readAddress() {
  return Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
}

function readFilters() {
  const values = {};
  for (const name of FIELDS) {
    const field = filters.elements[name];
    if (!field) continue;
    values[name] = field.type === "checkbox" ? (field.checked ? "1" : "") : field.value;
  }
  if (values.view === "cases") values.view = "";
  return values;
}

function writeFilters(values) {
  for (const name of FIELDS) {
    const field = filters.elements[name];
    if (!field) continue;
    const value = values[name] || "";
    if (field.type === "checkbox") field.checked = value === "1";
    else field.value = value || (name === "view" ? "cases" : "");
  }
}

/* Filters and views. */

function shownView() {
  return filters.elements.view.value;
}

function rowsOf(view) {
  return [...view.querySelectorAll("tr[data-id]")];
}

function filter() {
  const { text, level, verdict, of, differ, change } = readFilters();
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  for (const view of views) view.hidden = view.dataset.view !== shownView();
  const view = views.find((each) => !each.hidden);
  const rows = rowsOf(view);
  let shown = 0;
  for (const row of rows) {
    const verdicts = row.dataset.verdicts.split(" ");
    row.hidden = !(
      words.every((word) => row.dataset.text.includes(word)) &&
      (!level || row.dataset.level === level) &&
      (!verdict || (of ? verdicts[of - 1] === verdict : verdicts.includes(verdict))) &&
      (!differ || new Set(verdicts).size > 1) &&
      (!change || row.dataset.change === change)
    );
    if (!row.hidden) shown++;
  }
  for (const body of view.querySelectorAll("[role=grid] tbody")) {
    body.hidden = !body.querySelector("tr[data-id]:not([hidden])");
  }
  filters.querySelector(".filters").hidden = rows.length === 0;
  filters.querySelector("output").value =
    shown + " of " + rows.length + " " + shownView();
  const first = rows.find((row) => !row.hidden);
  if (first) makeCurrent(first.querySelector("[data-column='1']"));
}

/* The keyboard: one cell of a grid has the focus, and the arrow keys move it. */

let current;

function makeCurrent(cell) {
  if (current) current.tabIndex = -1;
  current = cell;
  current.tabIndex = 0;
}

function move(cell, columns, rows) {
  const row = cell.closest("tr");
  const shown = rowsOf(cell.closest("[role=grid]")).filter((each) => !each.hidden);
  const at = Math.max(0, Math.min(shown.length - 1, shown.indexOf(row) + rows));
  const cells = [...shown[at].querySelectorAll("[data-column]")];
  const column = Number(cell.dataset.column) + columns;
  const next = cells[Math.max(0, Math.min(cells.length - 1, column))];
  makeCurrent(next);
  next.focus();
  next.scrollIntoView({ block: "nearest", inline: "nearest" });
}

const MOVES = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  PageUp: [0, -10],
  PageDown: [0, 10],
  Home: [-Infinity, 0],
  End: [Infinity, 0],
};

document.querySelector("main").addEventListener("keydown", (event) => {
  const cell = event.target.closest("[role=grid] [data-column]");
  const by = MOVES[event.key];
  if (!cell || !by || event.altKey || event.metaKey) return;
  event.preventDefault();
  if (event.ctrlKey && by[1] === 0) move(cell, by[0], by[0] < 0 ? -Infinity : Infinity);
  else move(cell, ...by);
});

document.querySelector("main").addEventListener("focusin", ({ target }) => {
  const cell = target.closest("[role=grid] [data-column]");
  if (cell) makeCurrent(cell);
});

document.querySelector("main").addEventListener("click", (event) => {
  const cell = event.target.closest("[role=grid] [data-column]");
  if (!cell || cell.tagName === "SPAN" || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const { id } = cell.closest("tr").dataset;
  const kind = shownView() === "statements" ? "statement" : "case";
  location.hash = addressOf({
    ...readFilters(),
    [kind]: id,
    at: cell.dataset.column === "0" ? "" : cell.dataset.column,
  });
});
${DIALOG_SCRIPT}
/* Start. */

function follow() {
  const address = readAddress();
  const isOpen = address.case || address.statement;
  writeFilters(address);
  filter();
  if (!isOpen || !show(address)) dialog.close();
}

filters.addEventListener("input", () => {
  history.replaceState(null, "", addressOf(readFilters()));
  filter();
});
filters.addEventListener("submit", (event) => event.preventDefault());
addEventListener("hashchange", follow);
follow();
`;
