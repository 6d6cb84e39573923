#!/bin/sh
# Makes a key and a request for it. To rotate the key, run it again: the new request is a diff in `pulumi preview`.
set -eu
umask 077
cd "$(dirname "$0")"
mkdir -p machine
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout machine/web.key \
  -subj "/CN=web.internal.example" -addext "subjectAltName=DNS:web.internal.example" -out machine/web.csr
