#!/bin/sh
# Stands for the offline machine: makes a root there once, and signs the request of an issuing CA with it.
#   pulumi stack output csrPem | ./sign.sh
set -eu
umask 077
cd "$(dirname "$0")"
mkdir -p offline signed

# In real life the key is made on a machine without network, or in an HSM, and never leaves it.
[ -f offline/root.key ] || openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out offline/root.key
[ -f offline/root.pem ] || openssl req -x509 -new -key offline/root.key -sha384 -days 3650 \
  -subj "/CN=Example Offline Root" -addext "keyUsage=critical,keyCertSign,cRLSign" -out offline/root.pem

cat > offline/issuing.csr
openssl req -in offline/issuing.csr -noout -verify -subject # look at it before you sign it
cat > offline/issuing.ext <<EXTENSIONS
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
nameConstraints = critical, permitted;DNS:internal.example
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
EXTENSIONS
openssl x509 -req -in offline/issuing.csr -CA offline/root.pem -CAkey offline/root.key -sha384 -days 1095 \
  -extfile offline/issuing.ext -out signed/issuing.pem
cp offline/root.pem signed/root.pem
