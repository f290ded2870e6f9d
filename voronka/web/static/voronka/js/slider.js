// The slider: a page over the page, with its own address. <a href="/items/55/" data-slider> opens it;
// htmx sends HX-Target: slider, and the template that extends frame.base leaves the frame out.
// Esc, the cross and Back close it; the page underneath keeps its scroll, filters and open columns.
import { ask } from "app/dialog"
import { text } from "app/texts"

class AppSlider extends HTMLElement {
  #frame = this.querySelector("dialog")
  #body = this.querySelector("#slider")
  #title = document.title
  #leaving = new AbortController()
  #reloaded = false

  connectedCallback() {
    const { signal } = this.#leaving
    if (history.state?.slider) { // reloaded on a slider's address: this is a page of its own now
      history.replaceState(null, "")
      this.#reloaded = true
    }
    document.addEventListener("click", event => this.#clicked(event), { signal })
    document.addEventListener("htmx:afterSwap", event => {
      if (event.detail.target === this.#body) this.#shown()
    }, { signal })
    document.addEventListener("slider:close", () => this.close({ sure: true }), { signal })
    document.addEventListener("slider:open", event => this.open(event.detail.url), { signal })
    window.addEventListener("popstate", event => this.#went(event), { signal, capture: true })
    this.#frame.addEventListener("cancel", event => { event.preventDefault(); this.close() })
    this.#frame.addEventListener("mousedown", event => {
      if (event.target === this.#frame && event.clientX < this.#frame.getBoundingClientRect().left) this.close()
    })
    this.#body.addEventListener("input", ({ target }) => {
      const form = target.closest("form")
      if (form && form.getAttribute("method") !== "get" && !("noGuard" in form.dataset)) form.dataset.dirty = ""
    })
    this.#body.addEventListener("htmx:afterRequest", ({ detail }) => {
      if (detail.successful) delete detail.elt.closest("form")?.dataset.dirty
    })
  }

  disconnectedCallback() {
    this.#leaving.abort()
  }

  /** Load `url` into the slider and give the window its address. */
  async open(url) {
    const depth = (this.#frame.open && history.state?.slider?.depth) || 0
    if (!depth) this.#title = document.title
    const here = history.state
    await this.#load(url)
    if (!this.#frame.open || history.state !== here) return
    history.pushState({ slider: { url, depth: depth + 1 } }, "", url)
  }

  /** Go back to the page underneath. Asks first when something typed is not saved. */
  async close({ sure = false } = {}) {
    if (!this.#frame.open) return
    if (!sure && this.#body.querySelector("form[data-dirty]")
      && !await ask(text("unsaved"), { verb: text("close_anyway"), danger: true })) return
    const depth = history.state?.slider?.depth
    this.#hide()
    if (depth) history.go(-depth)
  }

  #clicked(event) {
    if (event.target.closest("#slider-frame [data-close]") && !event.target.closest("#dialog-frame")) return this.close()
    const link = event.target.closest("a[data-slider]")
    if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return
    if (link.pathname === location.pathname && !link.closest("#slider-frame")) return // this very page: no second one over it
    event.preventDefault()
    this.open(link.href)
  }

  async #load(url) {
    this.setAttribute("aria-busy", "true")
    try {
      await htmx.ajax("GET", url, { source: this, target: this.#body, swap: "innerHTML" })
    } finally {
      this.removeAttribute("aria-busy")
    }
  }

  #shown() {
    this.#frame.classList.toggle("wide", Boolean(this.#body.querySelector("[data-wide]")))
    const heading = this.#body.querySelector("h1, h2")
    if (heading) this.#frame.setAttribute("aria-label", heading.textContent.trim())
    if (this.#frame.open) return
    this.#frame.showModal()
    this.#body.scrollTop = 0
    if (!this.#body.querySelector("[autofocus]")) this.#body.focus()
  }

  #hide() {
    this.#frame.close()
    this.#body.replaceChildren()
    document.title = this.#title
    document.dispatchEvent(new CustomEvent("slider:closed"))
  }

  #went(event) {
    if (this.#reloaded) return location.reload()
    if (event.state?.slider) {
      event.stopImmediatePropagation()
      this.#load(event.state.slider.url)
    } else if (this.#frame.open) {
      event.stopImmediatePropagation()
      this.#hide()
    }
  }
}
customElements.define("app-slider", AppSlider)
