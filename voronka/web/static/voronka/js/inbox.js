// Conversations: the composer with its draft, letters as high as their words, the chosen row, the card's switch.
import { make } from "app/texts"

// Where one answers. The draft lives in the browser, so neither a new message nor leaving the page loses it.
class TalkComposer extends HTMLElement {
  #leaving = new AbortController()
  #sending = ""

  connectedCallback() {
    const { signal } = this.#leaving
    const box = this.#box
    box.value = sessionStorage.getItem(this.#key) ?? box.value
    box.addEventListener("input", () => sessionStorage.setItem(this.#key, box.value), { signal })
    this.querySelector("[name=way]").addEventListener("change", () => this.#chose(), { signal })
    this.querySelector("[name=files]").addEventListener("change", ({ target }) => this.#attached(target.files), { signal })
    this.addEventListener("keydown", event => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return
      event.preventDefault()
      this.querySelector("[data-send]").click()
    }, { signal })
    this.addEventListener("click", ({ target }) => {
      const moment = target.closest("[data-due]")
      if (moment) this.querySelector("[name=send_at]").value = moment.dataset.due
    }, { signal })
    this.addEventListener("htmx:beforeRequest", () => { this.#sending = box.value }, { signal })
    this.addEventListener("talk:sent", () => this.#sent(), { signal })
    this.#chose({ first: true })
  }

  disconnectedCallback() {
    this.#leaving.abort()
  }

  get #box() { return this.querySelector("textarea") }
  get #key() { return `talk:${this.dataset.draft}` }

  /** A channel was chosen: letters have a subject, some channels take no files. */
  #chose({ first = false } = {}) {
    const { withSubject, subject, files } = this.querySelector("[name=way]").selectedOptions[0]?.dataset ?? {}
    const title = this.querySelector("[name=subject]")
    title.hidden = !withSubject
    if (!first) title.value = subject ?? ""
    this.querySelector("[data-attach]").hidden = !files
  }

  #attached(files) {
    const place = this.querySelector(".compose-files")
    place.replaceChildren(...[...files].map(file => make("span", { class: "badge" }, file.name)))
    place.hidden = !files.length
  }

  /** Empty what was sent; words written meanwhile stay. */
  #sent() {
    const box = this.#box
    const more = box.value.startsWith(this.#sending) ? box.value.slice(this.#sending.length) : ""
    box.value = more
    if (more) sessionStorage.setItem(this.#key, more)
    else sessionStorage.removeItem(this.#key)
    this.querySelector("[name=files]").value = ""
    this.querySelector("[name=send_at]").value = ""
    this.#attached([])
    this.querySelector(".talk-refusal").replaceChildren()
    this.querySelector(".talk-later").open = false
    const thread = this.closest(".talk")?.querySelector(".talk-thread")
    if (thread) thread.scrollTop = 0 // the newest, in a reversed column
    box.focus()
  }
}
customElements.define("talk-composer", TalkComposer)

// A letter in its frame: as high as its words; pictures from elsewhere only when asked for.
class MailLetter extends HTMLElement {
  #leaving = new AbortController()

  connectedCallback() {
    const { signal } = this.#leaving
    this.#frame.addEventListener("load", () => this.#fit(), { signal })
    this.addEventListener("click", ({ target }) => {
      const button = target.closest("[data-images]")
      if (!button) return
      this.#frame.src = button.dataset.images
      button.closest(".letter-images").remove()
    }, { signal })
    document.addEventListener("htmx:afterSwap", () => this.#fit(), { signal }) // a morph takes the height away
    addEventListener("resize", () => this.#fit(), { signal })
    this.#fit()
  }

  disconnectedCallback() {
    this.#leaving.abort()
  }

  get #frame() { return this.querySelector("iframe") }

  #fit() {
    const body = this.#frame?.contentDocument?.body
    if (body?.childNodes.length) this.#frame.style.height = `${Math.min(body.scrollHeight + 4, 4000)}px`
  }
}
customElements.define("mail-letter", MailLetter)

/** Walk through the list: the focus goes to another conversation, Enter opens it. */
function walk(step) {
  const rows = [...document.querySelectorAll("#inbox-list .talk-row a[hx-get]")]
  const focused = rows.indexOf(document.activeElement)
  const now = focused < 0 ? rows.findIndex(row => row.hasAttribute("aria-current")) : focused
  if (step > 0 && now === rows.length - 1) document.querySelector("#inbox-list .feed-more button")?.click()
  rows[now < 0 ? 0 : Math.min(Math.max(now + step, 0), rows.length - 1)]?.focus()
}

document.addEventListener("keydown", event => {
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key]
  if (!step || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return
  const free = event.target === document.body && document.querySelector("#inbox-list") && !document.querySelector("dialog[open]")
  if (!free && !event.target.closest?.("#inbox-list")) return
  event.preventDefault()
  walk(step)
})

document.addEventListener("click", ({ target }) => {
  const step = target.closest?.("[data-talk-step]")
  if (step) walk(Number(step.dataset.talkStep))
  const row = target.closest?.(".talk-row a[hx-get]")
  if (row) {
    for (const other of document.querySelectorAll(".talk-row [aria-current]")) other.removeAttribute("aria-current")
    row.setAttribute("aria-current", "true")
  }
  const tab = target.closest?.("[data-feed-tab]")
  if (tab) {
    const feed = tab.closest(".item-feed")
    feed.dataset.feed = tab.dataset.feedTab
    for (const other of feed.querySelectorAll("[data-feed-tab]")) other.setAttribute("aria-pressed", other === tab)
  }
})
