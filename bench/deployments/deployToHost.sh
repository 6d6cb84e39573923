#!/bin/sh
# One certificate to one host, as a script would do it: copy beside, move both, check, reload, look at what is served.
#   deployToHost.sh FOLDER FINGERPRINT PATH NGINX ADDRESS SSH_PORT TLS_PORT USER SSH_OPTION…
set -eu
folder=$1 fingerprint=$2 path=$3 nginx=$4 address=$5 ssh_port=$6 tls_port=$7 user=$8
shift 8
tar -C "$folder" -c fullchain.pem privkey.pem | ssh -p "$ssh_port" "$@" "$user@$address" "
  tar -C $path/new -x && mv -f $path/new/fullchain.pem $path/new/privkey.pem $path/ &&
  $nginx -t 2>/dev/null && $nginx -s reload"
tries=0
while [ "$tries" -lt 100 ]; do
  served=$(openssl s_client -connect "$address:$tls_port" -servername web.example.com </dev/null 2>/dev/null |
    openssl x509 -noout -fingerprint -sha256 2>/dev/null) || served=
  [ "$served" = "sha256 Fingerprint=$fingerprint" ] && exit 0
  tries=$((tries + 1))
  sleep 0.1
done
echo "$address serves something else: $served" >&2
exit 1
