// Ctrl-K: the command palette. The server draws the list (role="option" links); the keyboard walks it.
class AppPalette extends HTMLElement {
  #frame = this.querySelector("dialog")
  #input = this.querySelector("input")
  #list = this.querySelector("[role=listbox]")
  #shown // what was looked for when the list was drawn
  #hasty // Enter that came before the list of what is typed
  #leaving = new AbortController()

  connectedCallback() {
    const { signal } = this.#leaving
    document.addEventListener("keydown", event => {
      if ((event.ctrlKey || event.metaKey) && event.code === "KeyK") {
        event.preventDefault()
        this.#frame.open ? this.#frame.close() : this.open()
      }
    }, { signal })
    document.addEventListener("click", event => {
      if (event.target.closest("[data-palette]")) this.open()
    }, { signal })
    this.#input.addEventListener("keydown", event => this.#pressed(event))
    this.#input.addEventListener("input", () => { this.#hasty = undefined })
    this.#list.addEventListener("htmx:beforeSwap", ({ detail }) => { // an option at work must not be swapped away
      if (!this.#frame.open) detail.shouldSwap = false
    })
    this.#list.addEventListener("htmx:afterSettle", ({ detail }) => {
      this.#shown = new URL(detail.xhr.responseURL).searchParams.get("q")
      this.#mark(0)
      if (this.#hasty) this.#choose(this.#hasty)
    })
    this.#list.addEventListener("click", event => {
      const option = event.target.closest("[role=option]")
      if (option && !event.ctrlKey && !event.metaKey) this.#frame.close()
    }, true)
    this.#frame.addEventListener("mousedown", event => { if (event.target === this.#frame) this.#frame.close() })
  }

  disconnectedCallback() {
    this.#leaving.abort()
  }

  open() {
    this.#frame.showModal()
    this.#input.select()
    htmx.trigger(this.#input, "palette:open")
  }

  get #options() {
    return [...this.#list.querySelectorAll("[role=option]")]
  }

  #mark(index) {
    const options = this.#options
    options.forEach((option, place) => {
      option.id ||= `palette-option-${place}`
      option.setAttribute("aria-selected", place === index)
    })
    const chosen = options[index]
    chosen?.scrollIntoView({ block: "nearest" })
    this.#input.setAttribute("aria-activedescendant", chosen?.id ?? "")
  }

  #pressed(event) {
    const options = this.#options
    const now = options.findIndex(option => option.getAttribute("aria-selected") === "true")
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step) {
      event.preventDefault()
      this.#mark((now + step + options.length) % options.length)
    } else if (event.key === "Enter") {
      event.preventDefault()
      if (this.#input.value === this.#shown) this.#choose(event)
      else this.#hasty = event
    }
  }

  #choose({ ctrlKey, metaKey }) {
    const options = this.#options
    this.#hasty = undefined
    const chosen = options.find(option => option.getAttribute("aria-selected") === "true") ?? options[0]
    chosen?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, ctrlKey, metaKey }))
  }
}
customElements.define("app-palette", AppPalette)
