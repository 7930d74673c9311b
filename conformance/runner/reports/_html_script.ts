/**
 * What the page of reports does: it filters the rows, and opens a cell.
 *
 * @module
 */

/** The script of the page, for browsers. */
export const PAGE_SCRIPT = `
const details = JSON.parse(document.getElementById("details").textContent);
const filters = document.querySelector("header form");
const dialog = document.querySelector("dialog");
const rows = [...document.querySelectorAll("tr[data-row]")];

function filter() {
  const { text, level, verdict, differ } = filters.elements;
  const words = text.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let shown = 0;
  for (const row of rows) {
    const verdicts = row.dataset.verdicts.split(" ");
    row.hidden = !(
      words.every((word) => row.dataset.text.includes(word)) &&
      (level.value === "" || row.dataset.level === level.value) &&
      (verdict.value === "" || verdicts.includes(verdict.value)) &&
      (!differ.checked || new Set(verdicts).size > 1)
    );
    if (!row.hidden) shown++;
  }
  for (const body of document.querySelectorAll("tbody")) {
    body.hidden = !body.querySelector("tr[data-row]:not([hidden])");
  }
  filters.querySelector("output").value = shown + " of " + rows.length + " cases";
}

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function open(cell, who) {
  const title = element("h2", cell.id);
  title.id = "what";
  const parts = [
    title,
    element("p", cell.title),
    element("p", who + ": " + cell.counts.join(", ")),
    element("p", cell.level + "; shows " + cell.spec.join(", "), "level"),
  ];
  for (const run of cell.runs) {
    const name = element("h3", run.name + " ");
    name.append(element("span", run.verdict, run.verdict));
    parts.push(name);
    if (run.reason) parts.push(element("p", run.reason));
    if (run.expected && run.expected.length > 0) {
      parts.push(element("p", "What would have been right:"));
      const list = element("ul");
      list.append(...run.expected.map((alternative) => element("li", alternative)));
      parts.push(list);
    }
    if (run.trace && run.trace.length > 0) {
      const trace = element("pre");
      for (const [at, by, text] of run.trace) {
        const kind = by === ">" ? "out" : by === "<" ? "in" : "about";
        trace.append(element("span", at.padStart(8) + " ms  " + by + " " + text + "\\n", kind));
      }
      parts.push(trace);
    }
  }
  if (cell.more > 0) parts.push(element("p", "and " + cell.more + " more runs"));
  dialog.querySelector("div").replaceChildren(...parts);
  dialog.showModal();
}

filters.addEventListener("input", filter);
filters.addEventListener("submit", (event) => event.preventDefault());
dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close();
});
document.querySelector("table").addEventListener("click", ({ target }) => {
  const button = target.closest("button[data-column]");
  if (!button) return;
  const row = button.closest("tr").dataset.row;
  open(details[row][button.dataset.column], button.getAttribute("aria-label").split(":")[0]);
});
filter();
`;
