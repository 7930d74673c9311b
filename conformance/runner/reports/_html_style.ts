/**
 * How the page of reports looks.
 *
 * @module
 */

/** The style sheet of the page. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --text: light-dark(#1c1f24, #e6e8eb);
  --quiet: light-dark(#5c6570, #9aa4b0);
  --page: light-dark(#ffffff, #14171b);
  --raised: light-dark(#f4f6f8, #1d2227);
  --line: light-dark(#dfe3e8, #2d343c);
  --pass: light-dark(#137a3b, #4cc27a);
  --weak: light-dark(#7a6a00, #d3bc3d);
  --fail: light-dark(#b3261e, #ff7a70);
  --known: light-dark(#9a5b13, #d99a52);
  --silent: light-dark(#7b8590, #77818c);
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.5rem; max-width: 90rem;
  font: 15px/1.45 system-ui, sans-serif; color: var(--text); background: var(--page);
}
h1 { margin: 0; font-size: 1.6rem; }
h2 { margin: 0; font-size: 1.05rem; }
a { color: inherit; }
small { color: var(--quiet); font-weight: normal; }
.cards { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1rem 0; padding: 0; list-style: none; }
.cards li { flex: 1 1 15rem; padding: .75rem 1rem; border: 1px solid var(--line); border-radius: .5rem; background: var(--raised); }
.cards p { margin: .3rem 0 0; }
.counts { color: var(--quiet); font-size: .85rem; }
.bar { display: flex; height: .5rem; overflow: hidden; border-radius: .25rem; gap: 1px; }
.bar span { background: var(--silent); }
.bar .pass { background: var(--pass); } .bar .weak { background: var(--weak); }
.bar .known, .bar .flaky { background: var(--known); }
.bar .fail, .bar .errored { background: var(--fail); }
header form { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1.25rem; margin: 1rem 0 .5rem; }
input, select, button { font: inherit; color: inherit; }
input[type=search] { width: 18rem; max-width: 100%; }
input[type=search], select { padding: .25rem .5rem; border: 1px solid var(--line); border-radius: .35rem; background: var(--page); }
output { color: var(--quiet); }
.legend { display: flex; flex-wrap: wrap; gap: .15rem 1.25rem; margin: 0 0 1rem; font-size: .85rem; }
.legend div { display: flex; gap: .4rem; } .legend dd { margin: 0; color: var(--quiet); }
.sign { display: inline-block; width: 1.2em; text-align: center; font-weight: bold; }
main { overflow-x: auto; }
@media (min-width: 60rem) { main { overflow: visible; } }
table { width: 100%; border-collapse: collapse; }
thead th { position: sticky; top: 0; z-index: 1; padding: .5rem; background: var(--page); box-shadow: inset 0 -1px var(--line); }
thead th:first-child, tbody th { text-align: left; }
thead small, th small { display: block; }
.topic th { padding: 1.1rem .5rem .3rem; font-size: .8rem; letter-spacing: .04em; color: var(--quiet); }
tbody tr:not(.topic) > * { border-top: 1px solid var(--line); padding: .35rem .5rem; }
tbody tr:not(.topic):hover > * { background: var(--raised); }
tbody th[scope=row] { font-weight: 600; }
td { text-align: center; } td.level { color: var(--quiet); font-size: .85rem; }
td button { width: 2rem; height: 1.7rem; border: 1px solid transparent; border-radius: .35rem; background: none; font-weight: bold; cursor: pointer; }
td button:hover, td button:focus-visible { border-color: currentColor; }
.pass { color: var(--pass); } .weak { color: var(--weak); }
.known, .flaky { color: var(--known); } .fail, .errored { color: var(--fail); }
.skipped, .not-applicable { color: var(--silent); }
td button.fail, td button.errored { background: color-mix(in srgb, var(--fail) 15%, transparent); }
[hidden] { display: none; }
dialog { width: min(60rem, 94vw); max-height: 88vh; padding: 1.25rem 1.5rem; border: 1px solid var(--line); border-radius: .6rem; color: var(--text); background: var(--page); }
dialog::backdrop { background: rgb(0 0 0 / .45); }
dialog > form { float: right; } dialog > form button { border: 0; background: none; font-size: 1.5rem; line-height: 1; cursor: pointer; }
dialog h3 { margin: 1.1rem 0 .25rem; font: 600 .9rem ui-monospace, monospace; overflow-wrap: anywhere; }
dialog p { margin: .25rem 0; }
dialog ul { margin: .25rem 0; padding-left: 1.25rem; }
pre { margin: .4rem 0; padding: .6rem .8rem; overflow-x: auto; border-radius: .4rem; background: var(--raised); font: 13px/1.5 ui-monospace, monospace; }
pre .out { color: var(--weak); } pre .in { color: var(--pass); } pre .about { color: var(--quiet); }
`;
