// The curves: a uPlot chart whose scales this file decides, in the colours of the page's theme.
import uPlot from "uplot";
import { short } from "../lib/format.js";
import { dash } from "./dash.js";

// Room left of t = 0 and below zero, as a share of the scale: half a handle.
const MARGIN_X = 0.025;
const MARGIN_Y = 0.055;
const FONT = "12px system-ui, sans-serif";

/**
 * The chart of a network's species within `parent`. `drawn()` is called after each repaint, when positions are known,
 * and `pointed(index)` with the point under the cursor, or null.
 */
export class Chart {
  #parent;
  #plot;
  #theme;
  #top = 1;
  #duration = 1;
  #species;
  #colors;
  #reference = [];

  constructor(parent, { species, colors, hidden }, { drawn, pointed }) {
    this.#parent = parent;
    this.#species = species;
    this.#colors = colors;
    this.#readTheme();
    const axis = {
      font: FONT,
      labelFont: FONT,
      labelSize: 18,
      labelGap: 0,
      stroke: () => this.#theme.text,
      grid: { stroke: () => this.#theme.grid, width: 1 },
      ticks: { stroke: () => this.#theme.grid, width: 1, size: 4 },
      values: (_, splits) => splits.map((value) => short(value)),
      gap: 4,
    };
    const widest = (labels) => Math.max(3, ...(labels ?? []).map((label) => label.length));
    this.#plot = new uPlot(
      {
        width: parent.clientWidth || 600,
        height: parent.clientHeight || 300,
        padding: [10, 20, 0, 0],
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
        scales: {
          x: { time: false, range: () => [-MARGIN_X * this.#duration, this.#duration] },
          y: { range: () => [-MARGIN_Y * this.#top, this.#top] },
        },
        axes: [
          { ...axis, label: "time", size: 24, space: 70 },
          { ...axis, label: "concentration", size: (_, labels) => 14 + 7 * widest(labels), space: 36 },
        ],
        series: [
          {},
          ...species.map((label, i) => ({
            label,
            stroke: colors[i],
            width: 2,
            dash: dash(i),
            pxAlign: 0, // whole pixels would make smooth curves jagged
            points: { show: false },
            show: !hidden.has(label),
          })),
        ],
        hooks: {
          drawAxes: [() => this.#drawReference()],
          draw: [drawn],
          setCursor: [(plot) => pointed(plot.cursor.left >= 0 ? plot.cursor.idx : null)],
        },
      },
      [[], ...species.map(() => [])],
      parent,
    );
  }

  /** The element that lies over the plotting area, for handles. */
  get over() {
    return this.#plot.over;
  }

  /** The plotting area in CSS pixels; not asked of the page, which would have to lay itself out for an answer. */
  get area() {
    const { width, height } = this.#plot.bbox;
    return { width: width / uPlot.pxRatio, height: height / uPlot.pxRatio };
  }

  /** The concentration at the upper edge. */
  get top() {
    return this.#top;
  }

  x(time) {
    return ((time / this.#duration + MARGIN_X) / (1 + MARGIN_X)) * this.area.width;
  }

  y(value) {
    return ((1 - value / this.#top) / (1 + MARGIN_Y)) * this.area.height;
  }

  /** How much time and concentration a pixel covers. */
  get unitsPerPixel() {
    const { width, height } = this.area;
    return { x: (this.#duration * (1 + MARGIN_X)) / width, y: (this.#top * (1 + MARGIN_Y)) / height };
  }

  /**
   * Make room for `top`, and above it for as many rows of words. While something is dragged the scale may grow but not
   * shrink, so that nothing jumps.
   */
  fit(top, rows, duration, onlyGrow) {
    this.#duration = duration;
    const wanted = (top > 0 ? top : 1) * (1.08 + 0.08 * rows);
    this.#top = onlyGrow ? Math.max(this.#top, wanted) : wanted;
  }

  draw(times, concentrations) {
    this.#plot.setData([times, ...concentrations]);
  }

  show(species, visible) {
    if (this.#plot.series[species + 1].show !== visible) this.#plot.setSeries(species + 1, { show: visible });
  }

  /** Draw curves beneath the others at the next `draw`: species → its times and values. */
  refer(curves, hidden) {
    this.#reference = this.#species.flatMap((name, i) =>
      curves.has(name) && !hidden.has(name) ? [{ name, color: this.#colors[i], ...curves.get(name) }] : [],
    );
  }

  /** Take the colours of the page anew, for the next `draw`. */
  recolor() {
    this.#readTheme();
  }

  resize(width, height) {
    if (width !== this.#plot.width || height !== this.#plot.height) this.#plot.setSize({ width, height });
  }

  destroy() {
    this.#plot.destroy();
  }

  #drawReference() {
    const { ctx, bbox } = this.#plot;
    const ratio = uPlot.pxRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.translate(bbox.left, bbox.top);
    ctx.scale(ratio, ratio);
    ctx.font = FONT;
    for (const { name, color, times, values } of this.#reference) {
      // Wide and pale, so that it is no dash of a species' own curve.
      Object.assign(ctx, { strokeStyle: color, fillStyle: color, lineWidth: 5, globalAlpha: 0.4 });
      ctx.setLineDash([5, 5]);
      ctx.beginPath();
      times.forEach((time, i) => ctx.lineTo(this.x(time), this.y(values[i])));
      ctx.stroke();
      // At its last highest point, where curves that follow it seldom are.
      const peak = values.lastIndexOf(Math.max(...values));
      ctx.globalAlpha = 1;
      ctx.textAlign = this.x(times[peak]) > this.area.width / 2 ? "right" : "left";
      ctx.fillText(`${name}, reference`, this.x(times[peak]), this.y(values[peak]) - 7);
    }
    ctx.restore();
  }

  #readTheme() {
    const style = getComputedStyle(this.#parent);
    this.#theme = {
      text: style.getPropertyValue("--crn-muted") || "#616161",
      grid: style.getPropertyValue("--crn-grid") || "#e0e0e0",
    };
  }
}
