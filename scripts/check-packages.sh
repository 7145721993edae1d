#!/bin/sh
# Packs every published package as `pnpm publish` would, and checks the tarballs' manifests and types.
set -eu
rm -rf .pack && mkdir .pack
pnpm -r --filter './packages/*' --filter './apps/*' pack --pack-destination "$PWD/.pack" >/dev/null
for tarball in .pack/*.tgz; do
  publint --strict "$tarball"
  attw --profile esm-only --quiet "$tarball"
done
node scripts/check-installed-packages.mjs .pack
