(() => {
  const box = document.querySelector(".find"), input = box.querySelector("input"), hits = box.querySelector(".hits");
  const status = box.querySelector("[role=status]"), order = new Intl.Collator("nb"), most = 8;
  const places = [...document.querySelectorAll(".places li")].map((item) => {
    const name = item.querySelector("a").textContent;
    return { item, name, terms: termsOf(item, name) };
  });
  const show = () => {
    const q = input.value.trim();
    const found = q ? places.map((p) => ({ ...p, fits: fit(p.terms, q) })).filter((p) => p.fits) : [];
    found.sort((a, b) => a.fits.score - b.fits.score || order.compare(a.name, b.name));
    hits.replaceChildren(...found.slice(0, most).map(({ item, fits }) => {
      const hit = item.cloneNode(true);
      hit.removeAttribute("data-t");
      if (fits.isOther) {
        const why = document.createElement("small");
        why.textContent = ` (${fits.term})`;
        hit.append(why);
      }
      return hit;
    }));
    const text = !q ? "" : !found.length ? status.dataset.none : found.length === 1 ? status.dataset.one : status.dataset.many;
    const said = text.replace("{n}", found.length).replace("{name}", found.length ? found[0].name : "");
    status.textContent = found.length > most ? `${said} ${status.dataset.more}` : said;
  };
  const links = () => [...hits.querySelectorAll("a")];
  box.addEventListener("keydown", (e) => {
    const all = [input, ...links()], at = all.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (step && at >= 0) {
      e.preventDefault();
      all[Math.min(Math.max(at + step, 0), all.length - 1)].focus();
    } else if (e.key === "Enter" && at === 0 && all.length > 1) {
      e.preventDefault();
      all[1].click();
    } else if (e.key === "Escape") {
      input.value = "";
      show();
      input.focus();
    }
  });
  input.addEventListener("input", show);
  box.hidden = false;
  show();
})();
