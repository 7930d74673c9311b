/**
 * The page of a tap: the conversation as a sequence diagram.
 *
 * @module
 */

/** The page, which loads the script for pages and connects to its server. */
export const TAP_PAGE: string = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gotalk tap</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/tap.css">
<header>
  <h1>Gotalk tap</h1>
  <input id="filter" type="search" placeholder="Filter: name, kind, ID, text" aria-label="Filter">
  <label>Connection <select id="connection"><option value="">all</option></select></label>
  <label><input id="beats" type="checkbox"> heartbeats</label>
  <span id="state" role="status">connecting</span>
</header>
<main>
  <ol id="list">
    <li class="ends"><span>client</span><span>server</span></li>
    <li id="none">Nothing has passed yet.</li>
  </ol>
  <aside hidden aria-label="Payload">
    <button id="close" type="button" aria-label="Close">✕</button>
    <h2></h2><pre></pre>
  </aside>
</main>
<script type="module" src="/tap.js"></script>
</html>
`;

/** Its style. */
export const TAP_STYLE: string = `:root {
  color-scheme: light dark;
  --back: light-dark(#fbfbfa, #16181c);
  --panel: light-dark(#fff, #1e2127);
  --text: light-dark(#1c1e21, #e4e6ea);
  --faint: light-dark(#666b73, #9aa1ab);
  --line: light-dark(#dcdee2, #343841);
  --request: light-dark(#1457c0, #7fb2ff);
  --result: light-dark(#12703a, #6fd39a);
  --error: light-dark(#b3261e, #ff8f86);
  --note: light-dark(#7a4b00, #f0bd6a);
}
* { box-sizing: border-box; }
body {
  margin: 0; height: 100dvh; display: flex; flex-direction: column;
  background: var(--back); color: var(--text);
  font: 14px/1.45 system-ui, sans-serif;
}
header {
  display: flex; flex-wrap: wrap; gap: .5rem .75rem; align-items: center;
  padding: .6rem 1rem; border-bottom: 1px solid var(--line);
  background: var(--panel);
}
h1 { font-size: 1rem; margin: 0; }
#filter { flex: 1 1 9rem; min-width: 0; font: inherit; padding: .3rem .5rem; }
label { white-space: nowrap; }
#state { color: var(--faint); }
main { flex: 1; min-height: 0; display: flex; }
#list { flex: 1; min-width: 0; margin: 0; padding: 0; overflow-y: auto; list-style: none; }
.ends {
  position: sticky; top: 0; z-index: 1; display: flex; justify-content: space-between;
  padding: .3rem 1rem .3rem 6.5rem; background: var(--panel);
  border-bottom: 1px solid var(--line); font-weight: 600;
}
li button {
  all: unset; box-sizing: border-box; width: 100%; cursor: pointer;
  display: flex; gap: .75rem; align-items: center; padding: 0 1rem;
}
li button:hover, li button[aria-pressed=true] { background: color-mix(in srgb, var(--request) 12%, transparent); }
li button:focus-visible { outline: 2px solid var(--request); outline-offset: -2px; }
.when { flex: none; width: 4.75rem; color: var(--faint); font-size: .75rem; font-variant-numeric: tabular-nums; text-align: right; white-space: nowrap; }
.lane {
  flex: 1; min-width: 0; position: relative; padding: .4rem .9rem .45rem;
  border-inline: 2px solid var(--line); color: var(--color);
}
.lane::after {
  content: ""; position: absolute; left: 4px; right: 4px; bottom: 4px;
  border-bottom: 1.5px solid currentColor;
}
.lane::before {
  content: ""; position: absolute; bottom: 0; border: 5px solid transparent;
}
.sent .lane::before { right: 0; border-left-color: currentColor; border-right: 0; }
.received .lane::before { left: 0; border-right-color: currentColor; border-left: 0; }
.received .lane { text-align: right; }
.mark .lane { text-align: center; color: var(--faint); }
.mark .lane::before, .mark .lane::after { display: none; }
.what { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.what b { font-weight: 600; }
.what small { color: var(--faint); }
.request { --color: var(--request); } .result { --color: var(--result); }
.error { --color: var(--error); } .notification { --color: var(--note); }
.other { --color: var(--faint); }
aside {
  width: min(26rem, 45%); overflow: auto; padding: .75rem 1rem;
  border-left: 1px solid var(--line); background: var(--panel);
}
aside[hidden] { display: none; }
aside h2 { font-size: .95rem; margin: 0 2rem .5rem 0; overflow-wrap: anywhere; }
#close { float: right; font: inherit; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font: 12.5px/1.5 ui-monospace, monospace; }
#none { padding: 2rem 1rem; text-align: center; color: var(--faint); }
@media (max-width: 640px) {
  main { flex-direction: column; }
  aside { width: auto; max-height: 45%; border-left: 0; border-top: 1px solid var(--line); }
  li button { padding: 0 .5rem; gap: .4rem; }
  .when { width: 4.8rem; }
  .ends { padding: .3rem .5rem .3rem 5.7rem; }
}
`;

/** Its script. */
export const TAP_SCRIPT: string =
  `import { reconnect } from "/gotalk/gotalk.js";

const MOST = 5000;
const $ = (selector) => document.querySelector(selector);
const list = $("#list"), aside = $("aside");
const shown = new Map();
const begun = new Map();
const connections = new Set();
let last = -1;

const CLASSES = {
  SingleRequest: "request", StreamRequest: "request", StreamRequestPart: "request",
  SingleResult: "result", StreamResult: "result",
  ErrorResult: "error", RetryResult: "error", ProtocolError: "error",
  Notification: "notification",
};

function passes({ connection, kind, text }) {
  const chosen = $("#connection").value;
  if (chosen !== "" && String(connection) !== chosen) return false;
  if (kind === "Heartbeat" && !$("#beats").checked) return false;
  return text.toLowerCase().includes($("#filter").value.toLowerCase());
}

function look() {
  for (const [entry, row] of shown) row.hidden = !passes(entry);
}

/** Returns what an answer answers, and how long it took; remembers requests. */
function answered({ connection, by, kind, id, name, time }) {
  if (id === undefined) return [];
  const isRequest = kind === "SingleRequest" || kind === "StreamRequest";
  const key = [connection, isRequest ? by : by === ">" ? "<" : ">", id].join(" ");
  if (isRequest) {
    begun.delete(key);
    begun.set(key, { name, time });
    if (begun.size > MOST) begun.delete(begun.keys().next().value);
  }
  const request = begun.get(key);
  if (!/Result$/.test(kind) || request === undefined) return [];
  return [request.name, inUnits(time - request.time)];
}

function inUnits(time) {
  return time < 1000 ? time.toFixed(1) + " ms" : (time / 1000).toFixed(2) + " s";
}

function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function add(entry) {
  const { number, connection, time, by, kind, id, name, size, text } = entry;
  last = number;
  if (!connections.has(connection)) {
    connections.add(connection);
    $("#connection").append(new Option(String(connection), String(connection)));
  }
  const what = element("span", { className: "what", title: text });
  if (kind === undefined) what.append(text);
  else {
    what.append(element("b", {}, name ?? kind), " ");
    const details = [name === undefined ? "" : kind, id, size === undefined ? "" : size + (size === 1 ? " byte" : " bytes"), ...answered(entry)];
    what.append(element("small", {}, details.filter(Boolean).join(" · ")));
  }
  const side = by === "#" ? "mark" : by === ">" ? "sent" : "received";
  const button = element(
    "button",
    { type: "button", className: side + " " + (CLASSES[kind] ?? "other") },
    element("span", { className: "when" }, "#" + connection + " " + inUnits(time)),
    element("span", { className: "lane" }, what),
  );
  button.ariaPressed = "false";
  button.onclick = () => open(entry, button);
  const row = element("li", {}, button);
  row.hidden = !passes(entry);
  $("#none")?.remove();
  const follows = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  list.append(row);
  shown.set(entry, row);
  if (shown.size > MOST) {
    const [oldest, oldRow] = shown.entries().next().value;
    oldRow.remove();
    shown.delete(oldest);
  }
  if (follows) list.scrollTop = list.scrollHeight;
}

function open({ text, payload, size }, button) {
  for (const pressed of list.querySelectorAll("[aria-pressed=true]")) pressed.ariaPressed = "false";
  button.ariaPressed = "true";
  aside.hidden = false;
  aside.querySelector("h2").textContent = text.split(" bytes ")[0] + (size === undefined ? "" : " bytes");
  aside.querySelector("pre").textContent = payload === undefined ? text : readable(payload, size);
}

$("#close").onclick = () => {
  aside.hidden = true;
  for (const pressed of list.querySelectorAll("[aria-pressed=true]")) pressed.ariaPressed = "false";
};

function readable(base64, size) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const rest = size > bytes.length ? "\\n… " + (size - bytes.length) + " more bytes" : "";
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ") + rest;
  }
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text + rest;
  }
}

for (const input of [$("#filter"), $("#connection"), $("#beats")]) input.oninput = look;

const peer = reconnect(undefined, {
  onConnectionEvent: ({ type }) => {
    $("#state").textContent = type === "connected" ? "live" : type;
  },
});
for (;;) {
  try {
    for await (const entry of peer.values("entries")) {
      if (entry.number > last) add(entry);
    }
  } catch {
    $("#state").textContent = "not connected";
  }
  await new Promise((resolve) => setTimeout(resolve, 1000));
}
`;
