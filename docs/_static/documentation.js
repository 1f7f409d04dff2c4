"use strict";
// The theme opens its drawers by labels of hidden boxes, for the mouse alone: here they are buttons, Escape closes
// a drawer, and what a search has found is said aloud.
addEventListener("DOMContentLoaded", () => {
  const opened = [...document.querySelectorAll(".page label[for^=__]:not(.no-toc)")].map((label) => {
    const button = document.createElement("button"), box = label.control;
    button.type = "button";
    button.className = label.className;
    button.setAttribute("aria-label", box.getAttribute("aria-label"));
    button.append(...label.childNodes);
    button.addEventListener("click", () => box.click());
    label.replaceWith(button);
    return { button, box };
  });
  const tell = () => opened.forEach(({ button, box }) => button.setAttribute("aria-expanded", box.checked));
  for (const { box } of opened) box.addEventListener("change", tell);
  tell();
  addEventListener("keydown", (e) => {
    if (e.key !== "Escape") return;
    for (const { button, box } of opened) {
      if (!box.checked || !button.getClientRects().length) continue;
      box.click();
      button.focus();
    }
  });

  const results = document.getElementById("search-results"), status = document.getElementById("search-status");
  if (!results) return;
  const say = () => {
    const said = results.querySelector(".search-summary")?.textContent ?? "";
    if (said !== status.textContent) status.textContent = said;
  };
  new MutationObserver(say).observe(results, { childList: true, subtree: true, characterData: true });
  say();
});
