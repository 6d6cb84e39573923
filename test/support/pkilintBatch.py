"""Runs `lint_pkix_cert lint` over many files in one process. Prints a line of JSON per file: {"file", "results"}."""

import contextlib
import io
import json
import sys

from pkilint.bin import lint_pkix_cert

for path in sys.argv[1:]:
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        lint_pkix_cert.main(["lint", "-s", "INFO", "-f", "JSON", path])
    print(json.dumps({"file": path, "results": json.loads(output.getvalue())["results"]}))

with contextlib.redirect_stdout(io.StringIO()) as output:
    lint_pkix_cert.main(["validations"])
print(json.dumps({"validations": len(output.getvalue().strip().splitlines()) - 1}))
