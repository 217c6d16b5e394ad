/** The page's looks, in the reader's own choice of light or dark. */
export const style = `
:root {
  color-scheme: light dark;
  --ink: #1d1c1d;
  --soft: #616061;
  --paper: #fff;
  --line: #e4e2e4;
  --link: #1264a3;
  --code: #c01343;
  --shade: #f6f5f6;
  --call: #fdf0c4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e8e8e8;
    --soft: #a3a3a6;
    --paper: #1a1d21;
    --line: #35373b;
    --link: #62b5ef;
    --code: #ee8ba8;
    --shade: #232529;
    --call: #5a4a14;
  }
}
* {
  box-sizing: border-box;
}
body {
  margin: 0;
  font:
    15px/1.5 system-ui,
    sans-serif;
  color: var(--ink);
  background: var(--paper);
}
header.bar {
  position: sticky;
  top: 0;
  z-index: 1;
  display: flex;
  gap: 0.75rem;
  align-items: baseline;
  padding: 0.8rem 1.25rem;
  background: var(--paper);
  border-bottom: 1px solid var(--line);
}
header.bar h1 {
  margin: 0;
  font-size: 1.1rem;
}
header.bar p {
  margin: 0;
  color: var(--soft);
  font-size: 0.85rem;
}
.state::before {
  content: '● live';
  color: #2bac76;
}
.lost .state::before {
  content: '● not reachable';
  color: #d33;
}
main {
  max-width: 54rem;
  padding: 0.5rem 1.25rem 2rem;
}
article {
  display: grid;
  grid-template-columns: 36px 1fr;
  gap: 0 0.7rem;
  padding: 0.7rem 0;
}
article + article {
  border-top: 1px solid var(--line);
}
.avatar {
  width: 36px;
  height: 36px;
  border-radius: 6px;
  display: grid;
  place-items: center;
  background: #4a154b;
  color: #fff;
  font-weight: 700;
}
.who {
  display: flex;
  flex-wrap: wrap;
  gap: 0.45rem;
  align-items: baseline;
}
.who time,
.who .note {
  color: var(--soft);
  font-size: 0.8rem;
}
.badge {
  padding: 0 0.3rem;
  border-radius: 3px;
  background: var(--line);
  color: var(--soft);
  font-size: 0.65rem;
  font-weight: 700;
}
.body,
.body div {
  min-width: 0;
  overflow-wrap: anywhere;
}
.body div {
  white-space: pre-wrap;
}
.header {
  font-weight: 700;
  font-size: 1.1rem;
}
.context,
.image {
  color: var(--soft);
  font-size: 0.85rem;
}
.fields {
  display: grid;
  grid-template-columns: 1fr 1fr;
  gap: 0.3rem 1.2rem;
  margin: 0.25rem 0;
}
hr {
  border: 0;
  border-top: 1px solid var(--line);
  margin: 0.5rem 0;
  width: 100%;
}
.attachment {
  border-left: 4px solid var(--bar, var(--line));
  border-radius: 4px;
  padding-left: 0.75rem;
  margin: 0.3rem 0;
}
.button {
  display: inline-block !important;
  border: 1px solid var(--line);
  border-radius: 4px;
  padding: 0.15rem 0.7rem;
  margin: 0.25rem 0.4rem 0.25rem 0;
  font-weight: 600;
  font-size: 0.87rem;
}
a {
  color: var(--link);
  text-decoration: none;
}
a:hover {
  text-decoration: underline;
}
code,
pre {
  font:
    0.85em/1.5 ui-monospace,
    monospace;
  background: var(--shade);
  border: 1px solid var(--line);
  border-radius: 3px;
}
code {
  padding: 0.1em 0.25em;
  color: var(--code);
}
pre {
  margin: 0.25rem 0;
  padding: 0.5rem;
  white-space: pre-wrap;
}
mark {
  padding: 0 0.15em;
  border-radius: 3px;
  background: var(--call);
  color: inherit;
  font-weight: 600;
}
.empty {
  padding: 3rem 0;
  text-align: center;
  color: var(--soft);
}
`;
