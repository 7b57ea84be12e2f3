// Small drawings, as elements.

const SHAPES = {
  globe: [["circle", { cx: 12, cy: 12, r: 9 }], ["ellipse", { cx: 12, cy: 12, rx: 4, ry: 9 }], ["path", { d: "M3.6 9h16.8M3.6 15h16.8" }]],
  lock: [["rect", { x: 5, y: 10.5, width: 14, height: 10, rx: 1.5 }], ["path", { d: "M8 10.5V7.5a4 4 0 0 1 8 0v3" }]],
  search: [["circle", { cx: 10.5, cy: 10.5, r: 6 }], ["path", { d: "m15 15 5.5 5.5" }]],
  plus: [["path", { d: "M12 5v14M5 12h14" }]],
  down: [["path", { d: "m7 10 5 5 5-5" }]],
  up: [["path", { d: "m7 14 5-5 5 5" }]],
  people: [["circle", { cx: 12, cy: 8, r: 3.6 }], ["path", { d: "M4.5 20c.4-4.2 3.5-6.5 7.5-6.5s7.1 2.3 7.5 6.5z" }]],
  close: [["path", { d: "m6 6 12 12M18 6 6 18" }]],
  menu: [["path", { d: "M4 7h16M4 12h16M4 17h16" }]],
  reply: [["path", { d: "M10 6 4 12l6 6M4.5 12H14c4 0 6 2 6 6" }]],
  pencil: [["path", { d: "M4 20l1-4.5L16.5 4l3.5 3.5L8.5 19zM14 6.5l3.5 3.5" }]],
  leave: [["path", { d: "M10 4H5v16h5M15 8l4 4-4 4M19 12H9" }]],
  send: [["path", { d: "M3 20.5v-7l9-1.5-9-1.5v-7L22 12z", fill: "currentColor", stroke: "none" }]],
  bold: [["path", { d: "M8 5h5a3.3 3.3 0 0 1 0 6.6H8zM8 11.6h6a3.6 3.6 0 0 1 0 7.2H8z", "stroke-width": 2.4 }]],
  italic: [["path", { d: "M11 5h6M7 19h6M14 5l-4 14", "stroke-width": 2.2 }]],
  strike: [["path", { d: "M4 12h16M16.5 8c-.3-2-2-3-4.4-3-2.5 0-4.3 1.2-4.3 3.2 0 3 4 3.3 4.5 3.8M7.5 16c.4 2 2.2 3 4.6 3 2.7 0 4.5-1.2 4.5-3.3", "stroke-width": 2 }]],
  heading: [["path", { d: "M7 5v14M17 5v14M7 12h10", "stroke-width": 2.2 }]],
  link: [["path", { d: "M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.7l1-1" }]],
  code: [["path", { d: "m8.5 7-5 5 5 5M15.5 7l5 5-5 5" }]],
  quote: [["path", { d: "M5 17V11c0-2.5 1.5-4 4-4.5V9C7.7 9.3 7.3 10 7.3 11H10v6zM14 17V11c0-2.5 1.5-4 4-4.5V9c-1.3.3-1.7 1-1.7 2H19v6z", fill: "currentColor", stroke: "none" }]],
  bullets: [["path", { d: "M9 6.5h11M9 12h11M9 17.5h11" }], ["path", { d: "M4 6.5h1M4 12h1M4 17.5h1", "stroke-width": 3 }]],
  numbers: [["path", { d: "M10 6.5h10M10 12h10M10 17.5h10" }], ["path", { d: "M4 5h1.5v4M3.8 14h2.7l-2.7 4h2.7", "stroke-width": 1.4 }]],
  robot: [["rect", { x: 5.5, y: 9, width: 13, height: 9, rx: 2.5, fill: "currentColor" }], ["path", { d: "M12 9V5.5M3.5 12v3.5M20.5 12v3.5" }], ["circle", { cx: 12, cy: 4.5, r: 1.2, fill: "currentColor" }],
    ["circle", { cx: 9.3, cy: 13, r: 1.3, fill: "#000", stroke: "none" }], ["circle", { cx: 14.7, cy: 13, r: 1.3, fill: "#000", stroke: "none" }]],
  webhook: [["circle", { cx: 12, cy: 6.5, r: 2.8 }], ["circle", { cx: 6, cy: 17, r: 2.8 }], ["circle", { cx: 18, cy: 17, r: 2.8 }], ["path", { d: "M11 9.2 7.3 14.6M13.5 9l3 5.4M9 17h6" }]],
  spark: [["path", { d: "M12 3.5 14 10l6.5 2-6.5 2-2 6.5-2-6.5L3.5 12 10 10z", fill: "currentColor", stroke: "none" }]],
};

/** A drawing of this name, hidden from screen readers: its button says what it does. */
export function icon(name) {
  const drawing = make("svg", {
    viewBox: "0 0 24 24", class: `icon icon-${name}`, fill: "none", stroke: "currentColor",
    "stroke-width": 1.7, "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true",
  });
  drawing.append(...SHAPES[name].map(([shape, attributes]) => make(shape, attributes)));
  return drawing;
}

function make(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
