#!/bin/sh
# Builds the observer without dependencies on shared libraries, and lays out the root file system of
# its image: the folder that is named, which must be empty or missing. The Dockerfile and the test
# that runs the image both call this.
#
#   deploy/image-root.sh FOLDER
#
# PROFILE is Cargo's profile; release if not set.
set -eu

root=${1:?"usage: deploy/image-root.sh FOLDER"}
profile=${PROFILE:-release}

mkdir -p "$root"
root=$(cd "$root" && pwd)
if [ -n "$(ls -A "$root")" ]; then
    echo "$root is not empty" >&2
    exit 2
fi
cd "$(dirname "$0")/.."

# glibc is linked statically, which suits a program that looks no names up. A target named
# explicitly keeps the flag from build scripts and procedural macros.
target=$(rustc -vV | sed -n 's/^host: //p')
flags=CARGO_TARGET_$(echo "$target" | tr 'a-z-' 'A-Z_')_RUSTFLAGS
export "$flags=-C target-feature=+crt-static"
cargo build --locked --package observer --target "$target" --profile "$profile"

case $profile in
dev | test) folder=debug ;;
*) folder=$profile ;;
esac
binary=${CARGO_TARGET_DIR:-target}/$target/$folder/kafka-observer

# Where a container engine mounts what belongs to the system; on a read-only root it cannot make them.
mkdir -p "$root/dev" "$root/etc" "$root/proc" "$root/sys"
install -m 755 "$binary" "$root/kafka-observer"
if [ "$profile" = release ]; then
    strip "$root/kafka-observer"
fi
