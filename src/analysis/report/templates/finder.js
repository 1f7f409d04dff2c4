(() => {
  const tools = document.querySelector(".finder-tools"), table = document.querySelector("table.finder");
  const body = table.tBodies[0], status = tools.querySelector("[role=status]"), caption = table.caption.firstElementChild;
  const whole = caption.textContent, box = table.closest(".table-box");
  const fields = Object.fromEntries([...tools.querySelectorAll("[data-filter]")].map((f) => [f.dataset.filter, f]));
  const order = new Intl.Collator("nb"), shape = new Intl.NumberFormat(document.documentElement.lang);
  const rows = [...body.rows].map((row) => {
    const name = row.cells[0].querySelector("a").textContent;
    return { row, name, terms: [...termsOf(row, name), [row.cells[1].textContent, 1]] };
  });
  // Other pages link to some municipalities: kommuner.html?k=0301,3201.
  let chosen = new Set((new URLSearchParams(location.search).get("k") || "").split(",").filter(Boolean));
  const filter = () => {
    const q = fields.q.value.trim(), found = [];
    for (const one of rows) {
      const { row } = one, fits = q ? fit(one.terms, q) : { score: 0 };
      row.hidden = !fits || (chosen.size > 0 && !chosen.has(row.id.slice(1))) ||
        (fields.c.value && row.dataset.c !== fields.c.value) || (fields.s.value && row.dataset.s !== fields.s.value) ||
        (fields.p.value && !row.dataset.p.split(" ").includes(fields.p.value));
      if (!row.hidden) found.push({ ...one, score: fits.score });
    }
    if (q) {
      for (const head of table.tHead.rows[0].cells) head.removeAttribute("aria-sort");
      fields.sort.value = "";
      found.sort((a, b) => a.score - b.score || order.compare(a.name, b.name));
      body.prepend(...found.map((one) => one.row));
    }
    const n = found.length, isAll = n === rows.length;
    status.textContent = (n === 0 ? status.dataset.none : n === 1 ? status.dataset.one : status.dataset.many).replace("{n}", shape.format(n));
    caption.textContent = isAll ? whole : status.dataset.caption.replace("{n}", shape.format(n)).replace("{all}", shape.format(rows.length));
    if (box.hasAttribute("aria-label")) box.setAttribute("aria-label", caption.textContent);
    box.hidden = n === 0;
  };
  const heads = [...table.tHead.rows[0].cells];
  fields.sort.append(...heads.map((head, i) => new Option(head.textContent, i)));
  fields.sort.addEventListener("change", () => heads[fields.sort.value].querySelector("button").click());
  tools.addEventListener("input", (e) => e.target !== fields.sort && filter());
  tools.querySelector("[data-reset]").addEventListener("click", () => {
    for (const key of ["q", "c", "s", "p"]) fields[key].value = "";
    chosen = new Set();
    heads.forEach((head) => head.removeAttribute("aria-sort"));
    fields.sort.value = "0";
    body.append(...rows.map((one) => one.row));
    filter();
    fields.q.focus();
  });
  tools.querySelector("details").open = innerWidth > 704;
  tools.hidden = false;
  filter();
})();
