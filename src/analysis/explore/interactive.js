// A map to search, point at and zoom in JupyterLab; works without the network.
(function (box) {
  const svg = box.querySelector(".region").closest("svg");
  const regions = [...box.querySelectorAll(".region")];
  const said = box.querySelector("output");
  const whole = svg.getAttribute("viewBox").split(/\s+/).map(Number);
  let view = whole.slice();
  const show = (region) => {
    regions.forEach((r) => r.classList.toggle("chosen", r === region));
    said.textContent = region ? region.getAttribute("aria-label") : "";
  };
  const zoom = (factor, x, y) => {
    const width = Math.min(whole[2], Math.max(whole[2] / 40, view[2] * factor));
    const ratio = width / view[2];
    view = [x - (x - view[0]) * ratio, y - (y - view[1]) * ratio, width, view[3] * ratio];
    svg.setAttribute("viewBox", view.join(" "));
  };
  const at = (event) => {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return [point.x, point.y];
  };
  regions.forEach((region) => {
    region.addEventListener("mouseenter", () => show(region));
    region.addEventListener("focus", () => show(region));
  });
  box.querySelector("input").addEventListener("input", (event) => {
    const asked = event.target.value.trim().toLowerCase();
    const names = regions.map((r) => r.getAttribute("aria-label").toLowerCase());
    const starts = names.findIndex((name) => name.startsWith(asked));
    show(asked ? regions[starts >= 0 ? starts : names.findIndex((name) => name.includes(asked))] : null);
  });
  svg.addEventListener("wheel", (event) => { event.preventDefault(); zoom(event.deltaY > 0 ? 1.2 : 1 / 1.2, ...at(event)); }, { passive: false });
  let grabbed = null;
  svg.addEventListener("pointerdown", (event) => { grabbed = at(event); });
  svg.addEventListener("pointermove", (event) => {
    if (!grabbed || !event.buttons) return;
    const [x, y] = at(event);
    view = [view[0] + grabbed[0] - x, view[1] + grabbed[1] - y, view[2], view[3]];
    svg.setAttribute("viewBox", view.join(" "));
  });
  // About the municipality that was found, else the middle of what is shown.
  const middle = () => {
    const found = box.querySelector(".chosen")?.getBoundingClientRect();
    if (found) return at({ clientX: found.x + found.width / 2, clientY: found.y + found.height / 2 });
    return [view[0] + view[2] / 2, view[1] + view[3] / 2];
  };
  box.querySelector(".in").addEventListener("click", () => zoom(1 / 1.5, ...middle()));
  box.querySelector(".out").addEventListener("click", () => zoom(1.5, ...middle()));
  box.querySelector(".all").addEventListener("click", () => { view = whole.slice(); svg.setAttribute("viewBox", view.join(" ")); });
})(document.currentScript.parentElement);
