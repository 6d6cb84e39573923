#!/bin/sh
# Fetches the certificate that the stack last verified, checks it, puts it in place in one step, and has the server use
# it. What is in place stays if anything of that fails. It needs ssh, openssl, flock and the GNU core utilities, and
# nothing of Pulumi.
#
# Settings, in the environment:
#
#   STORE         user@host of the store; STORE_PORT if it is another port than 22
#   IDENTITY      the file with the private key, which lets its holder fetch and nothing else
#   KNOWN_HOSTS   a file with the store's host key
#   DIRECTORY     where the files are put: DIRECTORY/current/{privkey,fullchain,web}.pem; web.pem has both
#   NAME          a DNS name for which the certificate must be valid
#   ROOTS         a file with the roots to which it must lead; those of the system if left out
#   OWNER         who may read the files, such as postgres:postgres; root if left out
#   CHECK         how the server says that its configuration loads, such as "/usr/sbin/nginx -t"; may be left out
#   RELOAD        how the server takes up another certificate, and is started with its first one
#   START         how the server is started; leaves one that runs as it is
set -eu

fail() {
  echo "pull-certificate: $1" >&2
  exit 1
}

: "${STORE:?}" "${IDENTITY:?}" "${KNOWN_HOSTS:?}" "${DIRECTORY:?}" "${NAME:?}" "${RELOAD:?}" "${START:?}"

# Puts what the store sends into the directory $1.
fetch() {
  ssh -F none -T -n -p "${STORE_PORT:-22}" -i "$IDENTITY" \
    -o BatchMode=yes -o IdentitiesOnly=yes -o IdentityAgent=none -o ForwardAgent=no -o ClearAllForwardings=yes \
    -o StrictHostKeyChecking=yes -o UserKnownHostsFile="$KNOWN_HOSTS" -o GlobalKnownHostsFile=/dev/null \
    -o ConnectTimeout=15 -o ServerAliveInterval=10 -o ServerAliveCountMax=3 -o LogLevel=ERROR \
    "$STORE" >"$1/web.pem" || fail "nothing could be fetched from $STORE"
  sed -n '/-BEGIN [A-Z ]*PRIVATE KEY-/,/-END [A-Z ]*PRIVATE KEY-/p' "$1/web.pem" >"$1/privkey.pem"
  sed -n '/-BEGIN CERTIFICATE-/,/-END CERTIFICATE-/p' "$1/web.pem" >"$1/fullchain.pem"
}

# Whether what is in the directory $1 can be served: key and certificate fit, and it is valid now and for the name.
check_fetched() {
  of_key=$(openssl pkey -in "$1/privkey.pem" -pubout 2>&1) || fail "$STORE sent no private key"
  of_certificate=$(openssl x509 -in "$1/fullchain.pem" -noout -pubkey 2>&1) || fail "$STORE sent no certificate"
  [ "$of_key" = "$of_certificate" ] || fail "the private key that $STORE sent is not the one of the certificate"
  said=$(openssl verify ${ROOTS:+-no-CApath -no-CAstore -CAfile "$ROOTS"} -purpose sslserver -verify_hostname "$NAME" \
    -untrusted "$1/fullchain.pem" "$1/fullchain.pem" 2>&1) ||
    fail "the certificate that $STORE sent cannot be used for $NAME: $(echo "$said" | grep '^error [0-9]' | head -n 1)"
}

# Makes the name $1 lead to the revision $2, by one rename.
point() {
  rm -f "$DIRECTORY/.next"
  ln -s "$2" "$DIRECTORY/.next"
  mv -T "$DIRECTORY/.next" "$DIRECTORY/$1"
  sync "$DIRECTORY"
}

# Runs a command of the server, without the lock: a server that it starts would keep it.
run() {
  sh -c "$1" 9>&-
}

take_up() {
  [ -z "${CHECK-}" ] || run "$CHECK" || return 1
  run "$RELOAD"
}

mkdir -p "$DIRECTORY"
umask 077
exec 9>"$DIRECTORY/.lock"
flock 9

# The revision that the server took up last. A run that was ended before that has changed `current` at most.
before=$(readlink "$DIRECTORY/applied" || :)
rm -rf "$DIRECTORY"/.fetched.*
fetched=$(mktemp -d "$DIRECTORY/.fetched.XXXXXX")
trap 'rm -rf "$fetched"' EXIT

if ! (fetch "$fetched" && check_fetched "$fetched"); then
  # A store that is down is no reason to leave the server down.
  [ -z "$before" ] || run "$START"
  exit 1
fi
if [ -n "$before" ] && cmp -s "$fetched/web.pem" "$DIRECTORY/$before/web.pem"; then
  [ "$(readlink "$DIRECTORY/current")" = "$before" ] || point current "$before"
  run "$START"
  exit 0
fi

fingerprint=$(openssl x509 -in "$fetched/fullchain.pem" -noout -fingerprint -sha256 | sed 's/.*=//; s/://g')
revision=$(printf %.16s "$fingerprint").${fetched##*.}
[ -z "${OWNER-}" ] || chown -R "$OWNER" "$fetched"
sync "$fetched"/*.pem "$fetched"
mv -T "$fetched" "$DIRECTORY/$revision"
point current "$revision"
if ! take_up; then
  if [ -z "$before" ]; then
    rm "$DIRECTORY/current"
  else
    point current "$before"
    take_up || echo "pull-certificate: the server could not be told that $before is back in its place" >&2
  fi
  rm -rf "${DIRECTORY:?}/$revision"
  fail "the server did not take up $revision, which is removed again"
fi
point applied "$revision"
echo "pull-certificate: the server uses the certificate $fingerprint"

for old in "$DIRECTORY"/*.*/; do
  case $old in "$DIRECTORY/$revision/" | "$DIRECTORY/$before/") ;; *) rm -rf "$old" ;; esac
done
