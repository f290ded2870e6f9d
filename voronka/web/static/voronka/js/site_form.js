// A visitor's form: one drawing is one enquiry; a page that embeds it learns height and outcome.
const tell = told => { if (parent !== window) parent.postMessage({ voronka: told }, "*") }
const main = document.querySelector(".intake")
const form = document.querySelector("form[data-once]")

if (form) {
  const add = (name, value) => {
    if (!value || form.elements.namedItem(name)) return
    const input = document.createElement("input")
    Object.assign(input, { type: "hidden", name, value: value.slice(0, 1000) })
    form.append(input)
  }
  form.elements.namedItem(form.dataset.once).value = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`
  add("page", location.href)
  add("referer", document.referrer)
  form.addEventListener("submit", () => { // a second press sends nothing twice
    const button = form.querySelector("button")
    setTimeout(() => { button.disabled = true })
  })
  addEventListener("pageshow", ({ persisted }) => { // back from the thanks: the form can be used again
    if (persisted) form.querySelector("button").disabled = false
  })
  form.querySelector("[aria-invalid]")?.focus()
}
if (main?.hasAttribute("data-sent")) tell({ sent: true, redirect: main.dataset.redirect })
new ResizeObserver(() => tell({ height: document.documentElement.offsetHeight })).observe(document.body)
