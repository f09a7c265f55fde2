#!/usr/bin/env bash
# Installs reorder into a folder of its own: no other step sees it or its libraries.
set -euo pipefail

if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  echo "::error::reorder needs python3 of version 3.11 or newer: put actions/setup-python above it"
  exit 1
fi
folder=$RUNNER_TEMP/reorder
python3 -m venv "$folder"
if [[ -n $REORDER_VERSION ]]; then
  wanted=reorder==$REORDER_VERSION
else
  wanted=$REORDER_SOURCE
fi
"$folder/bin/pip" install --quiet --disable-pip-version-check "$wanted"
