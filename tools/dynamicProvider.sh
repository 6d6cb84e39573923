#!/bin/sh
# Starts the provider of Node dynamic resources with the @pulumi/pulumi of the program, as the script of the same name
# in the npm package @pulumi/pulumi does. It is installed beside a CLI that was built from its Go modules.
script=$(node -e "console.log(require.resolve('@pulumi/pulumi/cmd/dynamic-provider'))") || exit 1
node "$script" "$@"
