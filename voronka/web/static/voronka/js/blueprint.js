// A text area with numbered lines: <line-editor data-wrong="12,40"><textarea wrap="off">…. Wrong lines are marked;
// a button [data-line] anywhere on the page leads to its line.
class LineEditor extends HTMLElement {
  #gutter = document.createElement("pre")
  #leaving = new AbortController()

  connectedCallback() {
    const { signal } = this.#leaving
    this.#gutter.setAttribute("aria-hidden", "true")
    this.prepend(this.#gutter)
    this.#box.addEventListener("input", () => this.#number(), { signal })
    this.#box.addEventListener("scroll", () => { this.#gutter.scrollTop = this.#box.scrollTop }, { signal })
    document.addEventListener("click", ({ target }) => {
      const link = target.closest("[data-line]")
      if (link) this.#show(Number(link.dataset.line))
    }, { signal })
    this.#number()
    if (this.#wrong.length) this.#scroll(this.#wrong[0])
  }

  disconnectedCallback() {
    this.#leaving.abort()
  }

  get #box() { return this.querySelector("textarea") }
  get #wrong() { return this.dataset.wrong ? this.dataset.wrong.split(",").map(Number) : [] }

  #number() {
    const wrong = new Set(this.#wrong)
    const count = this.#box.value.split("\n").length
    if (this.#gutter.childElementCount === count) return
    this.#gutter.replaceChildren(...Array.from({ length: count }, (_, n) => {
      const number = document.createElement("span")
      number.textContent = n + 1
      if (wrong.has(n + 1)) number.className = "wrong"
      return number
    }))
  }

  /** Select a line, so that its place is seen and typing replaces it. */
  #show(line) {
    const box = this.#box
    const before = box.value.split("\n").slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0)
    const end = box.value.indexOf("\n", before)
    box.focus({ preventScroll: true })
    box.setSelectionRange(before, end < 0 ? box.value.length : end)
    this.#scroll(line)
    this.scrollIntoView({ block: "nearest" })
  }

  #scroll(line) {
    const height = parseFloat(getComputedStyle(this.#box).lineHeight)
    this.#box.scrollTop = Math.max(0, (line - 4) * height)
    this.#gutter.scrollTop = this.#box.scrollTop
  }
}
customElements.define("line-editor", LineEditor)
