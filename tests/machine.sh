# What the scripts beside it need of the machine: source it. Installs Debian's packages where they
# are missing, and runs a PostgreSQL of its own on a socket until the script ends.

install() {
  local missing=()
  [ -n "$(ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null || true)" ] || missing+=(postgresql)
  command -v chromium >/dev/null || missing+=(chromium)
  command -v chromedriver >/dev/null || missing+=(chromium-driver)
  command -v cc >/dev/null || missing+=(build-essential)
  # Without them the pictures of pages show boxes for words.
  [ -n "$(fc-list :lang=zh-tw 2>/dev/null)" ] || missing+=(fontconfig fonts-noto-cjk)
  [ -n "$(fc-list :lang=und-zsye 2>/dev/null)" ] || missing+=(fonts-noto-color-emoji)
  [ ${#missing[@]} -eq 0 ] && return
  local root=()
  [ "$(id -u)" = 0 ] || root=(sudo)
  "${root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# PostgreSQL refuses to run as root.
as_postgres() {
  if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; else "$@"; fi
}

start_postgres() {
  local memory=/dev/shm
  [ -d "$memory" ] && [ -w "$memory" ] || memory=${TMPDIR:-/tmp}
  place=$(mktemp -d "$memory/tidings.XXXXXX")
  trap stop_postgres EXIT
  [ "$(id -u)" != 0 ] || chown postgres "$place"
  bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
  as_postgres "$bin/initdb" -D "$place/data" -U tidings --auth=trust --no-sync -E UTF8 --locale=C >/dev/null
  as_postgres "$bin/pg_ctl" -D "$place/data" -w -s -l "$place/log" \
    -o "-k $place -h '' -F -c synchronous_commit=off -c full_page_writes=off -c max_connections=300" start
  export TEST_POSTGRES="postgresql:///postgres?host=$place&user=tidings"
}

stop_postgres() {
  [ -n "${place:-}" ] || return 0
  as_postgres "$bin/pg_ctl" -D "$place/data" -m immediate -s stop || true
  rm -rf "$place"
}
