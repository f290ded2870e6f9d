// Bars of the won sums, one per value of the chosen dimension: names get lying bars, so that they
// can be read whole; months and quarters run from left to right.
import * as echarts from "echarts"
import { color } from "app/theme"

const ROW = 26, FRAME = 84  // px: a bar with its gap; the title above and the scale below them

class ReportChart extends HTMLElement {
  #chart
  #redraw = () => this.#draw()
  #resize = () => {
    this.#chart?.resize()
    this.#draw()
  }
  connectedCallback() {
    this.data = JSON.parse(this.querySelector("script").textContent)
    if (!this.data.standing) this.style.height = `${FRAME + ROW * this.data.labels.length}px`
    this.#chart = echarts.init(this, null, { renderer: "svg" })
    this.#draw()
    document.addEventListener("theme:change", this.#redraw)
    window.addEventListener("resize", this.#resize)
  }
  disconnectedCallback() {
    document.removeEventListener("theme:change", this.#redraw)
    window.removeEventListener("resize", this.#resize)
    this.#chart?.dispose()
  }
  #draw() {
    const ink = color("--ink-2"), line = color("--line")
    const number = new Intl.NumberFormat(document.documentElement.lang, { notation: "compact" })
    const { labels, sums, standing } = this.data
    const scale = { type: "value", min: 0, splitNumber: 4, axisLabel: { color: ink, hideOverlap: true, formatter: value => number.format(value) }, splitLine: { lineStyle: { color: line } } }
    const names = { type: "category", data: labels, inverse: !standing, axisLine: { lineStyle: { color: line } }, axisTick: { show: false } }
    names.axisLabel = standing ? { color: ink, hideOverlap: true } : { color: ink, interval: 0, width: Math.min(300, this.clientWidth * 0.42), overflow: "truncate" }
    this.#chart.setOption({
      aria: { enabled: true },
      textStyle: { fontFamily: "inherit", color: ink },
      title: { text: this.dataset.title, left: 16, top: 12, textStyle: { fontSize: 13, fontWeight: 600, color: color("--ink") } },
      grid: { left: 16, right: 24, top: 48, bottom: 12, containLabel: true },
      tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, valueFormatter: value => number.format(value) },
      xAxis: standing ? names : scale,
      yAxis: standing ? scale : names,
      series: [{ type: "bar", data: sums, barMaxWidth: standing ? 36 : 16, itemStyle: { color: color("--accent"), borderRadius: standing ? [3, 3, 0, 0] : [0, 3, 3, 0] } }],
    })
  }
}
customElements.define("report-chart", ReportChart)
