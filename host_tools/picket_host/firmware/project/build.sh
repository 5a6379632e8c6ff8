#!/bin/sh
# Runs in Espressif's container: builds the firmware of one board. $1 board, $2 variant (may be empty).
#   /micropython  MicroPython 1.25 with its submodules      /picket  native_module
#   /project      this folder                               /build   results
set -e

make -C /micropython/mpy-cross BUILD=/build/mpy-cross
export MICROPY_MPYCROSS=/build/mpy-cross/mpy-cross
export MICROPY_DIR=/micropython # for main/CMakeLists.txt

idf.py -C /project -B /build/firmware \
    -D MICROPY_DIR=$MICROPY_DIR -D MICROPY_BOARD="$1" -D MICROPY_BOARD_VARIANT="$2" \
    -D USER_C_MODULES=/picket/native_module/binding/micropython.cmake \
    -D PICKET_SETTINGS=/project/picket_settings.cmake \
    build

python3 /micropython/ports/esp32/makeimg.py \
    /build/firmware/sdkconfig /build/firmware/bootloader/bootloader.bin \
    /build/firmware/partition_table/partition-table.bin /build/firmware/micropython.bin \
    /build/firmware.bin /build/firmware.uf2
