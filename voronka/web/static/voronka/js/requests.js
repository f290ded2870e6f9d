// What htmx does not say by itself: slow answers, refusals and a lost network, each in a clear sentence.
// Nothing typed is lost: a failed answer is never swapped in, except a 422, which is the form with its errors.
import { text } from "app/texts"
import { toast } from "app/toasts"

const line = document.querySelector(".progress-line")
let running = 0

const count = step => {
  running = Math.max(0, running + step)
  line?.classList.toggle("on", running > 0)
}
// answers to the live stream are nobody's waiting
const quiet = event => event.detail.requestConfig?.triggeringEvent?.type === "live"

document.addEventListener("htmx:beforeSend", event => { if (!quiet(event)) count(1) })
document.addEventListener("htmx:afterRequest", event => { if (!quiet(event)) count(-1) })

/** The server's own sentence, when it sent one as JSON {"detail"} or in a Voronka-Detail header. */
function sentence(xhr) {
  const header = xhr.getResponseHeader("Voronka-Detail")
  if (header) return decodeURIComponent(header)
  if (!xhr.getResponseHeader("Content-Type")?.includes("json")) return ""
  try {
    return JSON.parse(xhr.responseText).detail ?? ""
  } catch {
    return ""
  }
}

document.addEventListener("htmx:responseError", event => {
  const { xhr } = event.detail
  if (quiet(event) && xhr.status !== 401) return
  if (xhr.status === 401) {
    const url = `${document.body.dataset.loginUrl}?next=${encodeURIComponent(location.pathname + location.search)}`
    toast({ kind: "warning", text: text("signed_out"), link: { url, text: text("sign_in") }, sticky: true })
    return
  }
  const known = { 403: "forbidden", 404: "not_found", 409: "conflict", 413: "too_large", 429: "too_many" }
  toast({ kind: "error", text: sentence(xhr) || text(known[xhr.status] ?? "server_error") })
})
const offline = event => { if (!quiet(event)) toast({ kind: "error", text: text("offline") }) }
document.addEventListener("htmx:sendError", offline)
document.addEventListener("htmx:timeout", offline)

// After a failed check the first wrong field is where the person goes on.
document.addEventListener("htmx:afterSettle", event => {
  if (event.detail.xhr?.status !== 422) return
  event.detail.target.querySelector(".invalid :is(input, select, textarea):not([type=hidden])")?.focus()
})

// The browser's own bubbles speak the browser's language; our sentences stand under the fields.
htmx.onLoad(root => {
  for (const form of [root, ...root.querySelectorAll("form")]) if (form.matches("form")) form.noValidate = true
})
