"use strict";
(() => {
  const tools = document.querySelector(".finder-tools"), table = document.querySelector("table.finder");
  const body = table.tBodies[0], rows = [...body.rows], status = tools.querySelector("[role=status]");
  // Who types å means å; who types a may lack the key.
  const plain = (s) => s.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/ø/g, "o").replace(/æ/g, "ae");
  const fold = (s, q) => (/^[\x20-\x7e]*$/.test(q) ? plain(s.toLowerCase()) : s.toLowerCase());
  const fields = Object.fromEntries([...tools.querySelectorAll("[data-filter]")].map((f) => [f.dataset.filter, f]));
  const order = new Intl.Collator("nb"), shape = new Intl.NumberFormat(document.documentElement.lang);
  const filter = () => {
    const q = fields.q.value.trim().toLowerCase();
    let shown = 0;
    for (const row of rows) {
      const fits = fold(row.cells[0].textContent, q).includes(q) &&
        (!fields.c.value || row.dataset.c === fields.c.value) && (!fields.s.value || row.dataset.s === fields.s.value) &&
        (!fields.p.value || row.dataset.p.split(" ").includes(fields.p.value));
      row.hidden = !fits;
      shown += fits;
    }
    status.textContent = (shown === 1 ? status.dataset.one : status.dataset.many).replace("{n}", shape.format(shown));
  };
  const sort = (head, i) => {
    const down = head.getAttribute("aria-sort") === "ascending" || (!head.hasAttribute("aria-sort") && head.className === "num");
    const value = (row) => row.cells[i].dataset.v;
    const compare = head.className === "num"
      ? (a, b) => value(a) - value(b)
      : (a, b) => order.compare(a.cells[i].textContent, b.cells[i].textContent);
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    rows.sort((a, b) => (down ? -1 : 1) * compare(a, b) || order.compare(a.cells[0].textContent, b.cells[0].textContent));
    body.append(...rows);
  };
  [...table.tHead.rows[0].cells].forEach((head, i) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => sort(head, i));
    head.replaceChildren(button);
  });
  tools.addEventListener("input", filter);
  tools.querySelector("[data-reset]").addEventListener("click", () => {
    for (const field of Object.values(fields)) field.value = "";
    filter();
    fields.q.focus();
  });
  tools.hidden = false;
  filter();
})();
