#!/usr/bin/env bash
# Makes a Wine prefix: a copy of one that is made once for each version of Wine
# and kept in build/out, with the one DLL that Wine lacks.
#
#   build/wine/prefix.sh DIR      DIR is not there yet
. "$(dirname "$0")/../lib/common.sh"
to=${1:?folder of the prefix}
kept=$out/wine-prefix-$(wine --version | tr -c 'A-Za-z0-9.\n' '-')
if [ ! -d "$kept" ]; then
  making=$(mktemp -d "$PWD/$out/wine-prefix-new.XXXXXX")
  trap 'WINEPREFIX=$making/prefix wineserver -k 2>/dev/null || true; rm -rf "$making"' EXIT
  export WINEPREFIX=$making/prefix WINEARCH=win64 WINEDEBUG=-all WINEDLLOVERRIDES="mscoree,mshtml,winemenubuilder.exe=" LC_ALL=C.UTF-8
  export HOME=$making XDG_CONFIG_HOME=$making/config XDG_DATA_HOME=$making/share XDG_CACHE_HOME=$making/cache
  timeout -k 5 300 wineboot -i >"$making/boot.log" 2>&1 || { cat "$making/boot.log" >&2; echo "wineboot failed" >&2; exit 1; }
  timeout -k 5 120 wineserver -w || { echo "wineboot did not come to rest" >&2; exit 1; }
  x86_64-w64-mingw32-gcc -shared -O1 -o "$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll" build/wine/bcryptprimitives.c -ladvapi32
  # Folders of its own for documents and downloads, not those of whoever made it.
  find "$WINEPREFIX/drive_c/users" -type l -exec sh -c 'rm "$1" && mkdir "$1"' - {} \;
  mv -T "$WINEPREFIX" "$kept" 2>/dev/null || [ -d "$kept" ] # another run may have been first
fi
cp -a --reflink=auto "$kept" "$to"
