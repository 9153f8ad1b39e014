#!/usr/bin/env bash
# Builds the image as localhost/penstock, starts it once, and prints its digest. Base images are named by digest only.
#   PYTHON_IMAGE=…@sha256:… MAVEN_IMAGE=…@sha256:… build.sh    with docker, podman or buildah, over images of your registry
#   build.sh                                                   root, buildah, debootstrap: over a base of Debian's packages
set -euo pipefail
cd "$(dirname "$0")/../.."
base=localhost/penstock-base
packages=ca-certificates,gcc,maven,openjdk-17-jdk-headless,procps,python3,python3-dev,python3-venv
export BUILDAH_ISOLATION=${BUILDAH_ISOLATION:-chroot}

give_up() {
    echo "$1" >&2
    exit 1
}

# Debian 12 has Python 3.11, Java 17 and Maven: one base for both stages. Its digest is that of what was made here.
make_base() {
    local folder container
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' RETURN
    debootstrap --variant=minbase --include="$packages" bookworm "$folder" ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"} >"$folder.log" ||
        give_up "debootstrap failed: $folder.log"
    container=$(buildah from scratch)
    buildah add --quiet "$container" "$folder" / >/dev/null
    buildah run "$container" -- ln -sf python3 /usr/bin/python
    buildah commit --quiet --rm "$container" "$base" >/dev/null
    rm -f "$folder.log"
}

digest_of() { buildah images --digests --format '{{.Digest}}' "$1" 2>/dev/null | head -1; }

if [ -z "${PYTHON_IMAGE:-}${MAVEN_IMAGE:-}" ]; then
    if [ "$(id -u)" != 0 ] || ! command -v buildah >/dev/null || ! command -v debootstrap >/dev/null; then
        give_up "give PYTHON_IMAGE and MAVEN_IMAGE by digest, or as root: apt-get install buildah debootstrap"
    fi
    [ -n "$(digest_of "$base")" ] || make_base
    PYTHON_IMAGE=$base@$(digest_of "$base") MAVEN_IMAGE=$PYTHON_IMAGE
fi
for image in "${PYTHON_IMAGE:-}" "${MAVEN_IMAGE:-}"; do
    [[ $image =~ @sha256:[0-9a-f]{64}$ ]] || give_up "${image:-no image} is not by digest (…@sha256:…): a tag may point elsewhere tomorrow"
done

# What pip and Maven trust here, they trust while building; nothing of it stays in the image.
given=(--build-arg "PYTHON_IMAGE=$PYTHON_IMAGE" --build-arg "MAVEN_IMAGE=$MAVEN_IMAGE" --file infra/image/Dockerfile --tag localhost/penstock)
if command -v buildah >/dev/null; then
    trusted=()
    for path in /etc/ssl/certs /etc/pip.conf; do
        if [ -e "$path" ]; then trusted+=(--volume "$path:$path:ro"); fi
    done
    buildah build --layers=false --quiet "${trusted[@]}" \
        --ignorefile infra/image/Dockerfile.dockerignore "${given[@]}" . >/dev/null
    container=$(buildah from --pull-never localhost/penstock)
    trap 'buildah rm "$container" >/dev/null' EXIT
    buildah run "$container" -- /docker-entrypoint.sh doctor || true
    buildah run "$container" -- /docker-entrypoint.sh features >/dev/null
    echo "localhost/penstock@$(digest_of localhost/penstock)"
else
    engine=$(command -v docker || command -v podman) || give_up "no docker, podman or buildah"
    "$engine" build "${given[@]}" .
    "$engine" run --rm --read-only --tmpfs /tmp localhost/penstock features >/dev/null
fi
