#!/bin/sh
# Prints the file of a CertificateDeployment as it was when the deployment was last confirmed: while a rotation is under
# way, and after one that failed, that is the file before.
#
# It is the forced command of the key with which hosts fetch it. In ~fetch/.ssh/authorized_keys of the store, in one line:
#
#   restrict,command="/usr/local/lib/certificates/serve-confirmed /srv/certificates/web web.pem" ssh-ed25519 AAAA… web
#
# What the client asks for is never looked at, and nothing is written.
set -eu

fail() {
  echo "serve-confirmed: $1" >&2
  exit 1
}

[ $# -eq 2 ] || fail "usage: serve-confirmed DIRECTORY FILE"
directory=$1 file=$2

# The file is a link: .pulumi-certificates/<instance>/current/<file>
link=$(readlink -- "$directory/$file") || fail "$directory/$file was not deployed by a CertificateDeployment"
case $link in
  .pulumi-certificates/*/current/"$file") home=$directory/${link%/current/"$file"} ;;
  *) fail "$directory/$file was not deployed by a CertificateDeployment" ;;
esac

# The number of a revision, which never changes once it is there. There is none before the first one was confirmed.
revision=$(readlink -- "$home/confirmed") || fail "nothing was confirmed yet in $directory"
exec cat -- "$home/$revision/$file"
