#!/bin/sh
# Builds User Mode Linux with a simulated GPIO chip out of Debian's own kernel source, once a machine: build_kernel.sh KERNEL-FILE.
# Exits with 1 and says why when this machine cannot.
set -eu

target=$1
here=$(cd "$(dirname "$0")" && pwd -P)
source=/usr/src/linux-source-6.12.tar.xz
wanted="CONFIGFS_FS DEVTMPFS ENABLE_DEFAULT_TRACERS FUTEX GPIO_CDEV GPIO_SIM HOSTFS UNIX"

fail() {
    printf 'the kernel with a simulated GPIO chip cannot be built: %s\n' "$*" >&2
    exit 1
}

case $(uname -m) in x86_64) ;; *) fail "User Mode Linux does not exist for $(uname -m)" ;; esac
for tool in bc bison cc flex make tar xz; do
    command -v "$tool" >/dev/null || fail "$tool is missing (requirements/debian-test.txt names what to install)"
done
[ -r "$source" ] || fail "$source is missing; on Debian: apt-get install linux-source-6.12"

mkdir -p "$(dirname "$target")"
work=$(mktemp -d "$(dirname "$target")/build.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
[ "$(df -Pm "$work" | awk 'NR == 2 { print $4 }')" -ge 2500 ] || fail "2500 MB are needed in $(dirname "$target")"

# Other machines' code, most of all there is, stays packed; what `make` reads everywhere comes out.
set -- --exclude='*/arch/[!ux]*/*.[chS]' --exclude='*/arch/[!ux]*/*.dts*' --exclude='*/drivers/net/*/*.[ch]' --exclude='*/sound/*.[ch]'
for folder in accel acpi clk crypto gpu iio infiniband input media phy pinctrl platform scsi staging usb video; do
    set -- "$@" --exclude="*/drivers/$folder/*.[ch]"
done
xz --decompress --stdout --threads=0 "$source" | tar --extract --directory "$work" --strip-components=1 --wildcards \
    --exclude='*/Documentation/*/*' --exclude='*/tools/perf/*' --exclude='*/tools/testing/*' "$@"
cd "$work"

# A line's events need interrupt numbers of their own, and User Mode Linux uses up all it has.
numbers=arch/um/include/asm/irq.h
sed -i 's/^\(#define NR_IRQS[[:space:]]*\)UM_LAST_SIGNAL_IRQ$/\1(UM_LAST_SIGNAL_IRQ + 128)/' "$numbers"
grep -q 'UM_LAST_SIGNAL_IRQ + 128' "$numbers" || fail "this kernel source numbers its interrupts in another way"

# Newer processors (AMX) have more registers than the 2696 bytes set aside for them; ptrace(2) wants all of them or none.
registers=arch/x86/um/user-offsets.c
sed -i 's/HOST_FP_SIZE, 2696)/HOST_FP_SIZE, 12288)/' "$registers"
grep -q 'HOST_FP_SIZE, 12288)' "$registers" || fail "this kernel source keeps a processor's registers in another way"

make -s ARCH=um KCONFIG_ALLCONFIG="$here/kernel.config" allnoconfig
for option in $wanted; do
    grep -q "^CONFIG_$option=y" .config || fail "this kernel source refuses CONFIG_$option"
done
nice make -s ARCH=um -j"$(nproc)" linux >make.log 2>&1 || fail "$(grep -m 1 -i 'error' make.log || tail -n 1 make.log)"
strip -o linux.stripped linux
# What was written goes to the disk now, not in the middle of a test that waits for a journal.
sync
# Moved at the end: what stands under this name is whole.
mv linux.stripped "$target"
