#!/bin/sh
# Installs packages of Debian or Ubuntu for their programs alone: no service is started now or enabled for later,
# and no database cluster is created. What is put in place for that is removed again, whatever happens.
# Usage, as root: install-with-apt.sh PACKAGE...
set -eu

mark='swfx: only while packages are being installed'
policy="${SWFX_ROOT:-}/usr/sbin/policy-rc.d"
cluster_folder="${SWFX_ROOT:-}/etc/postgresql-common/createcluster.d"
cluster="$cluster_folder/zz-swfx-no-cluster.conf"

is_ours() { [ -f "$1" ] && grep -q "$mark" "$1"; }

clean_up() {
  if is_ours "$policy"; then rm -f "$policy"; fi
  rm -f "$cluster"
  rmdir "$cluster_folder" 2>/dev/null || true
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

# Maintainer scripts ask policy-rc.d whether a service may be started; 101 forbids it. One that is there is kept.
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\n# %s\nexit 101\n' "$mark" >"$policy"
  chmod 755 "$policy"
fi

# postgresql-common reads this folder before it creates the "main" cluster of a new major.
mkdir -p "$cluster_folder"
printf '# %s\ncreate_main_cluster = false\n' "$mark" >"$cluster"

export DEBIAN_FRONTEND=noninteractive
# A list of packages that cannot be refreshed is often still good enough; if not, the installation says so.
apt-get update -q || true
apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=120 "$@"

# These enable their services for the next start of the machine; nobody has asked for that.
for package in "$@"; do
  case "$package" in redis-server | prometheus*) update-rc.d "$package" disable || true ;; esac
done
