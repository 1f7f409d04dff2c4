// Tables of class "sortable": a button in each head. Numbers stand in data-v; what has none is unknown and comes last.
for (const table of document.querySelectorAll("table.sortable")) {
  const order = new Intl.Collator("nb"), body = table.tBodies[0], heads = [...table.tHead.rows[0].cells];
  const sort = (head, i, down) => {
    const value = (row) => row.cells[i].dataset.v, name = (row) => row.cells[0].textContent;
    const compare = head.classList.contains("num")
      ? (a, b) => (down ? -1 : 1) * (value(a) - value(b))
      : (a, b) => (down ? -1 : 1) * order.compare(a.cells[i].textContent, b.cells[i].textContent);
    const isLast = (row) => (head.classList.contains("num") ? value(row) === undefined : !row.cells[i].textContent.trim());
    for (const other of heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    body.append(...[...body.rows].sort((a, b) =>
      isLast(a) - isLast(b) || (isLast(a) ? 0 : compare(a, b)) || order.compare(name(a), name(b))));
  };
  heads.forEach((head, i) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => sort(head, i,
      head.hasAttribute("aria-sort") ? head.getAttribute("aria-sort") === "ascending" : head.classList.contains("num")));
    head.replaceChildren(button);
  });
}
