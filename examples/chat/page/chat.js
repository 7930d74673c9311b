/**
 * The page of the chat: no framework, and no build step.
 *
 * @module
 */

import { Handlers, isOperationError, reconnect } from "./gotalk/gotalk.js";

/** How long after the last key somebody counts as typing, in milliseconds. */
const TYPING_TIME = 3_000;

/** What the page shows of the state of its connection. */
const STATES = {
  connecting: "Connecting…",
  connected: "Connected",
  waiting: "No connection",
  closed: "Ended",
};

const find = (selector) => document.querySelector(selector);
const messages = find("#messages");
const text = find("#text");

let name = sessionStorage.getItem("name") ?? "";
let me;
let connectionState = "connecting";
/** How often a room was entered: what follows an earlier one ends. */
let turns = 0;
/** The messages that are shown, by ID: a history after a gap repeats some. */
const shown = new Set();
/** Who types, and the timer that forgets it. */
const typists = new Map();

const handlers = new Handlers()
  .onNotification("said", show)
  .onNotification("typing", ({ name, isTyping }) => setTyping(name, isTyping))
  .handle("wave", (from) => ask(`${from} waves at you`, "Wave back"));

const peer = reconnect(undefined, {
  handlers,
  // With what it receives: calls of the other peer wait until it has ended.
  onConnect: (connection) => name !== "" && enter(connection),
  onConnectionEvent: showState,
});

// Entering

if (name === "") find("#welcome").showModal();
find("#welcome").addEventListener("cancel", (event) => event.preventDefault());
find("#welcome form").addEventListener("submit", () => {
  name = find("#name").value.trim();
  sessionStorage.setItem("name", name);
  peer.current && attempt(enter);
});
// Before that, the dialog gives the focus back to what had it.
find("#welcome").addEventListener("close", () => text.focus());
globalThis.addEventListener("hashchange", () => name !== "" && attempt(enter));

function roomOfPage() {
  return location.hash.slice(1) || "general";
}

/** Enters the room of the page on a connection, and follows it. */
async function enter(connection = peer.current) {
  const room = roomOfPage();
  const turn = ++turns;
  for (const link of document.querySelectorAll("nav a")) {
    link.ariaCurrent = link.hash === `#${room}` ? "page" : null;
  }
  document.title = `#${room} · Chat`;
  if (messages.dataset.room !== room) {
    messages.dataset.room = room;
    messages.replaceChildren();
    shown.clear();
    typists.clear();
    showTyping();
  }
  const member = await connection.request("enter", { room, name });
  me = member.id;
  follow(connection, turn);
  for await (const message of connection.values("history")) {
    if (turn !== turns) return;
    show(message);
  }
}

/** Shows who is in a room, until the connection ends or another room is entered. */
async function follow(connection, turn) {
  try {
    for await (const people of connection.values("people")) {
      if (turn !== turns) return;
      showPeople(people);
    }
  } catch {
    // The next connection follows anew.
  }
}

// Messages

function show(message) {
  if (shown.has(message.id)) return;
  shown.add(message.id);
  setTyping(message.from, false);
  const isAtEnd = messages.scrollHeight - messages.scrollTop <
    messages.clientHeight + 80;
  const last = messages.lastElementChild;
  const item = element("li");
  item.dataset.from = message.from;
  item.classList.toggle("mine", message.from === name);
  item.classList.toggle("first", last?.dataset.from !== message.from);
  const time = element("time", {
    dateTime: new Date(message.at).toISOString(),
    textContent: new Date(message.at)
      .toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }),
  });
  const who = element("p", { className: "who" });
  who.append(element("span", { textContent: message.from }), time);
  item.append(who, message.file ? fileOf(message.file) : saidOf(message.text));
  messages.append(item);
  if (isAtEnd || message.from === name) {
    messages.scrollTop = messages.scrollHeight;
  }
}

function saidOf(said) {
  return element("p", { className: "said", textContent: said });
}

function fileOf({ name, type, size, url }) {
  const link = element("a", {
    className: "file",
    href: url,
    textContent: `${name} (${sizeOf(size)})`,
  });
  link.target = "_blank";
  if (/^image\/(png|jpeg|gif|webp|avif)$/.test(type)) {
    link.append(element("img", { src: url, alt: "", loading: "lazy" }));
  }
  return link;
}

function sizeOf(bytes) {
  return bytes < 1024 * 1024
    ? `${Math.ceil(bytes / 1024)} KB`
    : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

find("#say").addEventListener("submit", (event) => {
  event.preventDefault();
  const said = text.value;
  if (said.trim() === "") return;
  text.value = "";
  reportTyping(false);
  attempt(() => peer.request("say", said), () => {
    // Nothing that was written is lost.
    if (text.value === "") text.value = said;
  });
});

text.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  find("#say").requestSubmit();
});

// Typing

let typingReported = false;
let typingTimer;

text.addEventListener("input", () => reportTyping(text.value !== ""));

function reportTyping(isTyping) {
  clearTimeout(typingTimer);
  if (isTyping) {
    typingTimer = setTimeout(() => reportTyping(false), TYPING_TIME);
  }
  if (isTyping === typingReported) return;
  typingReported = isTyping;
  peer.current?.notify("typing", isTyping).catch(() => {});
}

function setTyping(who, isTyping) {
  clearTimeout(typists.get(who));
  if (isTyping) {
    typists.set(who, setTimeout(() => setTyping(who, false), 2 * TYPING_TIME));
  } else typists.delete(who);
  showTyping();
}

function showTyping() {
  const names = [...typists.keys()];
  find("#typing").textContent = names.length === 0
    ? ""
    : names.length > 2
    ? `${names.length} people are typing…`
    : `${names.join(" and ")} ${names.length === 1 ? "is" : "are"} typing…`;
}

// People

function showPeople(people) {
  find("#count").textContent = people.length;
  const items = people.map(({ id, data }) => {
    const item = element("li");
    const face = element("span", {
      className: "face",
      textContent: [...data.name][0].toUpperCase(),
    });
    face.ariaHidden = "true";
    face.style.setProperty("--hue", hueOf(data.name));
    const isMe = id === me;
    item.append(
      face,
      element("span", {
        className: "name",
        textContent: isMe ? `${data.name} (you)` : data.name,
      }),
    );
    if (!isMe) {
      const wave = element("button", {
        className: "wave",
        type: "button",
        textContent: "Wave",
      });
      wave.ariaLabel = `Wave at ${data.name}`;
      wave.addEventListener("click", () =>
        attempt(async () => {
          wave.disabled = true;
          const isBack = await peer.request("wave", id).finally(() =>
            wave.disabled = false
          );
          tell(
            isBack
              ? `${data.name} waves back`
              : `${data.name} does not wave back`,
          );
        }));
      item.append(wave);
    }
    return item;
  });
  find("#people ul").replaceChildren(...items);
}

function hueOf(name) {
  let hue = 0;
  for (const character of name) {
    hue = (hue * 31 + character.codePointAt(0)) % 360;
  }
  return hue;
}

find("#show-people").addEventListener("click", ({ currentTarget }) => {
  const isOpen = find("#people").classList.toggle("open");
  currentTarget.ariaExpanded = `${isOpen}`;
});
document.addEventListener("keydown", ({ key }) => {
  if (key !== "Escape") return;
  find("#people").classList.remove("open");
  find("#show-people").ariaExpanded = "false";
});

// Files

find("#file").addEventListener("change", ({ currentTarget }) => {
  for (const file of currentTarget.files) attempt(() => upload(file));
  currentTarget.value = "";
});
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  for (const file of event.dataTransfer.files) attempt(() => upload(file));
});

/** Sends a file; the progress is what the server has taken. */
async function upload(file) {
  const row = element("div", { className: "upload" });
  const progress = element("progress", {
    max: Math.max(file.size, 1),
    value: 0,
  });
  progress.ariaLabel = `Sending ${file.name}`;
  const cancel = element("button", {
    className: "wave",
    type: "button",
    textContent: "Cancel",
  });
  row.append(element("span", { textContent: file.name }), progress, cancel);
  find("#uploads").append(row);
  const controller = new AbortController();
  cancel.addEventListener("click", () => controller.abort());
  const { signal } = controller;
  try {
    const { name, type, size } = file;
    const { readable, writable } = peer.stream("upload", {
      input: { name, type, size },
      signal,
    });
    const counted = new TransformStream({
      transform(chunk, to) {
        to.enqueue(chunk);
        progress.value += chunk.byteLength;
      },
    });
    const sent = file.stream().pipeThrough(counted).pipeTo(writable);
    // The answer has no bytes: it ends when the server has the whole file. A
    // Response that reads it would replace why it fails.
    await Promise.all([sent, readable.pipeTo(new WritableStream())]);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    row.remove();
  }
}

// What comes up

/** Shows the state of the connection, which may outlast the network for a while. */
function showState({ type }) {
  connectionState = type;
  const state = find("#state");
  state.dataset.state = navigator.onLine ? type : "waiting";
  state.textContent = navigator.onLine ? STATES[type] : "Offline";
}

for (const happened of ["online", "offline"]) {
  globalThis.addEventListener(
    happened,
    () => showState({ type: connectionState }),
  );
}

/** Shows a text for a while. */
function tell(said) {
  const toast = element("div", { className: "toast", textContent: said });
  find("#toasts").append(toast);
  setTimeout(() => toast.remove(), 5_000);
}

/** Shows a text with a button; resolves with whether it was pressed within a while. */
function ask(said, label) {
  const toast = element("div", { className: "toast", textContent: said });
  const button = element("button", { type: "button", textContent: label });
  toast.append(button);
  find("#toasts").append(toast);
  return new Promise((resolve) => {
    button.addEventListener("click", () => resolve(true));
    setTimeout(() => resolve(false), 10_000);
  }).finally(() => toast.remove());
}

/** Does something, and shows why it fails. */
async function attempt(work, onFailure = () => {}) {
  const problem = find("#problem");
  try {
    problem.textContent = "";
    await work();
  } catch (error) {
    problem.textContent = isOperationError(error) ? error.text : error.message;
    onFailure();
  }
}

function element(tag, properties = {}) {
  return Object.assign(document.createElement(tag), properties);
}
