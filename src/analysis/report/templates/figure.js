"use strict";
{
  // Figures are saved as pictures of their own, drawn from the page itself: title above, legend and source below.
  const NS = "http://www.w3.org/2000/svg", words = document.body.dataset;
  const make = (name, attributes, text) => {
    const made = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text) made.textContent = text;
    return made;
  };
  const pen = document.createElement("canvas").getContext("2d");
  const lines = (text, size, width, weight) => {
    pen.font = `${weight} ${size}px Arial, "Liberation Sans", "DejaVu Sans", sans-serif`;
    const out = [""];
    for (const word of text.trim().split(/\s+/)) {
      const longer = (out[out.length - 1] + " " + word).trim();
      if (pen.measureText(longer).width > width * 0.94 && out[out.length - 1]) out.push(word);
      else out[out.length - 1] = longer;
    }
    return out;
  };
  const standalone = (figure) => {
    const drawing = figure.querySelector(".art svg.wide, .art svg.map"), part = (s) => figure.querySelector(s);
    const width = Math.max(drawing.viewBox.baseVal.width, 640), edge = 20;
    const whole = make("svg", { xmlns: NS, "font-family": drawing.getAttribute("font-family") });
    let y = edge;
    const write = (text, size, colour, weight = 400) => {
      for (const line of lines(text, size, width, weight)) {
        y += size * 1.35;
        whole.append(make("text", { x: edge, y: y.toFixed(1), "font-size": size, "font-weight": weight, fill: colour }, line));
      }
      y += size * 0.35;
    };
    write(part("h3").textContent, 18, "#16232e", 600);
    write(part(".subtitle").textContent, 13, "#52606d");
    for (const item of figure.querySelectorAll(".legend li")) {
      const swatch = item.querySelector("rect").cloneNode();
      swatch.setAttribute("x", edge);
      swatch.setAttribute("y", (y + 5).toFixed(1));
      whole.append(swatch);
      whole.append(make("text", { x: edge + 30, y: (y + 16).toFixed(1), "font-size": 13, fill: "#16232e" }, item.textContent));
      y += 20;
    }
    y += 8;
    const copy = drawing.cloneNode(true), height = drawing.viewBox.baseVal.height;
    for (const link of copy.querySelectorAll("a")) link.removeAttribute("href");
    for (const narrow of copy.querySelectorAll(".narrow")) narrow.remove();
    for (const [key, value] of Object.entries({ x: edge, y: y.toFixed(1), width: drawing.viewBox.baseVal.width, height })) copy.setAttribute(key, value);
    whole.append(copy);
    y += height + 8;
    const coverage = part(".coverage");
    if (coverage) write(coverage.textContent, 12, "#52606d");
    write(part(".source").textContent, 12, "#52606d");
    write(words.citation || "", 12, "#52606d");
    const size = { width: width + 2 * edge, height: Math.ceil(y + edge) };
    whole.prepend(make("rect", { ...size, fill: "#ffffff" }));
    for (const [key, value] of Object.entries({ ...size, viewBox: `0 0 ${size.width} ${size.height}` })) whole.setAttribute(key, value);
    return { text: new XMLSerializer().serializeToString(whole), ...size };
  };
  const keep = (address, name) => {
    const link = document.createElement("a");
    link.href = address;
    link.download = name;
    link.click();
  };
  const save = (figure, kind) => {
    const { text, width, height } = standalone(figure), name = `${figure.id.replace("figure-", "")}.${kind}`;
    const address = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(text);
    if (kind === "svg") return keep(address, name);
    const picture = new Image();
    picture.onload = () => {
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [width * 2, height * 2];
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      keep(canvas.toDataURL("image/png"), name);
    };
    picture.src = address;
  };
  for (const figure of document.querySelectorAll(".figure")) {
    const tools = figure.querySelector(".tools"), number = figure.querySelector(".number") || figure.querySelector("h3");
    if (!tools || !figure.querySelector(".art svg")) continue;
    for (const kind of ["svg", "png"]) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = kind.toUpperCase();
      button.setAttribute("aria-label", `${kind.toUpperCase()}: ${words.save} (${number.textContent})`);
      button.addEventListener("click", () => save(figure, kind));
      tools.append(" ", button);
    }
  }
}
