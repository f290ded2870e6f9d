// The robot's form: a fact is put into a text where the cursor stands; drawing parts anew is not saving.
let last // the text that was typed in last

document.addEventListener("focusin", ({ target }) => {
  if (target.closest(".words-input") && target.matches("input, textarea")) last = target
})

document.addEventListener("click", event => {
  const button = event.target.closest(".robot-form [data-insert]")
  if (!button) return
  const box = button.closest(".words-input")
  const shown = [...box.querySelectorAll("input, textarea")].find(one => one.checkVisibility())
  const text = last && box.contains(last) && last.checkVisibility() ? last : shown
  if (!text) return
  text.setRangeText(button.dataset.insert, text.selectionStart ?? text.value.length, text.selectionEnd ?? text.value.length, "end")
  text.dispatchEvent(new Event("input", { bubbles: true }))
  button.closest("details").open = false
  text.focus()
})

// What is typed while the parts are being drawn anew stays: the answer knows only what was there when it was asked.
const typed = form => new Map([...form.querySelectorAll("#robot-parts :is(input, textarea, select)[id]")]
  .filter(one => one.type !== "checkbox" && !one.multiple).map(one => [one.id, one.value]))
const asked = new WeakMap()
let later = []
let open = [] // menus opened while the answer was on its way

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  const form = detail.elt.closest?.(".robot-form")
  if (form && detail.target.id === "robot-parts") asked.set(detail.xhr, typed(form))
})
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const before = asked.get(detail.xhr)
  const form = detail.target.closest?.(".robot-form")
  later = before && form ? [...typed(form)].filter(([id, value]) => before.get(id) !== undefined && before.get(id) !== value) : []
  const pressed = detail.requestConfig?.elt
  open = form ? [...form.querySelectorAll("#robot-parts details.menu[open]")].filter(menu => !menu.contains(pressed)).map(menu => menu.querySelector("summary").id) : []
})
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  if (detail.target.id !== "robot-parts") return
  for (const [id, value] of later) {
    const field = document.getElementById(id)
    if (field) field.value = value
  }
  for (const id of open.filter(Boolean)) document.getElementById(id)?.parentElement.setAttribute("open", "")
  if (later.length) document.getElementById("robot-parts").dispatchEvent(new Event("change", { bubbles: true }))
  later = open = []
})

// The slider takes every successful request of a form for a save: here only one of them is.
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const form = detail.elt.closest?.(".robot-form")
  if (form && (detail.target?.id === "robot-parts" || detail.elt.id === "robot-sentence") && detail.elt !== form) form.dataset.dirty = ""
})
