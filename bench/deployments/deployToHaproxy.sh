#!/bin/sh
# Many certificates to one HAProxy, as a script would do it: copy all of them, then set and commit each, and look at what
# is served.
#   deployToHaproxy.sh FOLDER PATH SOCAT SOCKET ADDRESS SSH_PORT TLS_PORT USER SSH_OPTION…   (FOLDER/fingerprints: NAME FINGERPRINT)
set -eu
folder=$1 path=$2 socat=$3 socket=$4 address=$5 ssh_port=$6 tls_port=$7 user=$8
shift 8
tar -C "$folder/files" -c . | ssh -p "$ssh_port" "$@" "$user@$address" "
  set -e
  tar -C $path/new -x
  for file in $path/new/*.pem; do
    at=$path/\${file##*/}
    { printf 'set ssl cert %s <<\\n' \"\$at\"; cat \"\$file\"; echo; } | $socat - UNIX-CONNECT:$socket | grep -q 'Transaction created'
    echo \"commit ssl cert \$at\" | $socat - UNIX-CONNECT:$socket | grep -q 'Success!'
    mv -f \"\$file\" \"\$at\"
  done"
while read -r name fingerprint; do
  served=$(openssl s_client -connect "$address:$tls_port" -servername "$name" </dev/null 2>/dev/null |
    openssl x509 -noout -fingerprint -sha256)
  [ "$served" = "sha256 Fingerprint=$fingerprint" ] || { echo "$name: $served" >&2; exit 1; }
done <"$folder/fingerprints"
