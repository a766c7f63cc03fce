/** Text on its background reaches a contrast of 4.5:1 in both schemes. It follows the `color-scheme` of the page. */
export const STYLE = `
:host {
  --text: var(--stepcast-text, light-dark(#1d1d1b, #ecece8));
  --muted: var(--stepcast-muted, light-dark(#62625c, #a3a39b));
  --surface: var(--stepcast-surface, light-dark(#ffffff, #1b1b1a));
  --line: var(--stepcast-line, light-dark(#e3e3df, #32322f));
  --passed: var(--stepcast-passed, light-dark(#17693f, #6fcf9b));
  --failed: var(--stepcast-failed, light-dark(#b3261e, #ff8a80));
  --errored: var(--stepcast-errored, light-dark(#8a4b00, #f2b35e));
  display: block;
  font: 14px/1.45 var(--stepcast-font, system-ui, sans-serif);
}
:host([hidden]), [hidden] { display: none !important; }
[part='job'] {
  display: grid;
  gap: 6px;
  padding: 12px 14px;
  border: 1px solid var(--line);
  border-radius: 6px;
  background: var(--surface);
  color: var(--text);
  overflow-wrap: anywhere;
}
p, ul { margin: 0; padding: 0; }
/* A live region has to stay in the page while it is empty. */
p:empty:not([role]) { display: none; }
p:empty { margin-top: -6px; }
[part='heading'] { display: flex; flex-wrap: wrap; gap: 0 8px; align-items: baseline; }
[part='sign']:empty { display: none; }
[part='title'] { font-weight: 600; }
[part='job'][data-verdict='passed'] :is([part='sign'], [part='status']) { color: var(--passed); }
[part='job'][data-verdict='failed'] :is([part='sign'], [part='status']) { color: var(--failed); }
[part='job'][data-verdict='errored'] :is([part='sign'], [part='status']) { color: var(--errored); }
[part='progress'] { width: 100%; }
[part='counts'], [part='more'], [part='reason'] { color: var(--muted); }
[part='failures'] { display: grid; gap: 6px; list-style: none; }
[part='outcome'] { color: var(--errored); font-weight: 600; }
[part='outcome'][data-outcome='failed'] { color: var(--failed); }
[part='problem'] { color: var(--errored); }
`
