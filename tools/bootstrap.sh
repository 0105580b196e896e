#!/bin/sh
# Brings what a bare machine lacks: `bootstrap.sh build` for the demo, `range`, `lint` and `test` for their tools.
# Installs through apt-get where that and root (or sudo) are there; elsewhere one line says what to install by hand.
set -eu
cd "$(dirname "$0")/.."

RUST=1.88 # the `rust-version` of Cargo.toml
PYTHON=3.11

say() { printf '==> %s\n' "$*"; }
stop() { printf 'bootstrap: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif [ -t 0 ]; then sudo "$@"; else sudo -n "$@"; fi
}

can_install() {
    have apt-get && { [ "$(id -u)" = 0 ] || { have sudo && { [ -t 0 ] || sudo -n true 2>/dev/null; }; }; }
}

# Packages of servers would start them: a test tool has no business listening on this machine's network.
hold_services() {
    [ -e /usr/sbin/policy-rc.d ] && return 0
    printf '#!/bin/sh\nexit 101\n' | as_root tee /usr/sbin/policy-rc.d >/dev/null
    as_root chmod +x /usr/sbin/policy-rc.d
    trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
}

apt_install() {
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends --no-remove "$@" >/dev/null
}

find_python() {
    for name in ${PYTHON3:-} python3 python3.14 python3.13 python3.12 python3.11; do
        have "$name" && "$name" -c "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))" 2>/dev/null && echo "$name" && return
    done
    return 0
}

has_rust() {
    have cargo && have rustc && at_least "$RUST" "$(rustc --version | cut -d' ' -f2)"
}

wanted_for_build() {
    have cc || echo "gcc libc6-dev"
    [ -n "$(find_python)" ] || echo "python3 python3-venv"
    has_rust || echo "cargo-web rustc-web"
}

wanted_for_lint() {
    have cargo-fmt || echo "rustfmt-web"
}

# program:package, one line for every tool that some test or the range uses
wanted_for_test() {
    for pair in c++:g++ tshark:tshark storescu:dcmtk Orthanc:orthanc nginx:nginx-light smbd:samba smbclient:smbclient dnsmasq:dnsmasq-base \
        dhclient:isc-dhcp-client openssl:openssl vsftpd:vsftpd curl:curl tcpdump:tcpdump ip:iproute2 ethtool:ethtool sysctl:procps \
        dig:bind9-dnsutils unshare:util-linux snmpget:snmp chromium:chromium; do
        have "${pair%%:*}" || echo "${pair#*:}"
    done
}

# what the range's daemons and attackers are made of (`services.PACKAGES` of range/ names the same, and `range up` says what is missing)
wanted_for_range() {
    for pair in unshare:util-linux nft:nftables ip:iproute2 ethtool:ethtool tcpdump:tcpdump sysctl:procps openssl:openssl curl:curl dig:bind9-dnsutils \
        storescu:dcmtk Orthanc:orthanc nginx:nginx-light dnsmasq:dnsmasq-base dhclient:isc-dhcp-client chronyd:chrony smbd:samba smbclient:smbclient \
        winbindd:winbind kinit:krb5-user ldapsearch:ldap-utils sshd:openssh-server ssh:openssh-client sshpass:sshpass vsftpd:vsftpd snmpd:snmpd \
        snmpget:snmp rsyslogd:rsyslog rsync:rsync xrdp:xrdp psql:postgresql-client nmap:nmap; do
        have "${pair%%:*}" || echo "${pair#*:}"
    done
    [ -d /usr/share/samba/setup ] || echo samba-ad-provision
    [ -e /usr/share/orthanc/plugins/libOrthancDicomWeb.so ] || echo orthanc-dicomweb
    [ -d /usr/lib/postgresql ] || echo postgresql
    [ -d /usr/lib/python3/dist-packages/markdown ] || echo python3-markdown
    set -- /usr/lib/*/samba/vfs/acl_xattr.so
    [ -e "$1" ] || echo samba-vfs-modules
    set -- /usr/lib/*/samba/ldb/acl.so
    [ -e "$1" ] || echo samba-dsdb-modules
}

bring() {
    missing=$("wanted_for_$1" | tr '\n' ' ')
    [ -n "$missing" ] || return 0
    if can_install; then
        say "installing $missing"
        hold_services
        apt_install $missing || return 1
    else
        return 1
    fi
}

environment() {
    say "Python packages of $* into .venv"
    [ -x .venv/bin/python ] || "$(find_python)" -m venv .venv
    for name in "$@"; do
        .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "requirements/$name.txt"
    done
}

case "${1:-}" in
build)
    say "what this machine lacks"
    bring build || stop "install these and try again: a C compiler, Python >= $PYTHON with venv, Rust >= $RUST with cargo (lacking: $missing)"
    has_rust || stop "the Rust found here is older than $RUST: install Rust >= $RUST with cargo and try again"
    environment run build
    ;;
range)
    bring range || say "not installed, \`range up\` will name them again: $missing"
    environment dev range
    ;;
lint)
    bring lint || say "no rustfmt on this machine: its check is left out"
    environment dev
    ;;
test)
    bring test || say "not installed, tests that need them skip: $missing"
    environment dev
    ;;
*) stop "usage: tools/bootstrap.sh build|range|lint|test" ;;
esac
