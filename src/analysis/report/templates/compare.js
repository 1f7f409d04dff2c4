(() => {
  const choice = document.querySelector(".county-choice");
  if (!choice) return;
  const rows = [...document.querySelectorAll("table.compared tbody tr")], boxes = [...choice.querySelectorAll("input")];
  const show = () => {
    const on = new Set([choice.dataset.own, ...boxes.filter((b) => b.checked).map((b) => b.value)]);
    for (const row of rows) row.hidden = !on.has(row.id);
  };
  choice.addEventListener("input", show);
  choice.querySelector("button").addEventListener("click", () => {
    for (const box of boxes) box.checked = true;
    show();
  });
  choice.hidden = false;
  show();
})();
