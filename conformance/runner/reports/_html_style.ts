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
.bar span { min-width: 3px; background: var(--silent); }
.bar .pass { background: var(--pass); } .bar .weak { background: var(--weak); }
.bar .known, .bar .flaky { background: var(--known); }
.bar .fail, .bar .errored { background: var(--fail); }
.partial { margin: .75rem 0 0; padding: .5rem .75rem; border-left: .25rem solid var(--known); border-radius: .25rem; background: var(--raised); }
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
[role=grid] { width: 100%; border-collapse: collapse; }
thead th { position: sticky; top: 0; z-index: 1; padding: .5rem; background: var(--page); box-shadow: inset 0 -1px var(--line); }
thead th:first-child, tbody th { text-align: left; }
thead small, th small { display: block; }
.topic th { padding: 1.1rem .5rem .3rem; font-size: .8rem; letter-spacing: .04em; color: var(--quiet); }
tbody tr:not(.topic) > * { border-top: 1px solid var(--line); padding: .35rem .5rem; }
tbody tr:not(.topic):hover > * { background: var(--raised); }
tbody th[scope=row] { font-weight: 600; }
[role=grid] th a { text-decoration: none; overflow-wrap: anywhere; } [role=grid] th a:hover { text-decoration: underline; }
td { text-align: center; } td.level { color: var(--quiet); font-size: .85rem; }
td button { width: 2rem; height: 1.7rem; border: 1px solid transparent; border-radius: .35rem; background: none; font-weight: bold; cursor: pointer; }
td button:hover { border-color: currentColor; }
:focus-visible { outline: 2px solid currentColor; outline-offset: 1px; border-radius: .2rem; }
.pass { color: var(--pass); } .weak { color: var(--weak); }
.known, .flaky { color: var(--known); } .fail, .errored { color: var(--fail); }
.skipped, .not-applicable { color: var(--silent); }
td button.fail, td button.errored { background: color-mix(in srgb, var(--fail) 15%, transparent); }
.views { display: flex; gap: 0; margin: 0; padding: 0; border: 1px solid var(--line); border-radius: .35rem; }
.views legend { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.views label { cursor: pointer; } .views input { position: absolute; opacity: 0; }
.views span { display: block; padding: .25rem .75rem; border-radius: .3rem; }
.views :checked + span { background: var(--text); color: var(--page); }
.views :focus-visible + span { outline: 2px solid var(--quiet); outline-offset: 2px; }
.filters { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1.25rem; }
.filters select { max-width: 14rem; }
.changes { display: flex; flex-wrap: wrap; gap: .5rem 1.25rem; margin: .5rem 0; }
.changes a { text-decoration: none; } .changes a:hover { text-decoration: underline; }
.fixed { color: var(--pass); } .broken { color: var(--fail); } .changed { color: var(--known); }
.implementation { margin: 1.5rem 0 2.5rem; }
.implementation > h2 { font-size: 1.25rem; }
.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .15rem 1rem; margin: .75rem 0; }
.facts dt { color: var(--quiet); } .facts dd { margin: 0; overflow-wrap: anywhere; }
.counted { display: block; max-width: 100%; overflow-x: auto; border-collapse: collapse; margin: .75rem 0; }
.counted th, .counted td { padding: .2rem .75rem; text-align: right; white-space: nowrap; }
.counted tbody th { text-align: left; } .counted thead th { position: static; font-weight: 600; }
.implementation details { margin: .4rem 0; } summary { cursor: pointer; }
.implementation li { overflow-wrap: anywhere; }
code { font: 13px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
.command span { display: inline-block; max-width: 100%; }
[hidden] { display: none !important; }
dialog { width: min(60rem, 94vw); max-height: 88vh; padding: 1.25rem 1.5rem; border: 1px solid var(--line); border-radius: .6rem; color: var(--text); background: var(--page); }
dialog::backdrop { background: rgb(0 0 0 / .45); }
dialog > form { float: right; } dialog > form button { border: 0; background: none; font-size: 1.5rem; line-height: 1; cursor: pointer; }
dialog h1 { font-size: 1.15rem; overflow-wrap: anywhere; }
dialog section { margin-top: 1.1rem; padding-top: .8rem; border-top: 1px solid var(--line); }
dialog h3 { margin: .6rem 0 .25rem; font: 600 .9rem ui-monospace, monospace; overflow-wrap: anywhere; }
dialog p { margin: .25rem 0; }
dialog ul { margin: .25rem 0; padding-left: 1.25rem; }
.level { color: var(--quiet); }
.spec { margin: .25rem 0; } .spec dt { font-weight: 600; } .spec dd { margin: 0 0 .3rem 1rem; }
.group { margin: .5rem 0; } .group > summary { overflow-wrap: anywhere; } .group > :not(summary) { margin-left: 1rem; }
.group summary span { font-weight: 600; }
.again { display: flex; align-items: start; gap: .75rem; padding: .4rem .8rem; border-radius: .4rem; background: var(--raised); }
.again code { flex: 1; } .again button { border: 1px solid var(--line); border-radius: .3rem; background: none; cursor: pointer; font-size: .85rem; }
.others { color: var(--quiet); } .cases small { margin-left: .5rem; }
.place { display: flex; gap: 1.25rem; margin-top: 1rem; font-size: .85rem; }
pre { margin: .4rem 0; padding: .6rem .8rem; overflow-x: auto; border-radius: .4rem; background: var(--raised); font: 13px/1.5 ui-monospace, monospace; }
pre .out { color: var(--weak); } pre .in { color: var(--pass); } pre .about { color: var(--quiet); }
@media (max-width: 40rem) {
  body { padding: 1rem .75rem; }
  .legend dd { display: none; }
  .views { flex: 1 1 100%; } .views label { flex: auto; text-align: center; }
  .filters label { flex: 1 1 100%; display: flex; gap: .5rem; align-items: center; }
  .filters input[type=search], .filters select { flex: 1; min-width: 0; max-width: none; }
  [role=grid], [role=grid] tbody { display: block; }
  [role=grid] thead, td.level { display: none; }
  [role=grid] tr { display: flex; flex-wrap: wrap; }
  [role=grid] th[scope=row] { flex: 1 0 100%; }
  [role=grid] tr:not(.topic) > td { border-top: 0; padding: 0 .25rem .35rem; }
  [role=grid] td [data-column] { width: auto; padding: 0 .5rem; }
  [role=grid] td [data-column]::before { margin-right: .4rem; font-weight: normal; font-size: .8rem; color: var(--quiet); }
  .facts { grid-template-columns: 1fr; } .facts dd { margin-bottom: .4rem; }
  dialog { width: 100vw; max-width: 100vw; max-height: 96vh; padding: 1rem; }
  .again { flex-direction: column; }
}
`;
