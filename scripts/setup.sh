#!/usr/bin/env bash
# Install what Voronka needs, once; later calls see by stamps that nothing changed.
#   scripts/setup.sh            environment, web assets, translations
#   scripts/setup.sh --browser  and Chromium, for the tests
set -euo pipefail
cd "$(dirname "$0")/.."
export UV_PYTHON_DOWNLOADS=never npm_config_update_notifier=false
certificates=/etc/ssl/certs/ca-certificates.crt
if [ -r "$certificates" ]; then  # a company's own certificate authority counts for all three
  export UV_SYSTEM_CERTS=true PIP_CERT=${PIP_CERT:-$certificates}
  export NODE_EXTRA_CA_CERTS=${NODE_EXTRA_CA_CERTS:-$certificates}
fi
UV_WANTED=0.13.9
stamps=.venv/.stamps

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
sum() { cat "$@" 2>/dev/null | cksum; }

# run_once NAME STATE COMMAND…: run the command unless it succeeded before with the same state.
run_once() {
  local stamp="$stamps/$1" state=$2
  shift 2
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$state" ]; then return; fi
  "$@"
  mkdir -p "$stamps"
  printf '%s' "$state" >"$stamp"
}

apt_install() {
  say "Installing $* …"
  DEBIAN_FRONTEND=noninteractive apt-get update -qq >/dev/null || return 1
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

can_apt() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

find_python() {
  for name in python3 python3.13 python3.12 python3.11 python; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  die "Voronka needs Python 3.11 or newer. On Debian 12 or Ubuntu 24.04: apt install python3"
}

new_enough() { # new_enough HAVE WANTED
  [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}

find_uv() {
  local own=.tools/uv/bin/uv version
  if [ -x "$own" ]; then
    uv=$own
    return
  fi
  if version=$(uv --version 2>/dev/null) && new_enough "$(echo "$version" | cut -d' ' -f2)" 0.9.0; then
    uv=uv
    return
  fi
  say "Installing uv into .tools …"
  if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    if can_apt; then
      apt_install python3-venv || die "python3-venv could not be installed by apt-get; see above."
    else
      die "Python comes without venv here. Install it (apt install python3-venv) or uv, then try again."
    fi
  fi
  "$python" -m venv .tools/uv
  .tools/uv/bin/pip install --quiet --disable-pip-version-check "uv==$UV_WANTED"
  uv=$own
}

environment() {
  python=$(find_python)
  find_uv
  say "Installing the Python packages …"
  "$uv" sync --locked --quiet --python "$python"
}

browser_libraries() {
  command -v npm >/dev/null || die "Voronka needs Node and npm. On Debian: apt install nodejs npm"
  say "Installing the web assets …"
  npm ci --no-audit --no-fund --loglevel=error
}

# What the sprite depends on: every icon that a template, a view or a script names.
icons() {
  grep -rhoE "icon[=( ]+[\"'][a-z0-9-]+[\"']" voronka/web --include='*.html' --include='*.py' --include='*.js' \
    --exclude-dir=vendor | sort -u
}

# `type -P` asks for a program only: a function of that name would answer `command -v`.
test_browser() {
  local name
  for name in "${VORONKA_CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
    if [ -n "$name" ] && type -P "$name" >/dev/null; then return; fi
  done
  if can_apt; then
    apt_install chromium fonts-dejavu-core || die "Chromium could not be installed by apt-get; see above."
  else
    die "The browser tests need Chromium. Install it (apt install chromium fonts-dejavu-core) or name
another one: VORONKA_CHROMIUM=/path/to/chrome make test"
  fi
}

# A checkout that moved has an environment with wrong paths: its place is part of the state.
run_once environment "$PWD $(sum uv.lock pyproject.toml)" environment
if [ -f package.json ]; then
  run_once libraries "$(sum package.json package-lock.json)" browser_libraries
  run_once assets "$(sum package-lock.json scripts/assets.mjs scripts/tabler.scss voronka/web/static/*/icons.txt) $(icons | cksum)" \
    npm run --silent build >/dev/null
fi
run_once messages "$(find voronka -name '*.po' -exec cksum {} + | sort)" \
  .venv/bin/python scripts/messages.py compile
if [ "${1:-}" = --browser ]; then test_browser; fi
