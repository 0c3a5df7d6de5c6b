# Debian packages by purpose. Sourced by build/demo, build/test and
# build/release, so that a machine with only Go, git and apt is enough.
#
#   need build desktop …    installs what is missing of these groups

packages_build="gcc libc6-dev pkg-config ca-certificates libgl1-mesa-dev libx11-dev libxcursor-dev libxrandr-dev
  libxinerama-dev libxi-dev libxxf86vm-dev libxkbcommon-dev libgtk-3-dev libayatana-appindicator3-dev libvpx-dev"
packages_desktop="xclip xvfb xserver-xephyr xauth openbox dunst xfce4-panel dbus dbus-x11 dbus-bin xdotool x11-utils
  x11-xserver-utils imagemagick libgl1-mesa-dri libglx-mesa0 fonts-dejavu-core adwaita-icon-theme xterm procps"
packages_browser="chromium chromium-headless-shell libnss3-tools" # the story runs in the whole browser, the pages' own tests in the one without windows
packages_npm="npm" # fetches axe-core, which the engineer's page is held against in tests
packages_story="fuse2fs fuse3 e2fsprogs clamav-daemon"
packages_network="iproute2 nftables netbase mount openssl mosquitto squid tinyproxy snmpd systemd-journal-remote python3-qpid-proton" # netbase: nft names protocols by it; openssl: a peer without an extended master secret; mosquitto: a broker the link is tested with; squid, tinyproxy: proxies; snmpd: an agent to probe; systemd-journal-remote: makes a journal to read; python3-qpid-proton: the AMQP side of an IoT hub
# Other remote desktops, which build/bench screen compares with: installed only for it.
packages_peers="tigervnc-scraping-server tigervnc-standalone-server tigervnc-viewer x11vnc novnc"
# Programs that stand all day beside ours in build/bench idle.
packages_idlers="parcellite diodon pasystray tigervnc-scraping-server tigervnc-standalone-server"
# What build/bench upgrade compares deltas with.
packages_deltas="zstd bsdiff"
# What build/bench relay compares with.
packages_relays="haproxy socat"
packages_broker="mosquitto mosquitto-clients"
packages_windows="gcc-mingw-w64-x86-64 g++-mingw-w64-x86-64 osslsigncode" # osslsigncode: signs Windows programs
# Windows packages: MSI, setup.exe. MinGW's headers and libraries have what the MSI's custom action needs.
packages_installers="wixl msitools nsis osslsigncode gcc-mingw-w64-x86-64"
packages_chroot="debootstrap systemd" # systemd: systemd-analyze verifies units
packages_wine="wine wine64 libwine"
packages_postgres="postgresql" # the cloud's data is tested on a server of their own
packages_siem="rsyslog rsyslog-gnutls fail2ban nftables" # where the cloud's events go, and who shuts addresses out, each tried as it is
packages_tokens="softhsm2 libengine-pkcs11-openssl" # a PKCS#11 token to hold release keys in tests, and how osslsigncode reaches it

missing_packages() {
  local group package
  for group in "$@"; do
    local list="packages_$group"
    for package in ${!list}; do
      [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s ' "$package"
    done
  done
}

need() {
  local missing as_root=
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  command -v apt-get >/dev/null || { echo "This needs Debian's apt-get to install: $missing" >&2; return 1; }
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "Not root and no sudo. As root, run: apt-get install --no-install-recommends $missing" >&2; return 1; }
    as_root="sudo"
  fi
  echo "Installing: $missing"
  local quiet="build/out/apt.log"
  mkdir -p build/out
  if ! { $as_root apt-get update && $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; } >"$quiet" 2>&1; then
    tail -n 20 "$quiet" >&2
    echo "Debian's packages could not be installed (whole output: $quiet)." >&2
    return 1
  fi
  missing=$(missing_packages "$@")
  [ -z "$missing" ] || { echo "Still missing after the installation: $missing" >&2; return 1; }
}
