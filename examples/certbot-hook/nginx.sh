#!/bin/sh
# /etc/letsencrypt/renewal-hooks/deploy/nginx.sh, as it was written for certbot: this nginx reads no files of certbot's.
set -eu

case " $RENEWED_DOMAINS " in
  *" www.internal.example "*) ;;
  *) exit 0 ;;
esac

install -m 0644 "$RENEWED_LINEAGE/fullchain.pem" /etc/nginx/tls/www.pem
install -m 0600 "$RENEWED_LINEAGE/privkey.pem" /etc/nginx/tls/www.key
nginx -t
systemctl reload-or-restart nginx
