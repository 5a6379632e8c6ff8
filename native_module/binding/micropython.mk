# picket_native as a user C module: USER_C_MODULES=native_module, and MONOCYPHER_DIR names the folder of monocypher.c.

PICKET_NATIVE_DIR := $(patsubst %/,%,$(dir $(USERMOD_DIR)))

SRC_USERMOD_C += $(wildcard $(USERMOD_DIR)/*.c)
PICKET_PARTS := crypto dsp engine engine/kernels engine/operators
SRC_USERMOD_LIB_C += $(foreach part,$(PICKET_PARTS),$(wildcard $(PICKET_NATIVE_DIR)/$(part)/*.c))
SRC_USERMOD_LIB_C += $(MONOCYPHER_DIR)/monocypher.c

# Features must be the same bits as on the host: no fused multiply-add.
CFLAGS_USERMOD += -ffp-contract=off -I$(MONOCYPHER_DIR)
