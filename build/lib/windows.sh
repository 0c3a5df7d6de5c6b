# Windows packages out of Windows programs, shared by build/release and by the
# runs under Wine. Sourced after common.sh; $out/bin/pack is there.

# pack_windows VERSION BIN DEST: archive, SBOM, MSI, setup.exe of the programs in
# BIN. $signing (an array) says who signs; empty: nobody. $roots, $url, $fast and
# $work_windows as in build/release. Without $roots there are only archive and SBOM.
pack_windows() {
  local version=$1 bin=$2 dest=$3 work=$work_windows pack=$out/bin/pack name=beckmanconnect-$1-windows-amd64 program programs=() uninstaller=
  rm -rf "$work"
  mkdir -p "$work"
  for program in $host_programs; do programs+=("$bin/$program.exe"); done
  "$pack" resources --version "$version" --icon assets/icons/app.ico --out "$work/programs" "${programs[@]}"
  "$pack" resources --version "$version" --icon assets/icons/app.ico --out "$work/bin" --launcher "$bin/beckmanconnect-launcher.exe"
  "$pack" check-programs --version "$version" "$work/programs"/*.exe "$work/bin"/*.exe
  x86_64-w64-mingw32-gcc -shared -Os -s -Wall -Werror -Wl,--no-insert-timestamp,--disable-auto-image-base -o "$work/action.dll" build/installer/action/action.c -lmsi
  if [ ${#signing[@]} -gt 0 ]; then
    "$pack" sign-programs "${signing[@]}" --roots "$roots" --in-place "$work/programs"/*.exe "$work/bin"/*.exe "$work/action.dll"
    printf -v uninstaller '"%s" ' "$(realpath "$pack")" sign-programs "${signing[@]}" --roots "$roots" --in-place
    uninstaller+='"%1"'
  fi
  "$pack" archive --bin "$work/programs" --version "$version" --platform windows-amd64 "${signing_archive[@]}" ${fast:+--fast} --out "$dest/$name.tar.zst"
  programs=()
  for program in $host_programs; do
    [ "$program" = beckmanconnect-launcher ] || programs+=("$work/programs/$program.exe")
  done
  "$pack" sbom --version "$version" --bin "$work/bin" --out "$dest/$name.cdx.json" "${programs[@]}"
  [ -n "$roots" ] || return 0
  local all=(--version "$version" --archive "$dest/$name.tar.zst" --unpacker "$work/programs/beckmanconnect-upgrade.exe" --bin "$work/bin" --roots "$roots"
    --license LICENSE --notices THIRD-PARTY-NOTICES.md --icon "$PWD/assets/icons/app.ico" --url "$url" ${fast:+--fast})
  "$pack" contents "${all[@]}" --out "$work/contents"
  "$pack" msi "${all[@]}" --action "$work/action.dll" --out "$dest/$name.msi"
  "$pack" setup "${all[@]}" ${uninstaller:+--sign "$uninstaller"} --out "$dest/$name-setup.exe"
  "$pack" scan --roots "$roots" --sbom "$dest/$name.cdx.json" ${production:+--production} "$dest/$name.msi" "$dest/$name.tar.zst"
  [ ${#signing[@]} -eq 0 ] || "$pack" sign-programs "${signing[@]}" --roots "$roots" --in-place "$dest/$name.msi" "$dest/$name-setup.exe"
}
