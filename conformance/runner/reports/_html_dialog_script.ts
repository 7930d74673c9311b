/**
 * The part of the page's script that shows what is behind a cell.
 *
 * @module
 */

/** The script; it uses what `_html_script.ts` declares. */
export const DIALOG_SCRIPT: string = String.raw`
/* The dialog. */

function link(text, values) {
  const made = element("a", text);
  made.href = addressOf({ ...readFilters(), ...values });
  return made;
}

/* What stands between two backticks is code, as in the tables. */
function withCode(name, text) {
  const made = element(name);
  for (const [index, part] of text.split(/\x60([^\x60]+)\x60/).entries()) {
    made.append(index % 2 === 1 ? element("code", part) : part);
  }
  return made;
}

function columnsOf(cells, at) {
  const columns = cells.map((cell, column) => ({ cell, column }));
  return at ? columns.slice(at - 1, at) : columns;
}

function statementLines(ids) {
  const list = element("dl", undefined, "spec");
  for (const id of ids) {
    const { level, text } = details.statements[id] || { level: "", text: "" };
    const name = element("dt");
    name.append(
      link(id, { view: "statements", statement: id, case: "", at: "" }),
      level ? " (" + level + ")" : "",
    );
    list.append(name, withCode("dd", text));
  }
  return list;
}

function traceOf(trace) {
  const lines = element("pre");
  for (const [at, by, text] of trace) {
    const kind = by === ">" ? "out" : by === "<" ? "in" : "about";
    lines.append(element("span", at.padStart(8) + " ms  " + by + " " + text + "\n", kind));
  }
  return lines;
}

function commandOf(command) {
  const line = element("p", undefined, "again");
  const copy = element("button", "copy");
  copy.type = "button";
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(command);
    copy.textContent = "copied";
  });
  const code = element("code", undefined, "command");
  // Lines break between words only: a break behind a hyphen looks like an option without its name.
  for (const word of command.split(" ")) code.append(element("span", word), " ");
  line.append(code, copy);
  return line;
}

/* Runs with the same verdict and reason, folded but for the first ones. */
function groupOf(group, isOpen) {
  const folded = element("details", undefined, "group");
  folded.open = isOpen;
  const head = element("summary");
  head.append(
    element("span", group.verdict, group.verdict),
    " " + (group.size === 1 ? "1 run" : group.size + " runs"),
    group.reason ? ": " + group.reason : "",
  );
  folded.append(head, element("h3", group.name));
  if (group.expected && group.expected.length > 0) {
    const list = element("ul");
    list.append(...group.expected.map((alternative) => element("li", alternative)));
    folded.append(element("p", "What would have been right:"), list);
  }
  if (group.trace && group.trace.length > 0) folded.append(traceOf(group.trace));
  if (group.again) folded.append(commandOf(group.again));
  if (group.others.length > 0) {
    const left = group.size - 1 - group.others.length;
    const others = element("p", "also ", "others");
    others.append(
      element("code", group.others.join("  ")),
      left > 0 ? " and " + left + " more" : "",
    );
    folded.append(others);
  }
  return folded;
}

function casePart(name, cell) {
  const part = element("section");
  part.append(element("h2", name + ": " + (cell ? cell.counts.join(", ") : "not run")));
  if (!cell) return part;
  part.append(...cell.groups.map((group, at) =>
    groupOf(group, at === 0 && group.verdict !== "pass")
  ));
  if (cell.more > 0) {
    part.append(element("p", "and " + cell.more + " more kinds of result"));
  }
  return part;
}

function caseParts(id, at) {
  const found = details.cases[id];
  if (!found) return undefined;
  return [
    heading(id),
    element("p", found.title),
    element("p", found.level + "; tests", "level"),
    statementLines(found.spec),
    ...columnsOf(found.cells, at).map(({ cell, column }) =>
      casePart(details.names[column], cell)
    ),
  ];
}

function statementParts(id, at) {
  const found = details.statements[id];
  if (!found) return undefined;
  const parts = [
    heading(id),
    element("p", found.text),
    element("p", found.level + "; tested by " + found.cases.length + " cases", "level"),
  ];
  for (const { column } of columnsOf(details.names, at)) {
    const part = element("section");
    part.append(element("h2", details.names[column]));
    if (found.untested[column]) {
      part.append(element("p", "Not tested: " + found.untested[column]));
    }
    const list = element("ul", undefined, "cases");
    for (const name of found.cases) {
      const cell = details.cases[name].cells[column];
      const item = element("li");
      item.append(
        element("span", cell ? cell.verdict : "not run", cell ? cell.verdict : ""),
        " ",
        link(name, { view: "", case: name, at: String(column + 1) }),
        element("small", details.cases[name].title),
      );
      list.append(item);
    }
    part.append(list);
    parts.push(part);
  }
  return parts;
}

function heading(id) {
  const title = element("h1", id);
  title.id = "what";
  return title;
}

function show(address) {
  const { case: id, statement, at } = address;
  const parts = id ? caseParts(id, at) : statementParts(statement, at);
  if (!parts) return false;
  const place = element("p", undefined, "place");
  place.append(link("address of this", { case: id, statement, at }));
  if (at && details.names.length > 1) {
    place.append(link("all implementations", { case: id, statement }));
  }
  dialog.querySelector("div").replaceChildren(...parts, place);
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  const row = document.querySelector(
    "[data-view]:not([hidden]) tr[data-id=" + JSON.stringify(id || statement) + "]",
  );
  if (row && !row.hidden) {
    makeCurrent(row.querySelector("[data-column='" + (at || 0) + "']"));
  }
  return true;
}

dialog.addEventListener("close", () => {
  const { case: id, statement } = readAddress();
  if (id || statement) history.pushState(null, "", addressOf(readFilters()));
  const grid = current && current.closest("[data-view]");
  if (grid && !grid.hidden) current.focus();
});
dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close();
});
`;
