// Seven segments as a drawing.
const SVG = "http://www.w3.org/2000/svg";

/** The letters of the segments: a at the top, on clockwise to f, g in the middle. */
export const SEGMENTS = "abcdefg";

// A bar from (0, 0) to (1, 0), and for each segment where it lies: x, y, and whether it stands.
const THICK = 0.085;
const PLACES = { a: [0, 0], b: [1, 0, true], c: [1, 1, true], d: [0, 2], e: [0, 1, true], f: [0, 0, true], g: [0, 1] };

function outline([x, y, stands]) {
  const gap = 0.035;
  const along = [[gap, 0], [gap + THICK, -THICK], [1 - gap - THICK, -THICK], [1 - gap, 0]];
  const back = [[1 - gap - THICK, THICK], [gap + THICK, THICK]];
  return [...along, ...back].map(([u, v]) => (stands ? [x - v, y + u] : [x + u, y + v]).join()).join(" ");
}

/** A drawing of seven segments; `light(levels, lit)` gives each its level, 0 to 1, and says which should be lit. */
export function sevenSegments() {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "-0.16 -0.16 1.32 2.32");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("crn-segments");
  const polygons = [...SEGMENTS].map((segment) => {
    const polygon = document.createElementNS(SVG, "polygon");
    polygon.setAttribute("points", outline(PLACES[segment]));
    svg.append(polygon);
    return polygon;
  });
  const light = (levels, lit) => {
    polygons.forEach((polygon, i) => {
      polygon.style.fillOpacity = Math.min(1, Math.max(0, levels[i])).toFixed(3);
      polygon.classList.toggle("crn-amiss", levels[i] > 0.5 !== lit.includes(SEGMENTS[i]));
    });
  };
  return { svg, light };
}
