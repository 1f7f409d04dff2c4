"use strict";
for (const map of document.querySelectorAll(".art[role=group]")) {
  // One tab stop for a map; arrow keys walk its regions, the line below says what is under hand or pointer.
  const regions = [...map.querySelectorAll(".region")], out = map.querySelector(".readout");
  const centre = (r) => { const b = r.getBBox(); return [b.x + b.width / 2, b.y + b.height / 2]; };
  const say = (el) => { const t = el && el.querySelector("title"); if (t && out) out.textContent = t.textContent; };
  regions.forEach((r, i) => r.setAttribute("tabindex", i ? "-1" : "0"));
  map.addEventListener("pointerover", (e) => say(e.target.closest(".region, .twin")));
  map.addEventListener("click", (e) => say(e.target.closest(".region, .twin")));
  map.addEventListener("focusin", (e) => say(e.target.closest(".region")));
  map.addEventListener("keydown", (e) => {
    const from = e.target.closest(".region");
    const way = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[e.key];
    if (!from || (!way && e.key !== "Home" && e.key !== "End")) return;
    e.preventDefault();
    let next = e.key === "Home" ? regions[0] : regions[regions.length - 1];
    if (way) {
      const [x, y] = centre(from);
      let least = Infinity;
      next = from;
      for (const r of regions) {
        const [u, v] = centre(r), along = (u - x) * way[0] + (v - y) * way[1];
        const aside = Math.abs((u - x) * way[1]) + Math.abs((v - y) * way[0]);
        if (r !== from && along > 0 && along + 2.5 * aside < least) { least = along + 2.5 * aside; next = r; }
      }
    }
    from.setAttribute("tabindex", "-1");
    next.setAttribute("tabindex", "0");
    next.focus();
  });
}
