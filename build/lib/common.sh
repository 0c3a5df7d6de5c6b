# Shared by the four commands: one set of build flags (changing them rebuilds
# everything), the version from FyneApp.toml alone, the programs' names.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. build/lib/packages.sh

command -v go >/dev/null || PATH=$PATH:/usr/local/go/bin
command -v go >/dev/null || { echo "Go is not installed (https://go.dev/dl); the version needed is in go.mod." >&2; exit 1; }
export GOFLAGS="-trimpath -buildvcs=false"

out=build/out
mkdir -p "$out"

# The programs of the instrument's PC, and those of the other side.
host_programs="beckmanconnect beckmanconnect-tray beckmanconnect-desktop beckmanconnect-service beckmanconnect-upgrade beckmanconnect-launcher beckmanctl"
other_programs="beckmanconnect-cloud beckmanconnect-desk"

say() { printf '%s  %s\n' "$(date +%H:%M:%S)" "$*"; }

package_of() { case $1 in beckmanconnect) echo . ;; *) echo "./cmd/$1" ;; esac; }

# app_field NAME [FILE]: a field of FyneApp.toml, the only source of version, ID and name.
app_field() { sed -n "s/^ *$1 *= *\"\{0,1\}\([^\"]*\)\"\{0,1\} *$/\1/p" "${2:-FyneApp.toml}"; }

# build_console makes the engineer's page and its WASM, which the cloud and
# beckmanconnect-desk carry.
build_console() { go run ./build/console; }

# built_flag PROGRAM: the time of the commit, for the one program that takes no
# earlier time for the present. The others are the same bytes over commits.
built_flag() {
  local at=${SOURCE_DATE_EPOCH:-}
  [ "$1" = beckmanconnect-upgrade ] || return 0
  [ -n "$at" ] || at=$(git log -1 --format=%ct 2>/dev/null) || return 0
  echo "-X beckmanconnect/internal/version.built=$at"
}

# build_programs DIR PROGRAM…: native builds with the version of ${app_file:-FyneApp.toml}.
build_programs() {
  local dir=$1 program version
  shift
  version=$(app_field Version "${app_file:-FyneApp.toml}")
  mkdir -p "$dir"
  for program in "$@"; do
    go build ${build_tags:+-tags "$build_tags"} -ldflags "-s -w -X beckmanconnect/internal/version.override=$version $(built_flag "$program")" -o "$dir/$program" "$(package_of "$program")"
  done
}

# build_windows DIR PROGRAM…: the same for Windows, by mingw.
build_windows() {
  local dir=$1 program version gui
  shift
  version=$(app_field Version "${app_file:-FyneApp.toml}")
  mkdir -p "$dir"
  for program in "$@"; do
    case $program in beckmanconnect | *-tray | *-desktop) gui="-H=windowsgui" ;; *) gui= ;; esac
    GOOS=windows GOARCH=amd64 CGO_ENABLED=1 CC=x86_64-w64-mingw32-gcc CXX=x86_64-w64-mingw32-g++ \
      go build ${build_tags:+-tags "$build_tags"} -ldflags "-s -w $gui -X beckmanconnect/internal/version.override=$version $(built_flag "$program")" -o "$dir/$program.exe" "$(package_of "$program")"
  done
}

# vet_windows PACKAGE…: go vet of what runs on Windows.
vet_windows() {
  GOOS=windows GOARCH=amd64 CGO_ENABLED=1 CC=x86_64-w64-mingw32-gcc CXX=x86_64-w64-mingw32-g++ go vet "$@"
}

# passed is where once notes what passed: beside Go's results of tests, which it
# is like, so that what keeps those keeps these.
passed() { echo "$(go env GOCACHE)/beckmanconnect-passed"; }

# once NAME FILE… -- COMMAND…: runs COMMAND, unless it passed before with the same
# bytes in all these files and the same Debian packages, as go test does for its
# packages. In any clone: what it leaves behind in one is not in the next.
once() {
  local name=$1 files=() mark
  shift
  while [ "$1" != -- ]; do files+=("$1"); shift; done
  shift
  mark=$({ printf '%s\n' "$*"; sha256sum -- "${files[@]}"; dpkg-query -W; } | sha256sum | cut -c1-64)
  mark=$(passed)/$name-$mark
  if [ -e "$mark" ]; then
    say "  passed before with the same programs"
    return
  fi
  "$@"
  mkdir -p "$(passed)"
  find "$(passed)" -type f -mtime +30 -delete
  touch "$mark"
}
