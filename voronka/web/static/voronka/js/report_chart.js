// Bars of the won sums: one per value of the chosen dimension.
import * as echarts from "echarts"
import { color } from "app/theme"

class ReportChart extends HTMLElement {
  #chart
  #redraw = () => this.#draw()
  #resize = () => this.#chart?.resize()
  connectedCallback() {
    this.data = JSON.parse(this.querySelector("script").textContent)
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
    this.#chart.setOption({
      aria: { enabled: true },
      textStyle: { fontFamily: "inherit", color: ink },
      title: { text: this.dataset.title, left: 16, top: 12, textStyle: { fontSize: 13, fontWeight: 600, color: color("--ink") } },
      grid: { left: 16, right: 16, top: 48, bottom: 12, containLabel: true },
      tooltip: { trigger: "axis", valueFormatter: value => number.format(value) },
      xAxis: { type: "category", data: this.data.labels, axisLabel: { color: ink, width: 90, overflow: "truncate", hideOverlap: true }, axisLine: { lineStyle: { color: line } }, axisTick: { show: false } },
      yAxis: { type: "value", min: 0, axisLabel: { color: ink, formatter: value => number.format(value) }, splitLine: { lineStyle: { color: line } } },
      series: [{ type: "bar", data: this.data.sums, barMaxWidth: 36, itemStyle: { color: color("--accent"), borderRadius: [3, 3, 0, 0] } }],
    })
  }
}
customElements.define("report-chart", ReportChart)
