// The five-minute clocks of a page run by the second: [data-due] is a ring (.clock) or words beside it.
import { text } from "app/texts"

const SECOND = 1000
const HOUR = 3_600_000

// The server's clock counts: this machine's may be minutes off. The page was drawn at data-now and came at once.
const came = performance.timeOrigin + (performance.getEntriesByType("navigation")[0]?.responseStart || performance.now())
const ahead = Number(document.body.dataset.now) - came || 0

const countdown = span => {
  const seconds = Math.floor(span / SECOND)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`
}

function tick() {
  if (document.hidden) return
  const now = Date.now() + ahead
  for (const one of document.querySelectorAll("[data-due]")) {
    const since = Number(one.dataset.since)
    const due = Number(one.dataset.due)
    const late = now > due
    const spent = due > since ? Math.min(1, Math.max(0, (now - since) / (due - since))) : 1
    const soon = !late && spent > Number(one.dataset.soon)
    if (one.classList.contains("clock")) {
      one.style.setProperty("--spent", spent.toFixed(2))
      one.classList.toggle("clock-late", late)
      one.classList.toggle("clock-soon", soon)
    } else {
      one.classList.toggle("text-red", late)
      one.classList.toggle("text-amber", soon)
      const span = Math.abs(due - now) // hours are told as the page told them
      if (span < HOUR) one.textContent = text(late ? "answer_late" : "answer_left", { span: countdown(span) })
    }
  }
}

setInterval(tick, SECOND)
document.addEventListener("visibilitychange", tick)
