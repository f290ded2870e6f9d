// The dialog: whatever htmx swaps into #dialog opens it. It closes by Esc, by [data-close], by a click outside,
// by HX-Trigger "dialog:close", and by itself when a form in it succeeded into another place of the page.
import { make, text } from "app/texts"

class AppDialog extends HTMLElement {
  #frame = this.querySelector("dialog")
  #body = this.querySelector("#dialog")
  #leaving = new AbortController()

  connectedCallback() {
    const { signal } = this.#leaving
    const listen = (name, act) => document.addEventListener(name, act, { signal })
    listen("htmx:afterSwap", event => { if (event.detail.target === this.#body) this.#shown() })
    listen("htmx:afterRequest", event => this.#answered(event.detail))
    listen("dialog:close", () => this.close())
    listen("keys:dialog", event => this.fill(event.detail))
    this.#frame.addEventListener("click", event => {
      if (event.target.closest("[data-close]")) this.close()
    })
    this.#frame.addEventListener("mousedown", event => {
      if (event.target === this.#frame && !this.#body.contains(event.target) && outside(this.#frame, event)) this.close()
    })
    this.#frame.addEventListener("close", () => this.#body.replaceChildren())
  }

  disconnectedCallback() {
    this.#leaving.abort()
  }

  /** Show an element made by a script. */
  fill(content) {
    this.#body.replaceChildren(content)
    this.#shown()
  }

  close() {
    if (this.#frame.open) this.#frame.close()
  }

  #shown() {
    if (!this.#body.childElementCount) return this.close()
    this.#frame.classList.toggle("wide", Boolean(this.#body.querySelector("[data-wide]")))
    const heading = this.#body.querySelector("h2")
    if (heading) this.#frame.setAttribute("aria-label", heading.textContent.trim())
    if (!this.#frame.open) this.#frame.showModal()
    this.#body.querySelector("[autofocus], .invalid :is(input, select, textarea)")?.focus()
  }

  #answered({ elt, target, successful }) {
    if (successful && this.#body.contains(elt) && elt.closest("form") && !this.#body.contains(target)) this.close()
  }
}

function outside(frame, { clientX: x, clientY: y }) {
  const { left, right, top, bottom } = frame.getBoundingClientRect()
  return x < left || x > right || y < top || y > bottom
}
customElements.define("app-dialog", AppDialog)

/** Ask a yes-or-no question; resolves to true for yes. */
export function ask(question, { verb = text("yes"), danger = false } = {}) {
  const yes = make("button", { class: `btn ${danger ? "btn-danger" : "btn-primary"}`, value: "yes" }, verb)
  const no = make("button", { class: "btn", value: "no" }, text("cancel"))
  const form = make("form", { method: "dialog", class: "dialog-body" },
    make("div", { class: "dialog-content" }, make("p", { class: "mb-0 mt-2 text-lg" }, question)),
    make("div", { class: "dialog-foot" }, no, yes))
  const dialog = make("dialog", { class: "dialog", role: "alertdialog", "aria-label": question }, form)
  document.body.append(dialog)
  dialog.showModal()
  yes.focus()
  return new Promise(resolve => {
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes")
      setTimeout(() => dialog.remove())
    })
  })
}

// hx-confirm asks in our dialog; data-confirm-verb names the button, data-danger makes it red.
document.addEventListener("htmx:confirm", event => {
  const { question, elt, issueRequest } = event.detail
  if (!question) return
  event.preventDefault()
  const options = { verb: elt.dataset.confirmVerb, danger: "danger" in elt.dataset }
  ask(question, options).then(yes => { if (yes) issueRequest(true) })
})
