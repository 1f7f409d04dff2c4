"use strict";
for (const button of document.querySelectorAll("button[data-copy]")) {
  const source = document.getElementById(button.dataset.copy), status = button.nextElementSibling;
  const select = () => {
    getSelection().selectAllChildren(source);
    return document.execCommand("copy");
  };
  button.hidden = false;
  button.addEventListener("click", async () => {
    let copied = true;
    try { await navigator.clipboard.writeText(source.textContent); } catch { copied = select(); }
    status.textContent = copied ? button.dataset.done : "";
  });
}
// A box around a table is a tab stop and a region of its own only where it scrolls; else the table's caption is read twice.
const fitted = new ResizeObserver((boxes) => {
  for (const { target: box } of boxes) {
    const said = { tabindex: "0", role: "region", "aria-label": box.querySelector("caption").textContent };
    const scrolls = box.scrollWidth > box.clientWidth || box === document.activeElement;
    for (const [name, value] of Object.entries(said)) scrolls ? box.setAttribute(name, value) : box.removeAttribute(name);
  }
});
for (const box of document.querySelectorAll(".table-box[role=region]")) if (box.querySelector("caption")) fitted.observe(box);
// A table of three or more columns is, on a phone, a card for each row: a cell says which column it is of,
// and all parts keep the role that some browsers take from tables that are laid out otherwise.
for (const table of document.querySelectorAll(".table-box > table:is(:not([class]), .sortable)")) {
  const heads = [...table.tHead.rows[0].cells].map((head) => head.textContent);
  if (heads.length < 3) continue;
  table.dataset.cards = "";
  const roles = { "thead, tbody, tfoot": "rowgroup", tr: "row", "thead th": "columnheader", "th[scope=row]": "rowheader", td: "cell" };
  table.setAttribute("role", "table");
  for (const [part, role] of Object.entries(roles)) for (const one of table.querySelectorAll(part)) one.setAttribute("role", role);
  for (const cell of table.querySelectorAll("td")) cell.dataset.l = heads[cell.cellIndex];
}
