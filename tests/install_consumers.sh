#!/bin/sh
# Environments of their own for the pipelines that read releases: install_consumers.sh VENV
#
# Each is a lock file in tests/consumers. dolma needs numpy below 2, and NeMo Curator and Data-Juicer bring gigabytes that
# their readers never import; so none can live in VENV, and each is what its reader imports. One that cannot be
# installed here (no wheels for this Python) is said, and its tests skip.
set -eu
venv=$1
here=$(dirname "$0")
for lock in "$here"/consumers/*.txt; do
    name=$(basename "$lock" .txt)
    folder=$venv/consumers/$name
    cmp -s "$lock" "$folder/installed.txt" && continue
    rm -rf "$folder"
    "$venv/bin/python" -m venv --without-pip "$folder"
    if "$venv/bin/python" -m pip --python "$folder" install --quiet --no-deps --prefer-binary -r "$lock"; then
        cp "$lock" "$folder/installed.txt"
    else
        echo "install_consumers: $name could not be installed; the tests that need it will skip" >&2
        rm -rf "$folder"
    fi
done
