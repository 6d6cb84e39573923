#!/bin/sh
# Makes a CA and a certificate as somebody did by hand long ago.
set -eu
umask 077
cd "$(dirname "$0")"
mkdir -p existing
cd existing
openssl req -x509 -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -days 3650 \
  -subj "/CN=Example Old CA" -addext "keyUsage=critical,keyCertSign,cRLSign" -out ca.pem
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout web.key \
  -subj "/CN=web.internal.example" -addext "subjectAltName=DNS:web.internal.example" -out web.csr
printf 'subjectAltName=DNS:web.internal.example\nextendedKeyUsage=serverAuth\nauthorityKeyIdentifier=keyid\n' > web.ext
openssl x509 -req -in web.csr -CA ca.pem -CAkey ca.key -days 365 -extfile web.ext -out web.pem
