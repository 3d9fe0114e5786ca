"""How soon the movable charts are live, how fast they answer, and how much they weigh, in headless Chromium.

Each stands on a page of its own beside the book's one bundle, read from disk with every other address blocked.
*Live* is from the start of the navigation until the chart has taken the place of its still. *Painted* is from the
input event of a slider (of a menu, where a chart has no slider) until Vega is done and two animation frames have
begun: the first paints the answer, the second says that it did, so one frame of 17 ms is added to what a reader
waits for. Nothing here is asserted.
"""

import gzip
import shutil
import tempfile
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import vl_convert
from timing import report, table

from attn_lesson import explorables

GLUE = Path(__file__).parents[1] / "_site" / "explorables"
OPENINGS, MOVES = 5, 120
PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>chart</title>
<link rel="stylesheet" href="explorables.css"></head><body>{chart}
<script defer src="vega.js"></script><script defer src="explorables.js"></script></body></html>"""
NOTE_WHEN_LIVE = """new MutationObserver(() => {
  if (!window.live && document.querySelector(".explorable.ready")) window.live = performance.now();
}).observe(document, { subtree: true, childList: true, attributeFilter: ["class"] });"""
MOVE = """async (moves) => {
  const view = document.querySelector(".explorable").view, frame = () => new Promise(requestAnimationFrame);
  const sliders = [...document.querySelectorAll(".live input[type=range]")];
  const inputs = sliders.length ? sliders : [...document.querySelectorAll(".live select")];
  const times = [];
  for (let n = 0; n < moves; n++) {
    const input = inputs[n % inputs.length], turn = Math.floor(n / inputs.length) + 1;
    await new Promise((resume) => setTimeout(resume, 7 * (n % 5)));  // anywhere in a frame, as a finger
    const start = performance.now();
    if (sliders.length) {  // 0.618…: far from the last place, and never twice the same
      input.value = +input.min + (input.max - input.min) * ((turn * 0.618034) % 1);
      input.dispatchEvent(new Event("input", { bubbles: true }));
    } else {
      input.selectedIndex = turn % input.options.length;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }
    await view.runAsync();
    await frame();
    await frame();
    times.push(performance.now() - start);
  }
  return [`${inputs.length} ${sliders.length ? "slider" : "menu"}${inputs.length > 1 ? "s" : ""}`, times];
}"""


def weight(text: str) -> list[str]:
    raw = text.encode()
    return [f"{size / 1000:,.1f} kB" for size in (len(raw), len(gzip.compress(raw, mtime=0)))]


def measure(chromium: Any, name: str, folder: Path) -> list[str]:
    chart = getattr(explorables, name)().page_html()
    file = folder / f"{name}.html"
    file.write_text(PAGE.format(chart=chart), "utf-8")
    live = []
    for _ in range(OPENINGS):
        page = chromium.new_page(viewport={"width": 1000, "height": 900})
        page.route(lambda url: not url.startswith("file:"), lambda route: route.abort())
        page.add_init_script(NOTE_WHEN_LIVE)
        page.goto(file.as_uri())
        live.append(page.wait_for_function("window.live").json_value() / 1000)
        moved, times = page.evaluate(MOVE, MOVES) if len(live) == OPENINGS else ("", [])
        page.close()
    percentiles = [f"{quantiles(times, n=100)[n - 1]:.0f} ms" for n in (50, 95)]
    return [name, f"{median(live):.2f} s ({max(live):.2f})", moved, *percentiles, *weight(chart)]


def main() -> None:
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        print("no Chromium on this machine: the movable charts are not measured (Debian: apt-get install chromium)")
        return
    bundle = f"(() => {{{vl_convert.javascript_bundle('window.vegaEmbed = vegaEmbed;')}}})();"
    with tempfile.TemporaryDirectory() as name, sync_playwright() as driver:
        folder = Path(name)
        (folder / "vega.js").write_text(bundle, "utf-8")
        for path in GLUE.iterdir():
            shutil.copy(path, folder)
        chromium = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        rows = [measure(chromium, name, folder) for name in explorables.__all__]
        chromium.close()
    rows.append(["(the bundle, once a site)", "", "", "", "", *weight(bundle)])
    head = ["chart", f"live, median of {OPENINGS} (worst)", "moved", f"painted, p50 of {MOVES}", "p95", "raw", "gzip"]
    report("explorables", table(head, rows))


if __name__ == "__main__":
    main()
