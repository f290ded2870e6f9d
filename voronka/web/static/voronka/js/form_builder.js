// The builder of site forms: the preview beside it, and what the palette has given already.
class FormPreview extends HTMLElement {
  #leaving = new AbortController()
  #timer
  #turn = 0

  connectedCallback() {
    const { signal } = this.#leaving
    for (const name of ["input", "change", "rows:changed"]) document.addEventListener(name, event => this.#heard(event), { signal })
    document.addEventListener("htmx:afterSwap", ({ detail }) => { // a row was added or drawn anew
      if (detail.target.closest?.("#form-rows")) this.#soon(0)
    }, { signal })
    this.#draw()
  }

  disconnectedCallback() {
    this.#leaving.abort()
    clearTimeout(this.#timer)
  }

  get #form() { return document.getElementById(this.dataset.form) }

  #heard(event) {
    if (event.target === this || event.target.closest?.(`#${this.dataset.form}`) || event.target.form === this.#form) this.#soon(250)
  }

  #soon(wait) {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#draw(), wait)
  }

  async #draw() {
    this.#mark()
    const turn = ++this.#turn
    const answer = await fetch(this.dataset.url, { method: "POST", body: new FormData(this.#form) }).catch(() => null)
    if (!answer?.ok || turn !== this.#turn) return // an older picture must not come last
    const html = await answer.text()
    if (turn === this.#turn) this.#show(html)
  }

  /** The first picture is a whole page; later ones only exchange its inside, so that nothing flickers. */
  #show(html) {
    const frame = this.querySelector("iframe")
    const old = frame.contentDocument?.querySelector(".intake")
    if (!old) {
      frame.onload = () => this.#fit()
      frame.srcdoc = html
      return
    }
    old.replaceWith(new DOMParser().parseFromString(html, "text/html").querySelector(".intake"))
    this.#fit()
  }

  #fit() {
    const frame = this.querySelector("iframe")
    frame.style.height = `${frame.contentDocument.querySelector(".intake").scrollHeight + 2}px`
  }

  /** What stands in the form already is not offered twice. */
  #mark() {
    const used = new Set([...document.querySelectorAll("#form-rows > li")].map(row => row.dataset.target))
    for (const button of document.querySelectorAll("[data-once]")) button.disabled = used.has(button.dataset.once)
  }
}
customElements.define("form-preview", FormPreview)

document.addEventListener("htmx:afterSwap", ({ detail }) => { // refused: to the first thing to mend
  if (detail.target.matches?.(".form-builder")) document.querySelector(".form-builder :is(.field.invalid, .form-row.invalid, .field-error, .alert-danger)")?.scrollIntoView({ block: "center" })
})
