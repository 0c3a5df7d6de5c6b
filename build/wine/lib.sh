# Shared by the runs under Wine: a prefix of the run's own, a display, clean-up,
# and a few words to wait with. A run sources this after common.sh; it has then
# $work (its folder), $WINEPREFIX, $root.
root=$PWD
version=$(app_field Version)
work=$(mktemp -d)
export WINEPREFIX=$work/prefix WINEARCH=win64 WINEDEBUG=-all WINEDLLOVERRIDES="mscoree,mshtml=" LIBGL_ALWAYS_SOFTWARE=1
# Without a UTF-8 locale Wine cannot name a folder with an umlaut.
export LC_ALL=C.UTF-8
# Nothing of Wine may reach the home folder of who runs it; Go keeps its caches.
GOCACHE=$(go env GOCACHE) GOMODCACHE=$(go env GOMODCACHE) GOENV=$(go env GOENV)
export GOCACHE GOMODCACHE GOENV
export HOME=$work TMPDIR=$work XDG_CONFIG_HOME=$work/config XDG_DATA_HOME=$work/share XDG_CACHE_HOME=$work/cache
wine_name=$(basename "$0") xvfb='' passed='' beside=()

finish() {
  set +e
  if [ -z "$passed" ]; then
    echo "The Wine run $wine_name failed." >&2
    for log in "$work"/*.log "$work"/stage/*.log; do
      [ ! -s "$log" ] || { echo "--- $(basename "$log")" >&2; tail -n 40 "$log" >&2; }
    done
  fi
  [ ${#beside[@]} = 0 ] || kill "${beside[@]}" 2>/dev/null
  timeout 20 wineserver -k 2>/dev/null || true
  [ -z "$xvfb" ] || kill "$xvfb" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$work"
  [ -n "$passed" ]
}
trap finish EXIT

die() { echo "$*" >&2; exit 1; }

# within SECONDS COMMAND…: tries until it succeeds.
within() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.3
  done
}

# run SECONDS PROGRAM.exe ARG…
run() { timeout -k 5 "$1" wine "${@:2}"; }

# display [SIZE] starts an X server of the run's own.
display() {
  mkfifo "$work/display"
  # A number far from everybody's; see xserver in build/stage.
  Xvfb ":$((100 + RANDOM))" -displayfd 7 -screen 0 "${1:-1280x800}x24" -nolisten tcp 7<>"$work/display" >"$work/xvfb.log" 2>&1 &
  xvfb=$!
  read -r -t 20 number <"$work/display" || die "Xvfb did not start"
  export DISPLAY=:$number
}

# desktop starts its window manager.
desktop() {
  openbox >"$work/openbox.log" 2>&1 &
  beside+=($!)
}

# prefix makes the Wine prefix.
prefix() {
  say "  a Wine prefix of its own"
  build/wine/prefix.sh "$WINEPREFIX" >"$work/prefix.log" 2>&1 || die "no Wine prefix was made"
}

# first_client NAME: Wine gives the first client of a pipe to the listener's
# placeholder, where nobody answers; Windows does not. This is that client.
first_client() { run 1 cmd /c "type \\\\.\\pipe\\$1" >/dev/null 2>&1 || true; }

# test_overlay: Wine lacks the call by which Go deletes files at once; Go's own
# way around it is taken, for tests only. Prints the overlay's path.
test_overlay() {
  local source
  source=$(go env GOROOT)/src/internal/syscall/windows/at_windows.go
  sed 's/^var TestDeleteatFallback bool$/var TestDeleteatFallback = true/' "$source" >"$work/at_windows.go"
  printf '{"Replace":{"%s":"%s"}}' "$source" "$work/at_windows.go" >"$work/overlay.json"
  echo "$work/overlay.json"
}
