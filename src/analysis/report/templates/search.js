"use strict";
// A search over names and numbers, best match first. Who types å means å; who types a may lack the key,
// and aa and oe stand for å and ø. Sámi letters are found by the plain ones, too.
const plain = (s) => s.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/ø/g, "o").replace(/æ/g, "ae")
  .replace(/đ/g, "d").replace(/ŋ/g, "n").replace(/ŧ/g, "t").replace(/aa/g, "a").replace(/oe/g, "o");
const asTyped = (q) => (/^[\x20-\x7e]*$/.test(q) ? plain : (s) => s.toLowerCase());
const place = (term, q) => {
  if (term === q) return 0;
  if (term.startsWith(q)) return 1;
  if (/^\d+$/.test(q)) return -1;
  if (term.split(/[\s\-–/(]+/).some((word) => word.startsWith(q))) return 2;
  return term.includes(q) ? 3 : -1;
};
// An element's terms: names in force, then "||", then former names, numbers and regions.
const termsOf = (e, name) => {
  const [names, others] = e.dataset.t.split("||").map((part) => part.split("|").filter(Boolean));
  return [...[name, ...names].map((text) => [text, 0]), ...others.map((text) => [text, 1])];
};
// How well a query fits: 0 is best, null is not at all; with the term that fitted.
const fit = (terms, text) => {
  const typed = text.trim().toLowerCase(), shape = asTyped(typed), q = shape(typed);
  let best = null;
  for (const [term, isOther] of terms) {
    const at = place(shape(term), q);
    if (at >= 0 && !(isOther && at > 2) && (!best || 2 * at + isOther < best.score)) best = { score: 2 * at + isOther, term, isOther };
  }
  return best;
};
