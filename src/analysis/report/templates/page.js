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
