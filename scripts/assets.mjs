// Lays the browser libraries, fonts, icons and the Tabler parts we use into static/vendor/.
// No bundler: what a browser loads is the library's own minified file, or that file wrapped as a module.
import { cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import * as sass from "sass"
import subset from "subset-font"

const root = join(dirname(fileURLToPath(import.meta.url)), "..")
const modules = join(root, "node_modules")
const web = join(root, "voronka/web")
const out = join(web, "static/vendor")

/** A UMD file as an ES module: it finds `module.exports` in the module's own scope. */
const asModule = (code, before = "") =>
  `${before}const module = { exports: {} }, exports = module.exports\n${code}\nexport default module.exports\n`

const read = path => readFile(join(modules, path), "utf8")
const withoutSourceMap = code => code.replace(/\n?\/\/# sourceMappingURL=\S+\s*$/, "\n")
const write = async (name, content) => {
  await mkdir(dirname(join(out, name)), { recursive: true })
  await writeFile(join(out, name), content)
}

async function scripts() {
  for (const [from, to] of [
    ["htmx.org/dist/htmx.min.js", "htmx.js"],
    ["idiomorph/dist/idiomorph-ext.min.js", "idiomorph.js"],
    ["alpinejs/dist/cdn.min.js", "alpine.js"],
    ["echarts/dist/echarts.esm.min.mjs", "echarts.js"],
  ])
    await write(to, withoutSourceMap(await read(from)))
  await write("sortable.js", asModule(withoutSourceMap(await read("sortablejs/Sortable.min.js"))))
  const tom = await read("tom-select/dist/js/tom-select.complete.min.js")
  await write("tom-select.js", asModule(withoutSourceMap(tom)))
}

async function styles() {
  const { css } = await sass.compileAsync(join(root, "scripts/tabler.scss"), {
    style: "compressed",
    loadPaths: [modules],
    quietDeps: true,
    logger: sass.Logger.silent,
  })
  await write("tabler.css", css)
}

/** Inter for Latin and Cyrillic, and of its extended Latin only the rouble and other money signs. */
async function fonts() {
  const files = join(modules, "@fontsource-variable/inter/files")
  const source = name => readFile(join(files, `inter-${name}-wght-normal.woff2`))
  await write("fonts/inter-latin.woff2", await source("latin"))
  await write("fonts/inter-cyrillic.woff2", await source("cyrillic"))
  const signs = await subset(await source("latin-ext"), "₽₸₴₺₹₩", { targetFormat: "woff2" })
  await write("fonts/inter-signs.woff2", signs)
}

async function* walk(folder) {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      if (!["vendor", "locale", "__pycache__"].includes(entry.name)) yield* walk(path)
    } else yield path
  }
}

/** Every icon named in a template, in Python (`icon="…"`), in a script (`icons.svg#…`) or in icons.txt. */
async function iconNames() {
  const names = new Set()
  const patterns = [/\{%\s*icon\s+["']([\w-]+)["']/g, /\bicon=["']([\w-]+)["']/g, /\bicon\(["']([\w-]+)["']/g]
  for await (const path of walk(web)) {
    if (!/\.(html|py|js)$/.test(path)) continue
    const text = await readFile(path, "utf8")
    for (const pattern of patterns) for (const [, name] of text.matchAll(pattern)) names.add(name)
  }
  const listed = await readFile(join(web, "static/voronka/icons.txt"), "utf8")
  for (const line of listed.split("\n"))
    if (!line.startsWith("#")) for (const name of line.split(/\s+/)) if (name) names.add(name)
  return [...names].sort()
}

async function icons() {
  const symbols = []
  const unknown = []
  for (const name of await iconNames()) {
    const filled = name.endsWith("-filled")
    const file = filled ? `filled/${name.slice(0, -"-filled".length)}` : `outline/${name}`
    let svg
    try {
      svg = await read(`@tabler/icons/icons/${file}.svg`)
    } catch {
      unknown.push(name)
      continue
    }
    const inner = svg
      .replace(/<!--[\s\S]*?-->/g, "")
      .replace(/^[\s\S]*?<svg[^>]*>/, "")
      .replace(/<\/svg>\s*$/, "")
      .replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*\/>/, "")
      .replace(/\s*\n\s*/g, "")
    const paint = filled ? ' fill="currentColor" stroke="none"' : ""
    symbols.push(`<symbol id="${name}" viewBox="0 0 24 24"${paint}>${inner}</symbol>`)
  }
  if (unknown.length) {
    console.error(`No such Tabler icon: ${unknown.join(", ")}. Look the name up in node_modules/@tabler/icons/icons/.`)
    process.exit(1)
  }
  await write("icons.svg", `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("\n")}</svg>\n`)
  console.log(`${symbols.length} icons`)
}

await rm(out, { recursive: true, force: true })
await Promise.all([scripts(), styles(), fonts(), icons()])
await cp(join(modules, "@fontsource-variable/inter/LICENSE"), join(out, "fonts/LICENSE"))
