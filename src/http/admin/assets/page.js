// Draws figures, and names the cells of tables for narrow screens. Everything is there to be read without it.
(() => {
  "use strict";
  const root = document.documentElement;
  const colour = (name) => getComputedStyle(root).getPropertyValue(`--${name}`).trim();
  const drawn = [];

  /** Writes a time on the axis as the installation's clock shows it. */
  const clock = (zone) => new Intl.DateTimeFormat(root.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone });

  /** Adds up what stands upon each other, the lowest first. */
  const stacked = (rows) => {
    const sums = [];
    for (const row of rows) sums.push(row.map((value, at) => value + (sums.at(-1)?.[at] ?? 0)));
    return sums;
  };

  const axes = (format, unit) => {
    const shared = {
      stroke: colour("ink-soft"),
      font: `12px ${getComputedStyle(document.body).fontFamily}`,
      ticks: { show: false },
    };
    return [
      { ...shared, size: 28, grid: { show: false }, values: (_, times) => times.map((time) => format.format(time * 1000)), space: 56 },
      {
        ...shared,
        grid: { stroke: colour("line-soft"), width: 1 },
        size: 48,
        values: (_, numbers) => numbers.map((number) => (number === null ? "" : `${number}${unit ? ` ${unit}` : ""}`)),
        incrs: unit ? undefined : [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 1e6],
      },
    ];
  };

  const draw = (place) => {
    const chart = JSON.parse(place.dataset.chart);
    const format = clock(chart.zone);
    const isBars = chart.kind === "bars";
    const said = chart.series.map((series) => series.values);
    const rows = isBars ? stacked(said) : said;
    // What stands on top is drawn first, and covered by what is below it.
    const order = chart.series.map((_, at) => at);
    if (isBars) order.reverse();
    const text = (value) => (value === null || value === undefined ? "–" : chart.unit ? `${value.toFixed(2)} ${chart.unit}` : String(value));
    const series = order.map((at) => {
      const { label, tone } = chart.series[at];
      const look = isBars
        ? { fill: colour(tone), stroke: colour(tone), width: 0, paths: uPlot.paths.bars({ size: [0.72, 26], radius: 0.12 }), points: { show: false } }
        : { stroke: colour(tone), width: 2, spanGaps: true, points: { size: 5, fill: colour("sheet"), stroke: colour(tone) } };
      return { label, ...look, value: (_, __, ___, index) => text(index === null ? null : said[at][index]) };
    });
    const options = {
      width: place.clientWidth,
      height: 190,
      padding: [8, 8, 0, 0],
      cursor: { y: false, drag: { x: false, y: false }, points: { show: !isBars } },
      legend: { live: true },
      scales: { y: { range: (_, __, most) => [0, most > 0 ? most * 1.1 : 1] } },
      axes: axes(format, chart.unit),
      series: [{ label: chart.hour, value: (_, time) => (time === null ? "–" : format.format(time * 1000)) }, ...series],
    };
    const data = [chart.x, ...order.map((at) => rows[at])];
    place.replaceChildren();
    drawn.push({ place, plot: new uPlot(options, data, place) });
  };

  const drawAll = () => {
    for (const { plot } of drawn.splice(0)) plot.destroy();
    document.querySelectorAll("[data-chart]").forEach(draw);
  };

  /** Gives each cell the name of its column, which narrow screens show beside it. */
  const label = (table) => {
    const names = [...table.querySelectorAll("thead th, thead td")].map((cell) => cell.textContent.trim());
    if (names.length === 0) return;
    for (const row of table.tBodies[0].rows) {
      [...row.cells].forEach((cell, at) => {
        if (cell.textContent.trim() === "" && !cell.querySelector("form")) cell.replaceChildren();
        if (names[at]) cell.dataset.label = names[at];
      });
    }
    table.classList.add("stacks");
  };
  const labelAll = () => document.querySelectorAll("table.rows").forEach(label);

  const begin = () => {
    document.querySelector(".side [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
    labelAll();
    drawAll();
    let width = innerWidth;
    addEventListener("resize", () => {
      if (width === innerWidth) return;
      width = innerWidth;
      for (const { place, plot } of drawn) plot.setSize({ width: place.clientWidth, height: 190 });
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
    // What was fetched again needs its names again.
    new MutationObserver(labelAll).observe(document.querySelector("main"), { childList: true, subtree: true });
  };
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", begin);
  else begin();
})();
