// Sentences for scripts, in the person's language: base.html writes them into <script id="texts">.
const all = JSON.parse(document.getElementById("texts")?.textContent ?? "{}")

/** The sentence `name`, with {places} filled from `values`. */
export const text = (name, values = {}) =>
  (all[name] ?? name).replace(/\{(\w+)\}/g, (place, key) => values[key] ?? place)

/** An icon of the sprite as an SVG element. */
export function icon(name, className = "icon") {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg")
  svg.setAttribute("class", className)
  svg.setAttribute("aria-hidden", "true")
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use")
  use.setAttribute("href", `${all.sprite}#${name}`)
  svg.append(use)
  return svg
}

/** A small element maker: make("button", { class: "btn", type: "button" }, "Close", icon("x")). */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) if (value != null) element.setAttribute(name, value)
  element.append(...children)
  return element
}
