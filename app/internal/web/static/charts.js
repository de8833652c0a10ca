// Starts the charts of a page. Their options come as one JSON of plain data from the
// address that the page names; what people wrote is never code here.

const font = getComputedStyle(document.body).fontFamily;
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

for (const page of document.querySelectorAll("[data-charts]")) {
  start(page);
  page.addEventListener("renewed", () => start(page)); // by live.js: charts that are drawn keep their canvas
}

// A page of A4 is narrower than most screens, and a chart that is cut off is worse than a small one.
const paper = 660;
const onPage = () => [...document.querySelectorAll("[data-chart]")].map(box => [box, echarts.getInstanceByDom(box)]).filter(([, chart]) => chart);
addEventListener("beforeprint", () => {
  for (const [box, chart] of onPage()) {
    chart.resize({ width: Math.min(box.clientWidth, paper), animation: { duration: 0 } });
    chart.getZr().flush();
  }
});
addEventListener("afterprint", () => { for (const [, chart] of onPage()) chart.resize({ width: "auto" }); });

async function start(page) {
  const boxes = [...page.querySelectorAll("[data-chart]")];
  if (!boxes.length) return;
  try {
    const answer = await fetch(page.dataset.charts, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const charts = await answer.json();
    for (const box of boxes) {
      if (charts[box.dataset.chart]) draw(page, box, charts[box.dataset.chart]);
      else box.closest(".chart-box").remove();
    }
  } catch (error) {
    console.warn("charts:", error.message);
    for (const box of boxes) {
      const wait = box.querySelector(".chart-wait");
      if (!wait) continue; // drawn before, and left as it was
      wait.textContent = "图没有画出来，请看下面的表格，或稍后刷新。";
      box.closest(".panel").querySelector(".panel-table")?.setAttribute("open", "");
    }
  }
}

function draw(page, box, { option, height }) {
  const drawn = echarts.getInstanceByDom(box);
  if (!drawn) box.replaceChildren();
  box.style.height = (height || 320) + "px"; // set by script, which our policy allows
  option.textStyle = { ...option.textStyle, fontFamily: font };
  option.aria = { enabled: true, ...option.aria };
  if (calm) option.animation = false;
  // A tooltip as HTML would need inline styles, which our policy forbids.
  for (const tooltip of [option.tooltip ?? []].flat()) Object.assign(tooltip, { renderMode: "richText", confine: true });
  const chart = drawn ?? echarts.init(box, null, { renderer: "canvas" });
  // The row of signs over a matrix doesn't wrap: where it would be cut off, the note
  // under the page says what each sign means.
  if (box.clientWidth < 560) for (const signs of [option.visualMap ?? []].flat()) signs.show = false;
  chart.setOption(option, { notMerge: true });
  if (drawn) return;
  new ResizeObserver(() => chart.resize()).observe(box);
  const png = page.querySelector(`[data-png="${CSS.escape(box.dataset.chart)}"]`);
  if (png) {
    png.hidden = false;
    png.addEventListener("click", () => save(chart, box));
  }
  const svg = page.querySelector(`[data-svg="${CSS.escape(box.dataset.chart)}"]`);
  if (svg) {
    svg.hidden = false;
    svg.addEventListener("click", () => saveVector(option, box));
  }
}

function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// saveVector draws the chart once more as an SVG that can stand alone: title above, base
// below. The page keeps its canvas, which is faster.
function saveVector(option, box) {
  const width = Math.max(box.clientWidth, 560), height = box.clientHeight, pad = 24, line = 22;
  const drawing = echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
  drawing.setOption({ ...option, animation: false });
  // The names of fonts come to stand in an attribute with the quotes that close it.
  const sound = drawing.renderToSVGString().replace(/font-family:[^;]*;/g, names => names.replaceAll('"', "'"));
  const inner = sound.replace(/^<svg/, `<svg x="0" y="${pad + line}"`);
  drawing.dispose();
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = `13px ${font}`;
  const base = wrap(pen, box.dataset.base, width - 2 * pad);
  const full = height + 2 * pad + line * (1 + base.length);
  const text = (words, y, size, weight, ink) => `<text x="${pad}" y="${y}" font-size="${size}" font-weight="${weight}" fill="${ink}" font-family="${escaped(font)}">${escaped(words)}</text>`;
  const rows = base.map((words, i) => text(words, height + pad + line * (1.7 + i), 13, 400, "#55646b")).join("");
  download(new Blob([`<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${full}" viewBox="0 0 ${width} ${full}"><rect width="${width}" height="${full}" fill="#fff"/>${text(box.dataset.title, pad + 14, 18, 600, "#1f2937")}${inner}${rows}</svg>`], { type: "image/svg+xml" }), box.dataset.title + ".svg");
}

const escaped = words => words.replace(/[&<>"]/g, sign => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]);

// save makes a picture that can stand alone: title above, base below.
function save(chart, box) {
  const ratio = 2, pad = 24 * ratio, line = 26 * ratio;
  const picture = chart.getRenderedCanvas({ pixelRatio: ratio, backgroundColor: "#fff" });
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d");
  const small = `${13 * ratio}px ${font}`;
  pen.font = small;
  const base = wrap(pen, box.dataset.base, picture.width - 2 * pad);
  canvas.width = picture.width;
  canvas.height = picture.height + 2 * pad + line * (1 + base.length);
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = "#1f2937";
  pen.font = `600 ${18 * ratio}px ${font}`;
  pen.fillText(box.dataset.title, pad, pad + 14 * ratio);
  pen.drawImage(picture, 0, pad + line);
  pen.fillStyle = "#55646b";
  pen.font = small;
  base.forEach((text, i) => pen.fillText(text, pad, picture.height + pad + line * (1.7 + i)));
  canvas.toBlob(blob => download(blob, box.dataset.title + ".png"));
}

function wrap(pen, text, width) {
  const rows = [];
  let row = "";
  for (const letter of text) {
    if (pen.measureText(row + letter).width > width) { rows.push(row); row = ""; }
    row += letter;
  }
  return row ? [...rows, row] : rows;
}
