#!/bin/sh
# Tells the server in server.mjs to read its files again, as `nginx -s reload` does.
cd "$(dirname "$0")" || exit 1
if [ -f server.pid ]; then
  read -r pid < server.pid
  kill -HUP "$pid"
else
  echo "No server runs: there is nothing to reload."
fi
